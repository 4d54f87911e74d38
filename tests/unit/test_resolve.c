/* test_resolve.c - a decision with all that follows from it. */
#include "approval_aid.h"
#include "audit_place.h"

#include <pthread.h>

#include "channels.h"
#include "grant.h"
#include "resolve.h"

#define THREADS 8
#define ROUNDS 20

static struct resolution
approving(const struct approval *approval, const char *duration)
{
	return (struct resolution){.approval_id = approval->id,
	    .to = APPROVAL_APPROVED,
	    .surface = "approve",
	    .by = "ops",
	    .duration = duration};
}

static struct resolution
denying(const struct approval *approval)
{
	return (struct resolution){
	    .approval_id = approval->id, .to = APPROVAL_DENIED, .surface = "approve", .by = "ops"};
}

static struct resolution
expiring(const struct approval *approval)
{
	return (struct resolution){
	    .approval_id = approval->id, .to = APPROVAL_EXPIRED, .surface = "sweep", .by = ""};
}

/* In a transaction of its own. */
static enum status
resolved(struct place *p, const struct resolution *resolution, int64_t now_ms, struct approval *out)
{
	struct db *db = store_place_write(p->store);
	enum status status = resolve(db, p->audit, resolution, now_ms, out, NULL);

	store_place_commit(p->store, db);
	return status;
}

/* The last entry of the log has this column. */
static void
assert_entry(struct place *p, const char *column, const char *value)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM audit ORDER BY seq DESC LIMIT 1", column);
	assert_string_equal(test_sql_text(p->database, sql), value);
}

static void
approval_is_recorded_in_the_chain_of_its_key(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), now;
	struct resolution resolution = approving(&made, "once");

	assert_status(resolved(p, &resolution, 1100, &now), STATUS_OK);
	assert_int_equal(now.state, APPROVAL_APPROVED);
	assert_string_equal(now.decided_by, "ops");
	assert_string_equal(now.duration, "once");
	assert_int_equal(now.decided_ms, 1100);
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM audit"), 1);
	assert_entry(p, "chain", key.id);
	assert_entry(p, "kind", "outcome");
	assert_entry(p, "call_id", "call_1");
	assert_entry(p, "key_name", "demo");
	assert_entry(p, "surface", "approve");
	assert_entry(p, "server", "mail");
	assert_entry(p, "tool", "send");
	assert_entry(p, "args_digest", "d1");
	assert_entry(p, "decision", "approved");
	assert_entry(p, "policy_id", "pol_1");
	assert_entry(p, "policy_name", "office");
	assert_entry(p, "policy_version", "3");
	assert_entry(p, "rule", "2");
	assert_entry(p, "reason", "approved by channel \"ops\" once");
	assert_entry(p, "approval_id", made.id);
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM allowance"), 0);
	audit_anchor(p->audit);
	place_assert_clean(p);
}

static void
reasons_say_who_and_for_how_long(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	static const struct {
		struct resolution resolution;
		const char *reason;
	} cases[] = {
	    {{.to = APPROVAL_APPROVED, .surface = "approve", .by = "ops", .duration = "1h"},
		"approved by channel \"ops\" for 1h"},
	    {{.to = APPROVAL_APPROVED, .surface = "approve", .by = "ops"},
		"approved by channel \"ops\" once"},
	    {{.to = APPROVAL_APPROVED, .surface = "ctl", .by = "enforgatectl", .duration = "8h"},
		"approved by enforgatectl for 8h"},
	    {{.to = APPROVAL_APPROVED,
		 .surface = "ctl",
		 .by = "enforgatectl",
		 .duration = "24h",
		 .these_args = true,
		 .calls = 5},
		"approved by enforgatectl for 24h, these arguments only, at most 5 calls"},
	    {{.to = APPROVAL_APPROVED,
		 .surface = "approve",
		 .by = "ops",
		 .duration = "1h",
		 .calls = 1},
		"approved by channel \"ops\" for 1h, at most 1 call"},
	    {{.to = APPROVAL_DENIED, .surface = "ctl", .by = "enforgatectl"},
		"denied by enforgatectl"},
	    {{.to = APPROVAL_DENIED, .surface = "approve", .by = "ops"},
		"denied by channel \"ops\""},
	    {{.to = APPROVAL_DENIED, .surface = "approve", .by = "ops", .why = "wrong PINs"},
		"wrong PINs"},
	    {{.to = APPROVAL_EXPIRED, .surface = "sweep", .by = ""}, "nobody decided in time"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct approval made = approval_aid_new(&key, "send", "d1"), now;
		struct resolution resolution = cases[i].resolution;
		int64_t at = resolution.to == APPROVAL_EXPIRED ? AID_EXPIRES_MS : 1100;
		struct db *db = store_place_write(p->store);

		(void)snprintf(made.tool, sizeof(made.tool), "t%zu", i);
		assert_status(approval_create(db, &made, 0, 1000), STATUS_OK);
		store_place_commit(p->store, db);
		resolution.approval_id = made.id;
		assert_status(resolved(p, &resolution, at, &now), STATUS_OK);
		assert_int_equal(now.state, resolution.to);
		assert_entry(p, "reason", cases[i].reason);
		assert_entry(p, "surface", resolution.surface);
		assert_entry(p, "decision", approval_state_name(resolution.to));
	}
}

static void
approved_one_that_nobody_came_back_for_says_so(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), now;
	struct resolution approve = approving(&made, "once"), expire = expiring(&made);

	assert_status(resolved(p, &approve, 1100, &now), STATUS_OK);
	assert_status(resolved(p, &expire, AID_EXPIRES_MS - 1, &now), STATUS_EXISTS);
	assert_int_equal(now.state, APPROVAL_APPROVED);
	assert_status(resolved(p, &expire, AID_EXPIRES_MS, &now), STATUS_OK);
	assert_entry(p, "reason", "approved, but the call did not come back in time");
}

