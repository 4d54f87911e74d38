/* test_state.c - requestState opens for the call it was made for, for as long as it lives, unaltered; and not otherwise. */
#include "json_aid.h"

#include "clock.h"
#include "mcp/state.h"

#define NOW 1000000

static const struct secret_key key = {{4, 5, 6}};
static const struct state_bond bond = {.key_id = "key_1",
    .method = "tools/call",
    .server = "fs",
    .name = "write_file",
    .digest = "0123456789abcdef"};

static void
seal(struct state *from, struct buf *out)
{
	buf_init(out, 2 * STATE_TEXT_MAX);
	assert_status(state_seal(&key, &bond, from, out), STATUS_OK);
}

static enum status
opened(const struct secret_key *with, const struct state_bond *as, const char *text, int64_t now_ms)
{
	struct state out;
	enum status status = state_unseal(with, as, text, now_ms, &out);

	state_free(&out);
	return status;
}

static void
state_comes_back_whole(void **state)
{
	struct state from = {.round = 3,
	    .until_ms = NOW + 5,
	    .call_id = "call_0123456789abcdef0123456789abcdef012",
	    .handle = "host:1",
	    .own = aid_json("\"theirs \\u0000 \\u00e9\""),
	    .asked = aid_json("{\"a\":1,\"b\":\"x\"}")};
	struct state out;
	struct buf text;

	(void)state;
	seal(&from, &text);
	assert_status(state_unseal(&key, &bond, buf_str(&text), NOW, &out), STATUS_OK);
	assert_int_equal(out.round, 3);
	assert_int_equal(out.until_ms, NOW + 5);
	assert_string_equal(out.call_id, from.call_id);
	assert_string_equal(out.handle, from.handle);
	assert_true(json_equal(out.own, from.own));
	assert_true(json_equal(out.asked, from.asked));
	state_free(&out);
	state_free(&from);
	assert_null(from.own);
	buf_free(&text);
}

static void
empty_state_has_a_life(void **state)
{
	const int64_t now_ms = clock_wall_ms();
	struct state from = {.round = 1};
	struct state out;
	struct buf text;

	(void)state;
	seal(&from, &text);
	assert_true(from.until_ms >= now_ms + STATE_LIFE_MS);
	assert_true(from.until_ms <= now_ms + STATE_LIFE_MS + 10000);
	assert_status(state_unseal(&key, &bond, buf_str(&text), now_ms, &out), STATUS_OK);
	assert_int_equal(out.until_ms, from.until_ms);
	assert_string_equal(out.call_id, "");
	assert_string_equal(out.handle, "");
	assert_null(out.own);
	assert_null(out.asked);
	state_free(&out);
	buf_free(&text);
}

static void
state_ends(void **state)
{
	struct state from = {.round = 1, .until_ms = NOW};
	struct buf text;

	(void)state;
	seal(&from, &text);
	assert_status(opened(&key, &bond, buf_str(&text), NOW - 1), STATUS_OK);
	assert_status(opened(&key, &bond, buf_str(&text), NOW), STATUS_REFUSED);
	assert_status(opened(&key, &bond, buf_str(&text), NOW + 1), STATUS_REFUSED);
	buf_free(&text);
}

static void
another_call_or_key_does_not_open_it(void **state)
{
	struct state from = {.round = 1, .until_ms = NOW + 1};
	struct secret_key other = key;
	struct state_bond b;
	struct buf text;

	(void)state;
	seal(&from, &text);
	other.bytes[31] ^= 1;
	assert_status(opened(&other, &bond, buf_str(&text), NOW), STATUS_REFUSED);
	b = bond, b.key_id = "key_2";
	assert_status(opened(&key, &b, buf_str(&text), NOW), STATUS_REFUSED);
	b = bond, b.method = "prompts/get";
	assert_status(opened(&key, &b, buf_str(&text), NOW), STATUS_REFUSED);
	b = bond, b.server = "fs2";
	assert_status(opened(&key, &b, buf_str(&text), NOW), STATUS_REFUSED);
	b = bond, b.name = "write_files";
	assert_status(opened(&key, &b, buf_str(&text), NOW), STATUS_REFUSED);
	b = bond, b.digest = "0123456789abcdee";
	assert_status(opened(&key, &b, buf_str(&text), NOW), STATUS_REFUSED);
	/* What runs into its neighbour. */
	b = bond, b.server = "fswrite", b.name = "_file";
	assert_status(opened(&key, &b, buf_str(&text), NOW), STATUS_REFUSED);
	b = bond, b.server = "", b.name = "fswrite_file";
	assert_status(opened(&key, &b, buf_str(&text), NOW), STATUS_REFUSED);
	assert_status(opened(&key, &bond, buf_str(&text), NOW), STATUS_OK);
	buf_free(&text);
}

static void
every_flipped_bit_is_noticed(void **state)
{
	struct state from = {.round = 1, .until_ms = NOW + 1, .call_id = "call_1"};
	struct buf text;

	(void)state;
	seal(&from, &text);
	for (size_t i = 0; i < text.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			text.data[i] ^= (char)(1 << bit);
			assert_status(opened(&key, &bond, text.data, NOW), STATUS_REFUSED);
			text.data[i] ^= (char)(1 << bit);
		}
	assert_status(opened(&key, &bond, text.data, NOW), STATUS_OK);
	while (text.len > 0) {
		text.data[--text.len] = '\0';
		assert_status(opened(&key, &bond, text.data, NOW), STATUS_REFUSED);
	}
	buf_free(&text);
}

