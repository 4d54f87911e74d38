/* test_probe_mark.c - marks of doctor's requests: who can make one, for how long, and what it may ask for. */
#include "testing.h"

#include <sys/stat.h>

#include "probe_mark.h"

#define NOW ((int64_t)1795000000000)

static struct secret_key key, other;

static int
make_keys(void **state)
{
	struct secret_key master;

	(void)state;
	assert_status(secret_start(), STATUS_OK);
	memset(master.bytes, 1, sizeof(master.bytes));
	assert_status(probe_key(&master, &key), STATUS_OK);
	memset(master.bytes, 2, sizeof(master.bytes));
	assert_status(probe_key(&master, &other), STATUS_OK);
	return 0;
}

static void
write_mark(struct probe probe, char mark[PROBE_MARK_MAX])
{
	probe.time_ms = NOW;
	assert_status(probe_mark_write(&key, &probe, mark), STATUS_OK);
}

/* A mark with a right mac over any text at all, as only someone with the key file can make. */
static void
sign(const char *text, char mark[PROBE_MARK_MAX])
{
	unsigned char mac[SECRET_BYTES];
	char hex[SECRET_DIGEST_TEXT];

	assert_status(secret_hmac(&key, text, strlen(text), NULL, 0, mac), STATUS_OK);
	secret_hex(mac, sizeof(mac), hex);
	(void)snprintf(mark, PROBE_MARK_MAX, "%s%s", text, hex);
}

static void
a_mark_says_what_was_asked_for(void **state)
{
	const struct probe asked = {.delay_ms = 1500, .pieces = 3, .size = 4096};
	struct probe probe;
	char mark[PROBE_MARK_MAX];

	(void)state;
	write_mark(asked, mark);
	assert_status(probe_mark_read(&key, mark, NOW, &probe), STATUS_OK);
	assert_int_equal(probe.time_ms, NOW);
	assert_int_equal(probe.delay_ms, 1500);
	assert_int_equal(probe.pieces, 3);
	assert_int_equal(probe.size, 4096);
	assert_int_equal(strlen(probe.nonce), PROBE_NONCE_LEN);
	assert_non_null(strstr(mark, probe.nonce));
}

static void
two_marks_of_one_moment_differ(void **state)
{
	char first[PROBE_MARK_MAX], second[PROBE_MARK_MAX];

	(void)state;
	write_mark((struct probe){.delay_ms = 0}, first);
	write_mark((struct probe){.delay_ms = 0}, second);
	assert_string_not_equal(first, second);
}

/* So a mark that was overheard can be used again for a minute and no longer. */
static void
a_mark_is_void_after_its_time_and_before_it(void **state)
{
	struct probe probe;
	char mark[PROBE_MARK_MAX];

	(void)state;
	write_mark((struct probe){.delay_ms = 0}, mark);
	assert_status(probe_mark_read(&key, mark, NOW + PROBE_VALID_MS, &probe), STATUS_OK);
	assert_status(
	    probe_mark_read(&key, mark, NOW + PROBE_VALID_MS + 1, &probe), STATUS_REFUSED);
	assert_status(probe_mark_read(&key, mark, NOW - PROBE_VALID_MS, &probe), STATUS_OK);
	assert_status(
	    probe_mark_read(&key, mark, NOW - PROBE_VALID_MS - 1, &probe), STATUS_REFUSED);
	assert_status(probe_mark_read(&key, mark, 0, &probe), STATUS_REFUSED);
	assert_status(probe_mark_read(&key, mark, INT64_MAX / 2, &probe), STATUS_REFUSED);
}

static void
every_altered_byte_is_refused(void **state)
{
	struct probe probe;
	char mark[PROBE_MARK_MAX];
	size_t len;

	(void)state;
	write_mark((struct probe){.delay_ms = 10, .pieces = 1, .size = 1}, mark);
	len = strlen(mark);
	for (size_t i = 0; i < len; i++) {
		char kept = mark[i];

		mark[i] = kept == '1' ? '2' : '1';
		assert_status(probe_mark_read(&key, mark, NOW, &probe), STATUS_REFUSED);
		mark[i] = kept;
	}
	assert_status(probe_mark_read(&key, mark, NOW, &probe), STATUS_OK);
	for (size_t i = 0; i < len; i++) {
		char kept = mark[i];

		mark[i] = '\0';
		assert_status(probe_mark_read(&key, mark, NOW, &probe), STATUS_REFUSED);
		mark[i] = kept;
	}
	mark[len] = '0';
	mark[len + 1] = '\0';
	assert_status(probe_mark_read(&key, mark, NOW, &probe), STATUS_REFUSED);
}

