/*
 * test_gate.c - the line of a call, and the laws of the design that hold on it.
 *
 * A second store on the same directory plays the administrator in another process.
 */
#include "testing.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/file.h>

#include "clock.h"
#include "gate.h"
#include "generation.h"
#include "keys.h"
#include "policies.h"
#include "stop.h"

static const struct secret_key master = {{4, 5, 6}};
static char *dir;
static struct store *store, *admin;
static struct gate gate;
static char authorization[sizeof("Bearer ") + KEY_TEXT_LEN];
static struct key agent;

static const char allow_read[] = "{\"rules\":[{\"tool\":\"read\",\"decision\":\"allow\"}]}";
static const char deny_read[] = "{\"rules\":[{\"tool\":\"read\",\"decision\":\"deny\"}]}";

static struct store *
open_store(void)
{
	struct store_options options = {.state_dir = dir, .deadline_ms = 300, .create = true};
	struct store *opened;
	struct problem why = {""};

	assert_status(store_open(&options, &opened, &why), STATUS_OK);
	return opened;
}

static void
put_policy(const char *document)
{
	struct policy_row row = {.name = "default", .document = document};
	struct db *db;

	assert_status(store_write(admin, &db), STATUS_OK);
	assert_status(policies_put(db, &row), STATUS_OK);
	{
		const char *ids[] = {row.id};

		assert_status(keys_set_policies(db, agent.id, ids, 1), STATUS_OK);
	}
	assert_status(store_commit(admin, db), STATUS_OK);
}

static void
add_key(void)
{
	char text[KEY_TEXT_LEN + 1];
	struct db *db;

	key_make(text);
	agent = (struct key){.name = "agent", .approval_timeout_ms = 900000, .allowances = true};
	agent.created_ms = clock_wall_ms();
	assert_status(store_write(admin, &db), STATUS_OK);
	assert_status(keys_add(db, &agent, text), STATUS_OK);
	assert_status(store_commit(admin, db), STATUS_OK);
	(void)snprintf(authorization, sizeof(authorization), "Bearer %s", text);
}

static int
setup(void **state)
{
	(void)state;
	dir = test_directory();
	assert_status(secret_start(), STATUS_OK);
	store = open_store();
	admin = open_store();
	assert_status(audit_open(store, &master, dir, &gate.audit), STATUS_OK);
	assert_status(callers_open(store, &gate.callers), STATUS_OK);
	assert_status(secret_derive(&master, "digest", &gate.digest_key), STATUS_OK);
	gate.state_dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	add_key();
	put_policy(allow_read);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	callers_close(gate.callers);
	audit_close(gate.audit);
	store_close(store);
	store_close(admin);
	close(gate.state_dir_fd);
	test_remove(dir);
	return 0;
}

struct incoming {
	const char *body;
	int reads;
	void (*meanwhile)(void); /* what an administrator does while the call is judged */
};

static enum status
read_call(void *arg, struct call *call, struct problem *why)
{
	static const struct json_limits limits = {.bytes = 65536, .nesting = 64, .members = 1000};
	struct incoming *in = arg;

	in->reads++;
	if (in->meanwhile != NULL)
		in->meanwhile();
	return call_read_check(in->body, strlen(in->body), &limits, call, why);
}

static enum status
decide(struct incoming *in, struct answer *answer)
{
	const struct attempt attempt = {.surface = "check",
	    .authorization = authorization,
	    .started_us = clock_us(),
	    .read_call = read_call,
	    .arg = in};
	struct problem why = {""};

	return gate_decide(&gate, &attempt, answer, &why);
}

static struct incoming
reading(void)
{
	return (struct incoming){
	    .body = "{\"serverName\":\"files\",\"toolName\":\"read\",\"args\":{\"path\":\"/a\"}}"};
}

/* One value of the database as another process sees it. */
static const char *
raw(const char *sql)
{
	static char value[1024];
	char path[TEST_PATH_MAX];
	sqlite3 *db;
	sqlite3_stmt *stmt;

	assert_true(snprintf(path, sizeof(path), "%s/%s", dir, STORE_FILE) < (int)sizeof(path));
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	value[0] = '\0';
	if (sqlite3_step(stmt) == SQLITE_ROW)
		(void)snprintf(
		    value, sizeof(value), "%s", (const char *)sqlite3_column_text(stmt, 0));
	assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
	sqlite3_close(db);
	return value;
}

