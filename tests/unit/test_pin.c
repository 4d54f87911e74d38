/* test_pin.c - PINs hashed, compared, counted. */
#include "store_place.h"

#include "clock.h"
#include "pin.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define NOON (20000 * DAY_MS + DAY_MS / 2)
#define PIN "4711"

static struct pin
hashed(const char *text)
{
	struct pin pin = {.locked = false};

	assert_status(pin_hash(text, pin.hash), STATUS_OK);
	return pin;
}

/* A key that has a PIN; the hash is of no importance to what is counted. */
static struct db *
with_pin(struct store_place *p, struct key *key)
{
	char text[KEY_TEXT_LEN + 1];
	struct db *db = store_place_write(p->store);

	*key = (struct key){.name = "demo"};
	key_make(text);
	assert_status(keys_add(db, key, text), STATUS_OK);
	assert_status(pin_set(db, key->id, "$s1$x", NOON), STATUS_OK);
	return db;
}

static struct pin
found(struct db *db, const struct key *key, int64_t now_ms)
{
	struct pin pin;

	assert_status(pin_find(db, key->id, now_ms, &pin), STATUS_OK);
	return pin;
}

static void
right_one_is_told_from_wrong_ones(void **state)
{
	static const char *const wrong[] = {
	    NULL, "", "4712", "471", "47110", "4711 ", " 4711", "4711\n", "\xff"};
	struct pin pin = hashed(PIN), other = hashed(PIN);
	bool stale = true;

	(void)state;
	assert_string_not_equal(pin.hash, other.hash); /* each has its salt */
	assert_null(strstr(pin.hash, PIN));
	assert_status(pin_check(&pin, PIN, &stale), STATUS_OK);
	assert_false(stale);
	assert_status(pin_check(&other, PIN, &stale), STATUS_OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_status(pin_check(&pin, wrong[i], &stale), STATUS_REFUSED);
	/* Compared to its end. */
	pin = hashed("0123456789012345678901234567890123456789012345678901234567890123");
	assert_status(
	    pin_check(
		&pin, "0123456789012345678901234567890123456789012345678901234567890124", &stale),
	    STATUS_REFUSED);
}

static void
known_hash_of_rfc_7914_parameters(void **state)
{
	/* scrypt("4711", 16 bytes of zero, N 2^4, r 1, p 1, 64), by another implementation. */
	struct pin pin = {
	    .hash =
		"$s1$040101$AAAAAAAAAAAAAAAAAAAAAA==$N8yNfnY6psmYkQg52EKF9NlkQB1gfqd0fxgGBqiQU5gJdfgsFhFgDUUKie64dwCcGX/EGlftYo1ef5Wf6V90eg=="};
	bool stale = false;

	(void)state;
	assert_status(pin_check(&pin, PIN, &stale), STATUS_OK);
	assert_true(stale);
	assert_status(pin_check(&pin, "4712", &stale), STATUS_REFUSED);
}

static void
damaged_hash_is_no_answer(void **state)
{
	static const char *const hashes[] = {"", "$", "$s1$", "$s1$0e0801", "$s1$0e0801$AAAA",
	    "$s1$ff0801$AAAAAAAAAAAAAAAAAAAAAA==$AAAA", "$2y$10$abc", "4711"};
	bool stale;

	(void)state;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		struct pin pin = {.locked = false};

		memcpy(pin.hash, hashes[i], strlen(hashes[i]));
		assert_status(pin_check(&pin, PIN, &stale), STATUS_FAILED);
	}
}

static int64_t
cost_us(const struct pin *pin, const char *text)
{
	int64_t least = INT64_MAX;
	bool stale;

	for (int i = 0; i < 5; i++) {
		int64_t start = clock_us(), took;
		enum status status = pin_check(pin, text, &stale);

		took = clock_us() - start;
		assert_int_not_equal(status, STATUS_FAILED);
		least = took < least ? took : least;
	}
	return least;
}

static void
missing_one_costs_what_a_wrong_one_costs(void **state)
{
	struct pin pin = hashed(PIN);
	int64_t right = cost_us(&pin, PIN), wrong = cost_us(&pin, "4712"),
		missing = cost_us(&pin, NULL);

	(void)state;
	if (wrong < right / 3 || wrong > right * 3 || missing < right / 3 || missing > right * 3)
		fail_msg("right %lld us, wrong %lld us, missing %lld us", (long long)right,
		    (long long)wrong, (long long)missing);
}

static void
form_of_a_pin(void **state)
{
	char text[PIN_LEN_MAX + 2], hash[PIN_HASH_MAX];

	(void)state;
	memset(text, '1', sizeof(text));
	text[PIN_LEN_MAX] = '\0';
	assert_true(pin_valid("1234"));
	assert_true(pin_valid("a b~!"));
	assert_true(pin_valid(text));
	text[PIN_LEN_MAX] = '1';
	text[PIN_LEN_MAX + 1] = '\0';
	assert_false(pin_valid(text));
	assert_status(pin_hash(text, hash), STATUS_INVALID);
	assert_false(pin_valid(""));
	assert_false(pin_valid("123"));
	assert_false(pin_valid("12\t34"));
	assert_false(pin_valid("123\xc3\xa9"));
}

