/* test_peers.c - era and session of an upstream: found out once, kept, and found out anew when they do not fit any more. */
#include "peer_place.h"

#include "at_once.h"
#include "clock.h"

#define DISCOVER "\"server/discover\""
#define INITIALIZE "\"method\":\"initialize\""
#define ERROR_OF(code)                                                                             \
	"{\"jsonrpc\":\"2.0\",\"id\":\"enforgate-discover\",\"error\":{\"code\":" code             \
	",\"message\":\"x\"}}"
#define BAD_REQUEST "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json"

static enum line_event
call(struct mcp *mcp, struct peer *peer)
{
	struct called called = peer_place_call(mcp, peer, "tools/call");

	json_free(called.message);
	return called.event;
}

static void
a_modern_upstream_is_asked_once_and_another_process_knows(void **state)
{
	struct peer_place *p = *state;
	struct mcp other = peer_place_process(p);
	struct peer *peers[] = {peer_place_peer(&p->mcp, p, "", "{}"),
	    peer_place_peer(&p->mcp, p, "ses_1", "{\"roots\":{}}"),
	    peer_place_peer(&other, p, "", "{}")};

	assert_int_equal(http_place_count(&p->http, DISCOVER), 1);
	assert_int_equal(http_place_count(&p->http, INITIALIZE), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(peers[i]->era, ERA_MODERN);
		assert_string_equal(peers[i]->version, MCP_VERSION_MODERN);
		assert_string_equal(peers[i]->instructions, "Be kind");
		assert_non_null(peers[i]->server_info);
		assert_int_equal(json_length(peers[i]->capabilities), 1);
		assert_null(peers[i]->session);
	}
	assert_ptr_not_equal(peers[0], peers[1]);
	peer_release(&other, peers[2]);
	peers_close(other.peers);
	peer_release(&p->mcp, peers[1]);
	peer_release(&p->mcp, peers[0]);
}

static void
a_legacy_upstream_gets_a_session_that_another_process_goes_on_with(void **state)
{
	struct peer_place *p = *state;
	struct mcp other = peer_place_process(p);
	struct peer *peer, *same, *another;

	p->manners.era = ERA_LEGACY;
	peer = peer_place_peer(&p->mcp, p, "ses_1", "{\"roots\":{\"listChanged\":true}}");
	assert_int_equal(peer->era, ERA_LEGACY);
	assert_string_equal(peer->version, "2025-06-18");
	assert_string_equal(peer->session, "SESSION-ONE");
	assert_int_equal(call(&p->mcp, peer), LINE_RESPONSE);
	same = peer_place_peer(&other, p, "ses_1", "{\"roots\":{\"listChanged\":true}}");
	assert_int_equal(call(&other, same), LINE_RESPONSE);
	assert_int_equal(http_place_count(&p->http, INITIALIZE), 1);
	assert_int_equal(
	    http_place_count(&p->http, "\"capabilities\":{\"roots\":{\"listChanged\":true}}"), 1);
	assert_int_equal(http_place_count(&p->http, "notifications/initialized"), 1);
	assert_int_equal(http_place_count(&p->http, "Mcp-Method: tools/call"), 0);
	assert_int_equal(http_place_count(&p->http, "\r\nMcp-Session-Id: SESSION-ONE\r\n"), 3);
	/* Of its own for another session, and for other capabilities, though nobody asks for the era again. */
	another = peer_place_peer(&p->mcp, p, "ses_2", "{\"roots\":{\"listChanged\":true}}");
	peer_release(&p->mcp, another);
	another = peer_place_peer(&p->mcp, p, "ses_1", "{}");
	peer_release(&p->mcp, another);
	assert_int_equal(http_place_count(&p->http, INITIALIZE), 3);
	assert_int_equal(http_place_count(&p->http, DISCOVER), 1);
	peer_release(&other, same);
	peers_close(other.peers);
	peer_release(&p->mcp, peer);
}

static void
the_session_of_an_upstream_is_sealed_and_belongs_to_its_row(void **state)
{
	struct peer_place *p = *state;
	struct mcp other = peer_place_process(p);
	struct peer *peer;
	const char *sealed;

	p->manners.era = ERA_LEGACY;
	peer = peer_place_peer(&p->mcp, p, "ses_1", "{}");
	peer_release(&p->mcp, peer);
	sealed = test_sql_text(p->store->database, "SELECT session FROM upstream_session");
	assert_true(strlen(sealed) > 20);
	assert_null(strstr(sealed, "SESSION"));
	/* Given to another session of a client it opens nothing: that one gets its own. */
	test_sql(p->store->database, "UPDATE upstream_session SET owner = 'ses_2'");
	peer = peer_place_peer(&other, p, "ses_2", "{}");
	assert_int_equal(http_place_count(&p->http, INITIALIZE), 2);
	peer_release(&other, peer);
	peers_close(other.peers);
}

