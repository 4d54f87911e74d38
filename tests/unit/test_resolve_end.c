/* test_resolve_end.c - who is told of decisions, the end of time, and many decisions at once. */
#include "at_once.h"
#include "resolve_aid.h"

#include "channels.h"

#define THREADS 8
#define ROUNDS 20

#define CHANNEL_ROW(id, events)                                                                    \
	"INSERT INTO channel SELECT '" id "', '" id                                                \
	"', 'webhook', 'host', 'sealed', 1, 0, 1, 0, '" events "', 1;"                             \
	"INSERT INTO key_channel SELECT id, '" id "' FROM api_key;"

static void
whoever_subscribed_is_told(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), now;
	struct approval other = approval_aid_pending(p->store, &key, "read");
	struct resolution approve = resolve_aid_approve(&made, "once"),
			  expire = resolve_aid_expire(&other);

	test_sql(p->database,
	    CHANNEL_ROW("yes", "approval.resolved") CHANNEL_ROW("no", "approval.created"));
	assert_status(resolve_aid_run(p, &approve, 1100, &now), STATUS_OK);
	assert_status(resolve_aid_run(p, &approve, 1100, &now), STATUS_EXISTS);
	assert_string_equal(
	    test_sql_text(p->database,
		"SELECT group_concat(channel_id || ' ' || event || ' ' || call_id || ' ' || state) "
		"FROM delivery"),
	    "yes approval.resolved call_1 due");
	assert_string_equal(
	    test_sql_text(p->database, "SELECT approval_id FROM delivery"), made.id);
	assert_status(resolve_aid_run(p, &expire, AID_EXPIRES_MS, &now), STATUS_OK);
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM delivery"), 2);
}

/* Everything or nothing: what was begun goes with the transaction. */
static void
rolled_back_decision_never_was(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), now;
	struct resolution resolution = resolve_aid_approve(&made, "8h");
	struct db *db;

	test_sql(p->database, CHANNEL_ROW("yes", "approval.resolved"));
	db = store_place_write(p->store);
	assert_status(resolve(db, p->audit, &resolution, 1100, &now, NULL), STATUS_OK);
	store_rollback(p->store, db);
	assert_string_equal(test_sql_text(p->database, "SELECT state FROM approval"), "pending");
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM audit"), 0);
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM allowance"), 0);
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM delivery"), 0);
	assert_status(resolve_aid_run(p, &resolution, 1100, &now), STATUS_OK);
}

static int64_t
sweep(struct place *p, int64_t now_ms, int64_t most)
{
	struct db *db = store_place_write(p->store);
	int64_t ended = -1;

	assert_status(resolve_overdue(db, p->audit, now_ms, most, &ended), STATUS_OK);
	store_place_commit(p->store, db);
	return ended;
}

static void
sweep_ends_what_is_overdue(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval a = approval_aid_pending(p->store, &key, "a");
	struct approval b = approval_aid_pending(p->store, &key, "b");
	struct approval c = approval_aid_pending(p->store, &key, "c"), now;
	struct approval d = approval_aid_new(&key, "d", "d1");
	struct resolution approve = resolve_aid_approve(&b, "once"), deny = resolve_aid_deny(&c);
	struct db *db = store_place_write(p->store);

	d.expires_ms = AID_EXPIRES_MS + 1;
	assert_status(approval_create(db, &d, 0, 1000), STATUS_OK);
	store_place_commit(p->store, db);
	assert_status(resolve_aid_run(p, &approve, 1100, &now), STATUS_OK);
	assert_status(resolve_aid_run(p, &deny, 1100, &now), STATUS_OK);
	assert_int_equal(sweep(p, AID_EXPIRES_MS - 1, 10), 0);
	assert_int_equal(sweep(p, AID_EXPIRES_MS, 10), 2);
	assert_int_equal(sweep(p, AID_EXPIRES_MS, 10), 0);
	assert_int_equal(
	    place_number(p, "SELECT COUNT(*) FROM audit WHERE decision = 'expired' AND "
			    "surface = 'sweep' AND kind = 'outcome'"),
	    2);
	db = store_place_write(p->store);
	assert_int_equal(approval_aid_read(db, a.id).state, APPROVAL_EXPIRED);
	assert_int_equal(approval_aid_read(db, b.id).state, APPROVAL_EXPIRED);
	assert_int_equal(approval_aid_read(db, c.id).state, APPROVAL_DENIED);
	assert_int_equal(approval_aid_read(db, d.id).state, APPROVAL_PENDING);
	store_rollback(p->store, db);
}

