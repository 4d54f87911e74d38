/* test_relay_run.c - calls carried between clients and upstreams of both eras. */
#include "relay_upstream.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#include "clock.h"
#include "mcp/continuation.h"
#include "mcp/host.h"
#include "mcp/mailbox.h"
#include "mcp/relay_task.h"
#include "store_place.h"

#define DONE "{\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}"
#define DONE_MODERN                                                                                \
	"{\"content\":[{\"type\":\"text\",\"text\":\"done\"}],\"resultType\":\"complete\"}"
#define ELICIT                                                                                     \
	"{\"jsonrpc\":\"2.0\",\"id\":\"e1\",\"method\":\"elicitation/create\","                    \
	"\"params\":{\"message\":\"who?\",\"requestedSchema\":{\"type\":\"object\"}}}"
#define ROOTS "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"roots/list\"}"
#define ALL "{\"elicitation\":{},\"sampling\":{},\"roots\":{}}"
#define LOG(level)                                                                                 \
	"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\","                               \
	"\"params\":{\"level\":\"" level "\",\"data\":\"d\"}}"
#define PROGRESS(value)                                                                            \
	"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\","                              \
	"\"params\":{\"progressToken\":$TOKEN,\"progress\":" value "}}"

static void
assert_end(const struct relay_place *p, enum relay_end end)
{
	if (p->answer.end != end)
		fail_msg(
		    "it ended as %d, not %d: %s", (int)p->answer.end, (int)end, p->answer.reason);
}

