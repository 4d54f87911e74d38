/* test_gate_run.c - calls that are run: looked at once more, forwarded, and what became of them recorded before it is told. */
#include "gate_place.h"

#include <fcntl.h>
#include <semaphore.h>

#include "clock.h"
#include "stop.h"

#define LAST_OUTCOME "FROM audit WHERE kind = 'outcome' ORDER BY seq DESC LIMIT 1"

/* A door that runs its calls. */
struct running {
	struct attempt attempt;
	struct gate_place *place;
	const char *outcome;
	const char *refusal;
	/* What an administrator does between the verdict and the run, or during it; NULL: nothing. */
	void (*before)(struct gate_place *p);
	void (*meanwhile)(struct gate_place *p);
	int forwards;
	sem_t done;
	enum status status;
};

static enum status
read_call(struct attempt *attempt, struct call *call, struct problem *why)
{
	static const struct json_limits limits = {.bytes = 65536, .nesting = 64, .members = 1000};
	struct running *running = (struct running *)attempt;
	const struct incoming in = gate_place_reading();
	struct call_wish wish;

	attempt->refusal = running->refusal;
	return call_read_check(in.body, strlen(in.body), &limits, call, &wish, why);
}

static void
decided(struct attempt *attempt, enum status status)
{
	struct running *running = (struct running *)attempt;

	running->status = status;
	assert_int_equal(sem_post(&running->done), 0);
}

static void
forward(struct attempt *attempt, struct outcome *outcome)
{
	struct running *running = (struct running *)attempt;

	running->forwards++;
	/* The call is there still: it is what is sent. */
	assert_string_equal(attempt->call.tool, "read");
	assert_non_null(attempt->call.args);
	gate_place_assert_value(
	    running->place, "SELECT kind FROM audit ORDER BY seq DESC LIMIT 1", "verdict");
	if (running->meanwhile != NULL)
		running->meanwhile(running->place);
	outcome->what = running->outcome;
	(void)snprintf(outcome->reason, sizeof(outcome->reason), "because");
}

/* The verdict, and where it is an allow the run: its status. */
static enum status
run(struct gate_place *p, struct running *running, struct outcome *outcome)
{
	running->place = p;
	running->attempt = (struct attempt){.surface = "mcp",
	    .authorization = p->authorization,
	    .started_us = clock_us(),
	    .read_call = read_call,
	    .done = decided,
	    .forward = forward};
	assert_int_equal(sem_init(&running->done, 0, 0), 0);
	gate_decide(&p->gate, &running->attempt);
	audit_work(p->gate.audit);
	while (sem_wait(&running->done) != 0)
		continue;
	assert_int_equal(sem_destroy(&running->done), 0);
	assert_status(running->status, STATUS_OK);
	if (running->attempt.answer.decision != DECISION_ALLOW)
		return STATUS_REFUSED;
	if (running->before != NULL)
		running->before(p);
	return gate_run(&running->attempt, outcome);
}

static void
outcome_is_recorded_and_linked(void **state)
{
	static const char *const words[] = {"completed", "error", "unknown"};
	struct gate_place *p = *state;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct running running = {.outcome = words[i]};
		struct outcome outcome;
		char expected[32];

		(void)snprintf(expected, sizeof(expected), "%s because", words[i]);
		assert_status(run(p, &running, &outcome), STATUS_OK);
		assert_int_equal(running.forwards, 1);
		assert_string_equal(outcome.what, words[i]);
		gate_place_assert_value(
		    p, "SELECT decision || ' ' || reason " LAST_OUTCOME, expected);
		gate_place_assert_value(
		    p, "SELECT call_id " LAST_OUTCOME, running.attempt.answer.call_id);
	}
	gate_place_assert_value(
	    p, "SELECT count(*) || ' ' || count(DISTINCT call_id) FROM audit", "6 3");
	gate_place_assert_value(p,
	    "SELECT count(DISTINCT args_digest) || count(DISTINCT server || tool) || "
	    "count(DISTINCT chain) || count(DISTINCT surface) FROM audit",
	    "1111");
}

static void
cannot_be_written(struct gate_place *p)
{
	test_sql(p->database, "CREATE TRIGGER no_outcome BEFORE INSERT ON audit WHEN NEW.kind = "
			      "'outcome' BEGIN SELECT RAISE(ABORT, 'no'); END");
}

/* Law 1. */
static void
law_1_outcome_that_cannot_be_recorded_is_not_told(void **state)
{
	struct gate_place *p = *state;
	struct running running = {.outcome = "completed", .meanwhile = cannot_be_written};
	struct outcome outcome;

	assert_status(run(p, &running, &outcome), STATUS_FAILED);
	assert_int_equal(running.forwards, 1);
	gate_place_assert_value(p, "SELECT count(*) FROM audit", "1");
}

static void
stop_by_file(struct gate_place *p)
{
	int fd = openat(p->gate.stop_files.state_dir_fd, STOP_FILE, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void
stop_by_row(struct gate_place *p)
{
	struct db *db = gate_place_write(p);

	assert_status(stop_set(db, p->agent.id, clock_wall_ms()), STATUS_OK);
	gate_place_commit(p, db);
}

static void
revoke_key(struct gate_place *p)
{
	struct db *db = gate_place_write(p);

	assert_status(keys_revoke(db, p->agent.id, clock_wall_ms()), STATUS_OK);
	gate_place_commit(p, db);
}

/* Design 4: the key and the switch are looked at again right before the forward. */
static void
assert_blocked(struct gate_place *p, void (*before)(struct gate_place *p), const char *reason)
{
	struct running running = {.outcome = "completed", .before = before};
	struct outcome outcome;

	assert_status(run(p, &running, &outcome), STATUS_OK);
	assert_int_equal(running.forwards, 0);
	assert_string_equal(outcome.what, "blocked");
	assert_string_equal(outcome.reason, reason);
	gate_place_assert_value(p, "SELECT decision " LAST_OUTCOME, "blocked");
}

static void
stop_after_the_verdict_blocks(void **state)
{
	assert_blocked(*state, stop_by_row, "stopped");
}

static void
stop_file_after_the_verdict_blocks(void **state)
{
	assert_blocked(*state, stop_by_file, "stopped");
}

static void
revocation_after_the_verdict_blocks(void **state)
{
	assert_blocked(*state, revoke_key, "the key is no longer in force, or that cannot be told");
}

static void
what_the_door_refuses_is_denied_and_recorded(void **state)
{
	struct gate_place *p = *state;
	struct running running = {.outcome = "completed", .refusal = "quarantined"};
	struct outcome outcome;

	assert_status(run(p, &running, &outcome), STATUS_REFUSED);
	assert_int_equal(running.forwards, 0);
	gate_place_assert_value(
	    p, "SELECT decision || ' ' || reason FROM audit", "deny quarantined");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    GATE_TEST(outcome_is_recorded_and_linked),
	    GATE_TEST(law_1_outcome_that_cannot_be_recorded_is_not_told),
	    GATE_TEST(stop_after_the_verdict_blocks),
	    GATE_TEST(stop_file_after_the_verdict_blocks),
	    GATE_TEST(revocation_after_the_verdict_blocks),
	    GATE_TEST(what_the_door_refuses_is_denied_and_recorded),
	};

	return cmocka_run_group_tests_name("gate_run", tests, NULL, NULL);
}