static void
sweep_goes_on_where_the_last_one_ended(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct db *db = store_place_write(p->store);
	int64_t swept[3];

	for (int i = 0; i < 300; i++) {
		struct approval made = approval_aid_new(&key, "t", "d1");

		(void)snprintf(made.tool, sizeof(made.tool), "t%d", i);
		assert_status(approval_create(db, &made, 0, 1000), STATUS_OK);
	}
	store_place_commit(p->store, db);
	assert_int_equal(sweep(p, 5000, 20), 20);
	swept[0] = sweep(p, 5000, 1000);
	swept[1] = sweep(p, 5000, 1000);
	swept[2] = sweep(p, 5000, 1000);
	assert_true(swept[0] > 200);
	assert_int_equal(swept[0] + swept[1] + swept[2], 280);
	assert_int_equal(
	    place_number(p, "SELECT COUNT(*) FROM audit WHERE decision = 'expired'"), 300);
}

static void
damaged_row_keeps_the_sweep_from_nobody(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");

	(void)approval_aid_pending(p->store, &key, "a");
	(void)approval_aid_pending(p->store, &key, "b");
	test_sql(p->database, "UPDATE approval SET rule = 'x', expires_ms = 1500 WHERE tool = 'a'");
	assert_int_equal(sweep(p, 3000, 10), 1);
	assert_string_equal(
	    test_sql_text(p->database, "SELECT state FROM approval WHERE tool = 'b'"), "expired");
}

/* One of many that decide at once; each has one of two stores, as two processes have. */
struct decider {
	struct store *store;
	struct audit *audit;
	struct resolution resolution;
	enum status status;
	struct approval out;
};

static void
decide(void *item)
{
	struct decider *d = item;
	struct db *db;

	d->status = store_write(d->store, &db);
	if (d->status != STATUS_OK)
		return;
	d->status = resolve(db, d->audit, &d->resolution, 1100, &d->out, NULL);
	if (d->status == STATUS_OK)
		d->status = store_commit(d->store, db);
	else
		store_rollback(d->store, db);
}

/* The winner's place among them. */
static int
winner_of(struct decider deciders[THREADS])
{
	int winner = -1;

	at_once(decide, deciders, sizeof(deciders[0]), THREADS);
	for (int i = 0; i < THREADS; i++) {
		if (deciders[i].status != STATUS_OK) {
			assert_status(deciders[i].status, STATUS_EXISTS);
			continue;
		}
		assert_int_equal(winner, -1);
		winner = i;
	}
	assert_int_not_equal(winner, -1);
	return winner;
}

static void
exactly_one_of_simultaneous_decisions_wins(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct store *second = store_place_open(p->dir, 5000);
	struct audit *second_audit;
	int64_t allowed = 0;

	assert_status(audit_open(second, &p->master, p->dir, &second_audit), STATUS_OK);
	for (int round = 0; round < ROUNDS; round++) {
		struct approval made = approval_aid_new(&key, "t", "d1");
		struct decider deciders[THREADS];
		struct db *db = store_place_write(p->store);
		int winner;

		(void)snprintf(made.tool, sizeof(made.tool), "t%d", round);
		assert_status(approval_create(db, &made, 0, 1000), STATUS_OK);
		store_place_commit(p->store, db);
		for (int i = 0; i < THREADS; i++)
			deciders[i] = (struct decider){.store = i % 2 ? second : p->store,
			    .audit = i % 2 ? second_audit : p->audit,
			    .resolution = i / 2 % 2 ? resolve_aid_approve(&made, "1h")
						    : resolve_aid_deny(&made)};
		winner = winner_of(deciders);
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(deciders[i].out.state, deciders[winner].resolution.to);
		allowed += deciders[winner].resolution.to == APPROVAL_APPROVED;
		assert_int_equal(place_number(p, "SELECT COUNT(*) FROM audit"), round + 1);
		resolve_aid_entry(
		    p, "decision", approval_state_name(deciders[winner].resolution.to));
		assert_int_equal(place_number(p, "SELECT COUNT(*) FROM allowance"), allowed);
	}
	audit_anchor(p->audit);
	audit_close(second_audit);
	store_close(second);
	place_assert_clean(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    AUDIT_TEST(whoever_subscribed_is_told),
	    AUDIT_TEST(rolled_back_decision_never_was),
	    AUDIT_TEST(sweep_ends_what_is_overdue),
	    AUDIT_TEST(sweep_goes_on_where_the_last_one_ended),
	    AUDIT_TEST(damaged_row_keeps_the_sweep_from_nobody),
	    AUDIT_TEST(exactly_one_of_simultaneous_decisions_wins),
	};

	return cmocka_run_group_tests_name("resolve_end", tests, NULL, NULL);
}