static void
a_mark_under_another_key_is_refused(void **state)
{
	struct probe probe;
	char mark[PROBE_MARK_MAX];

	(void)state;
	write_mark((struct probe){.delay_ms = 0}, mark);
	assert_status(probe_mark_read(&other, mark, NOW, &probe), STATUS_REFUSED);
}

static void
nobody_may_ask_for_more_than_is_given(void **state)
{
	static const char *const texts[] = {
	    "1.1795000000000.0123456789012345678901.240001.0.0.",
	    "1.1795000000000.0123456789012345678901.0.241.0.",
	    "1.1795000000000.0123456789012345678901.0.0.1048577.",
	    "1.1795000000000.0123456789012345678901.-1.0.0.",
	    "1.1795000000000.0123456789012345678901.0.0.",
	    "1.1795000000000.0123456789012345678901.0.0.0.0.",
	    "1.1795000000000.012345678901234567890.0.0.0.",
	    "1.1795000000000..0.0.0.",
	    "1.17950000000000000000.0123456789012345678901.0.0.0.",
	    "1.1795000000000.0123456789012345678901.0 .0.0.",
	    "2.1795000000000.0123456789012345678901.0.0.0.",
	    "1.",
	    "1",
	    "",
	};
	struct probe probe;
	char mark[PROBE_MARK_MAX];

	(void)state;
	sign("1.1795000000000.0123456789012345678901.240000.240.1048576.", mark);
	assert_status(probe_mark_read(&key, mark, NOW, &probe), STATUS_OK);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		sign(texts[i], mark);
		assert_status(probe_mark_read(&key, mark, NOW, &probe), STATUS_REFUSED);
	}
}

static void
a_copy_of_a_directory_is_another_place(void **state)
{
	char *dir = test_directory();
	char inner[TEST_PATH_MAX + 8];
	char first[SECRET_DIGEST_TEXT], again[SECRET_DIGEST_TEXT], foreign[SECRET_DIGEST_TEXT];

	(void)state;
	(void)snprintf(inner, sizeof(inner), "%s/copy", dir);
	assert_int_equal(mkdir(inner, 0700), 0);
	assert_status(probe_place(&key, dir, first), STATUS_OK);
	assert_status(probe_place(&key, dir, again), STATUS_OK);
	assert_string_equal(first, again);
	assert_status(probe_place(&key, inner, again), STATUS_OK);
	assert_string_not_equal(first, again);
	assert_status(probe_place(&other, dir, foreign), STATUS_OK);
	assert_string_not_equal(first, foreign);
	assert_status(probe_place(&key, "/nonexistent/state", again), STATUS_FAILED);
	test_remove(dir);
}

static void
each_setting_that_responders_use_counts(void **state)
{
	static struct config config;
	int64_t *const numbers[] = {&config.threads, &config.body_max, &config.nesting_max,
	    &config.members_max, &config.header_max, &config.database_deadline_ms,
	    &config.failed_keys_per_minute, &config.approve_per_minute, &config.approvals_per_key,
	    &config.wait_max_s, &config.held_max, &config.delivery_lease_s};
	char *const texts[] = {config.templates_dir, config.state_dir, config.base_url, config.log};
	char first[SECRET_DIGEST_TEXT], changed[SECRET_DIGEST_TEXT];

	(void)state;
	assert_status(probe_settings(&key, &config, first), STATUS_OK);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		*numbers[i] = 5;
		assert_status(probe_settings(&key, &config, changed), STATUS_OK);
		assert_string_not_equal(first, changed);
		*numbers[i] = 0;
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		texts[i][0] = 'x';
		assert_status(probe_settings(&key, &config, changed), STATUS_OK);
		assert_string_not_equal(first, changed);
		texts[i][0] = '\0';
	}
	assert_status(probe_settings(&key, &config, changed), STATUS_OK);
	assert_string_equal(first, changed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_mark_says_what_was_asked_for),
	    cmocka_unit_test(two_marks_of_one_moment_differ),
	    cmocka_unit_test(a_mark_is_void_after_its_time_and_before_it),
	    cmocka_unit_test(every_altered_byte_is_refused),
	    cmocka_unit_test(a_mark_under_another_key_is_refused),
	    cmocka_unit_test(nobody_may_ask_for_more_than_is_given),
	    cmocka_unit_test(a_copy_of_a_directory_is_another_place),
	    cmocka_unit_test(each_setting_that_responders_use_counts),
	};

	return cmocka_run_group_tests(tests, make_keys, NULL);
}