static void
longest_reason_fits(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), now;
	struct resolution resolution = approving(&made, "24h");
	char by[APPROVAL_BY_MAX + 1];

	memset(by, 'b', APPROVAL_BY_MAX);
	by[APPROVAL_BY_MAX] = '\0';
	resolution.by = by;
	resolution.these_args = true;
	resolution.calls = GRANT_CALLS_MAX;
	assert_status(resolved(p, &resolution, 1100, &now), STATUS_OK);
	assert_string_equal(now.decided_by, by);
	assert_non_null(strstr(test_sql_text(p->database, "SELECT reason FROM audit"),
	    "\" for 24h, these arguments only, at most 1000000 calls"));
}

/* Whatever comes second learns how it was decided, and writes nothing. */
static void
second_decision_learns_of_the_first(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	static const enum approval_state all[] = {
	    APPROVAL_APPROVED, APPROVAL_DENIED, APPROVAL_EXPIRED, APPROVAL_SPENT};

	for (size_t i = 0; i < 4; i++) {
		struct approval made = approval_aid_pending(p->store, &key, "send"), now;
		const struct resolution all_of[] = {
		    approving(&made, "24h"), denying(&made), expiring(&made)};
		struct db *db = store_place_write(p->store);

		approval_aid_bring(db, made.id, all[i]);
		store_place_commit(p->store, db);
		for (size_t j = 0; j < 3; j++) {
			/* Approved and then expired is the one that may happen. */
			int64_t at = i == 0 ? AID_EXPIRES_MS - 1 : AID_EXPIRES_MS + 7;

			assert_status(resolved(p, &all_of[j], at, &now), STATUS_EXISTS);
			assert_string_equal(now.id, made.id);
			assert_int_equal(now.state, all[i]);
		}
		db = store_place_write(p->store);
		if (i == 0)
			assert_status(approval_spend(db, made.id, 1500), STATUS_OK);
		store_place_commit(p->store, db);
	}
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM audit"), 0);
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM allowance"), 0);
}

static void
time_over_is_expired_though_nobody_swept(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), now;
	struct resolution approve = approving(&made, "once"), deny = denying(&made);

	assert_status(resolved(p, &approve, AID_EXPIRES_MS, &now), STATUS_EXISTS);
	assert_int_equal(now.state, APPROVAL_EXPIRED);
	assert_status(resolved(p, &deny, AID_EXPIRES_MS, &now), STATUS_EXISTS);
	assert_int_equal(now.state, APPROVAL_EXPIRED);
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM audit"), 0);
	assert_status(resolved(p, &approve, AID_EXPIRES_MS - 1, &now), STATUS_OK);
}

static void
unknown_approval_is_not_found(void **state)
{
	struct place *p = *state;
	struct approval nobody = {.id = "apr_nobody"}, now;
	struct resolution resolution = approving(&nobody, "once");

	assert_status(resolved(p, &resolution, 1100, &now), STATUS_NOT_FOUND);
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM audit"), 0);
}

/* An allowance that was given, as text: server tool digest approval created expires left. */
static const char *
allowances(struct place *p)
{
	return test_sql_text(p->database,
	    "SELECT group_concat(server || ' ' || tool || ' ' || args_digest || ' ' || created_ms || "
	    "' ' || expires_ms || ' ' || COALESCE(calls_left, 'any'), ';') FROM allowance");
}

