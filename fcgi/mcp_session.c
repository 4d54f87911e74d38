/* mcp_session.c - sessions of legacy clients: initialize, and what is said within one; see mcp_visit.h. */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "mcp_visit.h"
#include "plain.h"

#define HOUR_MS ((int64_t)3600 * 1000)
#define CLIENT_NAME_MAX 60 /* characters kept of a client's name and of its version */

static int64_t
idle_ms(const struct visit *visit)
{
	return visit->exchange->service->config.session_idle_h * HOUR_MS;
}

/* Work in a write transaction; what it returns decides whether it is kept. */
static enum status
write_session(struct visit *visit, enum status (*work)(struct visit *visit, struct db *db))
{
	struct store *store = visit->exchange->service->store;
	struct db *db;
	enum status status = store_write(store, &db);

	if (status != STATUS_OK)
		return status;
	status = work(visit, db);
	if (status == STATUS_OK)
		return store_commit(store, db);
	store_rollback(store, db);
	return status;
}

static enum status
touch(struct visit *visit, struct db *db)
{
	return sessions_touch(db, visit->session.id, clock_wall_ms());
}

static void
answer_no_session(struct visit *visit)
{
	struct rpc_fault fault = {0};

	(void)rpc_fault_set(&fault, 404, RPC_SERVER_ERROR,
	    "Session not found: it is unknown, was ended, or was idle for too long; initialize again");
	answer_fault_http(visit, &fault);
}

bool
session_find(struct visit *visit)
{
	struct store *store = visit->exchange->service->store;
	const char *token = request_header(&visit->exchange->request, "MCP_SESSION_ID");
	struct db *db;
	enum status status = store_read(store, &db);

	if (status == STATUS_OK) {
		status = sessions_find(db, visit->caller->key.id, token != NULL ? token : "",
		    idle_ms(visit), clock_wall_ms(), &visit->session);
		store_read_end(store, db);
	}
	if (status == STATUS_NOT_FOUND) {
		answer_no_session(visit);
		return false;
	}
	if (status != STATUS_OK) {
		visit_unavailable(visit, status);
		return false;
	}
	/* A note for the sweep, which nobody waits for. */
	if (session_stale(&visit->session, clock_wall_ms()) &&
	    write_session(visit, touch) != STATUS_OK)
		log_warn("the time of use of session %s was not written", visit->session.id);
	return true;
}

/* "name version", for people. */
static void
describe_client(const struct json_object *info, char *out, size_t size)
{
	bool found;
	const char *name = json_text(json_member(info, "name", &found));
	const char *version = json_text(json_member(info, "version", &found));
	size_t len;

	plain_copy(out, size / 2, name != NULL ? name : "", CLIENT_NAME_MAX);
	len = strlen(out);
	if (version == NULL || version[0] == '\0')
		return;
	out[len++] = ' ';
	plain_copy(out + len, size - len, version, CLIENT_NAME_MAX);
}

static enum status
open_session(struct visit *visit, char token[SESSION_TOKEN_LEN + 1])
{
	struct exchange *exchange = visit->exchange;
	struct store *store = exchange->service->store;
	struct db *db;
	enum status status = store_write(store, &db);

	if (status != STATUS_OK)
		return status;
	status = sessions_open(db, &visit->session, exchange->service->config.sessions_per_key,
	    idle_ms(visit), clock_wall_ms(), token);
	if (status == STATUS_OK)
		return store_commit(store, db);
	store_rollback(store, db);
	return status;
}

static enum status
end_session(struct visit *visit, struct db *db)
{
	return sessions_end(db, visit->session.id);
}

/* Where nobody keeps a stream open, nothing can be announced. */
static void
withdraw_announcements(struct json_object *capabilities)
{
	static const char *const kinds[] = {"tools", "prompts", "resources"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		bool found;
		struct json_object *kind = json_member(capabilities, kinds[i], &found);

		json_remove(kind, "listChanged");
		json_remove(kind, "subscribe");
	}
}

static struct json_object *
initialize_result(struct visit *visit, struct offer *offer)
{
	struct json_object *result = json_new_object();
	bool fine = result != NULL;

	if (visit->exchange->service->config.streams_max == 0)
		withdraw_announcements(offer->capabilities);
	fine = fine && json_set_text(result, "protocolVersion", visit->session.version) &&
	       json_set(result, "capabilities", json_share(offer->capabilities)) &&
	       json_set(result, "serverInfo", convert_server_info());
	if (fine && offer->instructions.len > 0)
		fine = json_set_text(result, "instructions", buf_str(&offer->instructions));
	if (fine)
		return result;
	json_free(result);
	return NULL;
}

/* The session is there before its upstreams are spoken to, as theirs belong to it. */
static void
connect_upstreams(struct visit *visit, const char *token)
{
	const struct catalog_view view = visit_view(visit);
	struct offer offer = {0};
	struct problem why = {""};
	enum status status = catalog_offer(&visit->door->mcp, &view, &offer, &why);

	if (status == STATUS_OK) {
		reply_header(&visit->exchange->reply, MCP_SESSION_HEADER, "%s", token);
		answer_result(visit, initialize_result(visit, &offer));
		log_info(
		    "session %s opened, version %s", visit->session.id, visit->session.version);
	} else {
		if (write_session(visit, end_session) != STATUS_OK)
			log_warn("session %s is left to the sweep", visit->session.id);
		log_warn("no session: %s", why.text);
		answer_error(visit, RPC_INTERNAL, "%s", why.text);
	}
	offer_free(&offer);
}

