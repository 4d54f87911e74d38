/* test_courier_parcel.c - one delivery, from its claim to its result. */
#include "approval_aid.h"

#include <sys/stat.h>

#include "courier_parcel.h"
#include "json_aid.h"

#define NOW ((int64_t)1500) /* while approvals of the aid are pending */
#define BASE "https://gate.example.org"

static struct lease lease = {"mine", 60000};

struct post {
	struct store_place *p;
	struct secret_key seal;
	struct key key;
	struct channel channel;
	struct approval approval;
	struct courier_args args;
};

static int
setup(void **state)
{
	const struct secret_key master = {{1, 2, 3}};
	struct post *t = calloc(1, sizeof(*t));
	const char *id;
	struct db *db;

	assert_non_null(t);
	(void)store_place_setup((void **)&t->p);
	assert_status(channel_seal_key(&master, &t->seal), STATUS_OK);
	t->key = approval_aid_key(t->p->store, "agent");
	t->approval = approval_aid_pending(t->p->store, &t->key, "send");
	t->channel = (struct channel){.name = "ops",
	    .kind = CHANNEL_WEBHOOK,
	    .target = "hooks.example.org",
	    .enabled = true,
	    .approver = true,
	    .show_args = true,
	    .events = EVENT_CALL_BLOCKED | EVENT_APPROVAL_CREATED | EVENT_APPROVAL_RESOLVED,
	    .settings = aid_json(
		"{\"url\":\"https://hooks.example.org/hidden\",\"secret\":\"whsec_hidden\"}")};
	db = store_place_write(t->p->store);
	assert_status(channels_add(db, &t->seal, &t->channel), STATUS_OK);
	id = t->channel.id;
	assert_status(keys_set_channels(db, t->key.id, &id, 1), STATUS_OK);
	store_place_commit(t->p->store, db);
	courier_args_init(&t->args);
	*state = t;
	return 0;
}

static int
teardown(void **state)
{
	struct post *t = *state;
	void *place = t->p;

	courier_args_free(&t->args);
	channel_free(&t->channel);
	free(t);
	return store_place_teardown(&place);
}
#define POST_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void
add(struct post *t, unsigned kind)
{
	const struct event event = {.kind = kind,
	    .key_id = t->key.id,
	    .approval_id = kind == EVENT_CALL_BLOCKED ? NULL : t->approval.id,
	    .call_id = "call_1",
	    .server = "files",
	    .tool = "rm",
	    .reason = "no rule matched"};
	struct db *db = store_place_write(t->p->store);
	int64_t added;

	assert_status(outbox_add(db, &event, NULL, NOW, &added), STATUS_OK);
	assert_int_equal(added, 1);
	store_place_commit(t->p->store, db);
}

/* Claims the one that is due at that time, and prepares it. */
static struct parcel *
claimed(struct post *t, bool request, int64_t now_ms)
{
	struct db *db = store_place_write(t->p->store);
	struct delivery delivery;
	struct parcel *parcel;
	int64_t count;

	assert_status(outbox_claim(db, &lease, now_ms, request, 1, &delivery, &count), STATUS_OK);
	assert_int_equal(count, 1);
	parcel = parcel_new(&delivery);
	assert_non_null(parcel);
	assert_status(parcel_prepare(parcel, db, &t->seal, now_ms), STATUS_OK);
	store_place_commit(t->p->store, db);
	return parcel;
}

static void
note(
    struct post *t, struct parcel *parcel, enum parcel_state state, const char *why, int64_t now_ms)
{
	struct db *db = store_place_write(t->p->store);

	parcel->state = state;
	problem_set(&parcel->why, "%s", why);
	assert_status(parcel_note(parcel, db, &lease, now_ms), STATUS_OK);
	store_place_commit(t->p->store, db);
}

static const char *
value(struct post *t, const char *sql)
{
	return test_sql_text(t->p->database, sql);
}
static int64_t
number(struct post *t, const char *sql)
{
	return test_sql_number(t->p->database, sql);
}

