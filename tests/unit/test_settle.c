/* test_settle.c - what a person's decision makes of a call, through the whole gate. */
#include "gate_place.h"

#include <fcntl.h>
#include <unistd.h>

#include "clock.h"
#include "grant.h"
#include "mcp/continuation.h"
#include "resolve.h"
#include "store_place.h"

#define BODY(args, wish)                                                                           \
	"{\"serverName\":\"files\",\"toolName\":\"read\",\"args\":" args ",\"approval\":" wish "}"
#define ASKED BODY("{\"path\":\"/a\"}", "{\"request\":true}")
#define OTHER_ARGS BODY("{\"path\":\"/b\"}", "{\"request\":true}")
#define UNASKED BODY("{\"path\":\"/a\"}", "{\"request\":false}")

/* The gate's answer to a body, which must be a verdict. */
static struct answer
ask(struct gate_place *p, const char *body)
{
	struct incoming in = {.body = body};
	struct answer answer;

	assert_status(gate_place_decide(p, &in, &answer), STATUS_OK);
	return answer;
}

static void
assert_answer(const struct answer *answer, enum decision decision, const char *reason)
{
	assert_string_equal(decision_name(answer->decision), decision_name(decision));
	if (strstr(answer->reason, reason) == NULL)
		fail_msg("reason \"%s\" lacks \"%s\"", answer->reason, reason);
}

static void
decide_as(struct gate_place *p, const struct resolution *resolution)
{
	struct db *db = gate_place_write(p);
	struct approval approval;
	struct problem why = {""};

	if (resolve(db, p->gate.audit, resolution, clock_wall_ms(), &approval, &why) != STATUS_OK)
		fail_msg("not resolved: %s", why.text);
	gate_place_commit(p, db);
}

static void
decide(struct gate_place *p, const char *id, enum approval_state to)
{
	const struct resolution resolution = {
	    .approval_id = id, .to = to, .surface = "ctl", .by = "enforgatectl"};

	decide_as(p, &resolution);
}

/* Moves the life of every approval into the past by that much. */
static void
age(struct gate_place *p, int64_t ms)
{
	struct db *db = gate_place_write(p);
	struct query *q = query(
	    db, "UPDATE approval SET created_ms = created_ms - ?1, expires_ms = expires_ms - ?1");

	query_bind_integer(q, 1, ms);
	assert_status(query_run(q, NULL), STATUS_OK);
	gate_place_commit(p, db);
}

static void
asking_makes_one_approval(void **state)
{
	struct gate_place *p = *state;
	struct answer first, again, other;

	gate_place_put_policy(p, ASK_READ);
	first = ask(p, ASKED);
	assert_answer(&first, DECISION_REQUIRE_APPROVAL, "matched rule 0");
	assert_int_equal(first.approval_state, APPROVAL_PENDING);
	assert_true(first.approval_expires_ms > clock_wall_ms());
	again = ask(p, ASKED);
	assert_string_equal(again.approval_id, first.approval_id);
	other = ask(p, OTHER_ARGS);
	assert_string_not_equal(other.approval_id, first.approval_id);
	gate_place_assert_value(p, "SELECT COUNT(*) FROM approval WHERE state = 'pending'", "2");
	gate_place_assert_value(p,
	    "SELECT COUNT(*) FROM audit a JOIN approval b ON a.approval_id = b.id "
	    "WHERE a.decision = 'require_approval'",
	    "3");
	gate_place_assert_value(
	    p, "SELECT DISTINCT reason FROM approval", "matched rule 0 of policy \"default\"");
	gate_place_put_policy(p, "{\"rules\":[{\"tool\":\"read\",\"decision\":\"require_approval\","
				 "\"reason\":\"a person looks\"}]}");
	(void)ask(p, BODY("{\"path\":\"/c\"}", "{\"request\":true}"));
	gate_place_assert_value(p,
	    "SELECT reason FROM approval ORDER BY created_ms DESC, policy_version DESC LIMIT 1",
	    "a person looks");
}

static void
unasked_calls_make_none_and_spend_none(void **state)
{
	struct gate_place *p = *state;
	struct answer answer;

	gate_place_put_policy(p, ASK_READ);
	answer = ask(p, UNASKED);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "matched rule 0");
	assert_string_equal(answer.approval_id, "");
	gate_place_assert_value(p, "SELECT COUNT(*) FROM approval", "0");
	decide(p, ask(p, ASKED).approval_id, APPROVAL_APPROVED);
	answer = ask(p, UNASKED);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "matched rule 0");
	gate_place_assert_value(p, "SELECT state FROM approval", "approved");
}

