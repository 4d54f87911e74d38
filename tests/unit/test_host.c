/* test_host.c - hosts of stdio upstreams, with a real one and its program: found, spoken through, parked, ended. */
#include "host_place.h"

#include <signal.h>

#include "clock.h"
#include "mcp/sessions.h"

static int64_t
soon(int seconds)
{
	return clock_us() + seconds * INT64_C(1000000);
}

static struct host_line *
open_line(struct host_place *p, struct peer *peer, const char *tool, const char *arguments,
    const char *token)
{
	struct json_object *first = host_place_request(tool, arguments, token);
	struct host_line *line = NULL;
	struct problem why = {""};

	assert_status(host_line_open(&p->mcp, peer, first, &line, &why), STATUS_OK);
	json_free(first);
	return line;
}

static struct json_object *
next(struct host_line *line, enum line_event expected)
{
	struct json_object *message = NULL;
	struct problem why = {""};
	enum line_event event = host_line_next(line, NULL, 0, soon(15), &message, &why);

	if (event != expected)
		print_error("event %d: %s\n", (int)event, why.text);
	assert_int_equal(event, expected);
	return message;
}

/* The text that a tool answers with; the next call writes over it. */
static const char *
text_of(struct host_place *p, struct peer *peer, const char *tool, const char *arguments)
{
	static char text[8192];
	struct host_line *line = open_line(p, peer, tool, arguments, NULL);
	struct json_object *response = next(line, LINE_RESPONSE);

	(void)snprintf(text, sizeof(text), "%s", host_place_text(response));
	json_free(response);
	host_line_close(line);
	return text;
}

static void
find(struct host_place *p, struct peer *peer)
{
	struct json_object *hello = NULL;
	struct problem why = {""};
	enum status status = host_place_find(p, peer, &hello, &why);

	if (status != STATUS_OK)
		print_error("%s\n", why.text);
	assert_status(status, STATUS_OK);
	json_free(hello);
}

static const char *
member_text(const struct json_object *object, const char *name)
{
	bool found;
	const char *text = json_text(json_member(object, name, &found));

	return text != NULL ? text : "";
}

static void
test_hello_and_call(void **state)
{
	struct host_place p;
	struct peer peer, again;
	struct json_object *hello, *message;
	struct host_line *line;
	struct problem why = {""};
	char pid[32];
	bool found;

	(void)state;
	host_place_open(&p, "", NULL);
	assert_status(host_place_find(&p, &peer, &hello, &why), STATUS_OK);
	assert_string_equal(member_text(hello, "era"), "legacy");
	assert_string_equal(member_text(hello, "version"), "2025-06-18");
	assert_string_equal(member_text(hello, "upstream"), "tests");
	/* It was told what the client can, and nothing else. */
	assert_string_equal(member_text(hello, "instructions"), "{\"elicitation\": {}}");
	json_free(hello);

	line = open_line(&p, &peer, "echo", "{\"a\":1.50}", "token");
	message = next(line, LINE_RESPONSE);
	assert_string_equal(member_text(message, "id"), "mine");
	assert_string_equal(host_place_text(message), "{\"a\": 1.5}");
	assert_true(host_line_sent(line));
	json_free(message);
	host_line_close(line);

	line = open_line(&p, &peer, "progress", "{}", "token");
	for (int i = 0; i < 3; i++) {
		message = next(line, LINE_MESSAGE);
		assert_string_equal(
		    member_text(json_member(message, "params", &found), "progressToken"), "token");
		json_free(message);
	}
	json_free(next(line, LINE_RESPONSE));
	host_line_close(line);

	(void)snprintf(pid, sizeof(pid), "%s", text_of(&p, &peer, "pid", "{}"));
	find(&p, &again);
	assert_string_equal(again.host, peer.host);
	assert_string_equal(text_of(&p, &again, "pid", "{}"), pid);
	/* Another session is another child; one that is over gets none. */
	p.view.owner = "ses_other";
	assert_status(host_place_find(&p, &again, &hello, &why), STATUS_FAILED);
	assert_string_equal(why.text, "upstream \"tests\": its session is over");
	assert_string_not_equal(again.host, peer.host);
	host_place_close(&p);
}

