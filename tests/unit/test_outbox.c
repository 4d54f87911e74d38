/* test_outbox.c - notifications in the database: who is told, who sends, and what becomes of them. */
#include "store_place.h"

#include <sys/wait.h>

#include "outbox.h"

#define NOW ((int64_t)1800000000000)
#define LEASE_MS 60000
#define MANY 64

static struct lease mine = {"mine", LEASE_MS}, other = {"other", LEASE_MS};

#define CHANNEL_ROW(id, enabled, approver, events)                                                 \
	"INSERT INTO channel VALUES ('ch_" id "', '" id "', 'webhook', 'host', 'sealed', " enabled \
	", " approver ", 1, 0, '" events "', 1);"                                                  \
	"INSERT INTO key_channel VALUES ('key_1', 'ch_" id "');"

/* A key with four channels, and one pending approval. */
static int
setup(void **state)
{
	struct store_place *p;

	(void)store_place_setup(state);
	p = *state;
	test_sql(p->database,
	    "INSERT INTO api_key (id, name, hash, prefix, created_ms, approval_timeout_ms, "
	    "allowances) VALUES ('key_1', 'agent', 'h', 'bwb_', 1, 900000, 1), "
	    "('key_2', 'quiet', 'h2', 'bwb_', 1, 900000, 1);"
	    "INSERT INTO approval VALUES ('apr_1', 'key_1', 'mail', 'send', 'd', 's', 'pol_1', 'p', 1, "
	    "0, 'because', 'call_1', 'pending', 1, 1800000900000, NULL, '', '', NULL, NULL, NULL, 0, '');" CHANNEL_ROW(
		"approver", "1", "1", "") CHANNEL_ROW("blocked", "1", "0", "call.blocked")
		CHANNEL_ROW("all", "1", "0", "call.blocked,approval.created,approval.resolved")
		    CHANNEL_ROW(
			"off", "0", "1", "call.blocked,approval.created,approval.resolved"));
	return 0;
}
#define OUTBOX_TEST(name) cmocka_unit_test_setup_teardown(name, setup, store_place_teardown)

static int64_t
add(struct store_place *p, unsigned kind, const struct lease *lease)
{
	const struct event event = {.kind = kind,
	    .key_id = "key_1",
	    .approval_id = kind == EVENT_CALL_BLOCKED ? NULL : "apr_1",
	    .call_id = "call_1",
	    .server = kind == EVENT_CALL_BLOCKED ? "files" : NULL,
	    .tool = kind == EVENT_CALL_BLOCKED ? "rm" : NULL,
	    .reason = kind == EVENT_CALL_BLOCKED ? "no" : NULL};
	struct db *db = store_place_write(p->store);
	int64_t added = -1;

	assert_status(outbox_add(db, &event, lease, NOW, &added), STATUS_OK);
	store_place_commit(p->store, db);
	return added;
}

/* Requests first. */
static int64_t
claim(struct store_place *p, const struct lease *lease, int64_t now_ms, struct delivery *out)
{
	struct db *db = store_place_write(p->store);
	int64_t requests = -1, others = -1;

	assert_status(outbox_claim(db, lease, now_ms, true, MANY, out, &requests), STATUS_OK);
	assert_status(
	    outbox_claim(db, lease, now_ms, false, MANY - requests, out + requests, &others),
	    STATUS_OK);
	store_place_commit(p->store, db);
	return requests + others;
}

static int64_t
next(struct store_place *p, const struct lease *lease)
{
	struct db *db = store_place_write(p->store);
	int64_t next_ms = -1;

	assert_status(outbox_next(db, lease, &next_ms), STATUS_OK);
	store_rollback(p->store, db);
	return next_ms;
}

static void
subscribers_are_told_and_approvers_always_of_requests(void **state)
{
	struct store_place *p = *state;

	assert_int_equal(add(p, EVENT_CALL_BLOCKED, NULL), 2);
	assert_string_equal(
	    test_sql_text(p->database,
		"SELECT group_concat(channel_id) FROM (SELECT channel_id FROM delivery "
		"ORDER BY channel_id)"),
	    "ch_all,ch_blocked");
	test_sql(p->database, "DELETE FROM delivery");
	assert_int_equal(add(p, EVENT_APPROVAL_CREATED, NULL), 2);
	assert_string_equal(
	    test_sql_text(p->database,
		"SELECT group_concat(channel_id) FROM (SELECT channel_id FROM delivery "
		"ORDER BY channel_id)"),
	    "ch_all,ch_approver");
	assert_int_equal(add(p, EVENT_APPROVAL_RESOLVED, NULL), 1);
}

