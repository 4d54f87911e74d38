/* test_approval.c - approvals in the database: making, finding and listing them. */
#include "approval_aid.h"

static const enum approval_state all_states[] = {
    APPROVAL_PENDING, APPROVAL_APPROVED, APPROVAL_DENIED, APPROVAL_EXPIRED, APPROVAL_SPENT};
#define STATES (sizeof(all_states) / sizeof(all_states[0]))

static void
ids_are_new_each_time(void **state)
{
	char a[APPROVAL_ID_MAX + 1], b[APPROVAL_ID_MAX + 1];

	(void)state;
	approval_make_id(a);
	approval_make_id(b);
	assert_memory_equal(a, "apr_", 4);
	assert_int_equal(strlen(a), 26);
	assert_string_not_equal(a, b);
}

static void
what_was_created_is_found(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_new(&key, "send", "d1"), found;
	struct db *db = store_place_write(p->store);

	made.released_ms = 77;
	assert_status(approval_create(db, &made, 0, 1000), STATUS_OK);
	assert_status(approval_find(db, made.id, &found), STATUS_OK);
	assert_string_equal(found.id, made.id);
	assert_string_equal(found.key_id, key.id);
	assert_string_equal(found.key_name, "demo");
	assert_true(found.allowances);
	assert_false(found.key_revoked);
	assert_string_equal(found.server, "mail");
	assert_string_equal(found.tool, "send");
	assert_string_equal(found.args_digest, "d1");
	assert_string_equal(found.shown_digest, "5d");
	assert_string_equal(found.policy_id, "pol_1");
	assert_string_equal(found.policy_name, "office");
	assert_int_equal(found.policy_version, 3);
	assert_int_equal(found.rule, 2);
	assert_string_equal(found.reason, made.reason);
	assert_string_equal(found.call_id, "call_1");
	assert_int_equal(found.state, APPROVAL_PENDING);
	assert_int_equal(found.created_ms, AID_CREATED_MS);
	assert_int_equal(found.expires_ms, AID_EXPIRES_MS);
	assert_int_equal(found.decided_ms, 0);
	assert_string_equal(found.decided_by, "");
	assert_string_equal(found.duration, "");
	assert_int_equal(found.ended_ms, 0);
	assert_int_equal(found.told_ms, 0);
	assert_int_equal(found.released_ms, 77);
	assert_int_equal(found.pin_failures, 0);
	assert_string_equal(found.asker, "call_1");
	assert_status(approval_find(db, "apr_nobody", &found), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

static void
longest_texts_fit(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_new(&key, "send", "d1"), found;
	struct db *db = store_place_write(p->store);

	memset(made.server, 's', CALL_NAME_MAX);
	memset(made.tool, 't', CALL_NAME_MAX);
	memset(made.reason, 'r', VERDICT_REASON_MAX - 1);
	memset(made.args_digest, 'a', SECRET_DIGEST_TEXT - 1);
	memset(made.shown_digest, 'b', SECRET_DIGEST_TEXT - 1);
	assert_status(approval_create(db, &made, 0, 1000), STATUS_OK);
	found = approval_aid_read(db, made.id);
	assert_string_equal(found.server, made.server);
	assert_string_equal(found.tool, made.tool);
	assert_string_equal(found.reason, made.reason);
	assert_string_equal(found.args_digest, made.args_digest);
	assert_string_equal(found.shown_digest, made.shown_digest);
	store_rollback(p->store, db);
}

static void
revoked_key_is_seen(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), found;
	struct db *db = store_place_write(p->store);

	key.allowances = false;
	assert_status(keys_update(db, &key), STATUS_OK);
	assert_status(keys_revoke(db, key.id, 1500), STATUS_OK);
	found = approval_aid_read(db, made.id);
	assert_true(found.key_revoked);
	assert_false(found.allowances);
	store_rollback(p->store, db);
}

/* While it is pending or approved, in its time or over it; afterwards there may be another one. */
static void
identical_call_attaches_while_one_is_open(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");

	for (size_t i = 0; i < STATES; i++) {
		struct approval first = approval_aid_pending(p->store, &key, "send");
		struct approval again = approval_aid_new(&key, "send", "d1");
		struct db *db = store_place_write(p->store);
		bool open = all_states[i] == APPROVAL_PENDING || all_states[i] == APPROVAL_APPROVED;

		approval_aid_bring(db, first.id, all_states[i]);
		assert_status(
		    approval_create(db, &again, 0, 1500), open ? STATUS_EXISTS : STATUS_OK);
		assert_status(approval_create(db, &again, 0, 3000), STATUS_EXISTS);
		if (open) {
			assert_status(approval_expire(db, first.id, 3000), STATUS_OK);
			assert_status(approval_create(db, &again, 0, 3000), STATUS_OK);
		}
		assert_status(approval_expire(db, again.id, 3000), STATUS_OK);
		store_place_commit(p->store, db);
	}
}

static void
calls_differ_by_key_server_tool_and_arguments(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct key other = approval_aid_key(p->store, "other");
	struct approval first = approval_aid_pending(p->store, &key, "send"), found;
	struct approval b = approval_aid_new(&other, "send", "d1");
	struct approval c = approval_aid_new(&key, "read", "d1");
	struct approval d = approval_aid_new(&key, "send", "d2");
	struct approval e = approval_aid_new(&key, "send", "d1");
	struct db *db = store_place_write(p->store);

	(void)snprintf(e.server, sizeof(e.server), "Mail");
	assert_status(
	    approval_find_call(db, other.id, "mail", "send", "d1", &found), STATUS_NOT_FOUND);
	assert_status(approval_create(db, &b, 0, 1000), STATUS_OK);
	assert_status(approval_create(db, &c, 0, 1000), STATUS_OK);
	assert_status(approval_create(db, &d, 0, 1000), STATUS_OK);
	assert_status(approval_create(db, &e, 0, 1000), STATUS_OK);
	assert_status(approval_find_call(db, key.id, "mail", "send", "d1", &found), STATUS_OK);
	assert_string_equal(found.id, first.id);
	assert_status(approval_find_call(db, other.id, "mail", "send", "d1", &found), STATUS_OK);
	assert_string_equal(found.id, b.id);
	assert_status(approval_find_call(db, key.id, "mail", "read", "d1", &found), STATUS_OK);
	assert_string_equal(found.id, c.id);
	assert_status(approval_find_call(db, key.id, "mail", "send", "d2", &found), STATUS_OK);
	assert_string_equal(found.id, d.id);
	assert_status(approval_find_call(db, key.id, "Mail", "send", "d1", &found), STATUS_OK);
	assert_string_equal(found.id, e.id);
	store_rollback(p->store, db);
}

/* The open one, even where the clock went back and it looks older than one that has ended. */
static void
open_one_of_a_call_is_found_first_and_then_the_newest(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval first = approval_aid_pending(p->store, &key, "send"), found;
	struct approval second = approval_aid_new(&key, "send", "d1");
	struct approval third = approval_aid_new(&key, "send", "d1");
	struct db *db = store_place_write(p->store);

	approval_aid_bring(db, first.id, APPROVAL_SPENT);
	second.created_ms = 1300;
	assert_status(approval_create(db, &second, 0, 1300), STATUS_OK);
	approval_aid_bring(db, second.id, APPROVAL_DENIED);
	assert_status(approval_find_call(db, key.id, "mail", "send", "d1", &found), STATUS_OK);
	assert_string_equal(found.id, second.id);
	third.created_ms = 500;
	assert_status(approval_create(db, &third, 0, 500), STATUS_OK);
	assert_status(approval_find_call(db, key.id, "mail", "send", "d1", &found), STATUS_OK);
	assert_string_equal(found.id, third.id);
	store_rollback(p->store, db);
}

static void
pending_ones_of_a_key_are_capped(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct key other = approval_aid_key(p->store, "other");
	struct approval a = approval_aid_pending(p->store, &key, "a");
	struct approval b = approval_aid_pending(p->store, &key, "b");
	struct approval c = approval_aid_new(&key, "c", "d1");
	struct approval again = approval_aid_new(&key, "a", "d1");
	struct approval of_other = approval_aid_new(&other, "c", "d1");
	struct db *db = store_place_write(p->store);

	assert_status(approval_create(db, &c, 2, 1000), STATUS_TOO_LARGE);
	assert_status(approval_create(db, &again, 2, 1000), STATUS_EXISTS);
	assert_status(approval_create(db, &of_other, 2, 1000), STATUS_OK);
	/* Only what waits for a person counts. */
	approval_aid_bring(db, a.id, APPROVAL_APPROVED);
	assert_status(approval_create(db, &c, 2, 1000), STATUS_OK);
	approval_aid_bring(db, c.id, APPROVAL_DENIED);
	assert_status(approval_create(db, &c, 1, 1000), STATUS_TOO_LARGE);
	approval_make_id(c.id);
	c.expires_ms = 5000;
	assert_status(approval_create(db, &c, 1, AID_EXPIRES_MS - 1), STATUS_TOO_LARGE);
	assert_status(approval_create(db, &c, 1, AID_EXPIRES_MS), STATUS_OK);
	assert_int_equal(approval_aid_read(db, b.id).state, APPROVAL_PENDING);
	store_rollback(p->store, db);
}

static void
last_release_is_that_of_the_same_call(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval first = approval_aid_pending(p->store, &key, "send");
	struct approval next = approval_aid_new(&key, "send", "d1");
	struct db *db = store_place_write(p->store);
	int64_t time_ms = 7;

	assert_status(approval_last_release(db, key.id, "mail", "send", "d1", &time_ms), STATUS_OK);
	assert_int_equal(time_ms, 0);
	approval_aid_bring(db, first.id, APPROVAL_SPENT);
	next.created_ms = 1300;
	assert_status(approval_create(db, &next, 0, 1300), STATUS_OK);
	assert_status(approval_deny(db, next.id, "ops", 1400), STATUS_OK);
	assert_status(approval_last_release(db, key.id, "mail", "send", "d1", &time_ms), STATUS_OK);
	assert_int_equal(time_ms, 1200);
	approval_make_id(next.id);
	next.created_ms = 1500;
	assert_status(approval_create(db, &next, 0, 1500), STATUS_OK);
	assert_status(approval_approve(db, next.id, "ops", "once", 1600), STATUS_OK);
	assert_status(approval_spend(db, next.id, 1700), STATUS_OK);
	assert_status(approval_last_release(db, key.id, "mail", "send", "d1", &time_ms), STATUS_OK);
	assert_int_equal(time_ms, 1700);
	assert_status(approval_last_release(db, key.id, "mail", "send", "d2", &time_ms), STATUS_OK);
	assert_int_equal(time_ms, 0);
	store_rollback(p->store, db);
}

static bool
join(void *arg, const char *text)
{
	char *at = arg;

	(void)snprintf(at + strlen(at), 66, "%.60s ", text);
	return true;
}

static bool
join_tool(void *arg, const struct approval *approval)
{
	return join(arg, approval->tool) && strcmp(approval->tool, "stop") != 0;
}

static void
listed_newest_first_until_told_to_stop(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	static const char *const tools[] = {"a", "stop", "c", "d"};
	char text[400] = "";
	struct db *db = store_place_write(p->store);

	for (int i = 0; i < 4; i++) {
		struct approval made = approval_aid_new(&key, tools[i], "d1");

		made.created_ms = 1000 + i;
		assert_status(approval_create(db, &made, 0, 1000), STATUS_OK);
		approval_aid_bring(db, made.id, all_states[i]);
	}
	assert_status(approvals_each(db, false, 100, join_tool, text), STATUS_OK);
	assert_string_equal(text, "d c stop ");
	text[0] = '\0';
	assert_status(approvals_each(db, false, 2, join_tool, text), STATUS_OK);
	assert_string_equal(text, "d c ");
	text[0] = '\0';
	assert_status(approvals_each(db, true, 1, join_tool, text), STATUS_OK);
	assert_string_equal(text, "stop ");
	store_rollback(p->store, db);
}

static void
overdue_ones_are_named_at_their_moment(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval a = approval_aid_pending(p->store, &key, "a");
	struct approval b = approval_aid_pending(p->store, &key, "b");
	struct approval c = approval_aid_pending(p->store, &key, "c");
	char text[400] = "", expected[200];
	struct db *db = store_place_write(p->store);

	approval_aid_bring(db, b.id, APPROVAL_APPROVED);
	approval_aid_bring(db, c.id, APPROVAL_DENIED);
	assert_status(approvals_overdue(db, AID_EXPIRES_MS - 1, 9, join, text), STATUS_OK);
	assert_string_equal(text, "");
	assert_status(approvals_overdue(db, AID_EXPIRES_MS, 1, join, text), STATUS_OK);
	assert_int_equal(strlen(text), strlen(a.id) + 1);
	text[0] = '\0';
	assert_status(approvals_overdue(db, AID_EXPIRES_MS, 9, join, text), STATUS_OK);
	(void)snprintf(expected, sizeof(expected), "%s ", a.id);
	assert_non_null(strstr(text, expected));
	(void)snprintf(expected, sizeof(expected), "%s ", b.id);
	assert_non_null(strstr(text, expected));
	assert_int_equal(strlen(text), 2 * (strlen(a.id) + 1));
	store_rollback(p->store, db);
}

/* Somebody with a shell wrote what this program never writes: nothing is concluded from it. */
static void
damaged_row_is_a_failure(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), found;
	static const char *const damages[] = {
	    "UPDATE approval SET state = 'Approved'",
	    "UPDATE approval SET expires_ms = 'never'",
	    "UPDATE approval SET rule = 1.5",
	    "UPDATE approval SET tool = CAST(x'6100' AS TEXT)",
	    "UPDATE approval SET reason = printf('%.*c', 640, 'x')",
	    "UPDATE approval SET shown_digest = x'00'",
	};
	char text[100] = "";

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct db *db = store_place_write(p->store);

		assert_status(query_run(query(db, damages[i]), NULL), STATUS_OK);
		assert_status(approval_find(db, made.id, &found), STATUS_FAILED);
		assert_status(approvals_each(db, false, 9, join_tool, text), STATUS_OK);
		assert_string_equal(text, "");
		store_rollback(p->store, db);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ids_are_new_each_time),
	    STORE_TEST(what_was_created_is_found),
	    STORE_TEST(longest_texts_fit),
	    STORE_TEST(revoked_key_is_seen),
	    STORE_TEST(identical_call_attaches_while_one_is_open),
	    STORE_TEST(calls_differ_by_key_server_tool_and_arguments),
	    STORE_TEST(open_one_of_a_call_is_found_first_and_then_the_newest),
	    STORE_TEST(pending_ones_of_a_key_are_capped),
	    STORE_TEST(last_release_is_that_of_the_same_call),
	    STORE_TEST(listed_newest_first_until_told_to_stop),
	    STORE_TEST(overdue_ones_are_named_at_their_moment),
	    STORE_TEST(damaged_row_is_a_failure),
	};

	return cmocka_run_group_tests_name("approval", tests, NULL, NULL);
}
