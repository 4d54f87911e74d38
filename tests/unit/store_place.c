/* store_place.c - a store in a directory of its own; see store_place.h. */
#include "store_place.h"

#include "generation.h"
#include "secret.h"

#define DEADLINE_MS 2000

struct store *
store_place_open(const char *dir, int64_t deadline_ms)
{
	const struct store_options options = {
	    .state_dir = dir, .deadline_ms = deadline_ms, .create = true};
	struct store *store;
	struct problem why = {""};

	if (store_open(&options, &store, &why) != STATUS_OK)
		fail_msg("%s", why.text);
	return store;
}

int
store_place_setup_empty(void **state)
{
	struct store_place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	assert_status(secret_start(), STATUS_OK);
	(void)snprintf(p->dir, sizeof(p->dir), "%s", test_directory());
	test_path(p->database, p->dir, STORE_FILE);
	*state = p;
	return 0;
}

int
store_place_setup(void **state)
{
	struct store_place *p;

	(void)store_place_setup_empty(state);
	p = *state;
	p->store = store_place_open(p->dir, DEADLINE_MS);
	return 0;
}

int
store_place_teardown(void **state)
{
	struct store_place *p = *state;

	store_close(p->store);
	test_remove(p->dir);
	free(p);
	return 0;
}

void
store_place_close(struct store_place *p)
{
	store_close(p->store);
	p->store = NULL;
}

enum status
store_place_reopen(struct store_place *p, const struct migration *migrations, bool create,
    int64_t deadline_ms, struct problem *why)
{
	const struct store_options options = {.state_dir = p->dir,
	    .deadline_ms = deadline_ms,
	    .create = create,
	    .migrations = migrations};

	struct store *store;
	enum status status;

	store_place_close(p);
	status = store_open(&options, &store, why);
	p->store = store;
	return status;
}

const char *
store_place_path(struct store_place *p, const char *name)
{
	static char path[TEST_PATH_MAX];

	test_path(path, p->dir, name);
	return path;
}

struct db *
store_place_write(struct store *store)
{
	struct db *db = NULL;

	assert_status(store_write(store, &db), STATUS_OK);
	return db;
}

void
store_place_commit(struct store *store, struct db *db)
{
	assert_status(store_commit(store, db), STATUS_OK);
}

int64_t
store_place_generation(struct db *db)
{
	int64_t value = 0;

	assert_status(generation_read(db, &value), STATUS_OK);
	return value;
}