static void
key_without_channels_tells_nobody(void **state)
{
	const struct event event = {.kind = EVENT_CALL_BLOCKED, .key_id = "key_2"};
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	int64_t added = -1;

	assert_status(outbox_add(db, &event, NULL, NOW, &added), STATUS_OK);
	assert_int_equal(added, 0);
	store_rollback(p->store, db);
	assert_int_equal(next(p, &mine), 0);
}

static void
claimed_delivery_says_what_happened(void **state)
{
	struct store_place *p = *state;
	struct delivery got[MANY];

	test_sql(p->database, "DELETE FROM key_channel WHERE channel_id <> 'ch_all'");
	(void)add(p, EVENT_CALL_BLOCKED, NULL);
	assert_int_equal(claim(p, &mine, NOW, got), 1);
	assert_string_equal(got[0].channel_id, "ch_all");
	assert_string_equal(got[0].key_name, "agent");
	assert_int_equal(got[0].event, EVENT_CALL_BLOCKED);
	assert_string_equal(got[0].approval_id, "");
	assert_string_equal(got[0].call_id, "call_1");
	assert_string_equal(got[0].server, "files");
	assert_string_equal(got[0].tool, "rm");
	assert_string_equal(got[0].reason, "no");
	assert_int_equal(got[0].attempts, 1);
	assert_int_equal(got[0].created_ms, NOW);
	assert_int_equal(got[0].lease_ms, NOW + LEASE_MS);
}

static void
another_takes_over_only_when_the_lease_is_over(void **state)
{
	struct store_place *p = *state;
	struct delivery got[MANY];

	(void)add(p, EVENT_APPROVAL_CREATED, &mine);
	assert_int_equal(next(p, &mine), NOW);
	assert_int_equal(next(p, &other), NOW + LEASE_MS);
	assert_int_equal(claim(p, &other, NOW + LEASE_MS - 1, got), 0);
	assert_int_equal(claim(p, &mine, NOW + 10, got), 2);
	/* While its own attempt is under way, it is not due for this process either. */
	assert_int_equal(claim(p, &mine, NOW + 11, got), 0);
	assert_int_equal(next(p, &mine), NOW + 10 + LEASE_MS);
	assert_int_equal(claim(p, &other, NOW + 10 + LEASE_MS - 1, got), 0);
	assert_int_equal(claim(p, &other, NOW + 10 + LEASE_MS, got), 2);
	assert_int_equal(got[0].attempts, 2);
}

static void
result_of_who_lost_the_lease_does_not_count(void **state)
{
	struct store_place *p = *state;
	struct delivery got[MANY];
	struct db *db;

	(void)add(p, EVENT_APPROVAL_RESOLVED, NULL);
	assert_int_equal(claim(p, &mine, NOW, got), 1);
	assert_int_equal(claim(p, &other, NOW + LEASE_MS, got), 1);
	db = store_place_write(p->store);
	assert_status(outbox_sent(db, got[0].id, &mine, NOW), STATUS_NOT_FOUND);
	assert_status(outbox_again(db, got[0].id, &mine, NOW, "x"), STATUS_NOT_FOUND);
	assert_status(outbox_end(db, got[0].id, &mine, "failed", NOW, "x"), STATUS_NOT_FOUND);
	assert_status(outbox_sent(db, got[0].id, &other, NOW + LEASE_MS + 5), STATUS_OK);
	assert_status(outbox_sent(db, got[0].id, &other, NOW), STATUS_NOT_FOUND);
	store_place_commit(p->store, db);
	assert_int_equal(claim(p, &other, NOW + 10 * LEASE_MS, got), 0);
	assert_int_equal(next(p, &other), 0);
}

static void
retry_comes_at_its_time_and_keeps_the_lease(void **state)
{
	struct store_place *p = *state;
	struct delivery got[MANY];
	struct db *db;

	(void)add(p, EVENT_APPROVAL_RESOLVED, NULL);
	assert_int_equal(claim(p, &mine, NOW, got), 1);
	db = store_place_write(p->store);
	assert_status(outbox_again(db, got[0].id, &mine, NOW + 300000, "HTTP 500"), STATUS_OK);
	store_place_commit(p->store, db);
	assert_int_equal(next(p, &mine), NOW + 300000);
	assert_int_equal(claim(p, &mine, NOW + 299999, got), 0);
	assert_int_equal(claim(p, &other, NOW + 300000 + LEASE_MS - 1, got), 0);
	assert_int_equal(claim(p, &mine, NOW + 300000, got), 1);
	assert_int_equal(got[0].attempts, 2);
	assert_string_equal(got[0].error, "HTTP 500");
}

