/* peers_end.c - sessions towards upstreams, ended with the session of the client; see peers.h. */
#include "mcp/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "log.h"
#include "mcp/line_http.h"
#include "mcp/peers_connect.h"
#include "mcp/peers_facts.h"
#include "mcp/peers_kept.h"
#include "together.h"

static const char sql_of_owner[] =
    "SELECT upstream_id, view FROM upstream_session WHERE owner = ?1 AND session <> '' "
    "ORDER BY upstream_id, view LIMIT ?2";

struct ends {
	struct mcp *mcp;
	struct peer *peers; /* UPSTREAMS_PER_KEY_MAX */
	size_t count;
	int64_t until_us;
};

/* Reads the rows first: another statement goes on with each of them. */
static bool
read_rows(struct ends *ends, struct db *db, const char *owner)
{
	struct query *q = query(db, sql_of_owner);
	enum query_step step;

	query_bind_text(q, 1, owner);
	query_bind_integer(q, 2, UPSTREAMS_PER_KEY_MAX);
	while ((step = query_step(q)) == QUERY_ROW && ends->count < UPSTREAMS_PER_KEY_MAX) {
		struct peer *peer = &ends->peers[ends->count++];

		(void)snprintf(
		    peer->upstream.id, sizeof(peer->upstream.id), "%s", query_text(q, 0));
		(void)snprintf(peer->view, sizeof(peer->view), "%s", query_text(q, 1));
		(void)snprintf(peer->owner, sizeof(peer->owner), "%s", owner);
	}
	query_end(q);
	return step != QUERY_FAILED;
}

/* False: there is nothing to say goodbye to. */
static bool
read_session(struct mcp *mcp, struct db *db, struct peer *peer)
{
	char id[sizeof(peer->upstream.id)];
	struct kept kept;
	bool fine;

	memcpy(id, peer->upstream.id, sizeof(id));
	if (upstreams_find_id(db, id, &mcp->seal, &peer->upstream) != STATUS_OK)
		return false;
	fine = kept_session(db, &mcp->seal, peer, &kept) == STATUS_OK && kept.found &&
	       kept.session != NULL && facts_take(peer, ERA_LEGACY, kept.facts) == STATUS_OK;
	if (fine) {
		peer->session = kept.session;
		kept.session = NULL;
	}
	kept_free(&kept);
	return fine;
}

static bool
read_all(struct ends *ends, const char *owner)
{
	struct db *db;
	bool fine;

	if (store_read(ends->mcp->store, &db) != STATUS_OK)
		return false;
	fine = read_rows(ends, db, owner);
	for (size_t i = 0; fine && i < ends->count; i++)
		if (!read_session(ends->mcp, db, &ends->peers[i]))
			ends->peers[i].session = NULL;
	store_read_end(ends->mcp->store, db);
	return fine;
}

static void
end_one(void *arg, size_t index)
{
	struct ends *ends = arg;
	struct peer *peer = &ends->peers[index];
	struct http_said said;

	/* 404: it is over already; 405: the server ends sessions by itself. */
	if (peer->session != NULL &&
	    http_say(ends->mcp, peer, NULL, ends->until_us, &said) != STATUS_OK &&
	    said.status != 404 && said.status != 405)
		log_info("upstream \"%s\" was not told that a session is over: it %s",
		    peer->upstream.name, said.why.text);
}

void
peers_end_session(struct mcp *mcp, const char *session_id)
{
	struct ends ends = {.mcp = mcp,
	    .peers = calloc(UPSTREAMS_PER_KEY_MAX, sizeof(struct peer)),
	    .until_us = clock_us() + (int64_t)PEER_END_MS * 1000};

	peers_forget_owner(mcp->peers, session_id);
	if (ends.peers != NULL && mcp->store != NULL && read_all(&ends, session_id))
		together(ends.count, end_one, &ends);
	for (size_t i = 0; ends.peers != NULL && i < ends.count; i++) {
		struct peer *peer = &ends.peers[i];

		facts_free(peer);
		if (peer->session != NULL)
			secret_wipe(peer->session, strlen(peer->session));
		free(peer->session);
		upstream_free(&peer->upstream);
	}
	free(ends.peers);
}