static void
a_lost_session_is_opened_anew_once_by_whichever_process(void **state)
{
	struct peer_place *p = *state;
	struct mcp other = peer_place_process(p);
	struct peer *peer, *same, *later;

	p->manners.era = ERA_LEGACY;
	peer = peer_place_peer(&p->mcp, p, "", "{}");
	same = peer_place_peer(&other, p, "", "{}");
	p->manners.session = "SESSION-TWO";
	assert_int_equal(call(&p->mcp, peer), LINE_SESSION);
	peer_lost(&p->mcp, peer);
	later = peer_place_peer(&p->mcp, p, "", "{}");
	assert_string_equal(later->session, "SESSION-TWO");
	assert_int_equal(call(&p->mcp, later), LINE_RESPONSE);
	/* The other process has lost what is no more, not what this one has opened. */
	assert_int_equal(call(&other, same), LINE_SESSION);
	peer_lost(&other, same);
	peer_lost(&other, same);
	peer_release(&other, same);
	same = peer_place_peer(&other, p, "", "{}");
	assert_int_equal(call(&other, same), LINE_RESPONSE);
	assert_int_equal(http_place_count(&p->http, INITIALIZE), 2);
	peer_release(&other, same);
	peers_close(other.peers);
	peer_release(&p->mcp, later);
	peer_release(&p->mcp, peer);
}

static void
an_upstream_that_changes_its_era_is_met_again(void **state)
{
	struct peer_place *p = *state;
	struct peer *peer;

	p->manners.era = ERA_LEGACY;
	for (int i = 0; i < 3; i++) {
		static const struct served stranger = {.head = BAD_REQUEST,
		    .body = "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,"
			    "\"message\":\"x\"}}"};

		peer = peer_place_peer(&p->mcp, p, "", "{}");
		assert_int_equal(peer->era, i % 2 == 0 ? ERA_LEGACY : ERA_MODERN);
		assert_int_equal(call(&p->mcp, peer), LINE_RESPONSE);
		p->manners.era = i % 2 == 0 ? ERA_MODERN : ERA_LEGACY;
		p->manners.call = &stranger;
		assert_int_equal(call(&p->mcp, peer), LINE_SESSION);
		p->manners.call = NULL;
		peer_lost(&p->mcp, peer);
		peer_release(&p->mcp, peer);
	}
}

static void
what_was_learnt_before_a_change_of_the_configuration_is_forgotten(void **state)
{
	struct peer_place *p = *state;
	struct peer *peer = peer_place_peer(&p->mcp, p, "", "{}");

	peer_release(&p->mcp, peer);
	p->manners.era = ERA_LEGACY;
	peer_place_set(p, "headers", "[\"X-A: b\"]");
	peer = peer_place_peer(&p->mcp, p, "", "{}");
	assert_int_equal(peer->era, ERA_LEGACY);
	assert_int_equal(http_place_count(&p->http, DISCOVER), 2);
	peer_release(&p->mcp, peer);
}

static const struct {
	const char *name;
	struct served discover;
	int initialized; /* how often it is tried as a legacy one */
	const char *why; /* NULL: it can be used */
} probes[] = {
    {"an error of JSON-RPC", {.head = JSON_HEAD, .body = ERROR_OF("-32601")}, 1, NULL},
    {"not found", {.head = "HTTP/1.1 404 Not Found", .body = "no"}, 1, NULL},
    {"a page", {.head = "HTTP/1.1 200 OK\r\nContent-Type: text/html", .body = "hi"}, 1, NULL},
    {"only versions of the legacy era",
	{.head = JSON_HEAD,
	    .body = "{\"jsonrpc\":\"2.0\",\"id\":\"enforgate-discover\",\"result\":{"
		    "\"supportedVersions\":[\"2025-11-25\"]}}"},
	1, NULL},
    {"another version", {.head = BAD_REQUEST, .body = ERROR_OF("-32022")}, 1, NULL},
    {"a modern one that wants more", {.head = BAD_REQUEST, .body = ERROR_OF("-32021")}, 0,
	"does not answer server/discover (error -32021)"},
    {"no credentials", {.head = "HTTP/1.1 401 No"}, 0, "credentials (HTTP 401)"},
    {"down", {.head = "HTTP/1.1 502 Bad Gateway"}, 0, "HTTP 502"},
    {"moved", {.head = "HTTP/1.1 301 Moved\r\nLocation: /elsewhere"}, 0, "redirect (HTTP 301)"},
    {"hung up", {.cut = true}, 0, "before it answered"},
};

