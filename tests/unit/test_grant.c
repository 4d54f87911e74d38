/* test_grant.c - temporary allowances: for which calls, how many, and until when. */
#include "approval_aid.h"
#include "at_once.h"

#include "grant.h"

#define THREADS 8
#define CALLS 20

/* A key with an approval to which allowances belong. */
struct giver {
	struct key key;
	struct approval approval;
};

static struct giver
giver(struct store *store, const char *name)
{
	struct giver g = {.key = approval_aid_key(store, name)};

	g.approval = approval_aid_pending(store, &g.key, "send");
	return g;
}

/* Of mail/send, from 1000 to `expires_ms`. */
static struct grant
given(struct db *db, const struct giver *giver, const char *args_digest, int64_t expires_ms,
    int64_t calls_left)
{
	struct grant grant = {.server = "mail",
	    .tool = "send",
	    .created_ms = 1000,
	    .expires_ms = expires_ms,
	    .calls_left = calls_left};

	memcpy(grant.key_id, giver->key.id, sizeof(grant.key_id));
	memcpy(grant.approval_id, giver->approval.id, sizeof(grant.approval_id));
	(void)snprintf(grant.args_digest, sizeof(grant.args_digest), "%s", args_digest);
	assert_status(grant_add(db, &grant), STATUS_OK);
	return grant;
}

static enum status
use(struct db *db, const struct giver *giver, const char *args_digest, int64_t now_ms,
    struct grant *out)
{
	return grant_use(db, giver->key.id, "mail", "send", args_digest, now_ms, out);
}

static void
durations_are_those_four(void **state)
{
	(void)state;
	assert_int_equal(grant_duration_ms("once"), 0);
	assert_int_equal(grant_duration_ms("1h"), 3600000);
	assert_int_equal(grant_duration_ms("8h"), 28800000);
	assert_int_equal(grant_duration_ms("24h"), 86400000);
	assert_int_equal(grant_duration_ms("2h"), -1);
	assert_int_equal(grant_duration_ms(""), -1);
	assert_int_equal(grant_duration_ms("1H"), -1);
	assert_int_equal(grant_duration_ms("1h "), -1);
}