static void
what_was_never_sealed_is_refused(void **state)
{
	static const char *const texts[] = {
	    "", "1:", "{}", "{\"round\":1}", "1:AAAA", "2:AAAA", "\xc3\xa9"};
	char *large = calloc(1, STATE_TEXT_MAX + 2);

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_status(opened(&key, &bond, texts[i], NOW), STATUS_REFUSED);
	assert_non_null(large);
	memset(large, 'A', STATE_TEXT_MAX + 1);
	memcpy(large, "1:", 2);
	assert_status(opened(&key, &bond, large, NOW), STATUS_REFUSED);
	free(large);
}

/* Sealed with the right key in the right place, but of another form: as another version of the gateway may. */
static void
other_forms_are_refused(void **state)
{
	static const char *const forms[] = {"", "7", "[]", "{}", "null",
	    "{\"round\":1,\"until\":2000000,\"call\":\"\"}",
	    "{\"round\":\"1\",\"until\":2000000,\"call\":\"\",\"handle\":\"\"}",
	    "{\"round\":1,\"until\":2000000,\"call\":7,\"handle\":\"\"}",
	    "{\"round\":1,\"until\":2000000,\"call\":\"\",\"handle\":\"\",\"own\":{}}",
	    "{\"round\":1,\"until\":2000000,\"call\":\"\",\"handle\":\"\",\"asked\":\"x\"}",
	    "{\"round\":1,\"until\":2000000,\"call\":\"x0123456789012345678901234567890123456789\",\"handle\":\"\"}"};
	char place[SECRET_DIGEST_TEXT];
	const char *const pieces[] = {
	    bond.key_id, bond.method, bond.server, bond.name, bond.digest};
	struct secret_sum sum;

	(void)state;
	assert_status(secret_sum_start(&sum), STATUS_OK);
	for (size_t i = 0; i < 5; i++)
		assert_status(secret_sum_add(&sum, pieces[i], strlen(pieces[i]) + 1), STATUS_OK);
	assert_status(secret_sum_end(&sum, place), STATUS_OK);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct buf text;

		buf_init(&text, STATE_TEXT_MAX);
		assert_status(secret_seal(&key, "mcp request state 1", place, forms[i],
				  strlen(forms[i]), &text),
		    STATUS_OK);
		assert_status(opened(&key, &bond, buf_str(&text), NOW), STATUS_REFUSED);
		buf_free(&text);
	}
}

static void
state_hides_what_it_carries(void **state)
{
	struct state from = {.round = 1, .until_ms = NOW + 1, .own = aid_json("\"theirs\"")};
	struct buf a, b;

	(void)state;
	seal(&from, &a);
	seal(&from, &b);
	assert_null(strstr(buf_str(&a), "theirs"));
	assert_string_not_equal(buf_str(&a), buf_str(&b));
	buf_free(&a);
	buf_free(&b);
	state_free(&from);
}

/* The state of an upstream that is too large is refused when it is sealed, not when it comes back. */
static void
size_is_bounded(void **state)
{
	char *text = calloc(1, STATE_TEXT_MAX + 1);
	struct state from = {.round = 1, .until_ms = NOW + 1};
	bool done = false;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', STATE_TEXT_MAX);
	for (size_t len = STATE_TEXT_MAX / 4 * 3 - 600; !done; len += 7) {
		enum status status;
		struct buf out;

		buf_init(&out, 4 * STATE_TEXT_MAX);
		from.own = json_new_text(text, len);
		status = state_seal(&key, &bond, &from, &out);
		if (status == STATUS_OK)
			assert_status(opened(&key, &bond, buf_str(&out), NOW), STATUS_OK);
		else
			assert_status(status, STATUS_TOO_LARGE);
		done = status != STATUS_OK;
		assert_true(done || len < STATE_TEXT_MAX);
		state_free(&(struct state){.own = from.own});
		buf_free(&out);
	}
	free(text);
}

static void
key_is_of_its_own(void **state)
{
	static const struct secret_key master = {{7}};
	struct secret_key a, b;

	(void)state;
	assert_status(state_key(&master, &a), STATUS_OK);
	assert_status(secret_derive(&master, "enforgate channel settings 1", &b), STATUS_OK);
	assert_memory_not_equal(a.bytes, b.bytes, SECRET_BYTES);
	assert_memory_not_equal(a.bytes, master.bytes, SECRET_BYTES);
}

static int
start(void **state)
{
	(void)state;
	assert_status(secret_start(), STATUS_OK);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(state_comes_back_whole),
	    cmocka_unit_test(empty_state_has_a_life),
	    cmocka_unit_test(state_ends),
	    cmocka_unit_test(another_call_or_key_does_not_open_it),
	    cmocka_unit_test(every_flipped_bit_is_noticed),
	    cmocka_unit_test(what_was_never_sealed_is_refused),
	    cmocka_unit_test(other_forms_are_refused),
	    cmocka_unit_test(state_hides_what_it_carries),
	    cmocka_unit_test(size_is_bounded),
	    cmocka_unit_test(key_is_of_its_own),
	};

	return cmocka_run_group_tests_name("state", tests, start, NULL);
}