static void
process_that_ends_gives_up_what_it_had(void **state)
{
	struct store_place *p = *state;
	struct delivery got[MANY];
	struct db *db;

	(void)add(p, EVENT_APPROVAL_RESOLVED, &mine);
	(void)add(p, EVENT_APPROVAL_RESOLVED, &other);
	db = store_place_write(p->store);
	assert_status(outbox_release(db, &mine), STATUS_OK);
	store_place_commit(p->store, db);
	assert_int_equal(claim(p, &mine, NOW, got), 1);
	assert_int_equal(claim(p, &other, NOW, got), 1);
}

static void
request_is_dropped_when_nobody_needs_to_decide(void **state)
{
	static const char *const ends[] = {"UPDATE approval SET state = 'denied'",
	    "UPDATE approval SET state = 'approved'",
	    "UPDATE approval SET state = 'pending', expires_ms = 1800000000000"};
	struct store_place *p = *state;
	struct delivery got[MANY];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		test_sql(p->database, "DELETE FROM delivery");
		(void)add(p, EVENT_APPROVAL_CREATED, NULL);
		(void)add(p, EVENT_APPROVAL_RESOLVED, NULL);
		test_sql(p->database, ends[i]);
		assert_int_equal(claim(p, &mine, NOW, got), 1);
		assert_int_equal(got[0].event, EVENT_APPROVAL_RESOLVED);
		assert_int_equal(test_sql_number(p->database,
				     "SELECT COUNT(*) FROM delivery WHERE state = 'dropped' "
				     "AND ended_ms = 1800000000000"),
		    2);
	}
}

static void
requests_and_other_notices_are_claimed_apart(void **state)
{
	struct store_place *p = *state;
	struct delivery got[MANY];
	struct db *db;
	int64_t count;

	(void)add(p, EVENT_CALL_BLOCKED, NULL);
	(void)add(p, EVENT_APPROVAL_CREATED, NULL);
	db = store_place_write(p->store);
	assert_status(outbox_claim(db, &mine, NOW, true, MANY, got, &count), STATUS_OK);
	assert_int_equal(count, 2);
	assert_int_equal(got[0].event, EVENT_APPROVAL_CREATED);
	assert_int_equal(got[1].event, EVENT_APPROVAL_CREATED);
	assert_status(outbox_claim(db, &mine, NOW, false, 1, got, &count), STATUS_OK);
	assert_int_equal(count, 1);
	assert_int_equal(got[0].event, EVENT_CALL_BLOCKED);
	store_place_commit(p->store, db);
}

static void
request_under_way_is_not_dropped(void **state)
{
	struct store_place *p = *state;
	struct delivery got[MANY];
	struct db *db;

	(void)add(p, EVENT_APPROVAL_CREATED, NULL);
	assert_int_equal(claim(p, &mine, NOW, got), 2);
	test_sql(p->database, "UPDATE approval SET state = 'denied'");
	assert_int_equal(claim(p, &mine, NOW + 1, got + 2), 0);
	db = store_place_write(p->store);
	assert_status(outbox_sent(db, got[0].id, &mine, NOW + 2), STATUS_OK);
	store_place_commit(p->store, db);
}

static bool
asking(struct store_place *p)
{
	struct db *db = store_place_write(p->store);
	bool is = false;

	assert_status(outbox_asking(db, "apr_1", &is), STATUS_OK);
	store_rollback(p->store, db);
	return is;
}

static void
somebody_is_asked_until_every_request_is_sent(void **state)
{
	struct store_place *p = *state;
	struct delivery got[MANY];
	struct db *db;

	(void)add(p, EVENT_APPROVAL_RESOLVED, NULL);
	assert_false(asking(p));
	(void)add(p, EVENT_APPROVAL_CREATED, NULL);
	assert_true(asking(p));
	assert_int_equal(claim(p, &mine, NOW, got), 3);
	db = store_place_write(p->store);
	assert_status(outbox_sent(db, got[0].id, &mine, NOW), STATUS_OK);
	store_place_commit(p->store, db);
	assert_true(asking(p));
	db = store_place_write(p->store);
	assert_status(outbox_sent(db, got[1].id, &mine, NOW), STATUS_OK);
	store_place_commit(p->store, db);
	assert_false(asking(p));
}

static void
blocked_calls_of_a_key_are_told_up_to_a_cap(void **state)
{
	struct store_place *p = *state;
	struct delivery got[MANY];

	for (int i = 0; i < OUTBOX_NOTICES_MAX / 2; i++)
		assert_int_equal(add(p, EVENT_CALL_BLOCKED, NULL), 2);
	assert_int_equal(add(p, EVENT_CALL_BLOCKED, NULL), 0);
	assert_int_equal(
	    test_sql_number(p->database, "SELECT COUNT(*) FROM delivery"), OUTBOX_NOTICES_MAX);
	assert_int_equal(add(p, EVENT_APPROVAL_RESOLVED, NULL), 1);
	assert_int_equal(claim(p, &mine, NOW, got), MANY);
	test_sql(p->database, "UPDATE delivery SET state = 'sent' WHERE holder = 'mine'");
	assert_int_equal(add(p, EVENT_CALL_BLOCKED, NULL), 2);
}

