/* test_generation.c - the count of changes moves on whatever the clock says, and repeats no number. */
#include "store_place.h"

#include "clock.h"
#include "generation.h"

#define TRIES 8

static int64_t
bumped(struct db *db)
{
	assert_status(generation_bump(db), STATUS_OK);
	return store_place_generation(db);
}

static void
generation_is_at_least_the_time(void **state)
{
	struct store_place *p = *state;
	int64_t now_us = clock_wall_ms() * 1000;
	struct db *db = store_place_write(p->store);
	int64_t first = bumped(db);

	assert_true(first >= now_us);
	assert_true(bumped(db) > first);
	store_place_commit(p->store, db);
}

/* A clock that once was in the future; then the database is put back, and other changes are made in it. */
static void
generation_ahead_of_the_clock_is_not_repeated(void **state)
{
	struct store_place *p = *state;
	const int64_t ahead = clock_wall_ms() * 1000 + INT64_C(86400000000);
	int64_t seen[TRIES];
	struct db *db = store_place_write(p->store);
	int same = 0;

	for (int i = 0; i < TRIES; i++) {
		struct query *q = query(db, "UPDATE generation SET value = ?1 WHERE id = 1");

		query_bind_integer(q, 1, ahead);
		assert_status(query_run(q, NULL), STATUS_OK);
		seen[i] = bumped(db);
		assert_true(seen[i] > ahead);
		same += i > 0 && seen[i] == seen[0];
	}
	assert_true(same < TRIES - 1);
	store_place_commit(p->store, db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    STORE_TEST(generation_is_at_least_the_time),
	    STORE_TEST(generation_ahead_of_the_clock_is_not_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
