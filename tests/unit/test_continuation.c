/* test_continuation.c - further rounds of a call: each once, for its call, until its time is over. */
#include "at_once.h"
#include "store_place.h"

#include "mcp/continuation.h"

#define THREADS 8

static void
add(struct store *store, const char *call_id, int64_t round, int64_t until_ms)
{
	struct db *db = store_place_write(store);

	assert_status(continuation_add(db, "key_1", call_id, round, "digest", until_ms), STATUS_OK);
	store_place_commit(store, db);
}

static void
lets_one_round_through_once(void **state)
{
	struct store_place *p = *state;
	struct db *db;

	add(p->store, "call_1", 2, 2000);
	db = store_place_write(p->store);
	assert_status(continuation_use(db, "key_1", "call_1", 2, "digest", 1999), STATUS_OK);
	assert_status(continuation_use(db, "key_1", "call_1", 2, "digest", 1999), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

static void
is_for_its_key_call_round_arguments_and_time(void **state)
{
	static const struct {
		const char *key_id, *call_id;
		int64_t round;
		const char *digest;
		int64_t now_ms;
	} others[] = {
	    {"key_2", "call_1", 2, "digest", 1000},
	    {"key_1", "call_2", 2, "digest", 1000},
	    {"key_1", "call_1", 3, "digest", 1000},
	    {"key_1", "call_1", 2, "other", 1000},
	    {"key_1", "call_1", 2, "digest", 2000},
	};
	struct store_place *p = *state;
	struct db *db;

	add(p->store, "call_1", 2, 2000);
	db = store_place_write(p->store);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_status(continuation_use(db, others[i].key_id, others[i].call_id,
				  others[i].round, others[i].digest, others[i].now_ms),
		    STATUS_NOT_FOUND);
	assert_status(continuation_use(db, "key_1", "call_1", 2, "digest", 1999), STATUS_OK);
	store_rollback(p->store, db);
}

static void
use_that_is_not_committed_is_none(void **state)
{
	struct store_place *p = *state;
	struct db *db;

	add(p->store, "call_1", 2, 2000);
	db = store_place_write(p->store);
	assert_status(continuation_use(db, "key_1", "call_1", 2, "digest", 1000), STATUS_OK);
	store_rollback(p->store, db);
	db = store_place_write(p->store);
	assert_status(continuation_use(db, "key_1", "call_1", 2, "digest", 1000), STATUS_OK);
	store_rollback(p->store, db);
}

static void
added_twice_it_is_one(void **state)
{
	struct store_place *p = *state;
	struct db *db;

	add(p->store, "call_1", 2, 2000);
	add(p->store, "call_1", 2, 3000);
	db = store_place_write(p->store);
	assert_status(continuation_use(db, "key_1", "call_1", 2, "digest", 1000), STATUS_OK);
	assert_status(continuation_use(db, "key_1", "call_1", 2, "digest", 1000), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

static void
sweeping_takes_what_is_over(void **state)
{
	struct store_place *p = *state;
	struct db *db;

	add(p->store, "call_1", 2, 2000);
	add(p->store, "call_2", 2, 2001);
	db = store_place_write(p->store);
	assert_status(continuation_sweep(db, 2000), STATUS_OK);
	store_place_commit(p->store, db);
	assert_string_equal(
	    test_sql_text(p->database, "SELECT group_concat(call_id) FROM continuation"), "call_2");
}

struct user {
	struct store *store;
	enum status status;
};

static void
use_it(void *item)
{
	struct user *user = item;
	struct db *db;

	user->status = store_write(user->store, &db);
	if (user->status != STATUS_OK)
		return;
	user->status = continuation_use(db, "key_1", "call_1", 2, "digest", 1000);
	if (store_commit(user->store, db) != STATUS_OK)
		user->status = STATUS_FAILED;
}

static void
of_many_at_once_one_is_let_through(void **state)
{
	struct store_place *p = *state;
	struct store *second = store_place_open(p->dir, 5000);
	struct user users[THREADS];
	int through = 0;

	add(p->store, "call_1", 2, 2000);
	for (int i = 0; i < THREADS; i++)
		users[i] = (struct user){.store = i % 2 ? second : p->store};
	at_once(use_it, users, sizeof(users[0]), THREADS);
	for (int i = 0; i < THREADS; i++) {
		if (users[i].status != STATUS_OK)
			assert_status(users[i].status, STATUS_NOT_FOUND);
		through += users[i].status == STATUS_OK;
	}
	assert_int_equal(through, 1);
	store_close(second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    STORE_TEST(lets_one_round_through_once),
	    STORE_TEST(is_for_its_key_call_round_arguments_and_time),
	    STORE_TEST(use_that_is_not_committed_is_none),
	    STORE_TEST(added_twice_it_is_one),
	    STORE_TEST(sweeping_takes_what_is_over),
	    STORE_TEST(of_many_at_once_one_is_let_through),
	};

	return cmocka_run_group_tests_name("continuation", tests, NULL, NULL);
}