static void
verdict_is_recorded_once_before_it_is_answered(void **state)
{
	struct incoming in = reading();
	struct answer answer;

	(void)state;
	assert_status(decide(&in, &answer), STATUS_OK);
	assert_int_equal(answer.decision, DECISION_ALLOW);
	assert_string_equal(answer.reason, "matched rule 0 of policy \"default\"");
	assert_string_equal(raw("SELECT count(*) FROM audit"), "1");
	assert_string_equal(raw("SELECT call_id FROM audit"), answer.call_id);
	assert_string_equal(raw("SELECT policy_id FROM audit"), answer.policy_id);
	assert_string_equal(raw("SELECT decision || policy_version || rule || key_name FROM audit"),
	    "allow10agent");
}

/* Law 1. */
static void
law_1_failed_write_gives_no_verdict(void **state)
{
	struct incoming in = reading();
	struct answer answer = {.decision = DECISION_NONE};

	(void)state;
	(void)raw(
	    "CREATE TRIGGER no_more BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END");
	assert_status(decide(&in, &answer), STATUS_FAILED);
	assert_int_equal(answer.decision, DECISION_NONE);
}

/* Law 2: no rule, no policy, a policy that cannot be read. */
static void
law_2_what_is_unclear_is_denied(void **state)
{
	struct incoming other = {.body = "{\"serverName\":\"files\",\"toolName\":\"write\"}"};
	struct incoming in = reading();
	struct answer answer;

	(void)state;
	assert_status(decide(&other, &answer), STATUS_OK);
	assert_int_equal(answer.decision, DECISION_DENY);
	assert_string_equal(answer.reason, "no rule matched");
	assert_string_equal(answer.policy_id, "");
	put_policy("{\"rules\":[{\"tool\":\"read\",\"decision\":\"perhaps\"}]}");
	assert_status(decide(&in, &answer), STATUS_OK);
	assert_int_equal(answer.decision, DECISION_DENY);
	assert_string_equal(answer.reason, "policy \"default\" cannot be read");
}

/* Law 3. */
static void
law_3_arguments_and_keys_are_nowhere_on_disk(void **state)
{
	static const char *const files[] = {STORE_FILE, STORE_FILE "-wal"};
	struct incoming in = {
	    .body =
		"{\"serverName\":\"files\",\"toolName\":\"read\",\"args\":{\"canaryname\":\"canaryvalue\"}}"};
	struct answer answer;
	char path[TEST_PATH_MAX];
	static char content[1 << 20];

	(void)state;
	assert_status(decide(&in, &answer), STATUS_OK);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		ssize_t len;
		int fd;

		assert_true(
		    snprintf(path, sizeof(path), "%s/%s", dir, files[i]) < (int)sizeof(path));
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		len = read(fd, content, sizeof(content));
		close(fd);
		assert_true(len > 0);
		assert_null(memmem(content, (size_t)len, "canary", 6));
		assert_null(memmem(
		    content, (size_t)len, authorization + strlen("Bearer ") + KEY_SHOWN, 20));
		if (i == 1) /* the test reads where the entry is */
			assert_non_null(
			    memmem(content, (size_t)len, answer.call_id, strlen(answer.call_id)));
	}
}

/* Law 4: what was evaluated is what is hashed, however it was written. */
static void
law_4_digest_is_of_the_parsed_call(void **state)
{
	static const char *const same[] = {
	    "{\"serverName\":\"s\",\"toolName\":\"t\",\"args\":{\"a\":1,\"b\":2}}",
	    "{\"serverName\":\"s\",\"toolName\":\"t\",\"args\":{ \"b\":2.0, \"a\":1 }}",
	    "{\"serverName\":\"s\",\"toolName\":\"t\",\"args\":{\"a\":7,\"b\":2,\"\\u0061\":1}}",
	};
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct incoming in = {.body = same[i]};

		assert_status(decide(&in, &answer), STATUS_OK);
	}
	assert_string_equal(raw("SELECT count(*) FROM audit"), "3");
	assert_string_equal(raw("SELECT count(DISTINCT args_digest) FROM audit"), "1");
}

