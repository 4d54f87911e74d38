/* peer_place.c - an upstream of either era and a process that speaks to it; see peer_place.h. */
#include "peer_place.h"

#include "clock.h"
#include "keys.h"
#include "mcp/upstreams.h"

#define WAIT_US 5000000

static const struct secret_key seal = {{1, 2, 3}};

static const struct served discovered = {JSON_HEAD,
    "{\"jsonrpc\":\"2.0\",\"id\":\"enforgate-discover\",\"result\":{\"resultType\":\"complete\","
    "\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}},\"instructions\":"
    "\"Be kind\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"m\"}}}}",
    false, 0, NULL};
static const struct served unknown_method = {
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json",
    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,\"message\":\"Server not "
    "initialized\"}}",
    false, 0, NULL};
static const char initialized_body[] =
    "{\"jsonrpc\":\"2.0\",\"id\":\"enforgate-initialize\",\"result\":{\"protocolVersion\":"
    "\"2025-06-18\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"l\"}}}";
static const struct served not_now = {"HTTP/1.1 405 Method Not Allowed", NULL, false, 0, NULL};
static const struct served accepted = {"HTTP/1.1 202 Accepted", NULL, false, 0, NULL};
static const struct served gone = {"HTTP/1.1 204 No Content", NULL, false, 0, NULL};
static const struct served called = {JSON_HEAD, CALL_OK, false, 0, NULL};
static const struct served no_session = {"HTTP/1.1 404 Not Found\r\nContent-Type: application/json",
    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32001,\"message\":\"Session not "
    "found\"}}",
    false, 0, NULL};

static bool
is(const char *body, const char *method)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "\"method\":\"%s\"", method);
	return strstr(body, text) != NULL;
}

static const struct served *
or_else(const struct served *wanted, const struct served *usual)
{
	return wanted != NULL ? wanted : usual;
}

static const struct served *
choose_call(struct peer_place *p, const char *head)
{
	struct manners *m = &p->manners;
	char session[128];

	(void)snprintf(session, sizeof(session), "Mcp-Session-Id: %s\r\n", m->session);
	if (m->era == ERA_LEGACY && m->call == NULL && m->session != NULL &&
	    strstr(head, session) == NULL)
		return &no_session;
	if (atomic_fetch_add(&m->calls, 1) > 0 && m->later != NULL)
		return m->later;
	return or_else(m->call, &called);
}

static const struct served *
choose(void *arg, const char *head, const char *body)
{
	struct peer_place *p = arg;
	struct manners *m = &p->manners;

	if (strncmp(head, "DELETE", 6) == 0)
		return &gone;
	if (strncmp(head, "GET", 3) == 0 || is(body, "subscriptions/listen"))
		return or_else(m->listen, &not_now);
	if (is(body, "server/discover"))
		return or_else(m->discover, m->era == ERA_MODERN ? &discovered : &unknown_method);
	if (is(body, "initialize") && m->initialize == NULL && m->era == ERA_LEGACY) {
		(void)snprintf(p->session_head, sizeof(p->session_head), "%s%s%s", JSON_HEAD,
		    m->session != NULL ? "\r\nMcp-Session-Id: " : "",
		    m->session != NULL ? m->session : "");
		p->session_served =
		    (struct served){.head = p->session_head, .body = initialized_body};
		return &p->session_served;
	}
	if (is(body, "initialize"))
		return or_else(m->initialize, &unknown_method);
	if (strstr(body, "\"notifications/") != NULL)
		return or_else(m->initialized, &accepted);
	return choose_call(p, head);
}

struct json_object *
peer_place_json(const char *text)
{
	const struct json_limits limits = {
	    .bytes = PEER_PLACE_ANSWER_MAX, .nesting = 64, .members = 10000};
	struct json_object *root;
	struct problem why;

	if (json_parse(text, strlen(text), &limits, &root, &why) != STATUS_OK)
		fail_msg("%s: %s", text, why.text);
	return root;
}

static void
add_upstream(struct peer_place *p)
{
	struct key key = {.approval_timeout_ms = 1, .name = "agent"};
	char text[KEY_TEXT_LEN + 1];
	struct db *db = store_place_write(p->store->store);

	key_make(text);
	assert_status(keys_add(db, &key, text), STATUS_OK);
	p->upstream = (struct upstream){.kind = UPSTREAM_HTTP,
	    .name = "srv",
	    .timeout_ms = 1000,
	    .settings = json_new_object()};
	memcpy(p->upstream.key_id, key.id, sizeof(p->upstream.key_id));
	assert_true(json_set_text(p->upstream.settings, "url", p->url));
	assert_status(upstreams_add(db, &seal, &p->upstream, clock_wall_ms()), STATUS_OK);
	store_place_commit(p->store->store, db);
}

