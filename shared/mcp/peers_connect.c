/* peers_connect.c - from the configuration and what is kept to a peer that can be used; see peers_connect.h. */
#include "mcp/peers_connect.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mcp/host.h"
#include "mcp/peers_facts.h"
#include "mcp/peers_kept.h"

/* What is known before anybody is asked. */
struct before {
	struct kept era;
	struct kept session;
};

static enum status
read_rows(struct mcp *mcp, struct db *db, const char *id, struct peer *peer, struct before *before)
{
	enum status status = upstreams_find_id(db, id, &mcp->seal, &peer->upstream);

	if (status == STATUS_OK && peer->upstream.kind == UPSTREAM_HTTP)
		status = kept_era(db, peer, &before->era);
	if (status == STATUS_OK && before->era.found && before->era.era == ERA_LEGACY)
		status = kept_session(db, &mcp->seal, peer, &before->session);
	return status;
}

static enum status
read_before(struct mcp *mcp, const struct upstream *upstream, struct peer *peer,
    struct before *before, struct problem *why)
{
	struct db *db;
	enum status status;

	*before = (struct before){.era = {.found = false}};
	if (mcp->store == NULL) {
		peer->upstream = *upstream;
		peer->upstream.settings = json_share(upstream->settings);
		return STATUS_OK;
	}
	status = store_read(mcp->store, &db);
	if (status == STATUS_OK) {
		status = read_rows(mcp, db, upstream->id, peer, before);
		store_read_end(mcp->store, db);
	}
	if (status == STATUS_NOT_FOUND)
		problem_set(why, "is not configured any more");
	else if (status == STATUS_REFUSED)
		problem_set(why,
		    "has settings that cannot be opened: they were sealed under another "
		    "key file, or altered");
	else if (status != STATUS_OK)
		problem_set(why, "cannot be looked up now (%s)", status_name(status));
	return status;
}

/* An upstream whose host says hello is known by that. */
static enum status
take_hello(struct peer *peer, struct json_object *hello, struct problem *why)
{
	bool found;
	const char *era = json_text(json_member(hello, "era", &found));
	enum status status = STATUS_INVALID;

	if (era != NULL)
		status =
		    facts_take(peer, strcmp(era, "modern") == 0 ? ERA_MODERN : ERA_LEGACY, hello);
	if (status == STATUS_INVALID)
		problem_set(why, "speaks no version of MCP that is known here");
	else if (status != STATUS_OK)
		problem_set(why, "cannot be asked: out of memory");
	return status;
}

/* host_find() names the upstream itself, so `named` is set where it has failed. */
static enum status
connect_host(struct mcp *mcp, struct peer *peer, const struct peer_view *view, int64_t until_us,
    struct problem *why, bool *named)
{
	struct json_object *hello = NULL;
	enum status status =
	    host_find(mcp, &peer->upstream, view, until_us, peer->host, &hello, why);

	*named = status != STATUS_OK;
	if (status == STATUS_OK)
		status = take_hello(peer, hello, why);
	json_free(hello);
	return status;
}

static enum status
use_kept(struct peer *peer, struct kept *kept, int64_t *stamp_ms)
{
	enum status status = facts_take(peer, kept->era, kept->facts);

	if (status != STATUS_OK)
		return status;
	peer->session = kept->session;
	kept->session = NULL;
	*stamp_ms = kept->stamp_ms;
	return STATUS_OK;
}

/* A legacy upstream is asked for a session; towards a client that may have to be asked in a later request, its host is. */
static enum status
open_session(struct mcp *mcp, struct known *known, const struct peer_view *view, int64_t until_us,
    struct problem *why, bool *named)
{
	enum status status;

	if (view->park && mcp->store != NULL)
		return connect_host(mcp, &known->peer, view, until_us, why, named);
	status = http_initialize(mcp, &known->peer, view->capabilities, until_us, why);
	if (status == STATUS_OK && mcp->store != NULL)
		known->session_stamp_ms = kept_write_session(mcp, &known->peer);
	return status;
}

/* Nothing is known of its era, or what was known does not fit any more. */
static enum status
find_era(struct mcp *mcp, struct known *known, const struct peer_view *view, int64_t until_us,
    struct problem *why, bool *named)
{
	enum probe_verdict verdict = http_probe(mcp, &known->peer, until_us, why);
	enum status status = STATUS_OK;

	if (verdict == VERDICT_NONE)
		return STATUS_FAILED;
	if (verdict == VERDICT_LEGACY)
		status = open_session(mcp, known, view, until_us, why, named);
	if (status == STATUS_OK && mcp->store != NULL)
		known->era_stamp_ms = kept_write_era(mcp, &known->peer);
	return status;
}

static enum status
connect_http(struct mcp *mcp, struct known *known, const struct peer_view *view,
    struct before *before, int64_t until_us, struct problem *why, bool *named)
{
	struct peer *peer = &known->peer;
	enum status status;

	if (before->era.found && before->era.era == ERA_MODERN &&
	    use_kept(peer, &before->era, &known->era_stamp_ms) == STATUS_OK)
		return STATUS_OK;
	if (!before->era.found || before->era.era == ERA_MODERN)
		return find_era(mcp, known, view, until_us, why, named);
	known->era_stamp_ms = before->era.stamp_ms;
	if (before->session.found && !view->park &&
	    use_kept(peer, &before->session, &known->session_stamp_ms) == STATUS_OK)
		return STATUS_OK;
	status = open_session(mcp, known, view, until_us, why, named);
	if (status == STATUS_INVALID || *named)
		kept_drop_era(mcp, peer, before->era.stamp_ms);
	return status == STATUS_INVALID && !*named
		   ? find_era(mcp, known, view, until_us, why, named)
		   : status;
}

enum status
known_connect(struct mcp *mcp, struct known *known, const struct upstream *upstream,
    const struct peer_view *view, int64_t until_us, struct problem *why)
{
	struct before before;
	struct problem fault = {"cannot be asked: out of memory"};
	bool named = false;
	enum status status = read_before(mcp, upstream, &known->peer, &before, &fault);

	if (status == STATUS_OK && known->peer.upstream.kind == UPSTREAM_STDIO)
		status = connect_host(mcp, &known->peer, view, until_us, &fault, &named);
	else if (status == STATUS_OK)
		status = connect_http(mcp, known, view, &before, until_us, &fault, &named);
	kept_free(&before.era);
	kept_free(&before.session);
	if (status == STATUS_OK)
		return STATUS_OK;
	if (named)
		*why = fault;
	else
		problem_set(why, "upstream \"%s\" %s", upstream->name, fault.text);
	return STATUS_FAILED;
}
