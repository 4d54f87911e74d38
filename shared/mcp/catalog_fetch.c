/*
 * catalog_fetch.c - a list of an upstream, page by page, into the database, with the pins of its tools in the same step; see
 * catalog_parts.h.
 */
#include "mcp/catalog_fetch.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mcp/convert.h"
#include "mcp/line.h"
#include "plain.h"

#define LIST_REQUEST_ID "enforgate-list"
#define NAME_SHOWN_MAX 64  /* characters */
#define UNFIT_LOGGED_MAX 5 /* of one list */

enum status
list_peer(struct mcp *mcp, const struct upstream *upstream, const struct peer_view *view,
    int64_t until_us, struct peer **out, struct problem *why)
{
	struct peer_view direct = *view;

	direct.park = false;
	return peer_open(mcp, upstream, &direct, until_us, out, why);
}

/* "tools", "prompts", "resources" among the capabilities of an upstream; NULL: it has none of them. */
static struct json_object *
capability(const struct peer *peer, enum list_kind kind)
{
	bool found;

	return json_member(
	    peer->capabilities, kind == LIST_TEMPLATES ? "resources" : list_member(kind), &found);
}

/* ---- Asking. ---- */

/* What a modern request says about itself. The view is shared by threads: what goes out is a copy. */
static bool
add_meta(const struct fetch *f, struct json_object *params)
{
	const struct json_object *capabilities = f->wanted->view->peer.capabilities;
	struct json_object *meta = json_new_object();

	/* A setter takes its value over in any case; it also takes the NULL of a failure for null. */
	if (meta == NULL || !json_set(params, "_meta", meta))
		return false;
	return json_set_text(meta, MCP_META "protocolVersion", f->peer->version) &&
	       json_set(meta, MCP_META "clientInfo", convert_server_info()) &&
	       json_set(meta, MCP_META "clientCapabilities",
		   capabilities != NULL ? json_copy(capabilities) : json_new_object());
}

static struct json_object *
page_request(const struct fetch *f, const char *cursor)
{
	struct json_object *params = json_new_object(), *id = json_new_array();
	struct json_object *request = NULL;
	bool fine = params != NULL && id != NULL && json_append_text(id, LIST_REQUEST_ID);

	if (fine && f->peer->era == ERA_MODERN)
		fine = add_meta(f, params);
	if (fine && cursor != NULL)
		fine = json_set_text(params, "cursor", cursor);
	if (fine)
		request = rpc_request(json_element(id, 0), list_method(f->wanted->kind), params);
	json_free(id);
	json_free(params);
	return request;
}

/* What an upstream says beside its list: changes are noted, questions cannot be answered here. */
static void
take_message(struct fetch *f, struct line *line, struct json_object *root)
{
	struct rpc_fault fault = {0};
	struct rpc_message message;
	struct json_object *answer = NULL;
	struct problem why = {""};
	enum list_kind kind;

	if (rpc_read(root, &message, &fault) == STATUS_OK) {
		if (message.kind == RPC_NOTIFICATION && list_kind_changed(message.method, &kind))
			catalog_changed(f->mcp, f->wanted->upstream->id, kind);
		if (message.kind == RPC_REQUEST && strcmp(message.method, "ping") == 0) {
			answer = rpc_response(message.id, NULL);
		} else if (message.kind == RPC_REQUEST) {
			(void)rpc_fault_set(&fault, 200, RPC_METHOD_NOT_FOUND, "Method not found");
			answer = rpc_error(message.id, &fault);
		}
	}
	if (answer != NULL && line_send(line, answer, &why) != STATUS_OK)
		log_warn("%s", why.text);
	json_free(answer);
	rpc_fault_free(&fault);
	rpc_free(&message);
}

static enum status
lost(struct fetch *f, const struct problem *why)
{
	problem_set(f->why, "%s", why->text);
	return STATUS_FAILED;
}