static void
what_was_given_is_found(void **state)
{
	struct store_place *p = *state;
	struct giver g = giver(p->store, "demo");
	struct db *db = store_place_write(p->store);
	struct grant made = given(db, &g, "d1", 2000, 3), found;

	assert_memory_equal(made.id, "grt_", 4);
	assert_status(grant_find(db, made.id, &found), STATUS_OK);
	assert_string_equal(found.id, made.id);
	assert_string_equal(found.key_id, g.key.id);
	assert_string_equal(found.key_name, "demo");
	assert_string_equal(found.server, "mail");
	assert_string_equal(found.tool, "send");
	assert_string_equal(found.args_digest, "d1");
	assert_string_equal(found.approval_id, g.approval.id);
	assert_int_equal(found.created_ms, 1000);
	assert_int_equal(found.expires_ms, 2000);
	assert_int_equal(found.calls_left, 3);
	assert_int_equal(found.revoked_ms, 0);
	assert_status(grant_find(db, "grt_nobody", &found), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

static void
use_tells_which_it_was(void **state)
{
	struct store_place *p = *state;
	struct giver g = giver(p->store, "demo");
	struct db *db = store_place_write(p->store);
	struct grant made = given(db, &g, "", 2000, 3), used;

	assert_status(use(db, &g, "d9", 1500, &used), STATUS_OK);
	assert_string_equal(used.id, made.id);
	assert_string_equal(used.key_name, "demo");
	assert_string_equal(used.approval_id, g.approval.id);
	assert_int_equal(used.expires_ms, 2000);
	assert_int_equal(used.calls_left, 2);
	store_rollback(p->store, db);
}

static void
any_number_stays_any_number(void **state)
{
	struct store_place *p = *state;
	struct giver g = giver(p->store, "demo");
	struct db *db = store_place_write(p->store);
	struct grant used;

	(void)given(db, &g, "", 2000, -1);
	for (int i = 0; i < 5; i++) {
		assert_status(use(db, &g, "d9", 1500, &used), STATUS_OK);
		assert_int_equal(used.calls_left, -1);
	}
	store_rollback(p->store, db);
}

static void
ends_at_its_moment_and_after_its_calls(void **state)
{
	struct store_place *p = *state;
	struct giver g = giver(p->store, "demo");
	struct db *db = store_place_write(p->store);
	struct grant used;

	(void)given(db, &g, "", 2000, 2);
	assert_status(use(db, &g, "d1", 2000, &used), STATUS_NOT_FOUND);
	assert_status(use(db, &g, "d1", 1999, &used), STATUS_OK);
	assert_status(use(db, &g, "d1", 1999, &used), STATUS_OK);
	assert_int_equal(used.calls_left, 0);
	assert_status(use(db, &g, "d1", 1999, &used), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

static void
is_for_its_key_server_tool_and_arguments(void **state)
{
	struct store_place *p = *state;
	struct giver g = giver(p->store, "demo"), other = giver(p->store, "other");
	struct db *db = store_place_write(p->store);
	struct grant used;

	(void)given(db, &g, "d1", 2000, -1);
	assert_status(use(db, &other, "d1", 1500, &used), STATUS_NOT_FOUND);
	assert_status(use(db, &g, "d2", 1500, &used), STATUS_NOT_FOUND);
	assert_status(use(db, &g, "", 1500, &used), STATUS_NOT_FOUND);
	assert_status(grant_use(db, g.key.id, "Mail", "send", "d1", 1500, &used), STATUS_NOT_FOUND);
	assert_status(
	    grant_use(db, g.key.id, "mail", "send_all", "d1", 1500, &used), STATUS_NOT_FOUND);
	assert_status(use(db, &g, "d1", 1500, &used), STATUS_OK);
	store_rollback(p->store, db);
}

/* Bound to these arguments first; then the one that ends first, so that the other is left for later. */
static void
narrowest_goes_first_and_then_what_ends_first(void **state)
{
	struct store_place *p = *state;
	struct giver g = giver(p->store, "demo");
	struct db *db = store_place_write(p->store);
	struct grant any_late = given(db, &g, "", 4000, 1), any_soon = given(db, &g, "", 2000, 1);
	struct grant bound_late = given(db, &g, "d1", 5000, 1);
	struct grant bound_soon = given(db, &g, "d1", 3000, 1), used;
	const char *const order[] = {bound_soon.id, bound_late.id, any_soon.id, any_late.id};

	for (int i = 0; i < 4; i++) {
		assert_status(use(db, &g, "d1", 1500, &used), STATUS_OK);
		assert_string_equal(used.id, order[i]);
	}
	assert_status(use(db, &g, "d1", 1500, &used), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

static void
revoked_one_allows_nothing(void **state)
{
	struct store_place *p = *state;
	struct giver g = giver(p->store, "demo");
	struct db *db = store_place_write(p->store);
	struct grant made = given(db, &g, "", 2000, -1), other = given(db, &g, "d2", 2000, -1),
		     used;

	assert_status(grant_revoke(db, made.id, 1400), STATUS_OK);
	assert_status(grant_revoke(db, made.id, 1450), STATUS_NOT_FOUND);
	assert_status(grant_find(db, made.id, &used), STATUS_OK);
	assert_int_equal(used.revoked_ms, 1400);
	assert_status(use(db, &g, "d1", 1500, &used), STATUS_NOT_FOUND);
	assert_status(use(db, &g, "d2", 1500, &used), STATUS_OK);
	assert_string_equal(used.id, other.id);
	store_rollback(p->store, db);
}

static void
what_has_ended_cannot_be_revoked(void **state)
{
	struct store_place *p = *state;
	struct giver g = giver(p->store, "demo");
	struct db *db = store_place_write(p->store);
	struct grant late = given(db, &g, "", 2000, -1), spent = given(db, &g, "d2", 2000, 1), used;

	assert_status(use(db, &g, "d2", 1500, &used), STATUS_OK);
	assert_status(grant_revoke(db, spent.id, 1500), STATUS_NOT_FOUND);
	assert_status(grant_revoke(db, late.id, 2000), STATUS_NOT_FOUND);
	assert_status(grant_revoke(db, "grt_nobody", 1500), STATUS_NOT_FOUND);
	assert_status(grant_revoke(db, late.id, 1999), STATUS_OK);
	store_rollback(p->store, db);
}

static bool
join(void *arg, const struct grant *grant)
{
	char *at = arg;

	(void)snprintf(at + strlen(at), 66, "%.60s ", grant->tool);
	return strcmp(grant->tool, "stop") != 0;
}

static void
listed_newest_first_until_told_to_stop(void **state)
{
	struct store_place *p = *state;
	struct giver g = giver(p->store, "demo");
	struct db *db = store_place_write(p->store);
	static const struct {
		const char *tool;
		int64_t expires_ms, calls_left;
	} rows[] = {{"a", 3000, -1}, {"stop", 3000, -1}, {"over", 2000, -1}, {"spent", 3000, 0},
	    {"revoked", 3000, -1}, {"live", 3000, 4}};
	char text[500] = "";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct grant grant = {.created_ms = 1000 + (int64_t)i,
		    .expires_ms = rows[i].expires_ms,
		    .calls_left = rows[i].calls_left};

		memcpy(grant.key_id, g.key.id, sizeof(grant.key_id));
		memcpy(grant.approval_id, g.approval.id, sizeof(grant.approval_id));
		(void)snprintf(grant.tool, sizeof(grant.tool), "%s", rows[i].tool);
		assert_status(grant_add(db, &grant), STATUS_OK);
		if (strcmp(rows[i].tool, "revoked") == 0)
			assert_status(grant_revoke(db, grant.id, 1500), STATUS_OK);
	}
	assert_status(grants_each(db, false, 2000, join, text), STATUS_OK);
	assert_string_equal(text, "live revoked spent over stop ");
	text[0] = '\0';
	assert_status(grants_each(db, true, 2000, join, text), STATUS_OK);
	assert_string_equal(text, "live stop ");
	text[0] = '\0';
	assert_status(grants_each(db, true, 1999, join, text), STATUS_OK);
	assert_string_equal(text, "live over stop ");
	store_rollback(p->store, db);
}

static void
damaged_row_allows_nothing(void **state)
{
	struct store_place *p = *state;
	struct giver g = giver(p->store, "demo");
	static const struct {
		const char *sql;
		enum status use;
	} damages[] = {
	    {"UPDATE allowance SET calls_left = 'many'", STATUS_NOT_FOUND},
	    {"UPDATE allowance SET created_ms = x'00'", STATUS_FAILED},
	    {"UPDATE allowance SET approval_id = approval_id || x'00'", STATUS_FAILED},
	};
	struct grant made, used;
	struct db *db;

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		db = store_place_write(p->store);
		made = given(db, &g, "", 2000, 7);
		store_place_commit(p->store, db);
		/* As somebody with a database shell, where foreign keys are not looked at. */
		test_sql(p->database, damages[i].sql);
		db = store_place_write(p->store);
		assert_status(use(db, &g, "d1", 1500, &used), damages[i].use);
		assert_status(grant_find(db, made.id, &used), STATUS_FAILED);
		store_rollback(p->store, db);
		test_sql(p->database, "DELETE FROM allowance");
	}
}

/* One of many that use up an allowance; each has one of two stores, as two processes have. */
struct user {
	struct store *store;
	const struct giver *giver;
	int used;
	int refused;
	int failed;
};

static void
use_up(void *item)
{
	struct user *user = item;
	struct grant grant;
	enum status status;
	struct db *db;

	for (int i = 0; i < CALLS; i++) {
		status = store_write(user->store, &db);
		if (status == STATUS_OK) {
			status = use(db, user->giver, "d1", 1500, &grant);
			if (store_commit(user->store, db) != STATUS_OK)
				status = STATUS_FAILED;
		}
		user->used += status == STATUS_OK;
		user->refused += status == STATUS_NOT_FOUND;
		user->failed += status != STATUS_OK && status != STATUS_NOT_FOUND;
	}
}

static void
calls_are_counted_exactly_under_load(void **state)
{
	struct store_place *p = *state;
	struct giver g = giver(p->store, "demo");
	struct store *second = store_place_open(p->dir, 5000);
	struct user users[THREADS];
	struct db *db = store_place_write(p->store);
	int used = 0, refused = 0;

	(void)given(db, &g, "", 2000, 37);
	(void)given(db, &g, "d1", 2000, 20);
	store_place_commit(p->store, db);
	for (int i = 0; i < THREADS; i++)
		users[i] = (struct user){.store = i % 2 ? second : p->store, .giver = &g};
	at_once(use_up, users, sizeof(users[0]), THREADS);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(users[i].failed, 0);
		used += users[i].used;
		refused += users[i].refused;
	}
	assert_int_equal(used, 57);
	assert_int_equal(refused, THREADS * CALLS - 57);
	assert_int_equal(test_sql_number(p->database, "SELECT SUM(calls_left) FROM allowance"), 0);
	store_close(second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations_are_those_four),
	    STORE_TEST(what_was_given_is_found),
	    STORE_TEST(use_tells_which_it_was),
	    STORE_TEST(any_number_stays_any_number),
	    STORE_TEST(ends_at_its_moment_and_after_its_calls),
	    STORE_TEST(is_for_its_key_server_tool_and_arguments),
	    STORE_TEST(narrowest_goes_first_and_then_what_ends_first),
	    STORE_TEST(revoked_one_allows_nothing),
	    STORE_TEST(what_has_ended_cannot_be_revoked),
	    STORE_TEST(listed_newest_first_until_told_to_stop),
	    STORE_TEST(damaged_row_allows_nothing),
	    STORE_TEST(calls_are_counted_exactly_under_load),
	};

	return cmocka_run_group_tests_name("grant", tests, NULL, NULL);
}