static void
link_has_a_token_of_which_the_hash_is_kept(void **state)
{
	struct post *t = *state;
	char hash[SECRET_DIGEST_TEXT], link[200], channel[APPROVAL_BY_MAX + 1];
	struct approval found;
	struct parcel *parcel;
	struct db *db;

	add(t, EVENT_APPROVAL_CREATED);
	parcel = claimed(t, true, NOW);
	assert_int_equal(parcel->state, PARCEL_CLAIMED);
	assert_true(approval_token_valid(parcel->token, strlen(parcel->token)));
	assert_status(approval_token_hash(parcel->token, strlen(parcel->token), hash), STATUS_OK);
	db = store_place_write(t->p->store);
	assert_status(approval_find_token(db, hash, &found, channel), STATUS_OK);
	assert_string_equal(found.id, t->approval.id);
	assert_string_equal(channel, "ops");
	store_rollback(t->p->store, db);
	courier_args_keep(&t->args, t->approval.id, "{}", 2);
	parcel_write(parcel, BASE, &t->args, NULL, NOW);
	assert_int_equal(parcel->state, PARCEL_CLAIMED);
	(void)snprintf(link, sizeof(link),
	    "\"link\":\"" BASE "/v1/approve/%s?action=approve#a=e30\"", parcel->token);
	assert_non_null(strstr(buf_str(&parcel->message.body), link));
	assert_null(strstr(buf_str(&parcel->message.body), "denyLink"));
	assert_string_equal(parcel->message.url, "https://hooks.example.org/hidden");
	parcel_free(parcel);
}

static void
each_try_has_a_token_of_its_own(void **state)
{
	struct post *t = *state;
	char first[APPROVAL_TOKEN_LEN + 1];
	struct parcel *parcel;

	add(t, EVENT_APPROVAL_CREATED);
	parcel = claimed(t, true, NOW);
	memcpy(first, parcel->token, sizeof(first));
	parcel_free(parcel);
	test_sql(t->p->database, "UPDATE delivery SET next_ms = 1, lease_ms = 1");
	parcel = claimed(t, true, NOW);
	assert_string_not_equal(parcel->token, first);
	assert_int_equal(number(t, "SELECT COUNT(*) FROM approval_token"), 2);
	parcel_free(parcel);
}

static void
monitor_gets_neither_link_nor_token(void **state)
{
	struct post *t = *state;
	struct parcel *parcel;

	test_sql(t->p->database, "UPDATE channel SET approver = 0");
	add(t, EVENT_APPROVAL_CREATED);
	parcel = claimed(t, true, NOW);
	assert_string_equal(parcel->token, "");
	parcel_write(parcel, BASE, &t->args, NULL, NOW);
	assert_null(strstr(buf_str(&parcel->message.body), "v1/approve"));
	assert_int_equal(number(t, "SELECT COUNT(*) FROM approval_token"), 0);
	parcel_free(parcel);
}

static void
arguments_stay_out_where_the_channel_says_so(void **state)
{
	struct post *t = *state;
	struct parcel *parcel;

	test_sql(t->p->database, "UPDATE channel SET show_args = 0, deny_link = 1");
	add(t, EVENT_APPROVAL_CREATED);
	parcel = claimed(t, true, NOW);
	courier_args_keep(&t->args, t->approval.id, "{}", 2);
	parcel_write(parcel, BASE, &t->args, NULL, NOW);
	assert_non_null(strstr(buf_str(&parcel->message.body), "?action=approve\""));
	assert_non_null(strstr(buf_str(&parcel->message.body), "?action=deny\""));
	parcel_free(parcel);
}

static void
nothing_is_sent_without_base_url(void **state)
{
	struct post *t = *state;
	struct parcel *parcel;

	add(t, EVENT_APPROVAL_CREATED);
	parcel = claimed(t, true, NOW);
	parcel_write(parcel, "", &t->args, NULL, NOW);
	assert_int_equal(parcel->state, PARCEL_FAILED);
	assert_string_equal(parcel->why.text, "base_url is not set: there is no link to send");
	parcel_free(parcel);
}

