/* test_mcp_header.c - values of Mcp-Name and Mcp-Param-*: there and back, and what is none. */
#include "testing.h"

#include "mcp/era.h"

static const struct {
	const char *text;
	size_t len;
	const char *header;
} values[] = {
    /* The examples of the specification. */
    {"us-west1", 8, "us-west1"},
    {"Hello, \xe4\xb8\x96\xe7\x95\x8c", 13, "=?base64?SGVsbG8sIOS4lueVjA==?="},
    {" padded ", 8, "=?base64?IHBhZGRlZCA=?="},
    {"line1\nline2", 11, "=?base64?bGluZTEKbGluZTI=?="},
    {"=?base64?literal?=", 18, "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="},
    /* Others. */
    {"a", 1, "a"},
    {"a b  c", 6, "a b  c"},
    {"!~", 2, "!~"},
    {"", 0,
	"=?base64?"
	"?="},
    {" ", 1, "=?base64?IA==?="},
    {"a\tb", 3, "=?base64?YQli?="},
    {"a\r\nX: y", 7, "=?base64?YQ0KWDogeQ==?="},
    {"a\0b", 3, "=?base64?YQBi?="},
    {"\x7f", 1, "=?base64?fw==?="},
    {"=?base64?"
     "?=",
	11, "=?base64?PT9iYXNlNjQ/Pz0=?="},
    {"=?base64?=", 10, "=?base64?PT9iYXNlNjQ/PQ==?="},
    {"=?base64?x", 10, "=?base64?x"},
    {"=?BASE64?YQ==?=", 15, "=?BASE64?YQ==?="},
    {"x=?base64?YQ==?=", 16, "x=?base64?YQ==?="},
};

static void
values_go_there_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct buf header, text;

		buf_init(&header, 256);
		buf_init(&text, 256);
		mcp_header_encode(values[i].text, values[i].len, &header);
		assert_string_equal(buf_str(&header), values[i].header);
		assert_status(mcp_header_decode(buf_str(&header), &text), STATUS_OK);
		assert_int_equal(text.len, values[i].len);
		assert_memory_equal(buf_str(&text), values[i].text, values[i].len);
		buf_free(&header);
		buf_free(&text);
	}
}

/* What others send, too. */
static void
other_spellings_are_read(void **state)
{
	static const char *const spellings[][2] = {
	    {" \tus-west1 \t", "us-west1"},
	    {"a\tb", "a\tb"},
	    {"", ""},
	    {"=?base64?YQ==?=", "a"},
	    {" =?base64?YWI=?= ", "ab"},
	    {"=?base64?YWJj?=", "abc"},
	    {"=?base64?Pj8+Pz8/?=", ">?>???"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		struct buf text;

		buf_init(&text, 64);
		assert_status(mcp_header_decode(spellings[i][0], &text), STATUS_OK);
		assert_string_equal(buf_str(&text), spellings[i][1]);
		buf_free(&text);
	}
}

static void
what_is_none_is_refused(void **state)
{
	static const char *const bad[] = {
	    "=?base64?=",          /* one mark for both ends */
	    "=?base64?YQ?=",       /* padding is missing */
	    "=?base64?YQ=?=",      /* half of it is */
	    "=?base64?YQ===?=",    /* too much of it */
	    "=?base64?YQ==YQ==?=", /* in the middle */
	    "=?base64?===="
	    "?=",
	    "=?base64?Y===?=",
	    "=?base64?=YQ=?=",
	    "=?base64?Y Q=?=",
	    "=?base64?YQ=\n?=",
	    "=?base64?Pj8-Pz8_?=", /* of the other alphabet */
	    "=?base64?YR==?=",     /* bits behind the end */
	    "=?base64?YWJ=?=",
	    "=?base64?/w==?=", /* no UTF-8 */
	    "=?base64?7aCA?=", /* a surrogate */
	    "=?base64?wIA=?=", /* an overlong NUL */
	    "=?base64?w6k=\xc3?=",
	    "a\x01"
	    "b",
	    "a\nb",
	    "a\x7f",
	    "caf\xc3\xa9",
	    "\xa0x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf text;

		buf_init(&text, 64);
		if (mcp_header_decode(bad[i], &text) != STATUS_INVALID)
			fail_msg("%s was taken", bad[i]);
		buf_free(&text);
	}
}

static void
decoding_appends_within_the_cap(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, 6);
	buf_text(&text, "\xff");
	assert_status(mcp_header_decode("=?base64?YWI=?=", &text), STATUS_OK);
	assert_string_equal(buf_str(&text), "\xff"
					    "ab");
	assert_status(mcp_header_decode("=?base64?YWJjZA==?=", &text), STATUS_TOO_LARGE);
	buf_free(&text);
}

/* Every byte, alone and in every place of three. */
static void
every_byte_goes_there_and_back(void **state)
{
	(void)state;
	for (int byte = 0; byte < 0x80; byte++)
		for (size_t len = 1; len <= 4; len++)
			for (size_t place = 0; place < len; place++) {
				char text[4] = {'x', 'y', 'z', 'w'};
				struct buf header, back;

				text[place] = (char)byte;
				buf_init(&header, 64);
				buf_init(&back, 64);
				mcp_header_encode(text, len, &header);
				assert_status(
				    mcp_header_decode(buf_str(&header), &back), STATUS_OK);
				assert_int_equal(back.len, len);
				assert_memory_equal(buf_str(&back), text, len);
				for (size_t i = 0; i < header.len; i++)
					assert_true(header.data[i] >= ' ' && header.data[i] <= '~');
				buf_free(&header);
				buf_free(&back);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_go_there_and_back),
	    cmocka_unit_test(other_spellings_are_read),
	    cmocka_unit_test(what_is_none_is_refused),
	    cmocka_unit_test(decoding_appends_within_the_cap),
	    cmocka_unit_test(every_byte_goes_there_and_back),
	};

	return cmocka_run_group_tests_name("mcp_header", tests, NULL, NULL);
}
