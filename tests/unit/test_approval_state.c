/* test_approval_state.c - every transition of an approval, and that one of many at once wins. */
#include "approval_aid.h"
#include "at_once.h"

#define THREADS 8
#define ROUNDS 20

static const enum approval_state all_states[] = {
    APPROVAL_PENDING, APPROVAL_APPROVED, APPROVAL_DENIED, APPROVAL_EXPIRED, APPROVAL_SPENT};
#define STATES (sizeof(all_states) / sizeof(all_states[0]))

static void
states_have_names(void **state)
{
	static const char *const names[] = {"pending", "approved", "denied", "expired", "spent"};

	(void)state;
	for (size_t i = 0; i < STATES; i++)
		assert_string_equal(approval_state_name(all_states[i]), names[i]);
}

static enum status
transition(struct db *db, const char *id, enum approval_state to, int64_t now_ms)
{
	switch (to) {
	case APPROVAL_APPROVED:
		return approval_approve(db, id, "ops", "8h", now_ms);
	case APPROVAL_DENIED:
		return approval_deny(db, id, "ops", now_ms);
	case APPROVAL_EXPIRED:
		return approval_expire(db, id, now_ms);
	case APPROVAL_SPENT:
		return approval_spend(db, id, now_ms);
	case APPROVAL_PENDING:
	default:
		fail_msg("no way leads there");
	}
	return STATUS_FAILED;
}

