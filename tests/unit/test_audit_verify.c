/* test_audit_verify.c - every entry that was changed, removed, moved or inserted is found, and named. */
#include "audit_place.h"

/* A log that was fine, and what was found first after it was tampered with. */
static const struct audit_report *
tampered(void **state, const char *sql, enum audit_finding_kind kind, int64_t seq)
{
	static struct audit_report report;

	place_fill(*state, FILLED);
	place_tamper(*state, sql, kind, seq, &report);
	return &report;
}

static bool
has_finding(const struct audit_report *report, enum audit_finding_kind kind, const char *key)
{
	for (int i = 0; i < report->nfindings && i < AUDIT_FINDINGS_MAX; i++)
		if (report->findings[i].kind == kind && strcmp(report->findings[i].key, key) == 0)
			return true;
	return false;
}

/* One UPDATE for each column, and for each trick with types. */
static void
change_of_any_column_names_the_entry(void **state)
{
	static const char *const changes[] = {"seq = 1000", "chain = 'idA'", "chain = 'idC'",
	    "chain_seq = chain_seq + 1", "chain_seq = chain_seq - 1",
	    "chain_seq = 9223372036854775807", "chain_seq = -9223372036854775807",
	    "kind = 'outcome'", "time_ms = time_ms + 1", "call_id = 'other'", "key_name = 'alpha'",
	    "surface = 'mcp'", "server = 'mail'", "tool = 'write_file'", "args_digest = '00fe'",
	    "decision = 'deny'", "policy_id = 'p2'", "policy_name = 'Default'",
	    "policy_version = 2", "rule = 1", "reason = ''", "latency_us = 0", "approval_id = 'a'",
	    "mac = replace(mac, substr(mac, 1, 1), 'g')", "mac = ''", "mac = upper(mac) || '0'",
	    "reason = CAST(reason AS BLOB)", "decision = CAST(decision AS BLOB)",
	    "latency_us = 120.5", "rule = 'abc'", "reason = reason || char(0) || 'x'",
	    "reason = printf('%.*c', 20000, 'x')", "server = 'file', tool = 'sread_file'"};
	char sql[256];
	struct audit_report report;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		(void)place_setup(state);
		place_fill(*state, FILLED);
		place_assert_clean(*state);
		(void)snprintf(sql, sizeof(sql), "UPDATE audit SET %s WHERE seq = 5", changes[i]);
		place_sql(*state, sql);
		place_verify(*state, &report);
		if (report.nfindings == 0 || report.findings[0].seq != 5)
			fail_msg("%s: %" PRId64 " findings, %s", changes[i], report.nfindings,
			    report.findings[0].text.text);
		(void)place_teardown(state);
	}
}

static void
changed_entry_is_named_with_key_and_time(void **state)
{
	struct place *p = *state;
	struct audit_report report;

	place_fill(p, FILLED);
	place_tamper(
	    p, "UPDATE audit SET decision = 'deny' WHERE seq = 7", AUDIT_ENTRY_CHANGED, 7, &report);
	assert_string_equal(report.findings[0].key, "alpha");
	assert_int_equal(
	    report.findings[0].time_ms, place_number(p, "SELECT time_ms FROM audit WHERE seq = 7"));
	assert_int_equal(report.nfindings, 1); /* and nothing else is said to be wrong */
}

/* The list above is complete only as long as the table has these columns. */
static void
every_column_is_in_the_list_of_changes(void **state)
{
	assert_int_equal(
	    place_number(*state, "SELECT count(*) FROM pragma_table_info('audit')"), 20);
}

static void
removed_first_entry_is_found(void **state)
{
	(void)tampered(state, "DELETE FROM audit WHERE seq = 1", AUDIT_ENTRY_MISSING, 1);
}

static void
removed_middle_entries_are_found(void **state)
{
	const struct audit_report *report =
	    tampered(state, "DELETE FROM audit WHERE seq IN (6, 7)", AUDIT_ENTRY_MISSING, 6);

	assert_true(has_finding(report, AUDIT_HISTORY_MISSING, "alpha"));
}