static void
an_approval_is_spent_once_by_its_call(void **state)
{
	struct gate_place *p = *state;
	struct answer asked, answer;

	gate_place_put_policy(p, ASK_READ);
	asked = ask(p, ASKED);
	decide(p, asked.approval_id, APPROVAL_APPROVED);
	answer = ask(p, OTHER_ARGS);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "");
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_ALLOW, "approved by the administrator");
	assert_int_equal(answer.approval_state, APPROVAL_APPROVED);
	assert_string_equal(answer.approval_id, asked.approval_id);
	gate_place_assert_value(
	    p, "SELECT COUNT(*) FROM approval WHERE state = 'spent' AND ended_ms IS NOT NULL", "1");
	gate_place_assert_value(p,
	    "SELECT COUNT(*) FROM audit a JOIN approval b ON a.approval_id = b.id "
	    "WHERE a.decision = 'allow' AND b.state = 'spent'",
	    "1");
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "the same call was let through at");
	assert_string_not_equal(answer.approval_id, asked.approval_id);
}

static void
a_denial_stands_until_the_time_is_over(void **state)
{
	struct gate_place *p = *state;
	struct answer asked, answer;

	gate_place_put_policy(p, ASK_READ);
	asked = ask(p, ASKED);
	decide(p, asked.approval_id, APPROVAL_DENIED);
	for (int i = 0; i < 2; i++) {
		answer = ask(p, ASKED);
		assert_answer(&answer, DECISION_DENY, "denied by the administrator");
		assert_int_equal(answer.approval_state, APPROVAL_DENIED);
		assert_string_equal(answer.approval_id, asked.approval_id);
	}
	age(p, p->agent.approval_timeout_ms);
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "");
	assert_string_not_equal(answer.approval_id, asked.approval_id);
}

static void
what_nobody_decides_is_denied_and_told_once(void **state)
{
	struct gate_place *p = *state;
	struct answer asked, answer;

	gate_place_put_policy(p, ASK_READ);
	asked = ask(p, ASKED);
	age(p, p->agent.approval_timeout_ms);
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_DENY, "nobody decided in time");
	assert_int_equal(answer.approval_state, APPROVAL_EXPIRED);
	gate_place_assert_value(
	    p, "SELECT COUNT(*) FROM audit WHERE kind = 'outcome' AND decision = 'expired'", "1");
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "");
	assert_string_not_equal(answer.approval_id, asked.approval_id);
}

static void
an_old_expiry_is_not_told(void **state)
{
	struct gate_place *p = *state;
	struct answer answer;

	gate_place_put_policy(p, ASK_READ);
	(void)ask(p, ASKED);
	age(p, 2 * p->agent.approval_timeout_ms);
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "");
	gate_place_assert_value(p, "SELECT COUNT(*) FROM approval WHERE state = 'expired'", "1");
}

static void
an_approval_that_ran_out_is_not_spent(void **state)
{
	struct gate_place *p = *state;
	struct answer answer;

	gate_place_put_policy(p, ASK_READ);
	decide(p, ask(p, ASKED).approval_id, APPROVAL_APPROVED);
	age(p, p->agent.approval_timeout_ms);
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_DENY, "approved, but not called for in time");
	gate_place_assert_value(p, "SELECT COUNT(*) FROM approval WHERE state = 'spent'", "0");
}

static void
what_wins_over_an_approval(void **state)
{
	struct gate_place *p = *state;
	struct answer answer;
	struct incoming in = {.body = ASKED};
	char stop[TEST_PATH_MAX];
	struct db *db;
	int fd;

	gate_place_put_policy(p, ASK_READ);
	decide(p, ask(p, ASKED).approval_id, APPROVAL_APPROVED);

	gate_place_put_policy(p, DENY_READ);
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_DENY, "matched rule 0");

	gate_place_put_policy(p, ASK_READ);
	test_path(stop, p->dir, STOP_FILE);
	fd = open(stop, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_DENY, "stopped");
	assert_int_equal(unlink(stop), 0);

	db = gate_place_write(p);
	assert_status(stop_set(db, p->agent.id, clock_wall_ms()), STATUS_OK);
	gate_place_commit(p, db);
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_DENY, "stopped");
	db = gate_place_write(p);
	assert_status(stop_lift(db, p->agent.id), STATUS_OK);
	gate_place_commit(p, db);

	gate_place_assert_value(p, "SELECT state FROM approval", "approved");
	db = gate_place_write(p);
	assert_status(keys_revoke(db, p->agent.id, clock_wall_ms()), STATUS_OK);
	gate_place_commit(p, db);
	assert_status(gate_place_decide(p, &in, &answer), STATUS_REFUSED);
	gate_place_assert_value(p, "SELECT state FROM approval", "approved");
}

