/* test_audit.c - appending: numbering, chains, the group commit, and what happens when it fails. */
#include "store_place.h"

#include "audit_append.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>

#include "audit_chain.h"

#define WRITERS 16
#define APPENDS 25

static char *dir;
static char database[TEST_PATH_MAX];
static struct store *store;
static struct audit *audit;

static int
setup(void **state)
{
	static const struct secret_key master = {{1, 2, 3}};

	(void)state;
	dir = test_directory();
	test_path(database, dir, STORE_FILE);
	assert_status(secret_start(), STATUS_OK);
	store = store_place_open(dir, 300);
	assert_status(audit_open(store, &master, dir, &audit), STATUS_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	audit_close(audit);
	store_close(store);
	test_remove(dir);
	return 0;
}

static struct audit_entry
entry_of(const char *chain)
{
	return (struct audit_entry){.chain = chain,
	    .kind = "verdict",
	    .call_id = "call_1",
	    .key_name = "agent",
	    .surface = "check",
	    .server = "files",
	    .tool = "read",
	    .args_digest = "00",
	    .decision = "allow",
	    .rule = -1,
	    .reason = "no rule matched"};
}

static void
entries_are_numbered_in_both_chains(void **state)
{
	struct audit_entry a = entry_of("key_a"), b = entry_of("key_b"), a2 = entry_of("key_a");

	(void)state;
	assert_status(audit_append(audit, &a, 0), STATUS_OK);
	assert_status(audit_append(audit, &b, 0), STATUS_OK);
	assert_status(audit_append(audit, &a2, 0), STATUS_OK);
	assert_int_equal(a.seq, 1);
	assert_int_equal(b.seq, 2);
	assert_int_equal(a2.seq, 3);
	assert_int_equal(b.chain_seq, 1);
	assert_int_equal(a2.chain_seq, 2);
	assert_int_equal(
	    test_sql_number(database, "SELECT seq FROM audit_head WHERE chain = '*'"), 3);
	assert_int_equal(
	    test_sql_number(database, "SELECT seq FROM audit_head WHERE chain = 'key_a'"), 2);
}

static void
entry_is_on_disk_when_the_append_returns(void **state)
{
	struct audit_entry entry = entry_of("key_a");

	(void)state;
	assert_status(audit_append(audit, &entry, 0), STATUS_OK);
	assert_int_equal(test_sql_number(database, "SELECT count(*) FROM audit"),
	    1); /* seen by another connection */
}

static void
changed_generation_records_nothing(void **state)
{
	struct audit_entry entry = entry_of("key_a");

	(void)state;
	assert_status(audit_append(audit, &entry, 7), STATUS_STALE);
	assert_int_equal(test_sql_number(database, "SELECT count(*) FROM audit"), 0);
	assert_status(audit_append(audit, &entry, 1), STATUS_OK);
}

static atomic_int failures;

static void *
append_many(void *arg)
{
	const char *chain = arg;

	for (int i = 0; i < APPENDS; i++) {
		struct audit_entry entry = entry_of(chain);

		if (audit_append(audit, &entry, 1) != STATUS_OK)
			atomic_fetch_add(&failures, 1);
	}
	return NULL;
}

static void
simultaneous_appends_all_arrive_once(void **state)
{
	static const char *const chains[] = {"key_a", "key_b", "key_c"};
	pthread_t threads[WRITERS];

	(void)state;
	atomic_store(&failures, 0);
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, append_many,
				     (void *)(uintptr_t)chains[i % 3]),
		    0);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&failures), 0);
	assert_int_equal(
	    test_sql_number(database, "SELECT count(*) FROM audit"), WRITERS * APPENDS);
	assert_int_equal(
	    test_sql_number(database, "SELECT max(seq) FROM audit"), WRITERS * APPENDS);
	assert_int_equal(
	    test_sql_number(database, "SELECT count(DISTINCT mac) FROM audit"), WRITERS * APPENDS);
}