static void
stranger_is_refused_and_his_bytes_are_not_read(void **state)
{
	struct incoming in = reading();
	struct answer answer;

	(void)state;
	authorization[sizeof(authorization) - 2] ^= 1;
	assert_status(decide(&in, &answer), STATUS_REFUSED);
	(void)snprintf(authorization, sizeof(authorization), "Basic abc");
	assert_status(decide(&in, &answer), STATUS_REFUSED);
	assert_int_equal(in.reads, 0);
	assert_string_equal(raw("SELECT count(*) FROM audit"), "0");
}

static void
deny_now(void)
{
	put_policy(deny_read);
}

static void
revoke_now(void)
{
	struct db *db;

	assert_status(store_write(admin, &db), STATUS_OK);
	assert_status(keys_revoke(db, agent.id, clock_wall_ms()), STATUS_OK);
	assert_status(store_commit(admin, db), STATUS_OK);
}

/* Law 7: another process' change counts at once, even in the middle of a call. */
static void
law_7_change_of_policy_while_judging_is_judged_anew(void **state)
{
	struct incoming in = reading();
	struct answer answer;

	(void)state;
	assert_status(decide(&in, &answer), STATUS_OK); /* now it is in memory */
	in.meanwhile = deny_now;
	assert_status(decide(&in, &answer), STATUS_OK);
	assert_int_equal(answer.decision, DECISION_DENY);
	assert_string_equal(raw("SELECT count(*) FROM audit"), "2");
	assert_string_equal(
	    raw("SELECT decision || policy_version FROM audit ORDER BY seq DESC LIMIT 1"), "deny2");
}

static void
law_7_revocation_while_judging_gives_no_verdict(void **state)
{
	struct incoming in = reading();
	struct answer answer;

	(void)state;
	in.meanwhile = revoke_now;
	assert_status(decide(&in, &answer), STATUS_REFUSED);
	assert_string_equal(raw("SELECT count(*) FROM audit"), "0");
}

/* Law 8: two keys have chains of their own, and one's stop is not the other's. */
static void
law_8_stop_of_one_key_is_not_anothers(void **state)
{
	struct incoming in = reading();
	struct answer answer;
	struct key first = agent;
	char first_authorization[sizeof(authorization)];
	struct db *db;

	(void)state;
	memcpy(first_authorization, authorization, sizeof(authorization));
	agent = (struct key){.name = "other", .approval_timeout_ms = 900000};
	{
		char text[KEY_TEXT_LEN + 1];

		key_make(text);
		assert_status(store_write(admin, &db), STATUS_OK);
		assert_status(keys_add(db, &agent, text), STATUS_OK);
		assert_status(stop_set(db, first.id, clock_wall_ms()), STATUS_OK);
		assert_status(store_commit(admin, db), STATUS_OK);
		(void)snprintf(authorization, sizeof(authorization), "Bearer %s", text);
	}
	put_policy(allow_read);
	assert_status(decide(&in, &answer), STATUS_OK);
	assert_int_equal(answer.decision, DECISION_ALLOW);
	memcpy(authorization, first_authorization, sizeof(authorization));
	assert_status(decide(&in, &answer), STATUS_OK);
	assert_int_equal(answer.decision, DECISION_DENY);
	assert_string_equal(answer.reason, "stopped");
	assert_string_equal(raw("SELECT count(DISTINCT chain) FROM audit"), "2");
}

static void
stop_file_denies_at_once_and_is_recorded(void **state)
{
	static const char *const names[] = {"stop", "stop.agent"};
	struct incoming in = reading();
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int fd = openat(gate.state_dir_fd, names[i], O_CREAT | O_WRONLY, 0600);

		close(fd);
		assert_status(decide(&in, &answer), STATUS_OK);
		assert_int_equal(answer.decision, DECISION_DENY);
		assert_string_equal(answer.reason, "stopped");
		assert_int_equal(unlinkat(gate.state_dir_fd, names[i], 0), 0);
		assert_status(decide(&in, &answer), STATUS_OK);
		assert_int_equal(answer.decision, DECISION_ALLOW);
	}
	assert_string_equal(raw("SELECT count(*) FROM audit WHERE reason = 'stopped'"), "2");
}