static void
another_key_has_approvals_of_its_own(void **state)
{
	struct gate_place *p = *state;
	struct answer first, answer;

	gate_place_put_policy(p, ASK_READ);
	first = ask(p, ASKED);
	decide(p, first.approval_id, APPROVAL_APPROVED);
	gate_place_add_key(p, "other");
	gate_place_put_policy(p, ASK_READ);
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "");
	assert_string_not_equal(answer.approval_id, first.approval_id);
}

static void
where_nobody_can_be_asked_the_call_is_denied(void **state)
{
	static const char *const bodies[] = {BODY("{\"n\":1}", "{\"request\":true}"),
	    BODY("{\"n\":2}", "{\"request\":true}"), BODY("{\"n\":3}", "{\"request\":true}")};
	struct gate_place *p = *state;
	struct answer answer;

	gate_place_put_policy(p, ASK_READ);
	p->gate.links = false;
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_DENY, "base_url");
	assert_string_equal(answer.approval_id, "");
	p->gate.links = true;
	for (int i = 0; i < GATE_PLACE_APPROVALS; i++) {
		answer = ask(p, bodies[i]);
		assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "");
	}
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_DENY, "3 calls of this key wait");
	answer = ask(p, bodies[0]);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "");
}

static void
an_allowance_lets_calls_through(void **state)
{
	struct gate_place *p = *state;
	struct resolution resolution = {.to = APPROVAL_APPROVED,
	    .surface = "approve",
	    .by = "ops",
	    .duration = "1h",
	    .calls = 3};
	struct answer asked, answer;

	gate_place_put_policy(p, ASK_READ);
	asked = ask(p, ASKED);
	resolution.approval_id = asked.approval_id;
	decide_as(p, &resolution);
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_ALLOW, "approved through channel \"ops\"");
	answer = ask(p, OTHER_ARGS);
	assert_answer(&answer, DECISION_ALLOW, "temporarily allowed until ");
	answer = ask(p, UNASKED);
	assert_answer(&answer, DECISION_ALLOW, "temporarily allowed until ");
	gate_place_assert_value(p,
	    "SELECT COUNT(*) FROM audit a JOIN approval b ON a.approval_id = b.id "
	    "WHERE a.decision = 'allow'",
	    "3");
	answer = ask(p, UNASKED);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "");
	gate_place_put_policy(p, DENY_READ);
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_DENY, "matched rule 0");
}

static void
an_allowance_may_be_for_these_arguments(void **state)
{
	struct gate_place *p = *state;
	struct resolution resolution = {.to = APPROVAL_APPROVED,
	    .surface = "approve",
	    .by = "ops",
	    .duration = "8h",
	    .these_args = true};
	struct answer asked, answer;
	struct db *db;

	gate_place_put_policy(p, ASK_READ);
	asked = ask(p, ASKED);
	resolution.approval_id = asked.approval_id;
	decide_as(p, &resolution);
	for (int i = 0; i < 4; i++) {
		answer = ask(p, ASKED);
		assert_answer(&answer, DECISION_ALLOW, i == 0 ? "approved" : "temporarily");
	}
	answer = ask(p, OTHER_ARGS);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "");

	p->agent.allowances = false;
	db = gate_place_write(p);
	assert_status(keys_update(db, &p->agent), STATUS_OK);
	gate_place_commit(p, db);
	answer = ask(p, ASKED);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "");
}

/* Lets one round of that call through, as the relay does after a round that wants input. */
static void
let_round(struct gate_place *p, const char *call_id, int64_t round, int64_t until_ms)
{
	struct db *db = gate_place_write(p);

	assert_status(continuation_add(db, p->agent.id, call_id, round,
			  test_sql_text(p->database, "SELECT args_digest FROM audit "
						     "WHERE kind = 'verdict' ORDER BY seq LIMIT 1"),
			  until_ms),
	    STATUS_OK);
	gate_place_commit(p, db);
}

static struct answer
ask_round(struct gate_place *p, const char *body, const char *call_id, int64_t round)
{
	struct incoming in = {.body = body, .continues_call = call_id, .continues_round = round};
	struct answer answer;

	assert_status(gate_place_decide(p, &in, &answer), STATUS_OK);
	return answer;
}