static void
set_replaced_removed(void **state)
{
	struct key key;
	struct db *db = with_pin(*state, &key);
	struct pin pin;

	assert_string_equal(found(db, &key, NOON).hash, "$s1$x");
	assert_status(pin_rehash(db, key.id, "$s1$other", "$s1$y"), STATUS_OK);
	assert_string_equal(found(db, &key, NOON).hash, "$s1$x");
	assert_status(pin_rehash(db, key.id, "$s1$x", "$s1$y"), STATUS_OK);
	assert_string_equal(found(db, &key, NOON).hash, "$s1$y");
	assert_status(pin_set(db, key.id, NULL, NOON), STATUS_OK);
	assert_status(pin_find(db, key.id, NOON, &pin), STATUS_NOT_FOUND);
	assert_status(pin_try(db, key.id, NOON), STATUS_NOT_FOUND);
	assert_status(pin_reset(db, key.id), STATUS_NOT_FOUND);
	store_rollback(((struct store_place *)*state)->store, db);
}

static void
wrong_ones_of_a_day_lock(void **state)
{
	struct key key;
	struct db *db = with_pin(*state, &key);
	bool locked = true;

	for (int i = 1; i <= PIN_DAY_MAX; i++) {
		assert_false(found(db, &key, NOON).locked);
		assert_status(pin_try(db, key.id, NOON), STATUS_OK);
		assert_int_equal(found(db, &key, NOON).failures, i);
		assert_status(pin_failed(db, key.id, NOON, &locked), STATUS_OK);
		assert_int_equal(locked, i == PIN_DAY_MAX);
	}
	assert_status(pin_try(db, key.id, NOON), STATUS_REFUSED);
	/* Not only for the day. */
	assert_true(found(db, &key, NOON + 3 * DAY_MS).locked);
	assert_status(pin_try(db, key.id, NOON + 3 * DAY_MS), STATUS_REFUSED);
	assert_status(pin_reset(db, key.id), STATUS_OK);
	assert_false(found(db, &key, NOON).locked);
	assert_status(pin_try(db, key.id, NOON), STATUS_OK);
	store_rollback(((struct store_place *)*state)->store, db);
}

static void
next_day_counts_anew(void **state)
{
	struct key key;
	struct db *db = with_pin(*state, &key);
	bool locked = true;

	for (int i = 1; i < PIN_DAY_MAX; i++)
		assert_status(pin_try(db, key.id, NOON), STATUS_OK);
	assert_int_equal(found(db, &key, NOON + DAY_MS).failures, 0);
	assert_status(pin_try(db, key.id, NOON + DAY_MS), STATUS_OK);
	assert_status(pin_failed(db, key.id, NOON + DAY_MS, &locked), STATUS_OK);
	assert_false(locked);
	assert_int_equal(found(db, &key, NOON + DAY_MS).failures, 1);
	/* The day of the try, not that of its end. */
	assert_status(pin_untry(db, key.id, NOON), STATUS_OK);
	assert_int_equal(found(db, &key, NOON + DAY_MS).failures, 1);
	store_rollback(((struct store_place *)*state)->store, db);
}

static void
right_ones_do_not_count(void **state)
{
	struct key key;
	struct db *db = with_pin(*state, &key);

	for (int i = 0; i < 2 * PIN_DAY_MAX; i++) {
		assert_status(pin_try(db, key.id, NOON), STATUS_OK);
		assert_status(pin_untry(db, key.id, NOON), STATUS_OK);
	}
	assert_int_equal(found(db, &key, NOON).failures, 0);
	assert_status(pin_untry(db, key.id, NOON), STATUS_OK);
	assert_int_equal(found(db, &key, NOON).failures, 0);
	store_rollback(((struct store_place *)*state)->store, db);
}

static void
tries_whose_process_died_lock_as_well(void **state)
{
	struct key key;
	struct db *db = with_pin(*state, &key);

	for (int i = 0; i < PIN_DAY_MAX; i++)
		assert_status(pin_try(db, key.id, NOON), STATUS_OK);
	assert_true(found(db, &key, NOON).locked);
	assert_status(pin_try(db, key.id, NOON), STATUS_REFUSED);
	assert_true(found(db, &key, NOON + DAY_MS).locked);
	store_rollback(((struct store_place *)*state)->store, db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(right_one_is_told_from_wrong_ones),
	    cmocka_unit_test(known_hash_of_rfc_7914_parameters),
	    cmocka_unit_test(damaged_hash_is_no_answer),
	    cmocka_unit_test(missing_one_costs_what_a_wrong_one_costs),
	    cmocka_unit_test(form_of_a_pin),
	    STORE_TEST(set_replaced_removed),
	    STORE_TEST(wrong_ones_of_a_day_lock),
	    STORE_TEST(next_day_counts_anew),
	    STORE_TEST(right_ones_do_not_count),
	    STORE_TEST(tries_whose_process_died_lock_as_well),
	};

	return cmocka_run_group_tests_name("pin", tests, NULL, NULL);
}