static void
removed_last_entry_is_found(void **state)
{
	const struct audit_report *report =
	    tampered(state, "DELETE FROM audit WHERE seq = 12", AUDIT_ENTRY_MISSING, 12);

	assert_true(has_finding(report, AUDIT_HISTORY_MISSING, "installation"));
}

static void
all_entries_removed_are_found(void **state)
{
	(void)tampered(state, "DELETE FROM audit", AUDIT_ENTRY_MISSING, 1);
}

static void
whole_history_of_a_key_and_its_head_removed_is_found(void **state)
{
	(void)tampered(state,
	    "DELETE FROM audit WHERE chain = 'idB'; DELETE FROM audit_head WHERE chain = 'idB'",
	    AUDIT_ENTRY_MISSING, 2);
}

static void
whole_history_of_a_key_removed_names_the_key(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	place_sql(*state, "INSERT INTO api_key VALUES ('idB', 'beta', 'h', 'bwb_x', 1, NULL, NULL, "
			  "900000, 1)");
	place_tamper(
	    *state, "DELETE FROM audit WHERE chain = 'idB'", AUDIT_ENTRY_MISSING, 2, &report);
	assert_true(has_finding(&report, AUDIT_HISTORY_MISSING, "beta"));
}

static void
two_swapped_entries_are_found(void **state)
{
	(void)tampered(state,
	    "UPDATE audit SET seq = 100 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; "
	    "UPDATE audit SET seq = 5 WHERE seq = 100",
	    AUDIT_ENTRY_CHANGED, 4);
}

static void
two_swapped_entries_of_one_chain_are_found(void **state)
{
	const struct audit_report *report = tampered(state,
	    "UPDATE audit SET seq = 100 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 7; "
	    "UPDATE audit SET seq = 7 WHERE seq = 100",
	    AUDIT_HISTORY_MISSING, 4);

	assert_true(has_finding(report, AUDIT_ENTRY_ORDER, "alpha"));
}

#define COPY_OF_LAST(seq, chain_seq)                                                               \
	"INSERT INTO audit SELECT " seq ", chain, " chain_seq                                      \
	", kind, time_ms, call_id, key_name, surface, server, tool, args_digest, 'deny', "         \
	"policy_id, policy_name, policy_version, rule, reason, latency_us, approval_id, mac "      \
	"FROM audit WHERE seq = 12"

static void
inserted_entry_at_the_end_is_found(void **state)
{
	(void)tampered(state, COPY_OF_LAST("13", "chain_seq + 1"), AUDIT_ENTRY_CHANGED, 13);
}

static void
inserted_entry_with_moved_heads_is_found(void **state)
{
	(void)tampered(state,
	    COPY_OF_LAST("13",
		"chain_seq + 1") "; UPDATE audit_head SET seq = seq + 1 WHERE chain IN ('*', 'installation')",
	    AUDIT_ENTRY_CHANGED, 13);
}

static void
inserted_entry_in_the_middle_is_found(void **state)
{
	(void)tampered(state,
	    "UPDATE audit SET seq = -seq WHERE seq > 6; UPDATE audit SET seq = 1 - seq WHERE seq < 0; "
	    "INSERT INTO audit SELECT 7, chain, 3, kind, time_ms, call_id, key_name, surface, "
	    "server, tool, args_digest, decision, policy_id, policy_name, policy_version, rule, reason, "
	    "latency_us, approval_id, mac FROM audit WHERE seq = 4",
	    AUDIT_ENTRY_CHANGED, 7);
}

static void
inserted_entry_before_the_first_is_found(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	place_tamper(*state, COPY_OF_LAST("0", "1"), AUDIT_ENTRY_INSERTED, 0, &report);
	place_sql(*state, "DELETE FROM audit WHERE seq = 0");
	place_tamper(*state, COPY_OF_LAST("-9223372036854775807", "1"), AUDIT_ENTRY_INSERTED,
	    -9223372036854775807, &report);
}

static void
inserted_entry_with_the_largest_number_is_found(void **state)
{
	(void)tampered(state, COPY_OF_LAST("9223372036854775807", "1"), AUDIT_ENTRY_MISSING, 13);
}