/* STATUS_STALE: the session was lost, nothing was run. *response is owned by the caller. */
static enum status
ask(struct fetch *f, const char *cursor, struct json_object **response)
{
	struct json_object *request = page_request(f, cursor), *root;
	enum status status = STATUS_OK;
	struct line *line = NULL;
	struct problem why = {""};
	enum line_event event = LINE_MESSAGE;

	*response = NULL;
	if (request == NULL)
		return STATUS_NO_MEMORY;
	if (line_open(f->mcp, f->peer, request, NULL, &line, &why) != STATUS_OK) {
		json_free(request);
		return lost(f, &why);
	}
	while (event == LINE_MESSAGE) {
		event = line_next(line, NULL, 0, f->until_us, &root, &why);
		if (event == LINE_MESSAGE)
			take_message(f, line, root);
	}
	switch (event) {
	case LINE_RESPONSE:
		*response = root;
		break;
	case LINE_SESSION:
		status = STATUS_STALE;
		break;
	case LINE_TIME:
		line_cancel(line, "too slow");
		problem_set(f->why, "upstream \"%s\" did not answer %s in time",
		    f->wanted->upstream->name, list_method(f->wanted->kind));
		status = STATUS_FAILED;
		break;
	case LINE_MESSAGE:
	case LINE_WATCHED:
	case LINE_LOST:
		status = lost(f, &why);
		break;
	}
	line_close(line);
	json_free(request);
	return status;
}

/* The session is made anew once where it was lost. */
static enum status
ask_again(struct fetch *f, const char *cursor, struct json_object **response)
{
	enum status status = ask(f, cursor, response);

	if (status != STATUS_STALE)
		return status;
	peer_lost(f->mcp, f->peer);
	peer_release(f->mcp, f->peer);
	f->peer = NULL;
	status = list_peer(
	    f->mcp, f->wanted->upstream, &f->wanted->view->peer, f->until_us, &f->peer, f->why);
	if (status == STATUS_OK)
		status = ask(f, cursor, response);
	if (status != STATUS_STALE)
		return status;
	problem_set(f->why, "upstream \"%s\" forgets its sessions", f->wanted->upstream->name);
	return STATUS_FAILED;
}

/* ---- Taking. ---- */

static void
say_unfit(struct fetch *f, const char *name, const char *reason)
{
	char shown[PLAIN_SIZE(NAME_SHOWN_MAX)], words[PLAIN_SIZE(NAME_SHOWN_MAX)];

	if (f->unfit++ >= UNFIT_LOGGED_MAX)
		return;
	plain_copy(shown, sizeof(shown), name != NULL ? name : "", NAME_SHOWN_MAX);
	plain_copy(words, sizeof(words), reason, NAME_SHOWN_MAX);
	log_warn("upstream \"%s\": \"%s\" of %s is left out: %s", f->wanted->upstream->name, shown,
	    list_method(f->wanted->kind), words);
}

static enum status
take_entry(struct fetch *f, struct json_object *entry)
{
	const enum list_kind kind = f->wanted->kind;
	const struct upstream *upstream = f->wanted->upstream;
	const bool modern_http = f->peer->era == ERA_MODERN && upstream->kind == UPSTREAM_HTTP;
	struct problem scratch;
	bool found;
	size_t len = 0;
	const char *name = NULL, *unfit;

	if (json_type(entry) == JSON_OBJECT)
		name = json_string(json_member(entry, list_name_member(kind), &found), &len);
	unfit = list_unfit(kind, entry, modern_http, &scratch);
	if (unfit == NULL)
		(void)json_member(f->seen, name, &found);
	if (unfit == NULL && found)
		unfit = "it is listed twice";
	if (unfit != NULL) {
		say_unfit(f, name, unfit);
		return STATUS_OK;
	}
	if (json_length(f->entries) >= LIST_ENTRIES_MAX) {
		problem_set(f->why, "upstream \"%s\" lists more than %d %s", upstream->name,
		    LIST_ENTRIES_MAX, list_kind_name(kind));
		return STATUS_FAILED;
	}
	if (kind == LIST_TOOLS &&
	    len + (upstream->prefix ? strlen(upstream->name) + 2 : 0) > MCP_NAME_USUAL)
		f->long_names++;
	if (!json_set_bool(f->seen, name, true) || !json_append(f->entries, json_share(entry)))
		return STATUS_NO_MEMORY;
	return STATUS_OK;
}

/* What a page says of how long it holds. */
static void
take_ttl(struct fetch *f, const struct json_object *result)
{
	bool found;
	int64_t ttl;

	if (!json_integer(json_member(result, "ttlMs", &found), &ttl) || ttl < 0)
		return;
	if (ttl > LIST_TTL_MAX_MS)
		ttl = LIST_TTL_MAX_MS;
	if (f->ttl_ms < 0 || ttl < f->ttl_ms)
		f->ttl_ms = ttl;
}