static void
duration_gives_an_allowance(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	static const struct {
		const char *duration;
		bool these_args;
		int64_t calls;
		const char *given;
	} cases[] = {
	    {"1h", false, 0, "mail send  1100 3601100 any"},
	    {"8h", false, 0, "mail send  1100 28801100 any"},
	    {"24h", true, 0, "mail send d1 1100 86401100 any"},
	    {"1h", false, 5, "mail send  1100 3601100 4"},
	    {"1h", true, 2, "mail send d1 1100 3601100 1"},
	    {"1h", false, GRANT_CALLS_MAX, "mail send  1100 3601100 999999"},
	    {"1h", false, 1, ""},
	    {"once", true, 7, ""},
	    {NULL, false, 0, ""},
	};
	char sql[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct approval made = approval_aid_pending(p->store, &key, "send"), now;
		struct resolution resolution = approving(&made, cases[i].duration);
		struct db *db;

		resolution.these_args = cases[i].these_args;
		resolution.calls = cases[i].calls;
		assert_status(resolved(p, &resolution, 1100, &now), STATUS_OK);
		assert_string_equal(allowances(p), cases[i].given);
		(void)snprintf(sql, sizeof(sql),
		    "SELECT COUNT(*) FROM allowance WHERE approval_id <> '%s' OR key_id <> '%s' "
		    "OR revoked_ms IS NOT NULL",
		    made.id, key.id);
		assert_int_equal(place_number(p, sql), 0);
		test_sql(p->database, "DELETE FROM allowance");
		db = store_place_write(p->store);
		assert_status(approval_spend(db, made.id, 1200), STATUS_OK);
		store_place_commit(p->store, db);
	}
}

static void
denial_and_expiry_give_no_allowance(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval a = approval_aid_pending(p->store, &key, "a"), now;
	struct approval b = approval_aid_pending(p->store, &key, "b");
	struct resolution deny = denying(&a), expire = expiring(&b);

	deny.duration = "24h";
	expire.duration = "24h";
	assert_status(resolved(p, &deny, 1100, &now), STATUS_OK);
	assert_string_equal(now.duration, "");
	assert_status(resolved(p, &expire, AID_EXPIRES_MS, &now), STATUS_OK);
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM allowance"), 0);
}

static void
what_nobody_may_ask_for_is_invalid_and_changes_nothing(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), now;
	static const struct {
		const char *duration;
		int64_t calls;
		bool forbidden;
		const char *why;
	} cases[] = {
	    {"2h", 0, false, "once, 1h, 8h or 24h"},
	    {"", 0, false, "once, 1h, 8h or 24h"},
	    {"Once", 0, false, "once, 1h, 8h or 24h"},
	    {"1h ", 0, false, "once, 1h, 8h or 24h"},
	    {"1h", -1, false, "from 1 to 1000000"},
	    {"1h", GRANT_CALLS_MAX + 1, false, "from 1 to 1000000"},
	    {"1h", 0, true, "\"demo\" can be approved once only"},
	    {"1h", 1, true, "\"demo\" can be approved once only"},
	    {"24h", 0, true, "\"demo\" can be approved once only"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct resolution resolution = approving(&made, cases[i].duration);
		struct db *db = store_place_write(p->store);
		struct problem why = {""};

		key.allowances = !cases[i].forbidden;
		assert_status(keys_update(db, &key), STATUS_OK);
		resolution.calls = cases[i].calls;
		assert_status(resolve(db, p->audit, &resolution, 1100, &now, &why), STATUS_INVALID);
		assert_non_null(strstr(why.text, cases[i].why));
		store_place_commit(p->store, db);
		assert_string_equal(
		    test_sql_text(p->database, "SELECT state FROM approval"), "pending");
	}
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM audit"), 0);
}

static void
key_without_allowances_can_be_approved_once(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), now;
	struct resolution resolution = approving(&made, "once");
	struct db *db = store_place_write(p->store);

	key.allowances = false;
	assert_status(keys_update(db, &key), STATUS_OK);
	store_place_commit(p->store, db);
	assert_status(resolved(p, &resolution, 1100, &now), STATUS_OK);
	assert_int_equal(now.state, APPROVAL_APPROVED);
}

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
	struct resolution approve = approving(&made, "once"), expire = expiring(&other);

	test_sql(p->database,
	    CHANNEL_ROW("yes", "approval.resolved") CHANNEL_ROW("no", "approval.created"));
	assert_status(resolved(p, &approve, 1100, &now), STATUS_OK);
	assert_status(resolved(p, &approve, 1100, &now), STATUS_EXISTS);
	assert_string_equal(
	    test_sql_text(p->database,
		"SELECT group_concat(channel_id || ' ' || event || ' ' || call_id || ' ' || state) "
		"FROM delivery"),
	    "yes approval.resolved call_1 due");
	assert_string_equal(
	    test_sql_text(p->database, "SELECT approval_id FROM delivery"), made.id);
	assert_status(resolved(p, &expire, AID_EXPIRES_MS, &now), STATUS_OK);
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM delivery"), 2);
}