static void
forged_checkpoint_and_removed_entries_are_found(void **state)
{
	static const char *const macs[] = {
	    "'0000000000000000000000000000000000000000000000000000000000000000'", "'x'", "x'00'"};
	char sql[1024];
	struct audit_report report;

	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		(void)place_setup(state);
		place_fill(*state, FILLED);
		(void)snprintf(sql, sizeof(sql),
		    "INSERT INTO audit_checkpoint SELECT 6, mac, 1, mac, '[]', %s FROM audit WHERE "
		    "seq = 6; DELETE FROM audit WHERE seq <= 6",
		    macs[i]);
		place_tamper(*state, sql, AUDIT_CHECKPOINT_FORGED, 6, &report);
		(void)place_teardown(state);
	}
}

static void
changed_head_rows_are_found(void **state)
{
	static const struct {
		const char *sql;
		enum audit_finding_kind kind;
		int64_t seq;
	} cases[] = {
	    {"UPDATE audit_head SET mac = replace(mac, substr(mac, 1, 1), 'g') WHERE chain = 'idA'",
		AUDIT_HEAD_CHANGED, 0},
	    {"UPDATE audit_head SET mac = '' WHERE chain = 'idA'", AUDIT_HEAD_CHANGED, 0},
	    {"UPDATE audit_head SET seq = seq - 1 WHERE chain = 'idA'", AUDIT_HEAD_CHANGED, 0},
	    {"UPDATE audit_head SET seq = 0 WHERE chain = 'idA'", AUDIT_HEAD_CHANGED, 0},
	    {"UPDATE audit_head SET seq = seq + 1 WHERE chain = 'idA'", AUDIT_HISTORY_MISSING, 0},
	    {"DELETE FROM audit_head WHERE chain = 'idA'", AUDIT_HEAD_CHANGED, 0},
	    {"INSERT INTO audit_head VALUES ('idX', 4, 'x', 1)", AUDIT_HISTORY_MISSING, 0},
	    {"INSERT INTO audit_head VALUES (printf('%.*c', 500, 'x'), 4, 'x', 1)",
		AUDIT_HEAD_CHANGED, 0},
	    {"DELETE FROM audit_head WHERE chain = '*'", AUDIT_ALL_CHANGED, 0},
	    {"UPDATE audit_head SET seq = 11 WHERE chain = '*'", AUDIT_ALL_CHANGED, 12},
	    {"UPDATE audit_head SET seq = 13 WHERE chain = '*'", AUDIT_ENTRY_MISSING, 13},
	    {"UPDATE audit_head SET mac = (SELECT mac FROM audit_head WHERE chain = 'idA') "
	     "WHERE chain = '*'",
		AUDIT_ALL_CHANGED, 0},
	};
	struct audit_report report;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)place_setup(state);
		place_fill(*state, FILLED);
		place_tamper(*state, cases[i].sql, cases[i].kind, cases[i].seq, &report);
		(void)place_teardown(state);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(change_of_any_column_names_the_entry),
	    AUDIT_TEST(changed_entry_is_named_with_key_and_time),
	    AUDIT_TEST(every_column_is_in_the_list_of_changes),
	    AUDIT_TEST(removed_first_entry_is_found),
	    AUDIT_TEST(removed_middle_entries_are_found),
	    AUDIT_TEST(removed_last_entry_is_found),
	    AUDIT_TEST(all_entries_removed_are_found),
	    AUDIT_TEST(whole_history_of_a_key_and_its_head_removed_is_found),
	    AUDIT_TEST(whole_history_of_a_key_removed_names_the_key),
	    AUDIT_TEST(two_swapped_entries_are_found),
	    AUDIT_TEST(two_swapped_entries_of_one_chain_are_found),
	    AUDIT_TEST(inserted_entry_at_the_end_is_found),
	    AUDIT_TEST(inserted_entry_with_moved_heads_is_found),
	    AUDIT_TEST(inserted_entry_in_the_middle_is_found),
	    AUDIT_TEST(inserted_entry_before_the_first_is_found),
	    AUDIT_TEST(inserted_entry_with_the_largest_number_is_found),
	    cmocka_unit_test(forged_checkpoint_and_removed_entries_are_found),
	    cmocka_unit_test(changed_head_rows_are_found),
	};

	return cmocka_run_group_tests_name("audit_verify", tests, NULL, NULL);
}