static void
assert_needless(struct post *t, unsigned kind, const char *why)
{
	struct parcel *parcel = claimed(t, kind == EVENT_APPROVAL_CREATED, NOW);

	assert_int_equal(parcel->state, PARCEL_NEEDLESS);
	assert_string_equal(parcel->why.text, why);
	note(t, parcel, parcel->state, why, NOW);
	assert_string_equal(value(t, "SELECT state FROM delivery"), "dropped");
	assert_string_equal(value(t, "SELECT error FROM delivery"), why);
	parcel_free(parcel);
}

static void
channel_that_is_off_gets_nothing(void **state)
{
	struct post *t = *state;

	add(t, EVENT_CALL_BLOCKED);
	test_sql(t->p->database, "UPDATE channel SET enabled = 0");
	assert_needless(t, EVENT_CALL_BLOCKED, "the channel is off");
}

static void
settings_under_another_key_are_an_error_that_says_so(void **state)
{
	struct post *t = *state;
	struct parcel *parcel;

	add(t, EVENT_CALL_BLOCKED);
	t->seal.bytes[0] ^= 1;
	parcel = claimed(t, false, NOW);
	assert_int_equal(parcel->state, PARCEL_FAILED);
	assert_string_equal(parcel->why.text,
	    "the settings of the channel cannot be opened with this key file; set them anew");
	parcel_free(parcel);
}

static void
end_of_an_approved_one_is_not_told_again(void **state)
{
	struct post *t = *state;
	struct db *db = store_place_write(t->p->store);
	struct parcel *parcel;

	approval_aid_bring(db, t->approval.id, APPROVAL_APPROVED);
	store_place_commit(t->p->store, db);
	add(t, EVENT_APPROVAL_RESOLVED);
	test_sql(t->p->database, "UPDATE approval SET state = 'expired', ended_ms = 2000; "
				 "UPDATE delivery SET created_ms = 1999");
	parcel = claimed(t, false, NOW);
	assert_int_equal(parcel->state, PARCEL_CLAIMED);
	parcel_write(parcel, BASE, &t->args, NULL, NOW);
	assert_non_null(strstr(buf_str(&parcel->message.body), "\"state\":\"approved\""));
	parcel_free(parcel);
	test_sql(
	    t->p->database, "UPDATE delivery SET created_ms = 2000, next_ms = 1, lease_ms = 1");
	assert_needless(t, EVENT_APPROVAL_RESOLVED, "its decision was told before");
}

/* Fails it again and again, each time when it is due; the waits in seconds. */
static void
assert_waits(struct post *t, bool request, const int *waits)
{
	int64_t now_ms = NOW;

	for (; *waits != 0; waits++) {
		struct parcel *parcel = claimed(t, request, now_ms);

		note(t, parcel, PARCEL_FAILED, "HTTP 500", now_ms);
		parcel_free(parcel);
		assert_string_equal(
		    value(t, "SELECT state || ' ' || error FROM delivery"), "due HTTP 500");
		assert_int_equal(number(t, "SELECT next_ms FROM delivery") - now_ms, *waits * 1000);
		now_ms = number(t, "SELECT next_ms FROM delivery");
	}
}

static void
request_is_tried_until_nobody_has_to_decide(void **state)
{
	static const int waits[] = {5, 10, 20, 40, 80, 160, 300, 300, 300, 300, 300, 0};
	struct post *t = *state;
	struct db *db;
	struct delivery none;
	int64_t count;

	test_sql(t->p->database, "UPDATE approval SET expires_ms = 1800000000000");
	add(t, EVENT_APPROVAL_CREATED);
	assert_waits(t, true, waits);
	test_sql(t->p->database, "UPDATE approval SET state = 'denied'");
	db = store_place_write(t->p->store);
	assert_status(outbox_claim(db, &lease, 1700000000000, true, 1, &none, &count), STATUS_OK);
	store_place_commit(t->p->store, db);
	assert_int_equal(count, 0);
	assert_string_equal(value(t, "SELECT state FROM delivery"), "dropped");
}