/* Everything or nothing: what was begun goes with the transaction. */
static void
rolled_back_decision_never_was(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), now;
	struct resolution resolution = approving(&made, "8h");
	struct db *db;

	test_sql(p->database, CHANNEL_ROW("yes", "approval.resolved"));
	db = store_place_write(p->store);
	assert_status(resolve(db, p->audit, &resolution, 1100, &now, NULL), STATUS_OK);
	store_rollback(p->store, db);
	assert_string_equal(test_sql_text(p->database, "SELECT state FROM approval"), "pending");
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM audit"), 0);
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM allowance"), 0);
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM delivery"), 0);
	assert_status(resolved(p, &resolution, 1100, &now), STATUS_OK);
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
	struct resolution approve = approving(&b, "once"), deny = denying(&c);
	struct db *db = store_place_write(p->store);

	d.expires_ms = AID_EXPIRES_MS + 1;
	assert_status(approval_create(db, &d, 0, 1000), STATUS_OK);
	store_place_commit(p->store, db);
	assert_status(resolved(p, &approve, 1100, &now), STATUS_OK);
	assert_status(resolved(p, &deny, 1100, &now), STATUS_OK);
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
	pthread_barrier_t *start;
	enum status status;
	struct approval out;
};

static void *
decide_in_thread(void *arg)
{
	struct decider *d = arg;
	struct db *db;

	(void)pthread_barrier_wait(d->start);
	d->status = store_write(d->store, &db);
	if (d->status != STATUS_OK)
		return NULL;
	d->status = resolve(db, d->audit, &d->resolution, 1100, &d->out, NULL);
	if (d->status == STATUS_OK)
		d->status = store_commit(d->store, db);
	else
		store_rollback(d->store, db);
	return NULL;
}

/* The winner's place among them. */
static int
race(struct decider deciders[THREADS])
{
	pthread_t threads[THREADS];
	pthread_barrier_t start;
	int winner = -1;

	assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
	for (int i = 0; i < THREADS; i++) {
		deciders[i].start = &start;
		assert_int_equal(
		    pthread_create(&threads[i], NULL, decide_in_thread, &deciders[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	(void)pthread_barrier_destroy(&start);
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
			    .resolution = i / 2 % 2 ? approving(&made, "1h") : denying(&made)};
		winner = race(deciders);
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(deciders[i].out.state, deciders[winner].resolution.to);
		allowed += deciders[winner].resolution.to == APPROVAL_APPROVED;
		assert_int_equal(place_number(p, "SELECT COUNT(*) FROM audit"), round + 1);
		assert_entry(p, "decision", approval_state_name(deciders[winner].resolution.to));
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
	    AUDIT_TEST(approval_is_recorded_in_the_chain_of_its_key),
	    AUDIT_TEST(reasons_say_who_and_for_how_long),
	    AUDIT_TEST(approved_one_that_nobody_came_back_for_says_so),
	    AUDIT_TEST(longest_reason_fits),
	    AUDIT_TEST(second_decision_learns_of_the_first),
	    AUDIT_TEST(time_over_is_expired_though_nobody_swept),
	    AUDIT_TEST(unknown_approval_is_not_found),
	    AUDIT_TEST(duration_gives_an_allowance),
	    AUDIT_TEST(denial_and_expiry_give_no_allowance),
	    AUDIT_TEST(what_nobody_may_ask_for_is_invalid_and_changes_nothing),
	    AUDIT_TEST(key_without_allowances_can_be_approved_once),
	    AUDIT_TEST(whoever_subscribed_is_told),
	    AUDIT_TEST(rolled_back_decision_never_was),
	    AUDIT_TEST(sweep_ends_what_is_overdue),
	    AUDIT_TEST(sweep_goes_on_where_the_last_one_ended),
	    AUDIT_TEST(damaged_row_keeps_the_sweep_from_nobody),
	    AUDIT_TEST(exactly_one_of_simultaneous_decisions_wins),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