/* From every state to every state, in its time, at its last millisecond and over it. */
static void
only_the_named_transitions_exist(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	static const int64_t times[] = {1300, AID_EXPIRES_MS - 1, AID_EXPIRES_MS, 9000};
	/* [from][to]: 'i' in its time, 'o' over it. */
	static const char allowed[STATES][STATES] = {
	    [APPROVAL_PENDING] =
		{[APPROVAL_APPROVED] = 'i', [APPROVAL_DENIED] = 'i', [APPROVAL_EXPIRED] = 'o'},
	    [APPROVAL_APPROVED] = {[APPROVAL_SPENT] = 'i', [APPROVAL_EXPIRED] = 'o'},
	};
	struct approval before, after;
	struct db *db;

	for (size_t from = 0; from < STATES; from++) {
		for (size_t to = APPROVAL_APPROVED; to < STATES; to++) {
			for (size_t i = 0; i < 4; i++) {
				struct approval made = approval_aid_new(&key, "send", "d1");
				char when = times[i] < AID_EXPIRES_MS ? 'i' : 'o';
				bool wins = allowed[from][to] == when;

				db = store_place_write(p->store);
				assert_status(approval_create(db, &made, 0, 1000), STATUS_OK);
				approval_aid_bring(db, made.id, all_states[from]);
				before = approval_aid_read(db, made.id);
				assert_int_equal(before.state, from);
				assert_status(transition(db, made.id, to, times[i]),
				    wins ? STATUS_OK : STATUS_NOT_FOUND);
				after = approval_aid_read(db, made.id);
				assert_int_equal(after.state, wins ? to : from);
				if (!wins)
					assert_memory_equal(&before, &after, sizeof(after));
				assert_status(
				    transition(db, made.id, to, times[i]), STATUS_NOT_FOUND);
				store_rollback(p->store, db);
			}
		}
	}
	db = store_place_write(p->store);
	for (size_t to = APPROVAL_APPROVED; to < STATES; to++)
		assert_status(transition(db, "apr_nobody", to, 1300), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

static void
transitions_note_who_and_when(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "a"), now;
	struct approval other = approval_aid_pending(p->store, &key, "b");
	struct db *db = store_place_write(p->store);

	assert_status(approval_approve(db, made.id, "ops", "8h", 1100), STATUS_OK);
	now = approval_aid_read(db, made.id);
	assert_string_equal(now.decided_by, "ops");
	assert_string_equal(now.duration, "8h");
	assert_int_equal(now.decided_ms, 1100);
	assert_int_equal(now.ended_ms, 0);
	assert_status(approval_spend(db, made.id, 1200), STATUS_OK);
	now = approval_aid_read(db, made.id);
	assert_int_equal(now.decided_ms, 1100);
	assert_int_equal(now.ended_ms, 1200);
	assert_status(approval_deny(db, other.id, "enforgatectl", 1300), STATUS_OK);
	now = approval_aid_read(db, other.id);
	assert_string_equal(now.decided_by, "enforgatectl");
	assert_string_equal(now.duration, "");
	assert_int_equal(now.decided_ms, 1300);
	assert_int_equal(now.ended_ms, 1300);
	store_rollback(p->store, db);
}

static void
time_counts_whatever_the_column_says(void **state)
{
	struct approval a = {.expires_ms = 2000};

	(void)state;
	for (size_t i = 0; i < STATES; i++) {
		bool open = i == APPROVAL_PENDING || i == APPROVAL_APPROVED;

		a.state = all_states[i];
		assert_int_equal(approval_state_at(&a, 1999), i);
		assert_int_equal(approval_state_at(&a, 2000), open ? APPROVAL_EXPIRED : i);
	}
}

static void
request_that_waits_changes_while_it_is_pending(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");

	for (size_t i = 0; i < STATES; i++) {
		struct approval made = approval_aid_new(&key, "send", "d1");
		struct db *db = store_place_write(p->store);
		bool waits = i == APPROVAL_PENDING;

		assert_status(approval_create(db, &made, 0, 1000), STATUS_OK);
		approval_aid_bring(db, made.id, all_states[i]);
		assert_status(
		    approval_take(db, made.id, "call_2"), waits ? STATUS_OK : STATUS_NOT_FOUND);
		assert_string_equal(
		    approval_aid_read(db, made.id).asker, waits ? "call_2" : "call_1");
		store_rollback(p->store, db);
	}
}

static void
end_is_told_once(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");

	for (size_t i = 0; i < STATES; i++) {
		struct approval made = approval_aid_new(&key, "send", "d1");
		struct db *db = store_place_write(p->store);
		bool tells = i == APPROVAL_DENIED || i == APPROVAL_EXPIRED;

		assert_status(approval_create(db, &made, 0, 1000), STATUS_OK);
		approval_aid_bring(db, made.id, all_states[i]);
		assert_status(
		    approval_tell(db, made.id, 3000), tells ? STATUS_OK : STATUS_NOT_FOUND);
		assert_int_equal(approval_aid_read(db, made.id).told_ms, tells ? 3000 : 0);
		assert_status(approval_tell(db, made.id, 4000), STATUS_NOT_FOUND);
		assert_int_equal(approval_aid_read(db, made.id).told_ms, tells ? 3000 : 0);
		store_rollback(p->store, db);
	}
}

static void
wrong_pins_of_a_pending_one_are_counted(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	int64_t failures = 0;

	for (size_t i = 0; i < STATES; i++) {
		struct approval made = approval_aid_new(&key, "send", "d1");
		struct db *db = store_place_write(p->store);
		enum status expected = i == APPROVAL_PENDING ? STATUS_OK : STATUS_NOT_FOUND;

		assert_status(approval_create(db, &made, 0, 1000), STATUS_OK);
		approval_aid_bring(db, made.id, all_states[i]);
		for (int64_t n = 1; n <= 3; n++) {
			assert_status(approval_pin_failed(db, made.id, 1999, &failures), expected);
			if (expected == STATUS_OK)
				assert_int_equal(failures, n);
		}
		assert_status(approval_pin_failed(db, made.id, 2000, &failures), STATUS_NOT_FOUND);
		assert_int_equal(
		    approval_aid_read(db, made.id).pin_failures, expected == STATUS_OK ? 3 : 0);
		for (int64_t n = 2; n >= -1; n--) {
			assert_status(approval_pin_untry(db, made.id), STATUS_OK);
			assert_int_equal(approval_aid_read(db, made.id).pin_failures,
			    expected == STATUS_OK && n > 0 ? n : 0);
		}
		store_rollback(p->store, db);
	}
}

/* One of many that spend at once; each has one of two stores, as two processes have. */
struct spender {
	struct store *store;
	char id[APPROVAL_ID_MAX + 1];
	enum status status;
};

static void
spend(void *item)
{
	struct spender *s = item;
	struct db *db;

	s->status = store_write(s->store, &db);
	if (s->status != STATUS_OK)
		return;
	s->status = approval_spend(db, s->id, 1200);
	if (s->status == STATUS_OK)
		s->status = store_commit(s->store, db);
	else
		store_rollback(s->store, db);
}

static void
exactly_one_of_simultaneous_spends_wins(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct store *second = store_place_open(p->dir, 5000);

	for (int round = 0; round < ROUNDS; round++) {
		struct approval made = approval_aid_pending(p->store, &key, "send");
		struct spender spenders[THREADS];
		struct db *db = store_place_write(p->store);
		int won = 0;

		approval_aid_bring(db, made.id, APPROVAL_APPROVED);
		store_place_commit(p->store, db);
		for (int i = 0; i < THREADS; i++) {
			spenders[i].store = i % 2 ? second : p->store;
			memcpy(spenders[i].id, made.id, sizeof(made.id));
		}
		at_once(spend, spenders, sizeof(spenders[0]), THREADS);
		for (int i = 0; i < THREADS; i++) {
			won += spenders[i].status == STATUS_OK;
			if (spenders[i].status != STATUS_OK)
				assert_status(spenders[i].status, STATUS_NOT_FOUND);
		}
		assert_int_equal(won, 1);
	}
	store_close(second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(states_have_names),
	    STORE_TEST(only_the_named_transitions_exist),
	    STORE_TEST(transitions_note_who_and_when),
	    cmocka_unit_test(time_counts_whatever_the_column_says),
	    STORE_TEST(request_that_waits_changes_while_it_is_pending),
	    STORE_TEST(end_is_told_once),
	    STORE_TEST(wrong_pins_of_a_pending_one_are_counted),
	    STORE_TEST(exactly_one_of_simultaneous_spends_wins),
	};

	return cmocka_run_group_tests_name("approval_state", tests, NULL, NULL);
}