/* A result for a model that says so. */
static void
assert_refusal(struct relay_place *p, enum relay_end end, const char *words)
{
	assert_end(p, end);
	relay_place_assert_result(p, "isError", "true");
	if (strstr(p->answer.reason, words) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", p->answer.reason, words);
}

static void
a_plain_call_goes_there_and_back(void **state)
{
	static const struct {
		enum era client, upstream;
	} eras[] = {{ERA_LEGACY, ERA_LEGACY}, {ERA_LEGACY, ERA_MODERN}, {ERA_MODERN, ERA_LEGACY},
	    {ERA_MODERN, ERA_MODERN}};
	static const struct step legacy[] = {{STEP_RESULT, DONE, 0, NULL}, {STEP_END}};
	static const struct step modern[] = {{STEP_RESULT, DONE_MODERN, 0, NULL}, {STEP_END}};
	struct relay_place *p = *state;

	for (size_t i = 0; i < 4; i++) {
		p->at = 0;
		relay_place_clear(p);
		relay_place_set(p, eras[i].client, eras[i].upstream, "{}",
		    eras[i].upstream == ERA_MODERN ? modern : legacy);
		relay_place_run(p);
		assert_end(p, RELAY_COMPLETED);
		relay_place_assert_result(p, "content.0.text", "\"done\"");
		relay_place_assert_result(
		    p, "resultType", eras[i].client == ERA_MODERN ? "\"complete\"" : NULL);
		relay_place_assert(p->requests.text[i], "method", "\"tools/call\"");
		relay_place_assert(p->requests.text[i], "params.name", "\"tool\"");
		relay_place_assert(p->requests.text[i], "params.arguments.a", "1");
	}
	assert_int_equal(p->requests.count, 4);
	assert_int_equal(p->cancelled.count, 0);
}

static void
what_the_upstream_says_meanwhile_is_handed_on(void **state)
{
	static const struct step steps[] = {
	    {STEP_MESSAGE, PROGRESS("1"), 0, NULL},
	    {STEP_MESSAGE, PROGRESS("1"), 0, NULL},
	    {STEP_MESSAGE, LOG("debug"), 0, NULL},
	    {STEP_MESSAGE, LOG("error"), 0, NULL},
	    {STEP_MESSAGE, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 0, NULL},
	    {STEP_MESSAGE, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}",
		0, NULL},
	    {STEP_MESSAGE,
		"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\","
		"\"params\":{\"progressToken\":\"another's\",\"progress\":9}}",
		0, NULL},
	    {STEP_MESSAGE, "[1]", 0, NULL},
	    {STEP_MESSAGE, PROGRESS("2"), 0, NULL},
	    {STEP_RESULT, DONE, 0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, "{}", steps);
	p->client.progress_token = relay_place_tree(p, "\"t\"");
	p->client.progress_from = 4;
	p->client.log_level = "info";
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	assert_int_equal(p->told.count, 3);
	relay_place_assert(p->told.text[0], "params", "{\"progressToken\":\"t\",\"progress\":5}");
	relay_place_assert(p->told.text[1], "params.logger", "\"fs\"");
	relay_place_assert(p->told.text[2], "params.progress", "6");
	assert_int_equal(p->sent.count, 1);
	relay_place_assert(p->sent.text[0], "result", "{}");
	assert_int_equal(p->changed, 1);
}

static void
nothing_is_said_to_who_did_not_ask_for_it(void **state)
{
	static const struct step steps[] = {
	    {STEP_MESSAGE,
		"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\","
		"\"params\":{\"progressToken\":1,\"progress\":9}}",
		0, NULL},
	    {STEP_MESSAGE, LOG("emergency"), 0, NULL},
	    {STEP_RESULT, DONE_MODERN, 0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_MODERN, ERA_MODERN, "{}", steps);
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	assert_int_equal(p->told.count, 0);
	relay_place_assert(p->requests.text[0], "params._meta.progressToken", NULL);
}

static void
errors_of_the_upstream_are_handed_on(void **state)
{
	static const struct step refused[] = {
	    {STEP_ERROR, "{\"code\":-32602,\"message\":\"no such tool\",\"data\":{\"x\":1}}", 0,
		NULL},
	    {STEP_END}};
	static const struct step failed[] = {
	    {STEP_RESULT, "{\"content\":[],\"isError\":true}", 0, NULL}, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, "{}", refused);
	relay_place_run(p);
	assert_end(p, RELAY_ERROR);
	assert_null(p->answer.result);
	assert_int_equal(p->answer.fault.code, -32602);
	assert_string_equal(p->answer.fault.message, "no such tool");
	assert_string_equal(p->answer.reason, "the upstream answered with error -32602");
	p->at = 0;
	p->steps = failed;
	relay_place_run(p);
	assert_end(p, RELAY_ERROR);
	relay_place_assert_result(p, "isError", "true");
}

static void
resources_get_the_upstream_s_prefix(void **state)
{
	static const struct step steps[] = {
	    {STEP_RESULT,
		"{\"content\":[{\"type\":\"resource_link\",\"uri\":\"file:///a\",\"name\":\"a\"}]}",
		0, NULL},
	    {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, "{}", steps);
	relay_place_run(p);
	relay_place_assert_result(p, "content.0.uri", "\"fs+file:///a\"");
	p->at = 0;
	p->upstream.prefix = false;
	relay_place_run(p);
	relay_place_assert_result(p, "content.0.uri", "\"file:///a\"");
}

/* ---- Legacy client, legacy upstream ---- */

static void
a_question_is_put_to_the_client_and_answered(void **state)
{
	static const struct step steps[] = {
	    {STEP_MESSAGE, ELICIT, 0, NULL},
	    {STEP_MESSAGE, ROOTS, 0, NULL},
	    {STEP_ANSWERED, NULL, 2, NULL},
	    {STEP_RESULT, DONE, 0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, ALL, steps);
	p->answers = "{\"action\":\"accept\"}";
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	assert_int_equal(p->told.count, 2);
	relay_place_assert(p->told.text[0], "method", "\"elicitation/create\"");
	relay_place_assert(p->told.text[0], "params.message", "\"who?\"");
	assert_null(strstr(p->told.text[0], "e1"));
	relay_place_assert(p->told.text[1], "method", "\"roots/list\"");
	relay_place_assert(p->sent.text[0], "id", "\"e1\"");
	relay_place_assert(p->sent.text[0], "result.action", "\"accept\"");
	relay_place_assert(p->sent.text[1], "id", "7");
}

static void
only_what_the_client_declared_is_asked(void **state)
{
	static const struct step steps[] = {
	    {STEP_MESSAGE, ELICIT, 0, NULL},
	    {STEP_MESSAGE, "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"tools/list\"}", 0, NULL},
	    {STEP_RESULT, DONE, 0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;

	for (int era = 0; era < 2; era++) {
		p->at = 0;
		relay_place_clear(p);
		relay_place_set(
		    p, era == 0 ? ERA_LEGACY : ERA_MODERN, ERA_LEGACY, "{\"roots\":{}}", steps);
		p->host = true;
		relay_place_run(p);
		assert_end(p, RELAY_COMPLETED);
		assert_int_equal(p->told.count, 0);
		relay_place_assert(p->sent.text[2 * era], "id", "\"e1\"");
		relay_place_assert(p->sent.text[2 * era], "error.code", "-32601");
		relay_place_assert(p->sent.text[2 * era + 1], "error.code", "-32601");
	}
}

static void
a_question_may_be_taken_back(void **state)
{
	static const struct step steps[] = {
	    {STEP_MESSAGE, ELICIT, 0, NULL},
	    {STEP_MESSAGE,
		"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
		"\"params\":{\"requestId\":\"e1\"}}",
		0, NULL},
	    {STEP_RESULT, DONE, 0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;
	struct json_object *question;
	bool found;
	char id[128];

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, ALL, steps);
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	assert_int_equal(p->told.count, 2);
	question = aid_json(p->told.text[0]);
	(void)snprintf(id, sizeof(id), "\"%s\"", json_text(json_member(question, "id", &found)));
	json_free(question);
	relay_place_assert(p->told.text[1], "method", "\"notifications/cancelled\"");
	relay_place_assert(p->told.text[1], "params.requestId", id);
}

static void
a_question_that_nobody_waits_for_is_taken_back(void **state)
{
	static const struct step steps[] = {
	    {STEP_MESSAGE, ELICIT, 0, NULL}, {STEP_RESULT, DONE, 0, NULL}, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, ALL, steps);
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	assert_int_equal(p->told.count, 2);
	relay_place_assert(p->told.text[1], "method", "\"notifications/cancelled\"");
}

/* ---- Legacy client, modern upstream ---- */

static void
entries_of_input_become_questions(void **state)
{
	static const struct step steps[] = {
	    {STEP_RESULT,
		"{\"resultType\":\"input_required\",\"requestState\":\"s1\",\"inputRequests\":{"
		"\"name\":{\"method\":\"elicitation/create\",\"params\":{\"message\":\"who?\"}},"
		"\"where\":{\"method\":\"roots/list\"}}}",
		0, NULL},
	    {STEP_RESULT, "{\"resultType\":\"input_required\",\"requestState\":\"s2\"}", 0, NULL},
	    {STEP_RESULT, DONE_MODERN, 0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;
	const int64_t start_us = clock_us();

	relay_place_set(p, ERA_LEGACY, ERA_MODERN, ALL, steps);
	p->answers = "{\"action\":\"accept\"}";
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	relay_place_assert_result(p, "resultType", NULL);
	assert_int_equal(p->told.count, 2);
	assert_int_equal(p->requests.count, 3);
	relay_place_assert(p->requests.text[1], "params.requestState", "\"s1\"");
	relay_place_assert(p->requests.text[1], "params.inputResponses.name.action", "\"accept\"");
	relay_place_assert(p->requests.text[1], "params.inputResponses.where.action", "\"accept\"");
	relay_place_assert(p->requests.text[2], "params.requestState", "\"s2\"");
	relay_place_assert(p->requests.text[2], "params.inputResponses", NULL);
	assert_true(clock_us() - start_us >= 250000);
}

static void
a_url_gets_an_id_for_a_legacy_client(void **state)
{
	static const struct step steps[] = {
	    {STEP_RESULT,
		"{\"resultType\":\"input_required\",\"inputRequests\":{"
		"\"u\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\","
		"\"message\":\"open\",\"url\":\"https://x.test/\"}}}}",
		0, NULL},
	    {STEP_RESULT, DONE_MODERN, 0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;
	struct json_object *question;
	bool found;
	size_t len;

	relay_place_set(p, ERA_LEGACY, ERA_MODERN, "{\"elicitation\":{\"url\":{}}}", steps);
	p->answers = "{\"action\":\"accept\"}";
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	question = aid_json(p->told.text[0]);
	assert_non_null(json_string(
	    json_member(json_member(question, "params", &found), "elicitationId", &found), &len));
	json_free(question);
}

static void
what_cannot_be_asked_ends_the_call(void **state)
{
	static const struct step steps[] = {
	    {STEP_RESULT,
		"{\"resultType\":\"input_required\",\"inputRequests\":{"
		"\"u\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\"}}}}",
		0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_LEGACY, ERA_MODERN, "{\"elicitation\":{}}", steps);
	relay_place_run(p);
	assert_refusal(p, RELAY_ERROR, "this client cannot give");
	p->at = 0;
	relay_place_clear(p);
	relay_place_set(p, ERA_MODERN, ERA_MODERN, "{\"elicitation\":{\"form\":{}}}", steps);
	relay_place_run(p);
	assert_refusal(p, RELAY_ERROR, "this client cannot give");
}

static void
an_upstream_that_asks_for_ever_is_stopped(void **state)
{
	static struct step steps[12];
	struct relay_place *p = *state;

	for (size_t i = 0; i < 11; i++)
		steps[i] = (struct step){STEP_RESULT,
		    "{\"resultType\":\"input_required\",\"inputRequests\":{"
		    "\"r\":{\"method\":\"roots/list\"}}}",
		    0, NULL};
	relay_place_set(p, ERA_LEGACY, ERA_MODERN, ALL, steps);
	p->answers = "{\"roots\":[]}";
	relay_place_run(p);
	assert_refusal(p, RELAY_ERROR, "too often");
	assert_int_equal(p->told.count, 8);
}

/* ---- Modern client ---- */

/* Brings back what the client was answered with: the next request of the same call. */
static void
come_again(struct relay_place *p, struct state *state, const char *responses)
{
	bool found;
	const char *text = json_text(json_member(p->answer.result, "requestState", &found));
	struct state_bond other = p->call.bond;

	assert_non_null(text);
	other.digest = "another";
	assert_status(
	    state_unseal(&p->mcp.state, &other, text, clock_wall_ms(), state), STATUS_REFUSED);
	state_free(state);
	assert_status(
	    state_unseal(&p->mcp.state, &p->call.bond, text, clock_wall_ms(), state), STATUS_OK);
	p->call.state = state;
	p->call.input_responses = relay_place_tree(p, responses);
	p->call.call_id = "call_2";
}

static void
input_of_a_modern_upstream_is_handed_through(void **state)
{
	static const struct step steps[] = {
	    {STEP_RESULT,
		"{\"resultType\":\"input_required\",\"requestState\":\"s1\",\"x\":1,"
		"\"inputRequests\":{\"name\":{\"method\":\"elicitation/create\","
		"\"params\":{\"message\":\"who?\"}}}}",
		0, NULL},
	    {STEP_RESULT, DONE_MODERN, 0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;
	struct state back = {.round = 0};

	relay_place_set(p, ERA_MODERN, ERA_MODERN, ALL, steps);
	relay_place_run(p);
	assert_end(p, RELAY_INPUT);
	relay_place_assert_result(p, "resultType", "\"input_required\"");
	relay_place_assert_result(p, "inputRequests.name.params.message", "\"who?\"");
	relay_place_assert_result(p, "x", "1");
	come_again(p, &back, "{\"name\":{\"action\":\"accept\"}}");
	assert_int_equal(back.round, 1);
	assert_string_equal(back.call_id, "call_1");
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	relay_place_assert(p->requests.text[1], "params.requestState", "\"s1\"");
	relay_place_assert(p->requests.text[1], "params.inputResponses.name.action", "\"accept\"");
	state_free(&back);
}

static void
answers_may_come_without_a_state(void **state)
{
	static const struct step steps[] = {{STEP_RESULT, DONE_MODERN, 0, NULL}, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_MODERN, ERA_MODERN, ALL, steps);
	p->call.input_responses = relay_place_tree(p, "{\"name\":{\"action\":\"accept\"}}");
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	relay_place_assert(p->requests.text[0], "params.inputResponses.name.action", "\"accept\"");
	relay_place_assert(p->requests.text[0], "params.requestState", NULL);
}

static void
a_further_round_of_an_approved_call_gets_a_row(void **state)
{
	static const struct step steps[] = {
	    {STEP_RESULT, "{\"resultType\":\"input_required\",\"requestState\":\"s1\"}", 0, NULL},
	    {STEP_RESULT, "{\"resultType\":\"input_required\",\"requestState\":\"s2\"}", 0, NULL},
	    {STEP_RESULT, DONE_MODERN, 0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;
	struct state back = {.round = 0};
	struct db *db;

	relay_place_set(p, ERA_MODERN, ERA_MODERN, ALL, steps);
	p->call.once = true;
	relay_place_run(p);
	assert_end(p, RELAY_INPUT);
	come_again(p, &back, "{}");
	relay_place_run(p);
	assert_end(p, RELAY_INPUT);
	/* Both are of the call that the person let through. */
	db = store_place_write(p->mcp.store);
	for (int64_t round = 2; round <= 3; round++)
		assert_status(
		    continuation_use(db, "key_1", "call_1", round, "digest", clock_wall_ms()),
		    STATUS_OK);
	store_rollback(p->mcp.store, db);
	state_free(&back);
}

static void
there_are_no_more_rounds_than_a_client_takes(void **state)
{
	static const struct step steps[] = {
	    {STEP_RESULT, "{\"resultType\":\"input_required\",\"requestState\":\"s\"}", 0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;
	struct state back = {.round = STATE_ROUNDS_MAX};

	relay_place_set(p, ERA_MODERN, ERA_MODERN, ALL, steps);
	p->call.state = &back;
	relay_place_run(p);
	assert_refusal(p, RELAY_ERROR, "no further round");
}

static void
questions_of_a_legacy_upstream_wait_for_the_next_request(void **state)
{
	static const struct step steps[] = {
	    {STEP_MESSAGE, ELICIT, 0, NULL},
	    {STEP_MESSAGE, ROOTS, 0, NULL},
	    {STEP_ANSWERED, NULL, 2, NULL},
	    {STEP_MESSAGE,
		"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\","
		"\"params\":{\"progressToken\":\"the first one's\",\"progress\":3}}",
		0, NULL},
	    {STEP_RESULT, DONE, 0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;
	struct state back = {.round = 0};

	relay_place_set(p, ERA_MODERN, ERA_LEGACY, ALL, steps);
	p->host = true;
	relay_place_run(p);
	assert_end(p, RELAY_INPUT);
	assert_true(p->parked);
	assert_int_equal(p->cancelled.count, 0);
	relay_place_assert_result(p, "inputRequests.r1q1.method", "\"elicitation/create\"");
	relay_place_assert_result(p, "inputRequests.r1q2", "{\"method\":\"roots/list\"}");
	come_again(p, &back, "{\"r1q1\":{\"action\":\"decline\"}}");
	p->client.progress_token = relay_place_tree(p, "\"t\"");
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	assert_true(p->resumed);
	assert_int_equal(p->requests.count, 1);
	relay_place_assert(p->sent.text[0], "id", "\"e1\"");
	relay_place_assert(p->sent.text[0], "result.action", "\"decline\"");
	/* One was not answered, so that the upstream need not wait for it. */
	relay_place_assert(p->sent.text[1], "id", "7");
	relay_place_assert(p->sent.text[1], "error.code", "-32603");
	relay_place_assert(p->told.text[0], "params.progressToken", "\"t\"");

	/* Once. */
	p->at = 0;
	relay_place_run(p);
	assert_refusal(p, RELAY_UNKNOWN, "taken up already");
	state_free(&back);
}

static void
without_a_host_nothing_waits(void **state)
{
	static const struct step steps[] = {
	    {STEP_MESSAGE, ELICIT, 0, NULL}, {STEP_RESULT, DONE, 0, NULL}, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_MODERN, ERA_LEGACY, ALL, steps);
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	relay_place_assert(p->sent.text[0], "error.code", "-32603");
}

static void
urls_of_a_legacy_upstream_become_input(void **state)
{
	static const struct step steps[] = {
	    {STEP_ERROR,
		"{\"code\":-32042,\"message\":\"open\",\"data\":{\"elicitations\":[{\"mode\":\"url\","
		"\"elicitationId\":\"i\",\"url\":\"https://x.test/\",\"message\":\"m\"}]}}",
		0, NULL},
	    {STEP_RESULT, DONE, 0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;
	struct state back = {.round = 0};

	relay_place_set(p, ERA_MODERN, ERA_LEGACY, "{\"elicitation\":{\"url\":{}}}", steps);
	relay_place_run(p);
	assert_end(p, RELAY_INPUT);
	relay_place_assert_result(p, "inputRequests.url1.method", "\"elicitation/create\"");
	relay_place_assert_result(p, "inputRequests.url1.params.url", "\"https://x.test/\"");
	relay_place_assert_result(p, "inputRequests.url1.params.elicitationId", NULL);
	come_again(p, &back, "{\"url1\":{\"action\":\"accept\"}}");
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	assert_int_equal(p->requests.count, 2);
	relay_place_assert(p->requests.text[1], "params.inputResponses", NULL);
	state_free(&back);

	p->at = 0;
	p->call.state = NULL;
	p->client.capabilities = relay_place_tree(p, "{\"elicitation\":{}}");
	relay_place_run(p);
	assert_end(p, RELAY_ERROR);
	assert_true(p->answer.fault.code != -32042);
}

static void
the_result_in_a_task_gets_the_prefix(void **state)
{
	static const struct step steps[] = {
	    {STEP_RESULT,
		"{\"resultType\":\"complete\",\"taskId\":\"1\",\"status\":\"completed\","
		"\"result\":{\"content\":[{\"type\":\"resource_link\",\"uri\":\"file:///a\"}],"
		"\"resultType\":\"complete\"}}",
		0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_MODERN, ERA_MODERN,
	    "{\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}", steps);
	p->call.method = "tasks/get";
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	relay_place_assert_result(p, "result.content.0.uri", "\"fs+file:///a\"");
}

static void
a_task_is_handed_through_to_who_declares_it(void **state)
{
	static const struct step steps[] = {
	    {STEP_RESULT,
		"{\"resultType\":\"task\",\"taskId\":\"1\",\"status\":\"working\",\"ttlMs\":5}", 0,
		NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;
	char upstream[UPSTREAM_NAME_MAX + 1];
	const char *task, *id;
	bool found;

	relay_place_set(p, ERA_MODERN, ERA_MODERN,
	    "{\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}", steps);
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	relay_place_assert_result(p, "resultType", "\"task\"");
	relay_place_assert_result(p, "ttlMs", "5");
	assert_non_null(strstr(p->answer.reason, "task"));
	task = json_text(json_member(p->answer.result, "taskId", &found));
	assert_status(relay_task_split(&p->mcp, "key_1", task, upstream, &id), STATUS_OK);
	assert_string_equal(upstream, "fs");
	assert_string_equal(id, "1");
	p->at = 0;
	relay_place_clear(p);
	relay_place_set(p, ERA_MODERN, ERA_MODERN, "{}", steps);
	relay_place_run(p);
	assert_refusal(p, RELAY_UNKNOWN, "task");
}

/* ---- What goes wrong ---- */

static void
what_may_have_run_is_not_repeated(void **state)
{
	static const struct step steps[] = {
	    {STEP_LOST_SENT, NULL, 0, NULL}, {STEP_RESULT, DONE, 0, NULL}, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, "{}", steps);
	relay_place_run(p);
	assert_refusal(p, RELAY_UNKNOWN, "may have run");
	assert_int_equal(p->requests.count, 1);
}

static void
what_was_not_run_is_tried_once_more(void **state)
{
	static const struct step lost[] = {
	    {STEP_LOST, NULL, 0, NULL}, {STEP_RESULT, DONE, 0, NULL}, {STEP_END}};
	static const struct step session[] = {
	    {STEP_SESSION, NULL, 0, NULL}, {STEP_RESULT, DONE, 0, NULL}, {STEP_END}};
	static const struct step refused[] = {
	    {STEP_REFUSED, NULL, 0, NULL}, {STEP_RESULT, DONE, 0, NULL}, {STEP_END}};
	static const struct step *const ways[] = {lost, session, refused};
	static const struct step twice[] = {
	    {STEP_SESSION, NULL, 0, NULL}, {STEP_LOST, NULL, 0, NULL}, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, "{}", twice);
	for (size_t i = 0; i < 3; i++) {
		p->at = 0;
		p->steps = ways[i];
		relay_place_run(p);
		assert_end(p, RELAY_COMPLETED);
		assert_int_equal(p->lost, i + 1);
		assert_int_equal(p->requests.count, 2 * (i + 1));
	}
	p->at = 0;
	p->steps = twice;
	relay_place_run(p);
	assert_refusal(p, RELAY_NOT_SENT, "not executed");
	assert_int_equal(p->requests.count, 8);
}

static void
what_the_bridge_lost_is_lost(void **state)
{
#define LOST(sent)                                                                                 \
	{                                                                                          \
		STEP_ERROR,                                                                        \
		    "{\"code\":-32603,\"message\":\"it broke\",\"data\":{\"" BRIDGE_LOST           \
		    "\":{\"sent\":" sent "}}}",                                                    \
		    0, NULL                                                                        \
	}
	static const struct step unsent[] = {
	    LOST("false"), {STEP_RESULT, DONE, 0, NULL}, {STEP_END}};
	static const struct step sent[] = {LOST("true"), {STEP_RESULT, DONE, 0, NULL}, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_MODERN, ERA_LEGACY, "{}", unsent);
	p->host = true;
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	assert_int_equal(p->requests.count, 2);
	p->at = 0;
	p->steps = sent;
	relay_place_run(p);
	assert_refusal(p, RELAY_UNKNOWN, "may have run");
	assert_int_equal(p->requests.count, 3);

	/* A program has no such words. */
	p->at = 0;
	p->steps = unsent;
	p->upstream.kind = UPSTREAM_STDIO;
	relay_place_run(p);
	assert_end(p, RELAY_ERROR);
	assert_int_equal(p->requests.count, 4);
}

static void
headers_that_do_not_fit_are_made_anew_once(void **state)
{
#define MISMATCH                                                                                   \
	{                                                                                          \
		STEP_ERROR, "{\"code\":-32020,\"message\":\"headers\"}", 0, NULL                   \
	}
	static const struct step steps[] = {
	    MISMATCH, {STEP_RESULT, DONE_MODERN, 0, NULL}, {STEP_END}};
	static const struct step twice[] = {MISMATCH, MISMATCH, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_MODERN, ERA_MODERN, "{}", steps);
	p->call.caller = (const struct caller *)p;
	p->definition = relay_place_tree(p,
	    "{\"name\":\"tool\",\"inputSchema\":{\"type\":\"object\",\"properties\":{"
	    "\"a\":{\"type\":\"integer\",\"x-mcp-header\":\"A\"}}}}");
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	assert_int_equal(p->changed, 1);
	assert_int_equal(p->headers.count, 1);
	assert_string_equal(p->headers.text[0], "Mcp-Param-A: 1");
	p->at = 0;
	p->steps = twice;
	relay_place_run(p);
	assert_end(p, RELAY_ERROR);
	assert_int_equal(p->requests.count, 4);
}

static void
a_silent_upstream_is_given_up(void **state)
{
	static const struct step steps[] = {{STEP_WATCHED, NULL, 0, NULL}, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, "{}", steps);
	p->upstream.timeout_ms = 100;
	relay_place_run(p);
	assert_refusal(p, RELAY_UNKNOWN, "did not answer");
	assert_int_equal(p->cancelled.count, 1);
}

static void
close_client(void)
{
	struct relay_place *p = relay_place_now();

	close(p->ends[1]);
	p->ends[1] = -1;
}

static void
a_modern_client_that_leaves_cancels(void **state)
{
	static const struct step steps[] = {{STEP_WATCHED, NULL, 0, close_client}, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_MODERN, ERA_MODERN, "{}", steps);
	relay_place_run(p);
	assert_end(p, RELAY_CANCELLED);
	assert_int_equal(p->cancelled.count, 1);
	assert_non_null(strstr(p->answer.reason, "may have run"));
}

static void
a_modern_client_that_cannot_be_told_cancels(void **state)
{
	static const struct step steps[] = {{STEP_MESSAGE, LOG("error"), 0, NULL}, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_MODERN, ERA_MODERN, "{}", steps);
	p->client.log_level = "info";
	p->gone = true;
	relay_place_run(p);
	assert_end(p, RELAY_CANCELLED);
	assert_int_equal(p->cancelled.count, 1);
}

static void
a_legacy_client_that_leaves_has_lost_its_stream_only(void **state)
{
	static const struct step steps[] = {
	    {STEP_WATCHED, NULL, 0, close_client},
	    {STEP_MESSAGE, LOG("error"), 0, NULL},
	    {STEP_MESSAGE, ROOTS, 0, NULL},
	    {STEP_RESULT, DONE, 0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, ALL, steps);
	p->client.log_level = "info";
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);
	assert_int_equal(p->cancelled.count, 0);
	assert_int_equal(p->told.count, 0);
	relay_place_assert(p->sent.text[0], "error.code", "-32603");
}

static void
cancel_call(void)
{
	struct relay_place *p = relay_place_now();

	mailbox_cancel(&p->mcp, "ses_1", p->client.id);
}

static void
a_cancellation_reaches_the_upstream(void **state)
{
	static const struct step steps[] = {{STEP_WATCHED, NULL, 0, cancel_call}, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, "{}", steps);
	relay_place_run(p);
	assert_end(p, RELAY_CANCELLED);
	assert_int_equal(p->cancelled.count, 1);
	assert_string_equal(p->cancelled.text[0], "the client cancelled it");
}

static void
cancelled_before_it_was_sent_it_is_not_sent(void **state)
{
	static const struct step steps[] = {{STEP_RESULT, DONE, 0, NULL}, {STEP_END}};
	struct relay_place *p = *state;
	struct ticket *ticket;

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, "{}", steps);
	ticket = ticket_open(p->mcp.mailbox, "ses_1", p->client.id);
	p->client.ticket = ticket;
	cancel_call();
	relay_place_run(p);
	assert_end(p, RELAY_CANCELLED);
	assert_int_equal(p->requests.count, 0);
	ticket_close(ticket);
}

static void
a_further_round_is_not_sent_once_keys_or_policies_changed(void **state)
{
	static const struct step steps[] = {
	    {STEP_RESULT, "{\"resultType\":\"input_required\",\"requestState\":\"s\"}", 0, NULL},
	    {STEP_RESULT, DONE_MODERN, 0, NULL},
	    {STEP_END},
	};
	struct relay_place *p = *state;
	struct db *db = store_place_write(p->mcp.store);
	struct caller caller = {.generation = store_place_generation(db)};
	char stop[TEST_PATH_MAX];

	store_rollback(p->mcp.store, db);
	(void)snprintf(caller.key.name, sizeof(caller.key.name), "agent");
	relay_place_set(p, ERA_LEGACY, ERA_MODERN, "{}", steps);
	p->call.caller = &caller;
	relay_place_run(p);
	assert_end(p, RELAY_COMPLETED);

	p->at = 0;
	test_path(stop, p->dir, "stop.agent");
	close(open(stop, O_WRONLY | O_CREAT, 0600));
	relay_place_run(p);
	assert_refusal(p, RELAY_ERROR, "call again");
	assert_int_equal(p->requests.count, 3);
	assert_int_equal(unlink(stop), 0);

	p->at = 0;
	caller.generation++;
	relay_place_run(p);
	assert_refusal(p, RELAY_ERROR, "call again");
	assert_int_equal(p->requests.count, 4);
}

static void
cancelled_while_asked_it_ends(void **state)
{
	static const struct step steps[] = {
	    {STEP_MESSAGE, ELICIT, 0, NULL}, {STEP_WATCHED, NULL, 0, cancel_call}, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, ALL, steps);
	relay_place_run(p);
	assert_end(p, RELAY_CANCELLED);
	assert_int_equal(p->cancelled.count, 1);
}

static void
end_process(void)
{
	assert_int_equal(eventfd_write(relay_place_now()->mcp.end_fd, 1), 0);
}

static void
when_the_process_ends_the_call_is_unknown(void **state)
{
	static const struct step steps[] = {{STEP_WATCHED, NULL, 0, end_process}, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, "{}", steps);
	p->mcp.end_fd = eventfd(0, EFD_CLOEXEC);
	relay_place_run(p);
	assert_refusal(p, RELAY_UNKNOWN, "restarted");
	assert_int_equal(p->cancelled.count, 1);
	close(p->mcp.end_fd);
}

static void
what_is_no_tool_ends_with_an_error(void **state)
{
	static const struct step steps[] = {{STEP_LOST_SENT, NULL, 0, NULL}, {STEP_END}};
	struct relay_place *p = *state;

	relay_place_set(p, ERA_LEGACY, ERA_LEGACY, "{}", steps);
	p->call.method = "prompts/get";
	relay_place_run(p);
	assert_end(p, RELAY_UNKNOWN);
	assert_null(p->answer.result);
	assert_int_equal(p->answer.fault.code, RPC_INTERNAL);
	assert_int_equal(p->answer.fault.http, 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RELAY_TEST(a_plain_call_goes_there_and_back),
	    RELAY_TEST(what_the_upstream_says_meanwhile_is_handed_on),
	    RELAY_TEST(nothing_is_said_to_who_did_not_ask_for_it),
	    RELAY_TEST(errors_of_the_upstream_are_handed_on),
	    RELAY_TEST(resources_get_the_upstream_s_prefix),
	    RELAY_TEST(a_question_is_put_to_the_client_and_answered),
	    RELAY_TEST(only_what_the_client_declared_is_asked),
	    RELAY_TEST(a_question_may_be_taken_back),
	    RELAY_TEST(a_question_that_nobody_waits_for_is_taken_back),
	    RELAY_TEST(entries_of_input_become_questions),
	    RELAY_TEST(a_url_gets_an_id_for_a_legacy_client),
	    RELAY_TEST(what_cannot_be_asked_ends_the_call),
	    RELAY_TEST(an_upstream_that_asks_for_ever_is_stopped),
	    RELAY_TEST(input_of_a_modern_upstream_is_handed_through),
	    RELAY_TEST(answers_may_come_without_a_state),
	    RELAY_TEST(a_further_round_of_an_approved_call_gets_a_row),
	    RELAY_TEST(there_are_no_more_rounds_than_a_client_takes),
	    RELAY_TEST(questions_of_a_legacy_upstream_wait_for_the_next_request),
	    RELAY_TEST(without_a_host_nothing_waits),
	    RELAY_TEST(urls_of_a_legacy_upstream_become_input),
	    RELAY_TEST(the_result_in_a_task_gets_the_prefix),
	    RELAY_TEST(a_task_is_handed_through_to_who_declares_it),
	    RELAY_TEST(what_may_have_run_is_not_repeated),
	    RELAY_TEST(what_was_not_run_is_tried_once_more),
	    RELAY_TEST(what_the_bridge_lost_is_lost),
	    RELAY_TEST(headers_that_do_not_fit_are_made_anew_once),
	    RELAY_TEST(a_silent_upstream_is_given_up),
	    RELAY_TEST(a_modern_client_that_leaves_cancels),
	    RELAY_TEST(a_modern_client_that_cannot_be_told_cancels),
	    RELAY_TEST(a_legacy_client_that_leaves_has_lost_its_stream_only),
	    RELAY_TEST(a_cancellation_reaches_the_upstream),
	    RELAY_TEST(cancelled_before_it_was_sent_it_is_not_sent),
	    RELAY_TEST(a_further_round_is_not_sent_once_keys_or_policies_changed),
	    RELAY_TEST(cancelled_while_asked_it_ends),
	    RELAY_TEST(when_the_process_ends_the_call_is_unknown),
	    RELAY_TEST(what_is_no_tool_ends_with_an_error),
	};

	return cmocka_run_group_tests_name("relay_run", tests, NULL, NULL);
}
