/* store_place.h - a store in a directory of its own, for the tests of what lies in the database. */
#ifndef TEST_STORE_PLACE_H
#define TEST_STORE_PLACE_H

#include "testing.h"

#include "store.h"

struct store_place {
	char dir[TEST_PATH_MAX];
	char database[TEST_PATH_MAX];
	struct store *store; /* NULL: not open */
};

/* *state is the struct store_place; with an open store, or with an empty directory. */
int store_place_setup(void **state);
int store_place_setup_empty(void **state);
int store_place_teardown(void **state);
#define STORE_TEST(name)                                                                           \
	cmocka_unit_test_setup_teardown(name, store_place_setup, store_place_teardown)
#define EMPTY_STORE_TEST(name)                                                                     \
	cmocka_unit_test_setup_teardown(name, store_place_setup_empty, store_place_teardown)

/* Opens, and creates where there is none, a store of the directory. */
struct store *store_place_open(const char *dir, int64_t deadline_ms);

/* Opens it anew: with other migrations than the program's, or without creating it; closes it first where it is open. */
enum status store_place_reopen(struct store_place *p, const struct migration *migrations,
    bool create, int64_t deadline_ms, struct problem *why);
void store_place_close(struct store_place *p);
/* The path of a file of the directory; the next call writes over it. */
const char *store_place_path(struct store_place *p, const char *name);

struct db *store_place_write(struct store *store);
void store_place_commit(struct store *store, struct db *db);
int64_t store_place_generation(struct db *db);

#endif
