/* test_audit_roll_tamper.c - what was tampered with after a roll is found, in the log and in the export. */
#include "audit_roll_place.h"

static void
tampering_after_a_roll_is_found(void **state)
{
	static const struct {
		const char *sql;
		enum audit_finding_kind kind;
		int64_t seq;
	} cases[] = {
	    {"UPDATE audit SET decision = 'deny' WHERE seq = 31", AUDIT_ENTRY_CHANGED, 31},
	    {"DELETE FROM audit WHERE seq = 31", AUDIT_ENTRY_MISSING, 31},
	    {"DELETE FROM audit WHERE seq = 33", AUDIT_ENTRY_MISSING, 33},
	    {"DELETE FROM audit_checkpoint", AUDIT_ENTRY_MISSING, 1},
	    {"UPDATE audit_checkpoint SET upto_seq = 31", AUDIT_CHECKPOINT_FORGED, 31},
	    {"UPDATE audit_checkpoint SET head_mac = mac", AUDIT_CHECKPOINT_FORGED, 30},
	    {"UPDATE audit_checkpoint SET created_ms = 1", AUDIT_CHECKPOINT_FORGED, 30},
	    {"UPDATE audit_checkpoint SET export_sha256 = mac", AUDIT_CHECKPOINT_FORGED, 30},
	    {"UPDATE audit_checkpoint SET heads = '[]'", AUDIT_CHECKPOINT_FORGED, 30},
	    {"UPDATE audit_checkpoint SET heads = heads || ' '", AUDIT_CHECKPOINT_FORGED, 30},
	    {"UPDATE audit_checkpoint SET mac = upper(mac)", AUDIT_CHECKPOINT_FORGED, 30},
	    {"INSERT INTO audit_checkpoint SELECT 33, head_mac, 1, export_sha256, heads, mac FROM "
	     "audit_checkpoint; DELETE FROM audit WHERE seq <= 33",
		AUDIT_CHECKPOINT_FORGED, 33},
	    {"UPDATE audit_head SET seq = 1 WHERE chain = 'idA'", AUDIT_HEAD_CHANGED, 0},
	    {"DELETE FROM audit_head WHERE chain = 'idB'", AUDIT_HEAD_CHANGED, 0},
	};
	struct audit_roll_result result;
	struct audit_report report;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)place_setup(state);
		place_fill_old_and_young(*state, 30, 3);
		place_assert_rolls(*state, 5, 1, 30, &result);
		place_tamper(*state, cases[i].sql, cases[i].kind, cases[i].seq, &report);
		(void)place_teardown(state);
	}
}

/* Without the first of two checkpoints the mac of the second does not fit. */
static void
removed_older_checkpoint_is_found(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;
	struct audit_report report;
	struct problem why;

	place_fill_old_and_young(p, 30, 12);
	place_assert_rolls(p, 5, 1, 30, &result);
	assert_int_equal(place_roll(p, 0, 1, &result, &why), STATUS_OK);
	place_tamper(p, "DELETE FROM audit_checkpoint WHERE upto_seq = 30", AUDIT_CHECKPOINT_FORGED,
	    43, &report);
}

static void
spoilt_exports_are_found(void **state)
{
	static const struct {
		const char *command;
		enum audit_finding_kind kind;
		int64_t seq;
	} cases[] = {
	    {"sed -i '7s/\"allow\"/\"deny\"/' '%s'", AUDIT_ENTRY_CHANGED, 7},
	    {"sed -i '7s/\"time\":\"20/\"time\":\"21/' '%s'", AUDIT_ENTRY_CHANGED, 7},
	    {"sed -i '7d' '%s'", AUDIT_ENTRY_MISSING, 7},
	    {"sed -i '1d' '%s'", AUDIT_EXPORT_DIFFERS, 2},
	    {"sed -i '$d' '%s'", AUDIT_EXPORT_DIFFERS, 30},
	    {"sed -i '7s/,\"rule\":0//' '%s'", AUDIT_EXPORT_DIFFERS, 7},
	    {"sed -i '7s/{/{ /' '%s'", AUDIT_EXPORT_DIFFERS, 0},
	    {"truncate -s -1 '%s'", AUDIT_EXPORT_DIFFERS, 30},
	    {"truncate -s 0 '%s'", AUDIT_EXPORT_DIFFERS, 1},
	    {"printf 'x\\0y\\n' > '%s'", AUDIT_EXPORT_DIFFERS, 1},
	    {"head -c 200000 /dev/zero | tr '\\0' '{' > '%s'", AUDIT_EXPORT_DIFFERS, 1},
	};
	const struct audit_progress quiet = {NULL, NULL};
	char command[4 * PATH_MAX], format[128];
	struct audit_roll_result result;
	struct audit_report report;
	struct problem why;
	struct place *p = *state;

	place_fill_old_and_young(p, 30, 3);
	place_assert_rolls(p, 5, 1, 30, &result);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *name = strstr(cases[i].command, "%s");

		place_assert_export_clean(p, result.path);
		(void)snprintf(format, sizeof(format), "%.*s", (int)(name - cases[i].command),
		    cases[i].command);
		(void)snprintf(command, sizeof(command), "cp '%s' '%s.kept'; %s%s%s", result.path,
		    result.path, format, result.path, name + 2);
		assert_int_equal(system(command), 0);
		assert_int_equal(
		    audit_verify_export(p->audit, result.path, &quiet, &report, &why), STATUS_OK);
		place_assert_first(&report, cases[i].command, cases[i].kind, cases[i].seq);
		(void)snprintf(
		    command, sizeof(command), "mv '%s.kept' '%s'", result.path, result.path);
		assert_int_equal(system(command), 0);
	}
}

static void
export_of_another_installation_is_found(void **state)
{
	const struct audit_progress quiet = {NULL, NULL};
	struct place *p = *state, other;
	struct audit_roll_result result;
	struct audit_report report;
	struct problem why;

	other = *p;
	place_fill_old_and_young(p, 30, 3);
	place_assert_rolls(p, 5, 1, 30, &result);
	(void)snprintf(other.dir, sizeof(other.dir), "%s", test_directory());
	secret_random(&other.master, sizeof(other.master));
	place_open(&other);
	assert_int_equal(
	    audit_verify_export(other.audit, result.path, &quiet, &report, &why), STATUS_OK);
	place_assert_first(&report, "another key", AUDIT_ENTRY_CHANGED, 1);
	place_close(&other);
	test_remove(other.dir);
	assert_int_equal(audit_verify_export(p->audit, "/nonexistent/file", &quiet, &report, &why),
	    STATUS_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tampering_after_a_roll_is_found),
	    AUDIT_TEST(removed_older_checkpoint_is_found),
	    AUDIT_TEST(spoilt_exports_are_found),
	    AUDIT_TEST(export_of_another_installation_is_found),
	};

	return cmocka_run_group_tests_name("audit_roll_tamper", tests, NULL, NULL);
}