static void
only_what_says_something_about_the_era_decides_it(void **state)
{
	struct peer_place *p = *state;
	int before;

	p->manners.era = ERA_LEGACY;
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		before = http_place_count(&p->http, INITIALIZE);
		p->manners.discover = &probes[i].discover;
		peer_place_set(p, "private", i % 2 == 0 ? "true" : "false");
		if (probes[i].why == NULL)
			peer_release(&p->mcp, peer_place_peer(&p->mcp, p, "", "{}"));
		else
			peer_place_no_peer(&p->mcp, p, probes[i].why);
		if (http_place_count(&p->http, INITIALIZE) != before + probes[i].initialized)
			fail_msg("%s: tried as a legacy one, or not", probes[i].name);
		if (test_sql_number(p->store->database, "SELECT COUNT(*) FROM upstream_era") !=
		    (probes[i].why == NULL ? 1 : 0))
			fail_msg("%s: kept, or not", probes[i].name);
	}
}

static void
a_legacy_upstream_that_does_not_let_us_in_says_why(void **state)
{
	static const struct {
		struct served initialize;
		const char *why;
	} refusals[] = {
	    {{.head = BAD_REQUEST, .body = "no"}, "HTTP 400"},
	    {{.head = "HTTP/1.1 404 Not Found", .body = "no"}, "HTTP 404"},
	    {{.head = JSON_HEAD,
		 .body = "{\"jsonrpc\":\"2.0\",\"id\":\"enforgate-initialize\",\"error\":{\"code\":"
			 "-32603,\"message\":\"secret\"}}"},
		"answered initialize with the error -32603"},
	    {{.head = JSON_HEAD,
		 .body = "{\"jsonrpc\":\"2.0\",\"id\":\"enforgate-initialize\",\"result\":{"
			 "\"protocolVersion\":\"1999-01-01\"}}"},
		"speaks no version of MCP that is known here"},
	    {{.head = "HTTP/1.1 200 OK\r\nContent-Type: text/html", .body = "hi"}, "text/html"},
	};
	struct peer_place *p = *state;

	p->manners.era = ERA_LEGACY;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		p->manners.initialize = &refusals[i].initialize;
		peer_place_set(p, "private", i % 2 == 0 ? "true" : "false");
		peer_place_no_peer(&p->mcp, p, refusals[i].why);
	}
	assert_int_equal(
	    test_sql_number(p->store->database, "SELECT COUNT(*) FROM upstream_session"), 0);
}

static void
addresses_that_are_not_public_are_reached_only_where_that_is_allowed(void **state)
{
	static const char *const urls[] = {"\"http://10.255.255.1/\"", "\"https://192.168.255.1/\"",
	    "\"http://[fd00::1]/\"", "\"http://8.8.8.8/\""};
	struct peer_place *p = *state;

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		peer_place_set(p, "url", urls[i]);
		peer_place_no_peer(&p->mcp, p, "not allow");
	}
	peer_place_set(p, "url", "\"ftp://127.0.0.1/\"");
	peer_place_no_peer(&p->mcp, p, "an URL that is not http:// or https://");
	peer_place_set(p, "url", "\"http://127.0.0.1:1/\"");
	peer_place_no_peer(&p->mcp, p, "cannot be reached");
}

struct opener {
	struct peer_place *p;
	struct peer *peer;
};

static void
open_one(void *item)
{
	struct opener *opener = item;

	opener->peer = peer_place_peer(&opener->p->mcp, opener->p, "ses_1", "{}");
}

static void
threads_that_want_the_same_upstream_connect_once(void **state)
{
	struct peer_place *p = *state;
	struct opener openers[8];

	p->manners.era = ERA_LEGACY;
	for (int i = 0; i < 8; i++)
		openers[i] = (struct opener){p, NULL};
	at_once(open_one, openers, sizeof(openers[0]), 8);
	assert_int_equal(http_place_count(&p->http, DISCOVER), 1);
	assert_int_equal(http_place_count(&p->http, INITIALIZE), 1);
	for (int i = 0; i < 8; i++) {
		assert_ptr_equal(openers[i].peer, openers[0].peer);
		peer_release(&p->mcp, openers[i].peer);
	}
}