static int lock_fd;

static void *
stop_while_locked(void *arg)
{
	(void)arg;
	(void)usleep(60000);
	close(openat(gate.state_dir_fd, "stop", O_CREAT | O_WRONLY, 0600));
	close(lock_fd); /* now the verdict may be recorded */
	return NULL;
}

/* The verdict was allow when the wait for the lock began; the kill switch wins. */
static void
stop_file_that_comes_during_the_wait_for_the_lock_denies(void **state)
{
	struct incoming in = reading();
	struct answer answer;
	char path[TEST_PATH_MAX];
	pthread_t thread;

	(void)state;
	assert_true(snprintf(path, sizeof(path), "%s/%s", dir, STORE_LOCK) < (int)sizeof(path));
	lock_fd = open(path, O_RDWR);
	assert_int_equal(flock(lock_fd, LOCK_EX), 0);
	assert_int_equal(pthread_create(&thread, NULL, stop_while_locked, NULL), 0);
	assert_status(decide(&in, &answer), STATUS_OK);
	pthread_join(thread, NULL);
	assert_int_equal(answer.decision, DECISION_DENY);
	assert_string_equal(answer.reason, "stopped");
	assert_string_equal(raw("SELECT count(*) FROM audit"), "1");
}

/* Laws 1 and 7: a verdict in a file that nobody sees any more is not recorded. */
static void
law_1_database_replaced_while_in_use_gives_no_verdict(void **state)
{
	struct incoming in = reading();
	struct answer answer;
	struct problem why = {""};
	char copy[TEST_PATH_MAX], path[TEST_PATH_MAX];

	(void)state;
	assert_status(decide(&in, &answer), STATUS_OK);
	assert_true(snprintf(copy, sizeof(copy), "%s/copy", dir) < (int)sizeof(copy));
	assert_true(snprintf(path, sizeof(path), "%s/%s", dir, STORE_FILE) < (int)sizeof(path));
	assert_status(store_backup(admin, copy, &why), STATUS_OK);
	assert_int_equal(rename(copy, path), 0);
	assert_status(decide(&in, &answer), STATUS_FAILED);
}

/* A database put back from a backup never reaches the numbers of the one before. */
static void
generation_is_not_repeated_after_a_restore(void **state)
{
	struct db *db;
	int64_t generation;

	(void)state;
	assert_status(store_read(admin, &db), STATUS_OK);
	assert_status(generation_read(db, &generation), STATUS_OK);
	store_read_end(admin, db);
	assert_in_range(clock_wall_ms() * 1000 - generation, 0, 60000000);
}

static void
expired_key_is_refused(void **state)
{
	struct incoming in = reading();
	struct answer answer;
	struct db *db;

	(void)state;
	assert_status(decide(&in, &answer), STATUS_OK);
	agent.expires_ms = clock_wall_ms() - 1;
	assert_status(store_write(admin, &db), STATUS_OK);
	assert_status(keys_update(db, &agent), STATUS_OK);
	assert_status(store_commit(admin, db), STATUS_OK);
	assert_status(decide(&in, &answer), STATUS_REFUSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(verdict_is_recorded_once_before_it_is_answered),
	    T(law_1_failed_write_gives_no_verdict),
	    T(law_2_what_is_unclear_is_denied),
	    T(law_3_arguments_and_keys_are_nowhere_on_disk),
	    T(law_4_digest_is_of_the_parsed_call),
	    T(stranger_is_refused_and_his_bytes_are_not_read),
	    T(law_7_change_of_policy_while_judging_is_judged_anew),
	    T(law_7_revocation_while_judging_gives_no_verdict),
	    T(law_8_stop_of_one_key_is_not_anothers),
	    T(stop_file_denies_at_once_and_is_recorded),
	    T(stop_file_that_comes_during_the_wait_for_the_lock_denies),
	    T(law_1_database_replaced_while_in_use_gives_no_verdict),
	    T(generation_is_not_repeated_after_a_restore),
	    T(expired_key_is_refused),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