void
peer_place_set(struct peer_place *p, const char *member, const char *json)
{
	struct db *db = store_place_write(p->store->store);

	assert_true(json_set(p->upstream.settings, member, peer_place_json(json)));
	assert_status(
	    upstreams_update(db, &seal, &p->upstream, p->upstream.changed_ms + 1), STATUS_OK);
	store_place_commit(p->store->store, db);
}

struct mcp
peer_place_process(struct peer_place *p)
{
	struct mcp mcp = {
	    .config = &p->config, .store = p->store->store, .seal = seal, .end_fd = -1};
	struct problem why;

	assert_status(peers_open(&mcp, &mcp.peers, &why), STATUS_OK);
	return mcp;
}

int
peer_place_setup(void **state)
{
	struct peer_place *p = calloc(1, sizeof(*p));
	void *store;

	assert_non_null(p);
	(void)store_place_setup(&store);
	p->store = store;
	p->config.upstream_answer_max = PEER_PLACE_ANSWER_MAX;
	p->config.nesting_max = 64;
	p->config.members_max = 1000;
	p->config.body_max = PEER_PLACE_ANSWER_MAX;
	p->manners.era = ERA_MODERN;
	p->manners.session = "SESSION-ONE";
	http_place_open(&p->http, choose, p);
	(void)snprintf(p->url, sizeof(p->url), "http://127.0.0.1:%d/mcp", p->http.port);
	add_upstream(p);
	p->mcp = peer_place_process(p);
	*state = p;
	return 0;
}

int
peer_place_teardown(void **state)
{
	struct peer_place *p = *state;
	void *store = p->store;

	peers_close(p->mcp.peers);
	http_place_close(&p->http);
	upstream_free(&p->upstream);
	(void)store_place_teardown(&store);
	free(p);
	return 0;
}

struct peer *
peer_place_peer(struct mcp *mcp, struct peer_place *p, const char *owner, const char *capabilities)
{
	struct peer_view view = {.owner = owner, .capabilities = peer_place_json(capabilities)};
	struct peer *peer;
	struct problem why = {""};

	if (peer_open(mcp, &p->upstream, &view, clock_us() + WAIT_US, &peer, &why) != STATUS_OK)
		fail_msg("%s", why.text);
	json_free(view.capabilities);
	return peer;
}

void
peer_place_no_peer(struct mcp *mcp, struct peer_place *p, const char *text)
{
	struct peer_view view = {.owner = "", .capabilities = json_new_object()};
	struct peer *peer = NULL;
	struct problem why = {""};
	enum status status = peer_open(mcp, &p->upstream, &view, clock_us() + WAIT_US, &peer, &why);

	json_free(view.capabilities);
	assert_status(status, STATUS_FAILED);
	assert_null(peer);
	if (strncmp(why.text, "upstream \"srv\" ", 15) != 0 || strstr(why.text, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why.text, text);
}

struct json_object *
peer_place_request(const char *method)
{
	struct json_object *ids = json_new_array(), *params = json_new_object(), *request;

	assert_true(json_append_text(ids, CALL_ID));
	assert_true(json_set_text(params, "name", "n\xc3\xa4me"));
	request = rpc_request(json_element(ids, 0), method, params);
	assert_non_null(request);
	json_free(ids);
	json_free(params);
	return request;
}

struct called
peer_place_call(struct mcp *mcp, struct peer *peer, const char *method)
{
	struct called out = {.event = LINE_LOST, .why = {""}};
	struct json_object *request = peer_place_request(method);
	struct line *line;

	assert_status(line_open(mcp, peer, request, NULL, &line, &out.why), STATUS_OK);
	json_free(request);
	do {
		json_free(out.message);
		out.event = line_next(line, NULL, 0, clock_us() + WAIT_US, &out.message, &out.why);
		out.messages += out.event == LINE_MESSAGE ? 1 : 0;
	} while (out.event == LINE_MESSAGE);
	out.sent = line_sent(line);
	line_close(line);
	return out;
}