static void
other_notices_are_tried_eight_times(void **state)
{
	static const int waits[] = {5, 10, 20, 40, 80, 160, 300, 0};
	struct post *t = *state;
	struct parcel *parcel;

	add(t, EVENT_CALL_BLOCKED);
	assert_waits(t, false, waits);
	parcel = claimed(t, false, 1700000000000);
	note(t, parcel, PARCEL_FAILED, "HTTP 500", 1700000000000);
	parcel_free(parcel);
	assert_string_equal(value(t, "SELECT state || ' ' || attempts FROM delivery"), "failed 8");
}

static void
server_may_ask_for_more_time_but_not_for_less(void **state)
{
	struct post *t = *state;
	struct parcel *parcel;

	add(t, EVENT_CALL_BLOCKED);
	parcel = claimed(t, false, NOW);
	parcel->retry_ms = 120000;
	note(t, parcel, PARCEL_FAILED, "HTTP 429", NOW);
	assert_int_equal(number(t, "SELECT next_ms FROM delivery"), NOW + 120000);
	parcel_free(parcel);
	parcel = claimed(t, false, NOW + 120000);
	parcel->retry_ms = 1000;
	note(t, parcel, PARCEL_FAILED, "HTTP 429", NOW);
	assert_int_equal(number(t, "SELECT next_ms FROM delivery"), NOW + 10000);
	parcel_free(parcel);
}

static void
long_reason_is_cut_between_characters(void **state)
{
	struct post *t = *state;
	char why[DELIVERY_ERROR_MAX + 10];
	struct parcel *parcel;

	memset(why, 'a', sizeof(why));
	memcpy(why + DELIVERY_ERROR_MAX - 1, "\xc3\xa4\xc3\xa4", 5);
	add(t, EVENT_CALL_BLOCKED);
	parcel = claimed(t, false, NOW);
	note(t, parcel, PARCEL_FAILED, why, NOW);
	why[DELIVERY_ERROR_MAX - 1] = '\0';
	assert_string_equal(value(t, "SELECT error FROM delivery"), why);
	parcel_free(parcel);
}

static void
console_file_is_appended_to_and_private(void **state)
{
	struct post *t = *state;
	struct problem why = {""};
	struct outgoing message;
	struct stat st;
	char path[TEST_PATH_MAX];

	outgoing_init(&message);
	buf_text(&message.body, "one line\n");
	assert_status(parcel_append(t->p->dir, &message, &why), STATUS_OK);
	assert_status(parcel_append(t->p->dir, &message, &why), STATUS_OK);
	test_path(path, t->p->dir, COURIER_CONSOLE);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 2 * strlen("one line\n"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_status(parcel_append(t->p->dir, &message, &why), STATUS_FAILED);
	assert_non_null(strstr(why.text, "console.log: "));
	outgoing_free(&message);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    POST_TEST(link_has_a_token_of_which_the_hash_is_kept),
	    POST_TEST(each_try_has_a_token_of_its_own),
	    POST_TEST(monitor_gets_neither_link_nor_token),
	    POST_TEST(arguments_stay_out_where_the_channel_says_so),
	    POST_TEST(nothing_is_sent_without_base_url),
	    POST_TEST(channel_that_is_off_gets_nothing),
	    POST_TEST(settings_under_another_key_are_an_error_that_says_so),
	    POST_TEST(end_of_an_approved_one_is_not_told_again),
	    POST_TEST(request_is_tried_until_nobody_has_to_decide),
	    POST_TEST(other_notices_are_tried_eight_times),
	    POST_TEST(server_may_ask_for_more_time_but_not_for_less),
	    POST_TEST(long_reason_is_cut_between_characters),
	    POST_TEST(console_file_is_appended_to_and_private),
	};

	return cmocka_run_group_tests_name("courier parcel", tests, NULL, NULL);
}
