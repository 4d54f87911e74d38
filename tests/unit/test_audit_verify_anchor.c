/* test_audit_verify_anchor.c - an end that was cut off and a database that was put back are found by the anchor. */
#include "audit_place.h"

#include "audit_anchor.h"
#include "audit_chain.h"

static void
log_and_heads_emptied_are_found_by_the_anchor(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	place_tamper(
	    *state, "DELETE FROM audit; DELETE FROM audit_head", AUDIT_ANCHOR_AHEAD, 1, &report);
}

static void
cut_tail_with_old_heads_is_found_by_the_anchor(void **state)
{
	struct place *p = *state;
	struct audit_report report;

	place_fill(p, FILLED);
	place_keep_heads(p);
	place_fill(p, 3);
	place_tamper(p, CUT_TAIL, AUDIT_ANCHOR_AHEAD, 13, &report);
	assert_int_equal(report.nfindings, 1);
	assert_true(audit_report_only_anchor(&report));
}

/* A key that only appears at the end leaves no gap once the installation head is put back too. */
static void
youngest_key_removed_with_old_heads_is_found_by_the_anchor(void **state)
{
	struct place *p = *state;
	struct audit_report report;

	place_fill(p, FILLED);
	place_keep_heads(p);
	place_append(p, "idC");
	place_append(p, "idC");
	audit_anchor(p->audit);
	place_tamper(p, "DELETE FROM audit WHERE chain = 'idC'; " OLD_HEADS, AUDIT_ANCHOR_AHEAD, 13,
	    &report);
}

static void
old_copy_of_the_database_is_found_and_can_be_acknowledged(void **state)
{
	struct place *p = *state;
	struct audit_report report;
	struct problem why;

	place_fill(p, FILLED);
	place_keep(p);
	place_fill(p, 6);
	place_assert_clean(p);
	place_put_back(p);
	place_assert_only(p, AUDIT_ANCHOR_AHEAD, 13);
	place_verify(p, &report);
	assert_int_equal(audit_accept_restore(p->audit, &report, &why), STATUS_OK);
	place_assert_clean(p);
	assert_int_equal(
	    place_number(p, "SELECT count(*) FROM audit WHERE seq = 13 AND tool = "
			    "'audit.restore' AND reason LIKE '%anchor was at 18 with mac %'"),
	    1);
	place_close(p);
	place_open(p);
	place_fill(p, 3);
	place_assert_clean(p);
}

/* As soon as something is appended to an old copy the anchor must not follow it down. */
static void
old_copy_of_the_database_is_found_also_after_more_appends(void **state)
{
	struct place *p = *state;
	struct audit_report report;
	struct problem why;

	place_fill(p, FILLED);
	place_keep(p);
	place_fill(p, 6);
	place_put_back(p);
	place_fill(p, 2);
	place_close(p);
	place_open(p);
	place_assert_only(p, AUDIT_ANCHOR_AHEAD, 15);
	place_fill(p, 100);
	place_close(p);
	place_open(p);
	place_assert_only(p, AUDIT_ANCHOR_OTHER, 18);
	place_verify(p, &report);
	assert_int_equal(audit_accept_restore(p->audit, &report, &why), STATUS_OK);
	place_assert_clean(p);
}

/* The same under a process that goes on writing meanwhile. */
static void
cut_tail_is_found_also_after_more_appends(void **state)
{
	struct place *p = *state;

	place_fill(p, FILLED);
	place_keep_heads(p);
	place_fill(p, 3);
	place_sql(p, CUT_TAIL);
	place_append_many(p, 5000, 1700000000000);
	place_assert_only(p, AUDIT_ANCHOR_OTHER, 15);
}

/* A checkpoint row that somebody inserted explains no gap: the anchor must not be led over it. */
static void
forged_checkpoint_does_not_lead_the_anchor_on(void **state)
{
	struct place *p = *state;

	place_fill(p, FILLED);
	place_keep_heads(p);
	place_fill(p, 6);
	place_sql(p, CUT_TAIL);
	for (int i = 0; i < 20; i++)
		place_append(p, "idA");
	place_sql(p,
	    "INSERT INTO audit_checkpoint SELECT 1000000, mac, 1, mac, '[]', mac FROM audit "
	    "WHERE seq = 12; UPDATE audit SET seq = -seq WHERE seq = 19");
	audit_anchor(p->audit);
	place_sql(p, "DELETE FROM audit_checkpoint; UPDATE audit SET seq = -seq WHERE seq = -19");
	place_assert_only(p, AUDIT_ANCHOR_OTHER, 18);
}

/* More entries than one slice of the walk between two anchors. */
static void
anchor_follows_many_appends(void **state)
{
	struct place *p = *state;
	struct audit_report report;

	place_fill(p, 3);
	place_append_many(p, 5000, 1700000000000);
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 0);
	assert_int_equal(report.anchor.seq, 5003);
}