/* What a server may be like when it is asked what it is. */
static void
test_eras(void **state)
{
	static const struct {
		const char *word;
		bool good;
	} cases[] = {{"strict", true}, {"silent", true}, {"slow", true}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const words[] = {cases[i].word, NULL};
		struct host_place p;
		struct peer peer;

		host_place_open(&p, "", words);
		find(&p, &peer);
		assert_string_equal(text_of(&p, &peer, "echo", "{}"), "{}");
		host_place_close(&p);
	}
}

static void
test_failures(void **state)
{
	struct host_place p;
	struct peer peer;
	struct json_object *hello = NULL;
	struct problem why = {""};
	struct db *db;

	(void)state;
	host_place_open(&p, "", NULL);
	assert_true(json_replace(json_member(p.upstream.settings, "command", &(bool){false}), 1,
	    json_new_text("/nonexistent.py", 15)));
	assert_status(store_write(p.mcp.store, &db), STATUS_OK);
	assert_status(upstreams_update(db, &p.mcp.seal, &p.upstream, clock_wall_ms()), STATUS_OK);
	assert_status(store_commit(p.mcp.store, db), STATUS_OK);
	assert_status(host_place_find(&p, &peer, &hello, &why), STATUS_FAILED);
	assert_non_null(strstr(why.text, "upstream \"tests\": its program exited with code 2"));
	host_place_close(&p);
}

static void
test_questions(void **state)
{
	struct host_place p;
	struct peer peer;
	struct host_line *line, *resumed;
	struct json_object *message, *answer;
	struct problem why = {""};
	char handle[LINE_HANDLE_MAX + 1];
	bool found;

	(void)state;
	host_place_open(&p, "", NULL);
	find(&p, &peer);
	for (int parked = 0; parked < 2; parked++) {
		line = open_line(&p, &peer, "ask", "{}", NULL);
		message = next(line, LINE_MESSAGE);
		assert_string_equal(member_text(message, "method"), "elicitation/create");
		if (parked) {
			assert_status(host_line_park(line, handle), STATUS_OK);
			host_line_close(line);
			assert_status(host_line_resume(&p.mcp, handle, &line, &why), STATUS_OK);
			assert_status(
			    host_line_resume(&p.mcp, handle, &resumed, &why), STATUS_NOT_FOUND);
		}
		answer = rpc_response(json_member(message, "id", &found), NULL);
		assert_true(json_set_text(json_member(answer, "result", &found), "name", "me"));
		assert_status(host_line_send(line, answer), STATUS_OK);
		json_free(answer);
		json_free(message);
		message = next(line, LINE_RESPONSE);
		assert_string_equal(host_place_text(message), "{\"name\": \"me\"}");
		assert_string_equal(member_text(message, "id"), "mine");
		json_free(message);
		host_line_close(line);
	}
	assert_status(host_line_resume(&p.mcp, "host-0.sock.x", &line, &why), STATUS_NOT_FOUND);
	assert_status(host_line_resume(&p.mcp, "../host-0.sock.x", &line, &why), STATUS_NOT_FOUND);
	host_place_close(&p);
}

/* A call is parked while messages are on their way, and its answer comes while nobody is there. */
static void
test_park_keeps(void **state)
{
	struct host_place p;
	struct peer peer;
	struct host_line *line;
	struct json_object *message;
	struct problem why = {""};
	char handle[LINE_HANDLE_MAX + 1];
	const struct timespec pause = {0, 300000000};

	(void)state;
	host_place_open(&p, "", NULL);
	find(&p, &peer);
	for (int late = 0; late < 2; late++) {
		line = open_line(&p, &peer, "progress", "{}", "token");
		if (late)
			(void)nanosleep(&pause, NULL);
		assert_status(host_line_park(line, handle), STATUS_OK);
		host_line_close(line);
		(void)nanosleep(&pause, NULL);
		assert_status(host_line_resume(&p.mcp, handle, &line, &why), STATUS_OK);
		for (int i = 0; i < 3; i++)
			json_free(next(line, LINE_MESSAGE));
		message = next(line, LINE_RESPONSE);
		assert_string_equal(host_place_text(message), "done");
		json_free(message);
		host_line_close(line);
	}
	host_place_close(&p);
}

