/* test_gate_change.c - what an administrator changes while calls are judged counts at once: policies, keys, the kill switch. */
#include "gate_place.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>

#include "clock.h"
#include "generation.h"
#include "stop.h"

static void
deny_now(struct gate_place *p)
{
	gate_place_put_policy(p, DENY_READ);
}

static void
revoke_now(struct gate_place *p)
{
	struct db *db = gate_place_write(p);

	assert_status(keys_revoke(db, p->agent.id, clock_wall_ms()), STATUS_OK);
	gate_place_commit(p, db);
}

/* Law 7: another process' change counts at once, even in the middle of a call. */
static void
law_7_change_of_policy_while_judging_is_judged_anew(void **state)
{
	struct gate_place *p = *state;
	struct incoming in = gate_place_reading();
	struct answer answer;

	assert_status(gate_place_decide(p, &in, &answer), STATUS_OK); /* now it is in memory */
	in.meanwhile = deny_now;
	gate_place_assert_verdict(p, &in, DECISION_DENY, NULL, &answer);
	gate_place_assert_value(p, "SELECT count(*) FROM audit", "2");
	gate_place_assert_value(
	    p, "SELECT decision || policy_version FROM audit ORDER BY seq DESC LIMIT 1", "deny2");
}

static void
law_7_revocation_while_judging_gives_no_verdict(void **state)
{
	struct gate_place *p = *state;
	struct incoming in = gate_place_reading();
	struct answer answer;

	in.meanwhile = revoke_now;
	assert_status(gate_place_decide(p, &in, &answer), STATUS_REFUSED);
	gate_place_assert_value(p, "SELECT count(*) FROM audit", "0");
}

/* Law 8: two keys have chains of their own, and one's stop is not the other's. */
static void
law_8_stop_of_one_key_is_not_anothers(void **state)
{
	struct gate_place *p = *state;
	struct incoming in = gate_place_reading();
	struct answer answer;
	const struct gate_place first = *p;
	struct db *db;

	gate_place_add_key(p, "other");
	db = gate_place_write(p);
	assert_status(stop_set(db, first.agent.id, clock_wall_ms()), STATUS_OK);
	gate_place_commit(p, db);
	gate_place_put_policy(p, ALLOW_READ);
	gate_place_assert_verdict(p, &in, DECISION_ALLOW, NULL, &answer);
	memcpy(p->authorization, first.authorization, sizeof(p->authorization));
	gate_place_assert_verdict(p, &in, DECISION_DENY, "stopped", &answer);
	gate_place_assert_value(p, "SELECT count(DISTINCT chain) FROM audit", "2");
}

static void
stop_file_denies_at_once_and_is_recorded(void **state)
{
	struct gate_place *p = *state;
	static const char *const names[] = {"stop", "stop.agent"};
	struct incoming in = gate_place_reading();
	struct answer answer;

	for (size_t i = 0; i < 2; i++) {
		int fd =
		    openat(p->gate.stop_files.state_dir_fd, names[i], O_CREAT | O_WRONLY, 0600);

		close(fd);
		gate_place_assert_verdict(p, &in, DECISION_DENY, "stopped", &answer);
		assert_int_equal(unlinkat(p->gate.stop_files.state_dir_fd, names[i], 0), 0);
		gate_place_assert_verdict(p, &in, DECISION_ALLOW, NULL, &answer);
	}
	gate_place_assert_value(p, "SELECT count(*) FROM audit WHERE reason = 'stopped'", "2");
}

struct lock {
	struct gate_place *place;
	int fd;
};

static void *
stop_while_locked(void *arg)
{
	struct lock *lock = arg;

	(void)usleep(60000);
	close(openat(lock->place->gate.stop_files.state_dir_fd, "stop", O_CREAT | O_WRONLY, 0600));
	close(lock->fd); /* now the verdict may be recorded */
	return NULL;
}

/* The verdict was allow when the wait for the lock began; the kill switch wins. */
static void
stop_file_that_comes_during_the_wait_for_the_lock_denies(void **state)
{
	struct gate_place *p = *state;
	struct incoming in = gate_place_reading();
	struct answer answer;
	struct lock lock = {.place = p};
	char path[TEST_PATH_MAX];
	pthread_t thread;

	test_path(path, p->dir, STORE_LOCK);
	lock.fd = open(path, O_RDWR);
	assert_int_equal(flock(lock.fd, LOCK_EX), 0);
	assert_int_equal(pthread_create(&thread, NULL, stop_while_locked, &lock), 0);
	assert_status(gate_place_decide(p, &in, &answer), STATUS_OK);
	pthread_join(thread, NULL);
	assert_int_equal(answer.decision, DECISION_DENY);
	assert_string_equal(answer.reason, "stopped");
	gate_place_assert_value(p, "SELECT count(*) FROM audit", "1");
}