/* Another process wrote on and moved the anchor past this one's last commit: no log was cut off. */
static void
anchor_ahead_of_own_commits_moves_on(void **state)
{
	struct place *p = *state;
	struct audit_track track = {.any = true};
	struct audit_report report;
	struct problem why = {""};
	struct db *db;

	place_fill(p, 3);
	assert_int_equal(store_read(p->store, &db), STATUS_OK);
	assert_int_equal(audit_head_read(db, AUDIT_HEAD_ALL, &track.head), STATUS_OK);
	store_read_end(p->store, db);
	place_fill(p, 3);
	place_append(p, "idA");
	assert_int_equal(
	    audit_anchor_advance(p->store, audit_keys_of(p->audit), p->dir, &track, &why),
	    STATUS_OK);
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 0);
	assert_int_equal(report.anchor.seq, 7);
}

/* An old copy that was written on until it is longer than what the anchor saw. */
static void
other_history_up_to_the_anchor_is_found(void **state)
{
	struct place *p = *state;
	char seen[TEST_PATH_MAX];

	place_fill(p, FILLED);
	test_path(seen, p->dir, "seen");
	place_keep(p);
	place_fill(p, 3);
	test_copy(p->anchor, seen);
	place_put_back(p);
	place_fill(p, 9);
	test_copy(seen, p->anchor);
	place_assert_only(p, AUDIT_ANCHOR_OTHER, 15);
}

static void
restore_is_refused_beside_another_finding_or_none(void **state)
{
	struct place *p = *state;
	struct audit_report report;
	struct problem why;

	place_fill(p, FILLED);
	place_keep_heads(p);
	place_fill(p, 3);
	place_verify(p, &report);
	assert_int_equal(audit_accept_restore(p->audit, &report, &why), STATUS_REFUSED);
	place_tamper(p, CUT_TAIL "; UPDATE audit SET decision = 'deny' WHERE seq = 5",
	    AUDIT_ENTRY_CHANGED, 5, &report);
	assert_int_equal(audit_accept_restore(p->audit, &report, &why), STATUS_REFUSED);
	assert_int_equal(place_number(p, "SELECT MAX(seq) FROM audit"), 12);
}

static void
missing_anchor_is_a_finding(void **state)
{
	struct place *p = *state;

	place_fill(p, FILLED);
	place_assert_clean(p);
	assert_int_equal(unlink(p->anchor), 0);
	place_assert_only(p, AUDIT_ANCHOR_MISSING, 0);
}

static void
anchor_of_another_installation_is_a_finding(void **state)
{
	struct place *p = *state;
	struct audit_keys keys;
	struct audit_head head;
	struct secret_key other = {{1}};

	place_fill(p, FILLED);
	place_assert_clean(p);
	audit_head_init(&head);
	head.seq = 12;
	assert_int_equal(audit_keys_derive(&other, &keys), STATUS_OK);
	assert_int_equal(audit_anchor_write(&keys, p->dir, &head, 1), STATUS_OK);
	place_assert_only(p, AUDIT_ANCHOR_DAMAGED, 0);
}

static void
anchor_behind_is_fine(void **state)
{
	struct place *p = *state;
	struct audit_report report;

	place_fill(p, FILLED);
	for (int i = 0; i < 5; i++)
		place_append(p, "idA");
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 0);
	assert_int_equal(report.anchor.seq, 12);
	assert_int_equal(report.last_seq, 17);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    AUDIT_TEST(log_and_heads_emptied_are_found_by_the_anchor),
	    AUDIT_TEST(cut_tail_with_old_heads_is_found_by_the_anchor),
	    AUDIT_TEST(youngest_key_removed_with_old_heads_is_found_by_the_anchor),
	    AUDIT_TEST(old_copy_of_the_database_is_found_and_can_be_acknowledged),
	    AUDIT_TEST(old_copy_of_the_database_is_found_also_after_more_appends),
	    AUDIT_TEST(cut_tail_is_found_also_after_more_appends),
	    AUDIT_TEST(forged_checkpoint_does_not_lead_the_anchor_on),
	    AUDIT_TEST(anchor_follows_many_appends),
	    AUDIT_TEST(anchor_ahead_of_own_commits_moves_on),
	    AUDIT_TEST(other_history_up_to_the_anchor_is_found),
	    AUDIT_TEST(restore_is_refused_beside_another_finding_or_none),
	    AUDIT_TEST(missing_anchor_is_a_finding),
	    AUDIT_TEST(anchor_of_another_installation_is_a_finding),
	    AUDIT_TEST(anchor_behind_is_fine),
	};

	return cmocka_run_group_tests_name("audit_verify_anchor", tests, NULL, NULL);
}