static void
locked_database_is_busy_for_everybody_and_nothing_is_written(void **state)
{
	pthread_t threads[4];
	char path[TEST_PATH_MAX];
	int fd;

	(void)state;
	test_path(path, dir, STORE_LOCK);
	fd = open(path, O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	atomic_store(&failures, 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, append_many, (void *)(uintptr_t) "key_a"), 0);
	(void)usleep(700000);
	assert_int_equal(test_sql_number(database, "SELECT count(*) FROM audit"), 0);
	assert_true(atomic_load(&failures) >= 4);
	close(fd);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(test_sql_number(database, "SELECT count(*) FROM audit"),
	    4 * APPENDS - atomic_load(&failures));
}

static void
one_bad_entry_fails_alone(void **state)
{
	static char long_reason[9000];
	struct audit_entry bad = entry_of("key_a"), good = entry_of("key_a");

	(void)state;
	memset(long_reason, 'x', sizeof(long_reason) - 1);
	bad.reason = long_reason; /* over what a mac covers */
	assert_status(audit_append(audit, &bad, 0), STATUS_FAILED);
	assert_int_equal(test_sql_number(database, "SELECT count(*) FROM audit_head"),
	    0); /* no head without an entry */
	assert_status(audit_append(audit, &good, 0), STATUS_OK);
	assert_int_equal(good.seq, 1);
}

static void
refused_write_fails_and_is_no_verdict(void **state)
{
	struct audit_entry entry = entry_of("key_a");

	(void)state;
	test_sql(database,
	    "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ROLLBACK, 'full'); END");
	assert_status(audit_append(audit, &entry, 0), STATUS_FAILED);
	test_sql(database, "DROP TRIGGER full");
	assert_int_equal(test_sql_number(database, "SELECT count(*) FROM audit_head"), 0);
	assert_status(audit_append(audit, &entry, 0), STATUS_OK);
	assert_int_equal(entry.seq, 1);
}

static void
anchor_follows_the_installation_head(void **state)
{
	static const struct secret_key master = {{1, 2, 3}};
	struct audit_entry entry = entry_of("key_a");
	struct audit_keys keys;
	struct audit_head head;
	char path[TEST_PATH_MAX];
	int64_t time_ms;
	int fd;

	(void)state;
	assert_status(audit_keys_derive(&master, &keys), STATUS_OK);
	assert_status(audit_anchor_read(&keys, dir, &head, &time_ms), STATUS_NOT_FOUND);
	assert_status(audit_append(audit, &entry, 0), STATUS_OK);
	audit_anchor(audit);
	assert_status(audit_anchor_read(&keys, dir, &head, &time_ms), STATUS_OK);
	assert_int_equal(head.seq, 1);
	test_path(path, dir, AUDIT_ANCHOR_FILE);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "9", 1, 19), 1); /* the number itself */
	close(fd);
	assert_status(audit_anchor_read(&keys, dir, &head, &time_ms), STATUS_REFUSED);
}

static void
triggers_refuse_update_and_delete(void **state)
{
	struct audit_entry entry = entry_of("key_a");

	(void)state;
	assert_status(audit_append(audit, &entry, 0), STATUS_OK);
	test_sql_refused(database, "UPDATE audit SET decision = 'deny'");
	test_sql_refused(database, "DELETE FROM audit");
	test_sql_refused(database, "DELETE FROM audit_head");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(entries_are_numbered_in_both_chains),
	    T(entry_is_on_disk_when_the_append_returns),
	    T(changed_generation_records_nothing),
	    T(simultaneous_appends_all_arrive_once),
	    T(locked_database_is_busy_for_everybody_and_nothing_is_written),
	    T(one_bad_entry_fails_alone),
	    T(refused_write_fails_and_is_no_verdict),
	    T(anchor_follows_the_installation_head),
	    T(triggers_refuse_update_and_delete),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
