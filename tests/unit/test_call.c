/* test_call.c - the body of a check, and the digest that stands for its arguments. */
#include "testing.h"

#include "call.h"

static const struct json_limits limits = {.bytes = 1 << 20, .nesting = 16, .members = 1000};
static const struct secret_key key = {{1, 2, 3}};

static enum status
read_body(const char *body, struct call *call, struct problem *why)
{
	struct call_wish wish;

	return call_read_check(body, strlen(body), &limits, call, &wish, why);
}

static int
setup(void **state)
{
	(void)state;
	return secret_start() == STATUS_OK ? 0 : -1;
}

static void
complete_body_is_read(void **state)
{
	struct problem why = {""};
	struct call call;
	bool found;

	(void)state;
	assert_status(
	    read_body("{\"args\":{\"a\":[1]},\"toolName\":\"send mail\",\"other\":{\"x\":1},"
		      "\"serverName\":\"m\xc3\xa4il\"}",
		&call, &why),
	    STATUS_OK);
	assert_string_equal(call.server, "m\xc3\xa4il");
	assert_string_equal(call.tool, "send mail");
	assert_int_equal(json_length(json_member(call.args, "a", &found)), 1);
	assert_string_equal(call.digest, "");
	call_free(&call);
	assert_null(call.args);
}