static void
test_cancel_and_leave(void **state)
{
	struct host_place p;
	struct peer peer;
	struct host_line *line;
	struct json_object *message = NULL;
	struct problem why = {""};
	int64_t until_us;

	(void)state;
	host_place_open(&p, "", NULL);
	find(&p, &peer);
	line = open_line(&p, &peer, "slow", "{\"seconds\": 20}", NULL);
	assert_int_equal(
	    host_line_next(line, NULL, 0, soon(0) + 200000, &message, &why), LINE_TIME);
	host_line_cancel(line, "changed my mind");
	host_line_close(line);
	line = open_line(&p, &peer, "slow", "{\"seconds\": 20}", NULL);
	host_line_close(line); /* which cancels too */
	until_us = soon(5);
	while (strcmp(text_of(&p, &peer, "cancelled", "{}"), "2") != 0)
		assert_true(clock_us() < until_us);
	host_place_close(&p);
}

static void
test_at_once(void **state)
{
	struct host_place p;
	struct peer peer;
	struct host_line *lines[20];
	struct json_object *message;
	char arguments[32], expected[32];

	(void)state;
	host_place_open(&p, "", NULL);
	find(&p, &peer);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(arguments, sizeof(arguments), "{\"n\": %d}", i);
		lines[i] = open_line(&p, &peer, "echo", arguments, NULL);
	}
	for (int i = 0; i < 20; i++) {
		(void)snprintf(expected, sizeof(expected), "{\"n\": %d}", i);
		message = next(lines[i], LINE_RESPONSE);
		assert_string_equal(host_place_text(message), expected);
		json_free(message);
		host_line_close(lines[i]);
	}
	host_place_close(&p);
}

static void
test_child_dies(void **state)
{
	struct host_place p;
	struct peer peer;
	struct host_line *other, *line;
	struct json_object *message = NULL;
	struct problem why = {""};

	(void)state;
	host_place_open(&p, "", NULL);
	find(&p, &peer);
	other = open_line(&p, &peer, "slow", "{\"seconds\": 20}", NULL);
	line = open_line(&p, &peer, "die", "{}", NULL);
	assert_int_equal(host_line_next(line, NULL, 0, soon(10), &message, &why), LINE_LOST);
	assert_string_equal(why.text, "upstream \"tests\": its program exited with code 3");
	assert_true(host_line_sent(line));
	assert_int_equal(host_line_next(other, NULL, 0, soon(10), &message, &why), LINE_LOST);
	host_line_close(other);
	host_line_close(line);
	host_place_await_end(&p, 5);
	line = open_line(&p, &peer, "echo", "{}", NULL); /* the host is gone: connect anew */
	assert_int_equal(host_line_next(line, NULL, 0, soon(10), &message, &why), LINE_SESSION);
	assert_false(host_line_sent(line));
	host_line_close(line);
	find(&p, &peer);
	assert_string_equal(text_of(&p, &peer, "echo", "{}"), "{}");
	host_place_close(&p);
}

static void
test_children_end(void **state)
{
	struct host_place p;
	struct peer peer;
	int pids[3];

	(void)state;
	for (int how = 0; how < 2; how++) {
		host_place_open(&p, "", NULL);
		find(&p, &peer);
		assert_int_equal(sscanf(text_of(&p, &peer, "children", "{}"), "%d %d %d", &pids[0],
				     &pids[1], &pids[2]),
		    3);
		for (int i = 0; i < 3; i++)
			assert_int_equal(kill(pids[i], 0), 0);
		if (how == 1) {
			struct host_line *line = open_line(&p, &peer, "die", "{}", NULL);

			assert_null(next(line, LINE_LOST));
			host_line_close(line);
		}
		host_place_close(&p);
		for (int i = 0; i < 3; i++)
			assert_int_not_equal(kill(pids[i], 0), 0);
	}
}

static void
test_idle(void **state)
{
	struct host_place p;
	struct peer peer;

	(void)state;
	host_place_open(&p, "", NULL); /* stdio_idle_s = 2 */
	find(&p, &peer);
	assert_int_equal(host_place_files(&p), 2);
	host_place_await_end(&p, 6);
	host_place_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hello_and_call),
	    cmocka_unit_test(test_eras),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_questions),
	    cmocka_unit_test(test_park_keeps),
	    cmocka_unit_test(test_cancel_and_leave),
	    cmocka_unit_test(test_at_once),
	    cmocka_unit_test(test_child_dies),
	    cmocka_unit_test(test_children_end),
	    cmocka_unit_test(test_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
