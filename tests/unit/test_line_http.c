/* test_line_http.c - a call at an http upstream, whatever the upstream answers. */
#include "peer_place.h"

#include <sys/socket.h>

#include "clock.h"
#include "mcp/wires.h"

#define PROGRESS                                                                                   \
	"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":1}}"
#define ERROR_OF(id, code)                                                                         \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"error\":{\"code\":" code ",\"message\":\"x\"}}"
#define OWN "\"" CALL_ID "\""
#define STATUS_HEAD(status) "HTTP/1.1 " status "\r\nContent-Type: application/json"

static const struct row {
	const char *name;
	struct served served;
	enum line_event event;
	int messages;
	bool sent;
	const char *why; /* NULL: a response */
} rows[] = {
    {"JSON", {.head = JSON_HEAD "; charset=utf-8", .body = CALL_OK}, LINE_RESPONSE, 0, true, NULL},
    {"an event", {EVENTS_HEAD, "data: " CALL_OK "\n\n", true, 0, NULL}, LINE_RESPONSE, 0, true,
	NULL},
    {"events before it, CR LF, several lines, a comment, a priming event",
	{EVENTS_HEAD,
	    ": hello\r\nid: 1\r\ndata:\r\n\r\nevent: message\r\ndata: " PROGRESS
	    "\r\n\r\ndata: " PROGRESS "\r\n\r\ndata: {\"jsonrpc\":\"2.0\",\ndata: \"id\":" OWN
	    ",\"result\":{}}\r\n\r\n",
	    true, 0, NULL},
	LINE_RESPONSE, 2, true, NULL},
    {"an error of its own", {.head = JSON_HEAD, .body = ERROR_OF(OWN, "-32602")}, LINE_RESPONSE, 0,
	true, NULL},
    {"an error of its own with status 400",
	{.head = STATUS_HEAD("400 Bad Request"), .body = ERROR_OF(OWN, "-32602")}, LINE_RESPONSE, 0,
	false, NULL},
    {"a wrong header", {.head = STATUS_HEAD("400 Bad Request"), .body = ERROR_OF("null", "-32020")},
	LINE_RESPONSE, 0, false, NULL},
    {"another version wanted",
	{.head = STATUS_HEAD("400 Bad Request"), .body = ERROR_OF(OWN, "-32022")}, LINE_SESSION, 0,
	false, "HTTP 400"},
    {"no such method with an error of status 500",
	{.head = STATUS_HEAD("500 Broken"), .body = ERROR_OF(OWN, "-32603")}, LINE_RESPONSE, 0,
	true, NULL},
    {"another era now",
	{.head = STATUS_HEAD("400 Bad Request"), .body = ERROR_OF("null", "-32000")}, LINE_SESSION,
	0, false, "HTTP 400"},
    {"not there any more", {.head = "HTTP/1.1 404 Not Found", .body = "<p>no</p>"}, LINE_SESSION, 0,
	false, "HTTP 404"},
    {"a redirect", {.head = "HTTP/1.1 307 Away\r\nLocation: http://127.0.0.1:1/secret", .body = ""},
	LINE_LOST, 0, false, "redirect (HTTP 307)"},
    {"our credentials refused", {.head = "HTTP/1.1 401 No", .body = ERROR_OF(OWN, "-32001")},
	LINE_LOST, 0, false, "credentials (HTTP 401)"},
    {"a fault of the server", {.head = "HTTP/1.1 503 Later", .body = "later"}, LINE_LOST, 0, true,
	"HTTP 503"},
    {"a refusal without end",
	{"HTTP/1.1 503 Later", "", true, (size_t)64 << 20, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
	LINE_LOST, 0, true, "HTTP 503"},
    {"a page", {.head = "HTTP/1.1 200 OK\r\nContent-Type: text/html", .body = "<p>hello</p>"},
	LINE_LOST, 0, true, "text/html instead of JSON"},
    {"no type", {.head = "HTTP/1.1 200 OK", .body = CALL_OK}, LINE_LOST, 0, true, "without a type"},
    {"a type that would forge a line of the log",
	{.head = "HTTP/1.1 200 OK\r\nContent-Type: \x1b[31mred", .body = "x"}, LINE_LOST, 0, true,
	"without a type"},
    {"accepted, and nothing more", {.head = "HTTP/1.1 202 Accepted"}, LINE_LOST, 0, true,
	"empty answer (HTTP 202)"},
    {"no JSON", {.head = JSON_HEAD, .body = "{\"jsonrpc\":"}, LINE_LOST, 0, true, "is no JSON"},
    {"no JSON-RPC", {.head = JSON_HEAD, .body = "{\"id\":" OWN ",\"result\":{}}"}, LINE_LOST, 0,
	true, "no JSON-RPC"},
    {"a batch in the modern era", {.head = JSON_HEAD, .body = "[" CALL_OK "]"}, LINE_LOST, 0, true,
	"no JSON-RPC"},
    {"nested too deep", {JSON_HEAD, "", true, 4096, "[[[[[[[["}, LINE_LOST, 0, true,
	"sent a message"},
    {"an answer to another request",
	{.head = JSON_HEAD, .body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}"}, LINE_LOST, 0,
	true, "a request that was not asked"},
    {"a message that is no response", {.head = JSON_HEAD, .body = PROGRESS}, LINE_LOST, 1, true,
	""},
    {"an answer without end",
	{JSON_HEAD, "{\"a\":\"", true, (size_t)64 << 20, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
	LINE_LOST, 0, true, "too large"},
    {"an event without end",
	{EVENTS_HEAD, "data: ", true, (size_t)64 << 20, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
	LINE_LOST, 0, true, "too large"},
    {"headers without end", {"HTTP/1.1 200 OK\r\nX-A: b", NULL, true, 0, NULL}, LINE_LOST, 0, true,
	"empty answer"},
    {"half an event", {EVENTS_HEAD, "data: " CALL_OK, true, 0, NULL}, LINE_LOST, 0, true,
	"ended its event stream before it answered"},
    {"half an answer", {JSON_HEAD "\r\nContent-Length: 9999", CALL_OK, true, 0, NULL}, LINE_LOST, 0,
	true, "broke off its answer"},
    {"no answer", {NULL, NULL, true, 0, NULL}, LINE_LOST, 0, true,
	"ended the connection before it answered"},
    {"no HTTP", {"SSH-2.0-OpenSSH_9.2", NULL, true, 0, NULL}, LINE_LOST, 0, true,
	"something that is no HTTP"},
};

static void
check(const struct row *row, const struct called *called)
{
	if (called->event != row->event)
		fail_msg("%s: event %d: %s", row->name, called->event, called->why.text);
	if (called->messages != row->messages)
		fail_msg("%s: %d messages", row->name, called->messages);
	if (called->sent != row->sent)
		fail_msg("%s: sent: %d", row->name, called->sent);
	if ((called->message != NULL) != (row->event == LINE_RESPONSE))
		fail_msg("%s: there is a message, or there is none", row->name);
	if (row->why != NULL && (strstr(called->why.text, row->why) == NULL ||
				    strncmp(called->why.text, "upstream \"srv\" ", 15) != 0))
		fail_msg("%s: \"%s\" does not say \"%s\"", row->name, called->why.text, row->why);
}

static void
every_answer_ends_in_a_response_or_a_clear_sentence(void **state)
{
	struct peer_place *p = *state;
	struct peer *peer = peer_place_peer(&p->mcp, p, "", "{}");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct called called;

		p->manners.call = &rows[i].served;
		called = peer_place_call(&p->mcp, peer, "tools/call");
		check(&rows[i], &called);
		json_free(called.message);
	}
	peer_release(&p->mcp, peer);
}

static void
a_modern_request_has_its_headers_and_a_name_that_fits_into_one(void **state)
{
	struct peer_place *p = *state;
	struct peer *peer;
	struct called called;

	peer_place_set(p, "headers", "[\"X-Token: t0ps3cret\"]");
	peer = peer_place_peer(&p->mcp, p, "", "{}");
	called = peer_place_call(&p->mcp, peer, "tools/call");
	assert_int_equal(called.event, LINE_RESPONSE);
	assert_int_equal(http_place_count(&p->http, "\r\nMcp-Method: tools/call\r\n"), 1);
	assert_int_equal(http_place_count(&p->http, "\r\nMcp-Name: =?base64?bsOkbWU=?=\r\n"), 1);
	assert_int_equal(http_place_count(&p->http, "\r\nMCP-Protocol-Version: 2026-07-28\r\n"), 2);
	assert_int_equal(http_place_count(&p->http, "\r\nX-Token: t0ps3cret\r\n"), 2);
	assert_int_equal(http_place_count(&p->http, "Mcp-Session-Id"), 0);
	assert_int_equal(
	    http_place_count(&p->http, "\r\nAccept: application/json, text/event-stream\r\n"), 2);
	json_free(called.message);
	peer_release(&p->mcp, peer);
}

static void
a_header_that_would_end_its_line_is_refused_and_nothing_is_sent(void **state)
{
	static const char *const bad[] = {"X: a\r\nY: b", "X: a\nb", "no header", ": empty"};
	struct peer_place *p = *state;
	struct peer *peer = peer_place_peer(&p->mcp, p, "", "{}");
	struct json_object *request = peer_place_request("tools/call");

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *headers[] = {bad[i], NULL};
		struct line *line;
		struct problem why;

		assert_status(
		    line_open(&p->mcp, peer, request, headers, &line, &why), STATUS_FAILED);
		assert_non_null(strstr(why.text, "upstream \"srv\" cannot be sent a header"));
	}
	assert_int_equal(http_place_count(&p->http, "tools/call"), 0);
	json_free(request);
	peer_release(&p->mcp, peer);
}

static void
one_connection_serves_call_after_call(void **state)
{
	struct peer_place *p = *state;
	struct peer *peer = peer_place_peer(&p->mcp, p, "", "{}");

	for (int i = 0; i < 20; i++) {
		struct called called = peer_place_call(&p->mcp, peer, "tools/call");

		assert_int_equal(called.event, LINE_RESPONSE);
		json_free(called.message);
	}
	assert_int_equal(p->http.connections, 1);
	assert_int_equal(wires_idle(peers_wires(p->mcp.peers)), 1);
	peer_release(&p->mcp, peer);
}

static void
a_server_that_keeps_no_connection_gets_a_new_one(void **state)
{
	static const struct served closing = {
	    JSON_HEAD "\r\nConnection: close", CALL_OK, true, 0, NULL};
	static const struct served brief = {
	    JSON_HEAD "\r\nKeep-Alive: timeout=0", CALL_OK, false, 0, NULL};
	struct peer_place *p = *state;
	struct peer *peer = peer_place_peer(&p->mcp, p, "", "{}");

	for (int i = 0; i < 4; i++) {
		struct called called;

		p->manners.call = i % 2 == 0 ? &closing : &brief;
		called = peer_place_call(&p->mcp, peer, "tools/call");
		assert_int_equal(called.event, LINE_RESPONSE);
		json_free(called.message);
	}
	assert_int_equal(p->http.connections, 4);
	peer_release(&p->mcp, peer);
}

static void
a_connection_that_ended_while_idle_is_not_used(void **state)
{
	struct peer_place *p = *state;
	struct peer *peer = peer_place_peer(&p->mcp, p, "", "{}");
	struct called called = peer_place_call(&p->mcp, peer, "tools/call");

	json_free(called.message);
	http_place_hang_up(&p->http);
	called = peer_place_call(&p->mcp, peer, "tools/call");
	assert_int_equal(called.event, LINE_RESPONSE);
	assert_int_equal(http_place_count(&p->http, "\"tools/call\""), 2);
	json_free(called.message);
	peer_release(&p->mcp, peer);
}

static const struct served hang_up = {NULL, NULL, true, 0, NULL};

static void
a_call_on_a_connection_that_dies_is_not_sent_again(void **state)
{
	struct peer_place *p = *state;
	struct peer *peer = peer_place_peer(&p->mcp, p, "", "{}");
	struct called called;

	p->manners.later = &hang_up;
	called = peer_place_call(&p->mcp, peer, "tools/call");
	assert_int_equal(called.event, LINE_RESPONSE);
	json_free(called.message);
	called = peer_place_call(&p->mcp, peer, "tools/call");
	assert_int_equal(called.event, LINE_LOST);
	assert_true(called.sent);
	assert_non_null(strstr(called.why.text, "ended the connection before it answered"));
	assert_int_equal(http_place_count(&p->http, "\"tools/call\""), 2);
	peer_release(&p->mcp, peer);
}

static void
what_is_harmless_is_sent_again_once_its_connection_died(void **state)
{
	struct peer_place *p = *state;
	struct peer *peer = peer_place_peer(&p->mcp, p, "", "{}");
	struct called called;

	p->manners.later = &hang_up;
	called = peer_place_call(&p->mcp, peer, "tools/list");
	json_free(called.message);
	called = peer_place_call(&p->mcp, peer, "tools/list");
	assert_int_equal(called.event, LINE_LOST);
	assert_int_equal(http_place_count(&p->http, "\"tools/list\""), 3);
	peer_release(&p->mcp, peer);
}

static void
a_silent_upstream_ends_in_time_and_what_is_watched_wakes(void **state)
{
	static const struct served silent = {NULL, NULL, false, 0, NULL};
	struct peer_place *p = *state;
	struct peer *peer = peer_place_peer(&p->mcp, p, "", "{}");
	struct json_object *request = peer_place_request("tools/call"), *message;
	struct line *line;
	struct problem why;
	struct pollfd watch = {.events = POLLIN};
	int64_t begun_us = clock_us();
	int ends[2];

	p->manners.call = &silent;
	assert_int_equal(pipe(ends), 0);
	watch.fd = ends[0];
	assert_status(line_open(&p->mcp, peer, request, NULL, &line, &why), STATUS_OK);
	assert_int_equal(line_next(line, &watch, 1, begun_us + 50000, &message, &why), LINE_TIME);
	assert_true(clock_us() - begun_us >= 50000 && clock_us() - begun_us < 2000000);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(
	    line_next(line, &watch, 1, clock_us() + 5000000, &message, &why), LINE_WATCHED);
	assert_true((watch.revents & POLLIN) != 0);
	assert_true(line_sent(line));
	line_close(line);
	assert_int_equal(wires_idle(peers_wires(p->mcp.peers)), 0);
	(void)close(ends[0]);
	(void)close(ends[1]);
	json_free(request);
	peer_release(&p->mcp, peer);
}

/* Neither events nor comments without end keep the caller from the time and from what it watches. */
static void
a_flood_does_not_drown_the_time_nor_what_is_watched(void **state)
{
	static const struct served floods[] = {
	    {EVENTS_HEAD, "", true, SIZE_MAX, "data: " PROGRESS "\n\n"},
	    {EVENTS_HEAD, "", true, SIZE_MAX, ": nothing to say\n\n"}};
	struct peer_place *p = *state;
	struct peer *peer = peer_place_peer(&p->mcp, p, "", "{}");
	struct json_object *request = peer_place_request("tools/call"), *message;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	for (size_t i = 0; i < 2; i++) {
		struct pollfd watch = {.fd = ends[0], .events = POLLIN};
		struct line *line;
		struct problem why;
		enum line_event event;
		int64_t begun_us = clock_us();
		int turns = 0;

		p->manners.call = &floods[i];
		assert_status(line_open(&p->mcp, peer, request, NULL, &line, &why), STATUS_OK);
		do {
			event = line_next(line, &watch, 1, begun_us + 5000000, &message, &why);
			json_free(message);
		} while (event == LINE_MESSAGE && ++turns < 1000);
		assert_int_equal(event, LINE_WATCHED);
		begun_us = clock_us();
		do {
			event = line_next(line, NULL, 0, begun_us + 100000, &message, &why);
			json_free(message);
		} while (event == LINE_MESSAGE && clock_us() - begun_us < 1000000);
		assert_true(event == LINE_TIME || (event == LINE_MESSAGE && i == 0));
		line_close(line);
	}
	(void)close(ends[0]);
	(void)close(ends[1]);
	json_free(request);
	peer_release(&p->mcp, peer);
}

static void
a_stream_of_notifications_is_there_or_is_said_not_to_be(void **state)
{
	static const struct served stream = {EVENTS_HEAD, "data: " PROGRESS "\n\n", true, 0, NULL};
	static const struct served none = {
	    .head = JSON_HEAD, .body = ERROR_OF("\"enforgate-listen\"", "-32601")};
	struct peer_place *p = *state;
	struct json_object *wanted = json_new_object(), *message;
	struct line *line;
	struct problem why;

	for (int era = 0; era < 2; era++) {
		struct peer *peer;

		p->manners.era = era == 0 ? ERA_MODERN : ERA_LEGACY;
		peer_place_set(p, "private", "true");
		peer = peer_place_peer(&p->mcp, p, "", "{}");
		p->manners.listen = NULL;
		assert_status(line_listen(&p->mcp, peer, wanted, &line, &why),
		    era == 0 ? STATUS_FAILED : STATUS_NOT_FOUND);
		p->manners.listen = &none;
		if (era == 0)
			assert_status(
			    line_listen(&p->mcp, peer, wanted, &line, &why), STATUS_NOT_FOUND);
		p->manners.listen = &stream;
		assert_status(line_listen(&p->mcp, peer, wanted, &line, &why), STATUS_OK);
		assert_int_equal(
		    line_next(line, NULL, 0, clock_us() + 5000000, &message, &why), LINE_MESSAGE);
		json_free(message);
		assert_int_equal(
		    line_next(line, NULL, 0, clock_us() + 5000000, &message, &why), LINE_LOST);
		assert_non_null(strstr(why.text, "ended its stream of notifications"));
		line_close(line);
		peer_release(&p->mcp, peer);
	}
	json_free(wanted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    PEER_TEST(every_answer_ends_in_a_response_or_a_clear_sentence),
	    PEER_TEST(a_modern_request_has_its_headers_and_a_name_that_fits_into_one),
	    PEER_TEST(a_header_that_would_end_its_line_is_refused_and_nothing_is_sent),
	    PEER_TEST(one_connection_serves_call_after_call),
	    PEER_TEST(a_server_that_keeps_no_connection_gets_a_new_one),
	    PEER_TEST(a_connection_that_ended_while_idle_is_not_used),
	    PEER_TEST(a_call_on_a_connection_that_dies_is_not_sent_again),
	    PEER_TEST(what_is_harmless_is_sent_again_once_its_connection_died),
	    PEER_TEST(a_silent_upstream_ends_in_time_and_what_is_watched_wakes),
	    PEER_TEST(a_flood_does_not_drown_the_time_nor_what_is_watched),
	    PEER_TEST(a_stream_of_notifications_is_there_or_is_said_not_to_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