static void
a_further_round_of_an_approved_call_is_let_through_once(void **state)
{
	struct gate_place *p = *state;
	const int64_t later_ms = clock_wall_ms() + 600000;
	struct answer first, answer;
	char reason[128];

	gate_place_put_policy(p, ASK_READ);
	decide(p, ask(p, ASKED).approval_id, APPROVAL_APPROVED);
	first = ask(p, ASKED);
	assert_answer(&first, DECISION_ALLOW, "approved");
	assert_false(first.continued);
	let_round(p, first.call_id, 2, later_ms);

	/* Of other arguments, another call or another round: none. */
	answer = ask_round(p, BODY("{\"path\":\"/b\"}", "{\"request\":false}"), first.call_id, 2);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "matched rule 0");
	answer = ask_round(p, UNASKED, answer.call_id, 2);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "matched rule 0");
	answer = ask_round(p, UNASKED, first.call_id, 3);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "matched rule 0");

	answer = ask_round(p, UNASKED, first.call_id, 2);
	(void)snprintf(reason, sizeof(reason), "round 2 of %s that was approved", first.call_id);
	assert_answer(&answer, DECISION_ALLOW, reason);
	assert_true(answer.continued);
	answer = ask_round(p, UNASKED, first.call_id, 2);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "matched rule 0");
	assert_false(answer.continued);

	/* It ends with its time. */
	let_round(p, first.call_id, 3, clock_wall_ms() - 1);
	answer = ask_round(p, UNASKED, first.call_id, 3);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "matched rule 0");
}

static void
a_further_round_does_not_win_over_a_deny_or_the_switch(void **state)
{
	struct gate_place *p = *state;
	struct answer first, answer;
	char stop[TEST_PATH_MAX];

	gate_place_put_policy(p, ASK_READ);
	decide(p, ask(p, ASKED).approval_id, APPROVAL_APPROVED);
	first = ask(p, ASKED);
	let_round(p, first.call_id, 2, clock_wall_ms() + 600000);
	gate_place_put_policy(p, DENY_READ);
	answer = ask_round(p, ASKED, first.call_id, 2);
	assert_answer(&answer, DECISION_DENY, "matched rule 0");

	gate_place_put_policy(p, ASK_READ);
	test_path(stop, p->dir, STOP_FILE);
	close(open(stop, O_WRONLY | O_CREAT, 0600));
	answer = ask_round(p, ASKED, first.call_id, 2);
	assert_answer(&answer, DECISION_DENY, "stopped");
	assert_int_equal(unlink(stop), 0);

	/* Neither of the two has used it up. */
	answer = ask_round(p, ASKED, first.call_id, 2);
	assert_answer(&answer, DECISION_ALLOW, "round 2 of");
}

static void
a_further_round_is_of_its_key(void **state)
{
	struct gate_place *p = *state;
	struct answer first, answer;

	gate_place_put_policy(p, ASK_READ);
	decide(p, ask(p, ASKED).approval_id, APPROVAL_APPROVED);
	first = ask(p, ASKED);
	let_round(p, first.call_id, 2, clock_wall_ms() + 600000);
	gate_place_add_key(p, "other");
	gate_place_put_policy(p, ASK_READ);
	answer = ask_round(p, ASKED, first.call_id, 2);
	assert_answer(&answer, DECISION_REQUIRE_APPROVAL, "matched rule 0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    GATE_TEST(asking_makes_one_approval),
	    GATE_TEST(unasked_calls_make_none_and_spend_none),
	    GATE_TEST(an_approval_is_spent_once_by_its_call),
	    GATE_TEST(a_denial_stands_until_the_time_is_over),
	    GATE_TEST(what_nobody_decides_is_denied_and_told_once),
	    GATE_TEST(an_old_expiry_is_not_told),
	    GATE_TEST(an_approval_that_ran_out_is_not_spent),
	    GATE_TEST(what_wins_over_an_approval),
	    GATE_TEST(another_key_has_approvals_of_its_own),
	    GATE_TEST(where_nobody_can_be_asked_the_call_is_denied),
	    GATE_TEST(an_allowance_lets_calls_through),
	    GATE_TEST(an_allowance_may_be_for_these_arguments),
	    GATE_TEST(a_further_round_of_an_approved_call_is_let_through_once),
	    GATE_TEST(a_further_round_does_not_win_over_a_deny_or_the_switch),
	    GATE_TEST(a_further_round_is_of_its_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