/* *cursor is owned by the caller; NULL: this was the last page. */
static enum status
take_page(struct fetch *f, const struct json_object *result, char **cursor)
{
	bool found;
	size_t len;
	struct json_object *page = json_member(result, list_member(f->wanted->kind), &found);
	const char *next = json_string(json_member(result, "nextCursor", &found), &len);
	enum status status = STATUS_OK;

	*cursor = NULL;
	if (json_type(page) != JSON_ARRAY) {
		problem_set(f->why, "upstream \"%s\" answers %s with something else than a list",
		    f->wanted->upstream->name, list_method(f->wanted->kind));
		return STATUS_FAILED;
	}
	take_ttl(f, result);
	for (size_t i = 0; i < json_length(page) && status == STATUS_OK; i++)
		status = take_entry(f, json_element(page, i));
	if (status == STATUS_OK && next != NULL) {
		*cursor = strdup(next);
		if (*cursor == NULL)
			status = STATUS_NO_MEMORY;
	}
	return status;
}

/* Takes over the response. STATUS_NOT_FOUND: the upstream has no such list. */
static enum status
take_response(struct fetch *f, struct json_object *root, char **cursor)
{
	struct rpc_fault fault = {0};
	struct rpc_message message;
	enum status status = rpc_read(root, &message, &fault);
	int64_t code = 0;
	bool found;

	*cursor = NULL;
	if (status == STATUS_OK && message.error != NULL) {
		(void)json_integer(json_member(message.error, "code", &found), &code);
		problem_set(f->why, "upstream \"%s\" answers %s with the error %lld",
		    f->wanted->upstream->name, list_method(f->wanted->kind), (long long)code);
		status = code == RPC_METHOD_NOT_FOUND ? STATUS_NOT_FOUND : STATUS_FAILED;
	} else if (status == STATUS_OK) {
		status = take_page(f, message.result, cursor);
	} else {
		problem_set(f->why, "upstream \"%s\" answers with something else than MCP",
		    f->wanted->upstream->name);
		status = STATUS_FAILED;
	}
	rpc_free(&message);
	rpc_fault_free(&fault);
	return status;
}

static enum status
take_pages(struct fetch *f)
{
	struct json_object *response;
	char *cursor = NULL, *next;
	enum status status = STATUS_OK;
	int pages = 0;

	do {
		if (++pages > LIST_PAGES_MAX) {
			problem_set(f->why, "upstream \"%s\" answers %s with more than %d pages",
			    f->wanted->upstream->name, list_method(f->wanted->kind),
			    LIST_PAGES_MAX);
			status = STATUS_FAILED;
			break;
		}
		status = ask_again(f, cursor, &response);
		free(cursor);
		cursor = NULL;
		if (status != STATUS_OK)
			break;
		status = take_response(f, response, &next);
		cursor = next;
	} while (status == STATUS_OK && cursor != NULL);
	free(cursor);
	/* Not all that offer resources have templates. */
	return status == STATUS_NOT_FOUND && pages == 1 ? STATUS_OK : status;
}

static enum status
fetch(struct fetch *f)
{
	struct json_object *offered;
	bool found;
	enum status status = list_peer(
	    f->mcp, f->wanted->upstream, &f->wanted->view->peer, f->until_us, &f->peer, f->why);

	if (status != STATUS_OK)
		return status;
	offered = capability(f->peer, f->wanted->kind);
	f->announced = offered == NULL || json_bool(json_member(offered, "listChanged", &found));
	if (offered != NULL)
		status = take_pages(f);
	if (f->unfit > UNFIT_LOGGED_MAX)
		log_warn("upstream \"%s\": %zu entries of %s are left out",
		    f->wanted->upstream->name, f->unfit, list_method(f->wanted->kind));
	if (f->long_names > 0)
		log_warn(
		    "upstream \"%s\": %zu tools have names of more than %d characters as agents "
		    "see them, which models may not take",
		    f->wanted->upstream->name, f->long_names, MCP_NAME_USUAL);
	return status;
}

enum status
list_fetch(
    struct mcp *mcp, const struct wanted *wanted, int64_t until_us, bool *same, struct problem *why)
{
	struct fetch f = {.mcp = mcp,
	    .wanted = wanted,
	    .until_us = until_us,
	    .why = why,
	    .entries = json_new_array(),
	    .seen = json_new_object(),
	    .ttl_ms = -1};
	enum status status = STATUS_NO_MEMORY;
	int64_t mark = 0;

	*same = false;
	problem_set(why, "the %s of upstream \"%s\" cannot be fetched",
	    list_kind_name(wanted->kind), wanted->upstream->name);
	if (f.entries != NULL && f.seen != NULL)
		status = fetch_mark(&f, &mark);
	if (status == STATUS_OK)
		status = fetch(&f);
	if (status == STATUS_OK)
		status = fetch_keep(&f, mark, same);
	peer_release(mcp, f.peer);
	json_free(f.entries);
	json_free(f.seen);
	return status;
}
