/* test_resolve.c - a decision: who wins, what is recorded, which allowance it gives. */
#include "resolve_aid.h"

#include "grant.h"

static void
approval_is_recorded_in_the_chain_of_its_key(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), now;
	struct resolution resolution = resolve_aid_approve(&made, "once");

	assert_status(resolve_aid_run(p, &resolution, 1100, &now), STATUS_OK);
	assert_int_equal(now.state, APPROVAL_APPROVED);
	assert_string_equal(now.decided_by, "ops");
	assert_string_equal(now.duration, "once");
	assert_int_equal(now.decided_ms, 1100);
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM audit"), 1);
	resolve_aid_entry(p, "chain", key.id);
	resolve_aid_entry(p, "kind", "outcome");
	resolve_aid_entry(p, "call_id", "call_1");
	resolve_aid_entry(p, "key_name", "demo");
	resolve_aid_entry(p, "surface", "approve");
	resolve_aid_entry(p, "server", "mail");
	resolve_aid_entry(p, "tool", "send");
	resolve_aid_entry(p, "args_digest", "d1");
	resolve_aid_entry(p, "decision", "approved");
	resolve_aid_entry(p, "policy_id", "pol_1");
	resolve_aid_entry(p, "policy_name", "office");
	resolve_aid_entry(p, "policy_version", "3");
	resolve_aid_entry(p, "rule", "2");
	resolve_aid_entry(p, "reason", "approved by channel \"ops\" once");
	resolve_aid_entry(p, "approval_id", made.id);
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
		assert_status(resolve_aid_run(p, &resolution, at, &now), STATUS_OK);
		assert_int_equal(now.state, resolution.to);
		resolve_aid_entry(p, "reason", cases[i].reason);
		resolve_aid_entry(p, "surface", resolution.surface);
		resolve_aid_entry(p, "decision", approval_state_name(resolution.to));
	}
}

static void
approved_one_that_nobody_came_back_for_says_so(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), now;
	struct resolution approve = resolve_aid_approve(&made, "once"),
			  expire = resolve_aid_expire(&made);

	assert_status(resolve_aid_run(p, &approve, 1100, &now), STATUS_OK);
	assert_status(resolve_aid_run(p, &expire, AID_EXPIRES_MS - 1, &now), STATUS_EXISTS);
	assert_int_equal(now.state, APPROVAL_APPROVED);
	assert_status(resolve_aid_run(p, &expire, AID_EXPIRES_MS, &now), STATUS_OK);
	resolve_aid_entry(p, "reason", "approved, but the call did not come back in time");
}

static void
longest_reason_fits(void **state)
{
	struct place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), now;
	struct resolution resolution = resolve_aid_approve(&made, "24h");
	char by[APPROVAL_BY_MAX + 1];

	memset(by, 'b', APPROVAL_BY_MAX);
	by[APPROVAL_BY_MAX] = '\0';
	resolution.by = by;
	resolution.these_args = true;
	resolution.calls = GRANT_CALLS_MAX;
	assert_status(resolve_aid_run(p, &resolution, 1100, &now), STATUS_OK);
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
		const struct resolution all_of[] = {resolve_aid_approve(&made, "24h"),
		    resolve_aid_deny(&made), resolve_aid_expire(&made)};
		struct db *db = store_place_write(p->store);

		approval_aid_bring(db, made.id, all[i]);
		store_place_commit(p->store, db);
		for (size_t j = 0; j < 3; j++) {
			/* Approved and then expired is the one that may happen. */
			int64_t at = i == 0 ? AID_EXPIRES_MS - 1 : AID_EXPIRES_MS + 7;

			assert_status(resolve_aid_run(p, &all_of[j], at, &now), STATUS_EXISTS);
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
	struct resolution approve = resolve_aid_approve(&made, "once"),
			  deny = resolve_aid_deny(&made);

	assert_status(resolve_aid_run(p, &approve, AID_EXPIRES_MS, &now), STATUS_EXISTS);
	assert_int_equal(now.state, APPROVAL_EXPIRED);
	assert_status(resolve_aid_run(p, &deny, AID_EXPIRES_MS, &now), STATUS_EXISTS);
	assert_int_equal(now.state, APPROVAL_EXPIRED);
	assert_int_equal(place_number(p, "SELECT COUNT(*) FROM audit"), 0);
	assert_status(resolve_aid_run(p, &approve, AID_EXPIRES_MS - 1, &now), STATUS_OK);
}

static void
unknown_approval_is_not_found(void **state)
{
	struct place *p = *state;
	struct approval nobody = {.id = "apr_nobody"}, now;
	struct resolution resolution = resolve_aid_approve(&nobody, "once");

	assert_status(resolve_aid_run(p, &resolution, 1100, &now), STATUS_NOT_FOUND);
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
		struct resolution resolution = resolve_aid_approve(&made, cases[i].duration);
		struct db *db;

		resolution.these_args = cases[i].these_args;
		resolution.calls = cases[i].calls;
		assert_status(resolve_aid_run(p, &resolution, 1100, &now), STATUS_OK);
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
	struct resolution deny = resolve_aid_deny(&a), expire = resolve_aid_expire(&b);

	deny.duration = "24h";
	expire.duration = "24h";
	assert_status(resolve_aid_run(p, &deny, 1100, &now), STATUS_OK);
	assert_string_equal(now.duration, "");
	assert_status(resolve_aid_run(p, &expire, AID_EXPIRES_MS, &now), STATUS_OK);
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
		struct resolution resolution = resolve_aid_approve(&made, cases[i].duration);
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
	struct resolution resolution = resolve_aid_approve(&made, "once");
	struct db *db = store_place_write(p->store);

	key.allowances = false;
	assert_status(keys_update(db, &key), STATUS_OK);
	store_place_commit(p->store, db);
	assert_status(resolve_aid_run(p, &resolution, 1100, &now), STATUS_OK);
	assert_int_equal(now.state, APPROVAL_APPROVED);
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
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