void
session_initialize(struct visit *visit)
{
	struct session *session = &visit->session;
	char token[SESSION_TOKEN_LEN + 1];
	struct json_object *params = visit->message.params;
	bool found;
	const char *wanted = json_text(json_member(params, "protocolVersion", &found));
	struct json_object *declared = json_member(params, "capabilities", &found);
	enum status status;

	if (visit->batch != NULL || wanted == NULL || json_type(declared) != JSON_OBJECT) {
		answer_error(visit, RPC_INVALID_PARAMS,
		    "Invalid params: initialize goes alone, with protocolVersion and capabilities");
		return;
	}
	json_free(visit->bridged);
	visit->bridged = convert_capabilities(declared);
	session->capabilities = json_share(visit->bridged);
	if (visit->bridged == NULL) {
		visit_unavailable(visit, STATUS_NO_MEMORY);
		return;
	}
	(void)snprintf(session->key_id, sizeof(session->key_id), "%s", visit->caller->key.id);
	(void)snprintf(session->version, sizeof(session->version), "%s", era_negotiate(wanted));
	describe_client(
	    json_member(params, "clientInfo", &found), session->client, sizeof(session->client));
	status = open_session(visit, token);
	if (status == STATUS_TOO_LARGE)
		answer_error(visit, RPC_SERVER_ERROR,
		    "This key has as many sessions as it may have; end one, or have the operator raise "
		    "sessions_per_key");
	else if (status != STATUS_OK)
		visit_unavailable(visit, status);
	else
		connect_upstreams(visit, token);
	secret_wipe(token, sizeof(token));
}

void
session_delete(struct visit *visit)
{
	enum status status;

	if (request_header(&visit->exchange->request, "MCP_SESSION_ID") == NULL) {
		struct rpc_fault fault = {0};

		(void)rpc_fault_set(
		    &fault, 400, RPC_SERVER_ERROR, "Bad request: Mcp-Session-Id is missing");
		answer_fault_http(visit, &fault);
		return;
	}
	if (!session_find(visit))
		return;
	status = write_session(visit, end_session);
	if (status == STATUS_NOT_FOUND) {
		answer_no_session(visit);
	} else if (status != STATUS_OK) {
		visit_unavailable(visit, status);
	} else {
		peers_end_session(&visit->door->mcp, visit->session.id);
		log_info("session %s ended by its client", visit->session.id);
		answer_empty(visit, 200);
	}
}

static enum status
write_level(struct visit *visit, struct db *db)
{
	bool found;

	return sessions_set_level(
	    db, visit->session.id, json_text(json_member(visit->message.params, "level", &found)));
}

static void
answer_written(struct visit *visit, enum status status)
{
	if (status == STATUS_OK)
		answer_result(visit, json_new_object());
	else if (status == STATUS_TOO_LARGE)
		answer_error(visit, RPC_INVALID_PARAMS, "This session has too many subscriptions");
	else if (status == STATUS_NOT_FOUND)
		answer_no_session(visit);
	else
		visit_unavailable(visit, status);
}

void
session_set_level(struct visit *visit)
{
	bool found;
	const char *level = json_text(json_member(visit->message.params, "level", &found));

	if (level == NULL || !era_is_log_level(level)) {
		answer_error(visit, RPC_INVALID_PARAMS, "Invalid params: unknown log level");
		return;
	}
	answer_written(visit, write_session(visit, write_level));
}

static const char *
uri_of(const struct visit *visit)
{
	bool found;
	const char *uri = json_text(json_member(visit->message.params, "uri", &found));

	return uri != NULL && uri[0] != '\0' && strlen(uri) <= MCP_URI_MAX ? uri : NULL;
}

static enum status
write_subscription(struct visit *visit, struct db *db)
{
	return sessions_subscribe(db, visit->session.id, uri_of(visit), true);
}

static enum status
remove_subscription(struct visit *visit, struct db *db)
{
	return sessions_subscribe(db, visit->session.id, uri_of(visit), false);
}

void
session_subscribe(struct visit *visit)
{
	const struct catalog_view view = visit_view(visit);
	const char *uri = uri_of(visit);
	struct route route = {0};
	struct problem why;
	enum status status;

	if (uri == NULL) {
		answer_error(visit, RPC_INVALID_PARAMS, "Invalid params: uri");
		return;
	}
	status = catalog_route(&visit->door->mcp, &view, LIST_RESOURCES, uri, &route, &why);
	if (status == STATUS_OK)
		answer_written(visit, write_session(visit, write_subscription));
	else if (status == STATUS_NOT_FOUND)
		answer_error(visit, RPC_RESOURCE_NOT_FOUND, "Resource not found");
	else if (status == STATUS_FAILED)
		answer_error(visit, RPC_INTERNAL, "%s", why.text);
	else
		visit_unavailable(visit, status);
	route_free(&route);
}

void
session_unsubscribe(struct visit *visit)
{
	if (uri_of(visit) == NULL)
		answer_error(visit, RPC_INVALID_PARAMS, "Invalid params: uri");
	else
		answer_written(visit, write_session(visit, remove_subscription));
}