static void
what_is_slow_to_fail_is_not_tried_again_at_once(void **state)
{
	static const struct served silent = {.head = NULL};
	struct peer_place *p = *state;
	struct peer_view view = {.owner = "", .capabilities = json_new_object()};
	struct peer *peer;
	struct problem why;
	int64_t begun_us = clock_us();

	p->manners.discover = &silent;
	assert_status(
	    peer_open(&p->mcp, &p->upstream, &view, begun_us + 300000, &peer, &why), STATUS_FAILED);
	assert_non_null(strstr(why.text, "did not answer in time"));
	assert_true(clock_us() - begun_us < 2000000);
	begun_us = clock_us();
	assert_status(
	    peer_open(&p->mcp, &p->upstream, &view, begun_us + 300000, &peer, &why), STATUS_FAILED);
	assert_true(clock_us() - begun_us < 100000);
	(void)usleep(600000);
	p->manners.discover = NULL;
	peer = peer_place_peer(&p->mcp, p, "", "{}");
	peer_release(&p->mcp, peer);
	json_free(view.capabilities);
}

static void
more_views_than_are_kept_do_no_harm(void **state)
{
	struct peer_place *p = *state;
	char owner[16];

	for (int i = 0; i < PEERS_MAX + 20; i++) {
		(void)snprintf(owner, sizeof(owner), "ses_%d", i);
		peer_release(&p->mcp, peer_place_peer(&p->mcp, p, owner, "{}"));
	}
	assert_int_equal(http_place_count(&p->http, DISCOVER), 1);
}

static void
the_end_of_a_session_is_told_to_its_upstreams(void **state)
{
	struct peer_place *p = *state;
	struct peer *peer;

	p->manners.era = ERA_LEGACY;
	peer = peer_place_peer(&p->mcp, p, "ses_1", "{}");
	peer_release(&p->mcp, peer);
	peer = peer_place_peer(&p->mcp, p, "ses_2", "{}");
	peers_end_session(&p->mcp, "ses_1");
	assert_int_equal(http_place_count(&p->http, "DELETE /mcp HTTP/1.1\r\n"), 1);
	assert_int_equal(http_place_count(&p->http, "\r\nMcp-Session-Id: SESSION-ONE"), 3);
	peers_end_session(&p->mcp, "ses_3");
	assert_int_equal(http_place_count(&p->http, "DELETE"), 1);
	peer_release(&p->mcp, peer);
}

static void
a_legacy_call_is_cancelled_with_its_id_and_answered_beside_the_line(void **state)
{
	static const struct served silent = {.head = NULL};
	struct peer_place *p = *state;
	struct json_object *request = peer_place_request("tools/call"), *answer;
	struct peer *peer;
	struct line *line;
	struct problem why;

	p->manners.era = ERA_LEGACY;
	peer = peer_place_peer(&p->mcp, p, "", "{}");
	p->manners.call = &silent;
	assert_status(line_open(&p->mcp, peer, request, NULL, &line, &why), STATUS_OK);
	assert_int_equal(line_next(line, NULL, 0, clock_us() + 100000, &answer, &why), LINE_TIME);
	answer = peer_place_json("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/answer\"}");
	assert_status(line_send(line, answer, &why), STATUS_OK);
	json_free(answer);
	line_cancel(line, "enough");
	line_close(line);
	assert_int_equal(http_place_count(&p->http, "notifications/answer"), 1);
	assert_int_equal(http_place_count(&p->http, "\"requestId\":\"" CALL_ID "\""), 1);
	assert_int_equal(http_place_count(&p->http, "\"reason\":\"enough\""), 1);
	json_free(request);
	peer_release(&p->mcp, peer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    PEER_TEST(a_modern_upstream_is_asked_once_and_another_process_knows),
	    PEER_TEST(a_legacy_upstream_gets_a_session_that_another_process_goes_on_with),
	    PEER_TEST(the_session_of_an_upstream_is_sealed_and_belongs_to_its_row),
	    PEER_TEST(a_lost_session_is_opened_anew_once_by_whichever_process),
	    PEER_TEST(an_upstream_that_changes_its_era_is_met_again),
	    PEER_TEST(what_was_learnt_before_a_change_of_the_configuration_is_forgotten),
	    PEER_TEST(only_what_says_something_about_the_era_decides_it),
	    PEER_TEST(a_legacy_upstream_that_does_not_let_us_in_says_why),
	    PEER_TEST(addresses_that_are_not_public_are_reached_only_where_that_is_allowed),
	    PEER_TEST(threads_that_want_the_same_upstream_connect_once),
	    PEER_TEST(what_is_slow_to_fail_is_not_tried_again_at_once),
	    PEER_TEST(more_views_than_are_kept_do_no_harm),
	    PEER_TEST(the_end_of_a_session_is_told_to_its_upstreams),
	    PEER_TEST(a_legacy_call_is_cancelled_with_its_id_and_answered_beside_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