static void
refusal_names_the_member_and_the_fault(void **state)
{
	static const struct {
		const char *body, *why;
	} cases[] = {
	    {"[]", "the body must be an object, not array"},
	    {"{\"serverName\":\"s\",\"toolName\":\"t\",\"arguments\":{}}",
		"the arguments go in the member \"args\", spelled so"},
	    {"{\"serverName\":\"s\",\"toolName\":\"t\",\"Args\":{}}",
		"the arguments go in the member \"args\", spelled so"},
	    {"null", "the body must be an object, not null"},
	    {"{}", "member \"serverName\" is missing"},
	    {"{\"serverName\":\"s\"}", "member \"toolName\" is missing"},
	    {"{\"toolName\":\"t\"}", "member \"serverName\" is missing"},
	    {"{\"servername\":\"s\",\"toolName\":\"t\"}", "member \"serverName\" is missing"},
	    {"{\"serverName\":null}", "member \"serverName\" must be a string, not null"},
	    {"{\"serverName\":\"s\",\"toolName\":5}",
		"member \"toolName\" must be a string, not number"},
	    {"{\"serverName\":\"\"}",
		"member \"serverName\" must have 1 to 256 bytes and no control characters"},
	    {"{\"serverName\":\"s\",\"toolName\":\"a\\u0000b\"}",
		"member \"toolName\" must have 1 to 256 bytes and no control characters"},
	    {"{\"serverName\":\"s\",\"toolName\":\"t\",\"args\":null}",
		"member \"args\" must be an object, not null"},
	    {"{\"serverName\":\"s\",\"toolName\":\"t\",\"args\":[]}",
		"member \"args\" must be an object, not array"},
	    {"{\"serverName\":\"s\",\"toolName\":\"t\",\"args\":\"{}\"}",
		"member \"args\" must be an object, not string"},
	    {"{\"serverName\":\"s\",\"toolName\":\"t\",\"approval\":null}",
		"member \"approval\" must be an object, not null"},
	    {"{\"serverName\":\"s\",\"toolName\":\"t\",\"approval\":true}",
		"member \"approval\" must be an object, not boolean"},
	    {"{\"serverName\":\"s\",\"toolName\":\"t\",\"approval\":{\"request\":1}}",
		"member \"approval.request\" must be true or false, not number"},
	    {"{\"serverName\":\"s\",\"toolName\":\"t\",\"approval\":{\"request\":true,\"waitSeconds\":-1}}",
		"member \"approval.waitSeconds\" must be a whole number from 0 to 86400"},
	    {"{\"serverName\":\"s\",\"toolName\":\"t\",\"approval\":{\"request\":true,\"waitSeconds\":0.5}}",
		"member \"approval.waitSeconds\" must be a whole number from 0 to 86400"},
	    {"{\"serverName\":\"s\",\"toolName\":\"t\",\"approval\":{\"request\":true,\"waitSeconds\":86401}}",
		"member \"approval.waitSeconds\" must be a whole number from 0 to 86400"},
	    {"{\"serverName\":\"s\",\"toolName\":\"t\",\"approval\":{\"waitSeconds\":5}}",
		"member \"approval.waitSeconds\" needs \"approval.request\": true"},
	    {"{\"serverName\":\"s\"", "the JSON text ends too early at byte 17"},
	    {"{\"serverName\":\"s\",\"toolName\":\"t\",\"args\":{\"n\":99999999999999999999}}",
		"an integer that does not fit into 64 bits at byte 45"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct problem why = {""};
		struct call call;

		assert_status(read_body(cases[i].body, &call, &why), STATUS_INVALID);
		assert_string_equal(why.text, cases[i].why);
		call_free(&call);
	}
}

static void
last_of_repeated_members_is_the_call(void **state)
{
	struct call call;

	(void)state;
	assert_status(
	    read_body("{\"serverName\":\"s\",\"toolName\":\"read\",\"toolName\":\"delete\","
		      "\"args\":null,\"args\":{\"a\":1}}",
		&call, NULL),
	    STATUS_OK);
	assert_string_equal(call.tool, "delete");
	assert_int_equal(json_length(call.args), 1);
	call_free(&call);
}

static void
name_without_control_characters_up_to_the_cap_is_valid(void **state)
{
	static const char *const bad[] = {"", "a\nb", "\x7f", "a\x1f", "\xc2\x80", "\xc2\x9f",
	    "\xff", "a\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\xaf"};
	static const char *const good[] = {
	    "a", " ", "resource:file:///x?y", "\xc2\xa0", "\xf0\x9f\x98\x80"};
	char longest[CALL_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(call_name_valid(bad[i], strlen(bad[i])));
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(call_name_valid(good[i], strlen(good[i])));
	assert_false(call_name_valid("a\0b", 3));
	memset(longest, 'a', sizeof(longest));
	assert_true(call_name_valid(longest, CALL_NAME_MAX));
	assert_false(call_name_valid(longest, CALL_NAME_MAX + 1));
}

static void
body_over_a_limit_is_too_large(void **state)
{
	static const char body[] =
	    "{\"serverName\":\"s\",\"toolName\":\"t\",\"args\":{\"a\":[[]]}}";
	struct call_wish wish;
	struct json_limits tight = {.bytes = sizeof(body) - 1, .nesting = 3, .members = 10};
	struct problem why = {""};
	struct call call;

	(void)state;
	assert_status(
	    call_read_check(body, sizeof(body) - 1, &tight, &call, &wish, &why), STATUS_TOO_LARGE);
	call_free(&call);
	tight.nesting = 4;
	assert_status(
	    call_read_check(body, sizeof(body) - 1, &tight, &call, &wish, &why), STATUS_OK);
	call_free(&call);
}

/* Digest of a call with these arguments; "" stands for no args member. */
static void
digest_of(const char *args, const struct secret_key *with, char out[SECRET_DIGEST_TEXT])
{
	char body[512];
	struct call call;

	(void)snprintf(body, sizeof(body), "{\"serverName\":\"s\",\"toolName\":\"t\"%s%s}",
	    *args != '\0' ? ",\"args\":" : "", args);
	assert_status(read_body(body, &call, NULL), STATUS_OK);
	assert_status(call_digest(&call, with), STATUS_OK);
	assert_int_equal(strspn(call.digest, "0123456789abcdef"), SECRET_DIGEST_TEXT - 1);
	memcpy(out, call.digest, SECRET_DIGEST_TEXT);
	call_free(&call);
}

static void
digest_is_the_hmac_of_the_canonical_arguments(void **state)
{
	static const char canonical[] = "{\"a\":1.5,\"b\":[9007199254740993]}";
	unsigned char raw[SECRET_BYTES];
	char expected[SECRET_DIGEST_TEXT], digest[SECRET_DIGEST_TEXT];

	(void)state;
	assert_status(secret_hmac(&key, canonical, strlen(canonical), NULL, 0, raw), STATUS_OK);
	secret_hex(raw, sizeof(raw), expected);
	digest_of(" { \"b\" : [9007199254740993], \"a\" : 15e-1 } ", &key, digest);
	assert_string_equal(digest, expected);
	assert_status(secret_hmac(&key, "{}", 2, NULL, 0, raw), STATUS_OK);
	secret_hex(raw, sizeof(raw), expected);
	digest_of("", &key, digest);
	assert_string_equal(digest, expected);
	digest_of("{ }", &key, digest);
	assert_string_equal(digest, expected);
}

static void
digests_differ_where_arguments_or_keys_do(void **state)
{
	static const char *const args[] = {"{}", "{\"a\":9007199254740992}",
	    "{\"a\":9007199254740993}", "{\"a\":0.1}", "{\"a\":0.10000000000000000555}",
	    "{\"a\":\"0.1\"}", "{\"a\":null}", "{\"b\":null}", "{\"a\":[]}", "{\"a\":{}}",
	    "{\"a\":1e400}", "{\"a\":1e401}"};
	static const struct secret_key other = {{1, 2, 4}};
	char digests[sizeof(args) / sizeof(args[0])][SECRET_DIGEST_TEXT];
	char with_other[SECRET_DIGEST_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
		digest_of(args[i], &key, digests[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(digests[i], digests[j]);
	}
	digest_of("{}", &other, with_other);
	assert_string_not_equal(digests[0], with_other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(complete_body_is_read),
	    cmocka_unit_test(refusal_names_the_member_and_the_fault),
	    cmocka_unit_test(last_of_repeated_members_is_the_call),
	    cmocka_unit_test(name_without_control_characters_up_to_the_cap_is_valid),
	    cmocka_unit_test(body_over_a_limit_is_too_large),
	    cmocka_unit_test(digest_is_the_hmac_of_the_canonical_arguments),
	    cmocka_unit_test(digests_differ_where_arguments_or_keys_do),
	};

	return cmocka_run_group_tests_name("call", tests, setup, NULL);
}