/* Laws 1 and 7: a verdict in a file that nobody sees any more is not recorded. */
static void
law_1_database_replaced_while_in_use_gives_no_verdict(void **state)
{
	struct gate_place *p = *state;
	struct incoming in = gate_place_reading();
	struct answer answer;
	struct problem why = {""};
	char copy[TEST_PATH_MAX];

	assert_status(gate_place_decide(p, &in, &answer), STATUS_OK);
	test_path(copy, p->dir, "copy");
	assert_status(store_backup(p->admin, copy, &why), STATUS_OK);
	assert_int_equal(rename(copy, p->database), 0);
	assert_status(gate_place_decide(p, &in, &answer), STATUS_FAILED);
}

/* A database put back from a backup never reaches the numbers of the one before. */
static void
generation_is_not_repeated_after_a_restore(void **state)
{
	struct gate_place *p = *state;
	struct db *db;
	int64_t generation, now_us;

	assert_status(store_read(p->admin, &db), STATUS_OK);
	assert_status(generation_read(db, &generation), STATUS_OK);
	store_read_end(p->admin, db);
	now_us = clock_wall_ms() * 1000;
	/* Several changes of one millisecond count on from it. */
	assert_in_range(generation, now_us - 60000000, now_us + 1000000);
}

/*
 * The policy of `was` is compiled, then an older database is put back under the running process, where `is` becomes the
 * version of that number. Gives the generation under which `was` was judged.
 */
static int64_t
put_back(struct gate_place *p, const char *was, const char *is)
{
	struct incoming in = gate_place_reading();
	struct problem why = {""};
	struct answer answer;
	char copy[TEST_PATH_MAX];
	int64_t generation;

	test_path(copy, p->dir, "copy");
	assert_status(store_backup(p->admin, copy, &why), STATUS_OK);
	gate_place_put_policy(p, was);
	generation = test_sql_number(p->database, "SELECT value FROM generation");
	assert_status(gate_place_decide(p, &in, &answer), STATUS_OK);
	(void)usleep(2000); /* versions are told apart by the millisecond of their making */
	test_sql_restore(p->database, copy);
	gate_place_put_policy(p, is);
	return generation;
}

static void
policy_put_after_a_restore_is_not_the_one_of_that_number_before(void **state)
{
	struct gate_place *p = *state;
	struct incoming in = gate_place_reading();
	struct answer answer;

	(void)put_back(p, ALLOW_READ, DENY_READ);
	gate_place_assert_verdict(p, &in, DECISION_DENY, NULL, &answer);
	gate_place_assert_value(
	    p, "SELECT policy_version FROM audit ORDER BY seq DESC LIMIT 1", "2");
}

/* As when the clock was put back as well: of a key not in memory yet, all is read from the database. */
static void
restored_generation_of_the_same_number_does_not_bring_the_old_policy_back(void **state)
{
	struct gate_place *p = *state;
	const struct gate_place first = *p;
	struct incoming in = gate_place_reading();
	struct answer answer;
	char sql[128];

	gate_place_add_key(p, "other");
	gate_place_put_policy(p, ALLOW_READ);
	(void)snprintf(sql, sizeof(sql), "UPDATE generation SET value = %lld",
	    (long long)put_back(p, ALLOW_READ, DENY_READ));
	test_sql(p->database, sql);
	memcpy(p->authorization, first.authorization, sizeof(p->authorization));
	gate_place_assert_verdict(p, &in, DECISION_DENY, NULL, &answer);
	gate_place_assert_value(
	    p, "SELECT policy_version FROM audit ORDER BY seq DESC LIMIT 1", "3");
}

static void
expired_key_is_refused(void **state)
{
	struct gate_place *p = *state;
	struct incoming in = gate_place_reading();
	struct answer answer;
	struct db *db;

	assert_status(gate_place_decide(p, &in, &answer), STATUS_OK);
	p->agent.expires_ms = clock_wall_ms() - 1;
	assert_status(store_write(p->admin, &db), STATUS_OK);
	assert_status(keys_update(db, &p->agent), STATUS_OK);
	gate_place_commit(p, db);
	assert_status(gate_place_decide(p, &in, &answer), STATUS_REFUSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    GATE_TEST(law_7_change_of_policy_while_judging_is_judged_anew),
	    GATE_TEST(law_7_revocation_while_judging_gives_no_verdict),
	    GATE_TEST(law_8_stop_of_one_key_is_not_anothers),
	    GATE_TEST(stop_file_denies_at_once_and_is_recorded),
	    GATE_TEST(stop_file_that_comes_during_the_wait_for_the_lock_denies),
	    GATE_TEST(law_1_database_replaced_while_in_use_gives_no_verdict),
	    GATE_TEST(generation_is_not_repeated_after_a_restore),
	    GATE_TEST(policy_put_after_a_restore_is_not_the_one_of_that_number_before),
	    GATE_TEST(restored_generation_of_the_same_number_does_not_bring_the_old_policy_back),
	    GATE_TEST(expired_key_is_refused),
	};

	return cmocka_run_group_tests_name("gate_change", tests, NULL, NULL);
}