static bool
join(void *arg, const struct delivery *delivery, const char *channel_name)
{
	char *at = arg;

	(void)snprintf(at + strlen(at), 80, "%s:%s ", channel_name, delivery->state);
	return true;
}

static void
deliveries_are_listed_newest_first_and_the_channel_named(void **state)
{
	struct store_place *p = *state;
	struct delivery last;
	char names[400] = "";
	struct db *db;

	(void)add(p, EVENT_APPROVAL_CREATED, NULL);
	(void)add(p, EVENT_CALL_BLOCKED, NULL);
	test_sql(p->database,
	    "UPDATE delivery SET created_ms = created_ms + 5 WHERE channel_id = "
	    "'ch_approver'; UPDATE delivery SET state = 'sent', created_ms = "
	    "created_ms + 9 WHERE event = 'call.blocked' AND channel_id = 'ch_all'");
	db = store_place_write(p->store);
	assert_status(outbox_each(db, "apr_1", 10, join, names), STATUS_OK);
	assert_string_equal(names, "approver:due all:due ");
	names[0] = '\0';
	assert_status(outbox_each(db, NULL, 2, join, names), STATUS_OK);
	assert_string_equal(names, "all:sent approver:due ");
	assert_status(outbox_last(db, "ch_all", &last), STATUS_OK);
	assert_int_equal(last.event, EVENT_CALL_BLOCKED);
	assert_status(outbox_last(db, "ch_off", &last), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

/* Claims two at a time until nothing is left, and writes the ids down. */
static void
child(const char *dir, int number)
{
	struct store *store = store_place_open(dir, 30000);
	struct delivery got[2];
	struct lease lease;
	int64_t count = 1;
	char path[TEST_PATH_MAX + 24];
	FILE *file;

	lease_make(&lease, LEASE_MS);
	(void)snprintf(path, sizeof(path), "%s/child%d", dir, number);
	file = fopen(path, "w");
	while (file != NULL && count > 0) {
		struct db *db = store_place_write(store);

		if (outbox_claim(db, &lease, NOW, false, 2, got, &count) != STATUS_OK ||
		    store_commit(store, db) != STATUS_OK)
			_exit(2);
		for (int64_t i = 0; i < count; i++)
			(void)fprintf(file, "%s\n", got[i].id);
	}
	_exit(file == NULL || fclose(file) != 0 ? 3 : 0);
}

static void
one_delivery_never_goes_to_two_processes(void **state)
{
	struct store_place *p = *state;
	char command[2 * TEST_PATH_MAX + 128];
	int result;

	test_sql(p->database,
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) "
	    "INSERT INTO delivery SELECT 'dlv_' || i, 'ch_all', 'key_1', 'approval.resolved', 'apr_1', "
	    "'', '', '', '', 'due', i, 0, i, '', 0, NULL, '' FROM n");
	store_place_close(p);
	for (int i = 0; i < 4; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			child(p->dir, i);
	}
	for (int i = 0; i < 4; i++) {
		assert_true(wait(&result) > 0);
		assert_int_equal(result, 0);
	}
	(void)snprintf(command, sizeof(command),
	    "test $(cat '%s'/child* | sort | uniq | wc -l) = 400 && "
	    "test $(cat '%s'/child* | wc -l) = 400",
	    p->dir, p->dir);
	assert_int_equal(system(command), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    OUTBOX_TEST(subscribers_are_told_and_approvers_always_of_requests),
	    OUTBOX_TEST(key_without_channels_tells_nobody),
	    OUTBOX_TEST(claimed_delivery_says_what_happened),
	    OUTBOX_TEST(another_takes_over_only_when_the_lease_is_over),
	    OUTBOX_TEST(result_of_who_lost_the_lease_does_not_count),
	    OUTBOX_TEST(retry_comes_at_its_time_and_keeps_the_lease),
	    OUTBOX_TEST(process_that_ends_gives_up_what_it_had),
	    OUTBOX_TEST(request_is_dropped_when_nobody_needs_to_decide),
	    OUTBOX_TEST(requests_and_other_notices_are_claimed_apart),
	    OUTBOX_TEST(request_under_way_is_not_dropped),
	    OUTBOX_TEST(somebody_is_asked_until_every_request_is_sent),
	    OUTBOX_TEST(blocked_calls_of_a_key_are_told_up_to_a_cap),
	    OUTBOX_TEST(deliveries_are_listed_newest_first_and_the_channel_named),
	    OUTBOX_TEST(one_delivery_never_goes_to_two_processes),
	};

	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
