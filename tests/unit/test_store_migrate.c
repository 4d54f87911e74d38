/* test_store_migrate.c - upgrading a database: once, in whole or not at all, with a copy kept. */
#include "store_place.h"

#include <pthread.h>

static const struct migration two_versions[] = {
    {1, "001_a", "CREATE TABLE a (x TEXT NOT NULL); INSERT INTO a VALUES ('kept');"},
    {2, "002_b", "CREATE TABLE b (x TEXT NOT NULL);"},
    {2, "002_b.sqlite",
	"CREATE TRIGGER t BEFORE DELETE ON b BEGIN SELECT RAISE(ABORT, 'no'); END;"},
    {0, NULL, NULL},
};
static const struct migration one_version[] = {
    {1, "001_a", "CREATE TABLE a (x TEXT NOT NULL); INSERT INTO a VALUES ('kept');"},
    {0, NULL, NULL},
};
static const struct migration broken_second[] = {
    {1, "001_a", "CREATE TABLE a (x TEXT NOT NULL);"},
    {2, "002_b", "CREATE TABLE b (x TEXT NOT NULL); CREATE TABLE b (y TEXT);"},
    {0, NULL, NULL},
};
static const char select_a[] = "SELECT x FROM a";

static void
upgrade_keeps_data_and_a_copy(void **state)
{
	struct store_place *p = *state;
	struct problem why = {""};
	struct db *db;
	struct query *q;

	assert_status(store_place_reopen(p, one_version, true, 500, &why), STATUS_OK);
	assert_int_equal(store_version(p->store), 1);
	assert_status(store_place_reopen(p, two_versions, false, 500, &why), STATUS_OK);
	assert_int_equal(store_version(p->store), 2);
	assert_status(store_read(p->store, &db), STATUS_OK);
	q = query(db, select_a);
	assert_int_equal(query_step(q), QUERY_ROW);
	assert_string_equal(query_text(q, 0), "kept");
	query_end(q);
	store_read_end(p->store, db);
	assert_int_equal(access(store_place_path(p, "enforgate.db.before-2"), F_OK), 0);
}

static void
failed_migration_changes_nothing(void **state)
{
	struct store_place *p = *state;
	struct problem why = {""};

	assert_status(store_place_reopen(p, one_version, true, 500, &why), STATUS_OK);
	assert_status(store_place_reopen(p, broken_second, false, 500, &why), STATUS_FAILED);
	assert_non_null(strstr(why.text, "migration 2"));
	assert_status(store_place_reopen(p, two_versions, false, 500, &why), STATUS_OK);
}

static void *
migrate_too(void *arg)
{
	struct store_place own = *(struct store_place *)arg;
	struct problem why = {""};

	if (store_place_reopen(&own, two_versions, false, 3000, &why) != STATUS_OK)
		return (void *)1;
	store_place_close(&own);
	return NULL;
}

static void
simultaneous_upgrades_migrate_once(void **state)
{
	struct store_place *p = *state;
	struct problem why = {""};
	pthread_t threads[4];
	void *failed;

	assert_status(store_place_reopen(p, one_version, true, 500, &why), STATUS_OK);
	store_place_close(p);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, migrate_too, p), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EMPTY_STORE_TEST(upgrade_keeps_data_and_a_copy),
	    EMPTY_STORE_TEST(failed_migration_changes_nothing),
	    EMPTY_STORE_TEST(simultaneous_upgrades_migrate_once),
	};

	return cmocka_run_group_tests_name("store_migrate", tests, NULL, NULL);
}
