/* gate_place.c - a gate on a real store; see gate_place.h. */
#include "gate_place.h"

#include <fcntl.h>
#include <semaphore.h>

#include "clock.h"
#include "policies.h"
#include "store_place.h"

#define DEADLINE_MS 300

struct db *
gate_place_write(struct gate_place *p)
{
	return store_place_write(p->admin);
}

void
gate_place_commit(struct gate_place *p, struct db *db)
{
	store_place_commit(p->admin, db);
}

void
gate_place_put_policy(struct gate_place *p, const char *document)
{
	struct policy_row row = {.name = "default", .document = document};
	const char *ids[] = {row.id};
	struct db *db = gate_place_write(p);

	assert_status(policies_put(db, &row), STATUS_OK);
	assert_status(keys_set_policies(db, p->agent.id, ids, 1), STATUS_OK);
	gate_place_commit(p, db);
}

void
gate_place_add_key(struct gate_place *p, const char *name)
{
	char text[KEY_TEXT_LEN + 1];
	struct db *db = gate_place_write(p);

	key_make(text);
	p->agent = (struct key){.approval_timeout_ms = 900000, .allowances = true};
	p->agent.created_ms = clock_wall_ms();
	(void)snprintf(p->agent.name, sizeof(p->agent.name), "%s", name);
	assert_status(keys_add(db, &p->agent, text), STATUS_OK);
	gate_place_commit(p, db);
	(void)snprintf(p->authorization, sizeof(p->authorization), "Bearer %s", text);
}

int
gate_place_setup(void **state)
{
	static const struct secret_key master = {{4, 5, 6}};
	struct gate_place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	(void)snprintf(p->dir, sizeof(p->dir), "%s", test_directory());
	test_path(p->database, p->dir, STORE_FILE);
	assert_status(secret_start(), STATUS_OK);
	p->store = store_place_open(p->dir, DEADLINE_MS);
	p->admin = store_place_open(p->dir, DEADLINE_MS);
	assert_status(audit_open(p->store, &master, p->dir, &p->gate.audit), STATUS_OK);
	assert_status(callers_open(p->store, &p->gate.callers), STATUS_OK);
	assert_status(secret_derive(&master, "digest", &p->gate.digest_key), STATUS_OK);
	p->gate.store = p->store;
	p->gate.master = &master;
	p->gate.links = true;
	p->gate.approvals_per_key = GATE_PLACE_APPROVALS;
	p->gate.stop_files.state_dir_fd = open(p->dir, O_RDONLY | O_DIRECTORY);
	gate_place_add_key(p, "agent");
	gate_place_put_policy(p, ALLOW_READ);
	*state = p;
	return 0;
}

int
gate_place_teardown(void **state)
{
	struct gate_place *p = *state;

	callers_close(p->gate.callers);
	audit_close(p->gate.audit);
	store_close(p->store);
	store_close(p->admin);
	close(p->gate.stop_files.state_dir_fd);
	test_remove(p->dir);
	free(p);
	return 0;
}

struct incoming
gate_place_reading(void)
{
	return (struct incoming){
	    .body = "{\"serverName\":\"files\",\"toolName\":\"read\",\"args\":{\"path\":\"/a\"}}"};
}

struct deciding {
	struct attempt attempt;
	struct gate_place *place;
	struct incoming *in;
	enum status status;
	sem_t done;
};

static enum status
read_call(struct attempt *attempt, struct call *call, struct problem *why)
{
	static const struct json_limits limits = {.bytes = 65536, .nesting = 64, .members = 1000};
	struct deciding *deciding = (struct deciding *)attempt;
	struct incoming *in = deciding->in;
	struct call_wish wish;
	enum status status;

	in->reads++;
	if (in->meanwhile != NULL)
		in->meanwhile(deciding->place);
	status = call_read_check(in->body, strlen(in->body), &limits, call, &wish, why);
	attempt->ask = wish.request;
	attempt->continues_call = in->continues_call;
	attempt->continues_round = in->continues_round;
	return status;
}

static void
decided(struct attempt *attempt, enum status status)
{
	struct deciding *deciding = (struct deciding *)attempt;

	deciding->status = status;
	assert_int_equal(sem_post(&deciding->done), 0);
}

enum status
gate_place_decide(struct gate_place *p, struct incoming *in, struct answer *answer)
{
	struct deciding deciding = {.attempt = {.surface = "check",
					.authorization = p->authorization,
					.started_us = clock_us(),
					.read_call = read_call,
					.done = decided},
	    .place = p,
	    .in = in};

	assert_int_equal(sem_init(&deciding.done, 0, 0), 0);
	gate_decide(&p->gate, &deciding.attempt);
	audit_work(p->gate.audit);
	while (sem_wait(&deciding.done) != 0)
		continue;
	assert_int_equal(sem_destroy(&deciding.done), 0);
	*answer = deciding.attempt.answer;
	return deciding.status;
}

void
gate_place_assert_verdict(struct gate_place *p, struct incoming *in, enum decision decision,
    const char *reason, struct answer *answer)
{
	assert_status(gate_place_decide(p, in, answer), STATUS_OK);
	assert_string_equal(decision_name(answer->decision), decision_name(decision));
	if (reason != NULL)
		assert_string_equal(answer->reason, reason);
}

void
gate_place_assert_value(struct gate_place *p, const char *sql, const char *expected)
{
	assert_string_equal(test_sql_text(p->database, sql), expected);
}
