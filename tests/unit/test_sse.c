/* test_sse.c - event streams: the same events however the bytes are cut, and never more memory than allowed. */
#include "testing.h"

#include "mcp/sse.h"

#define MARK "\xef\xbb\xbf"

/* What was told, each event in brackets. */
static enum status
note(void *arg, const char *data, size_t len)
{
	buf_char(arg, '[');
	buf_add(arg, data, len);
	buf_char(arg, ']');
	return STATUS_OK;
}

static const struct {
	const char *stream; /* \n stands for each of the three ends of a line */
	const char *events;
} streams[] = {
    {"data: a\n\n", "[a]"},
    {"data:a\n\n", "[a]"},
    {"data:  a\n\n", "[ a]"},
    {"data:\ta\n\n", "[\ta]"},
    {"event: message\ndata: {}\n\n", "[{}]"},
    {"data: {}\nevent: message\n\n", "[{}]"},
    {"event:message\ndata: {}\n\n", "[{}]"},
    {"event\ndata: {}\n\n", "[{}]"},
    {"event:\ndata: {}\n\n", "[{}]"},
    {"event: endpoint\ndata: x\n\ndata: y\n\n", "[y]"},
    {"event: endpoint\n\ndata: y\n\n", "[y]"},
    {"event: messages\ndata: x\n\n", ""},
    {"event: Message\ndata: x\n\n", ""},
    {"data: a\ndata: b\n\n", "[a\nb]"},
    {"data: a\ndata\ndata: b\n\n", "[a\n\nb]"},
    {"data: a\nid: 1\ndata: b\nretry: 5\n\n", "[a\nb]"},
    {"id: 1\ndata: \n\ndata: b\n\n", "[b]"},
    {"data\n\ndata: b\n\n", "[b]"},
    {"data: a\n\ndata: b\n\n", "[a][b]"},
    {"data: a\n\n\n\n\ndata: b\n\n", "[a][b]"},
    {":\n\ndata: a\n\n", "[a]"},
    {": comment: data: x\ndata: a\n: more\n\n", "[a]"},
    {"retry: 300\n\ndata: a\n\n", "[a]"},
    {"Data: x\ndata : y\n data: z\ndatax: w\nnothing\n\n", ""},
    {"data: a\n", ""},
    {"data: a", ""},
    {"", ""},
    {"\n\n\n", ""},
    {MARK "data: a\n\n", "[a]"},
    {MARK "\ndata: a\n\n", "[a]"},
    {MARK MARK "data: a\n\n", ""},
    {"data: a\n\n" MARK "data: b\n\n", "[a]"},
    {"data: " MARK "a\n\n", "[" MARK "a]"},
    {"data: \xc3\xa9 \xff\n\n", "[\xc3\xa9 \xff]"},
};

/* The stream with these ends of lines; a NUL-terminated text owned by the caller. */
static char *
with_ends(const char *stream, const char *end)
{
	struct buf out;
	char *text;

	buf_init(&out, 4096);
	for (; *stream != '\0'; stream++)
		if (*stream == '\n')
			buf_text(&out, end);
		else
			buf_char(&out, *stream);
	text = strdup(buf_str(&out));
	buf_free(&out);
	assert_non_null(text);
	return text;
}

/* Read in pieces that end at the two places; each piece is a block of its own, so that a byte beyond it is noticed. */
static void
read_cut(const char *stream, size_t first, size_t second, const char *expected)
{
	const size_t ends[] = {first, second, strlen(stream)};
	struct sse_reader reader;
	struct buf events;
	size_t from = 0;

	buf_init(&events, 4096);
	sse_init(&reader, 64);
	for (size_t i = 0; i < 3; i++) {
		size_t len = ends[i] - from;
		char *piece = malloc(len + 1);

		assert_non_null(piece);
		memcpy(piece, stream + from, len);
		assert_status(sse_read(&reader, piece, len, note, &events), STATUS_OK);
		free(piece);
		from = ends[i];
	}
	if (strcmp(buf_str(&events), expected) != 0)
		fail_msg("%s, cut at %zu and %zu: %s", stream, first, second, buf_str(&events));
	sse_free(&reader);
	buf_free(&events);
}

static void
every_split_gives_the_same_events(void **state)
{
	static const char *const ends[] = {"\n", "\r", "\r\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
		for (size_t e = 0; e < 3; e++) {
			char *stream = with_ends(streams[i].stream, ends[e]);
			size_t len = strlen(stream);

			for (size_t a = 0; a <= len; a++)
				for (size_t b = a; b <= len; b++)
					read_cut(stream, a, b, streams[i].events);
			free(stream);
		}
}

static void
ends_of_lines_may_be_mixed(void **state)
{
	static const char stream[] = "data: a\r\rdata: b\n\r\ndata: c\r\n\rdata: d\r\n\n";
	const size_t len = sizeof(stream) - 1;

	(void)state;
	for (size_t a = 0; a <= len; a++)
		for (size_t b = a; b <= len; b++)
			read_cut(stream, a, b, "[a][b][c][d]");
}

/* A line's end that is a CR is one at once, not when the next byte comes: it may be long in coming. */
static void
event_is_told_with_its_last_byte(void **state)
{
	struct sse_reader reader;
	struct buf events;

	(void)state;
	buf_init(&events, 64);
	sse_init(&reader, 64);
	assert_status(sse_read(&reader, "data: a\r\r", 9, note, &events), STATUS_OK);
	assert_string_equal(buf_str(&events), "[a]");
	assert_status(sse_read(&reader, "\n", 1, note, &events), STATUS_OK);
	assert_status(sse_read(&reader, "data: b\r\n\r", 10, note, &events), STATUS_OK);
	assert_string_equal(buf_str(&events), "[a][b]");
	sse_free(&reader);
	buf_free(&events);
}

static void
nul_is_a_byte_as_others(void **state)
{
	struct sse_reader reader;
	struct buf events;

	(void)state;
	buf_init(&events, 64);
	sse_init(&reader, 64);
	assert_status(sse_read(&reader, "data: a\0b\n\n", 11, note, &events), STATUS_OK);
	assert_int_equal(events.len, 5);
	assert_memory_equal(buf_str(&events), "[a\0b]", 5);
	sse_free(&reader);
	buf_free(&events);
}

static void
events_are_bounded(void **state)
{
	struct sse_reader reader;
	struct buf events;
	char text[512];

	(void)state;
	buf_init(&events, 4096);
	/* As much as allowed, in one line and in two. */
	sse_init(&reader, 100);
	memset(text, 'x', sizeof(text));
	memcpy(text, "data: ", 6);
	memcpy(text + 106, "\n\n", 2);
	assert_status(sse_read(&reader, text, 108, note, &events), STATUS_OK);
	assert_int_equal(events.len, 102);
	memcpy(text + 55, "\ndata:", 6);
	assert_status(sse_read(&reader, text, 108, note, &events), STATUS_OK);
	assert_int_equal(events.len, 102 + 97);
	/* One byte more. */
	memset(text, 'x', sizeof(text));
	memcpy(text, "data: ", 6);
	memcpy(text + 107, "\n\n", 2);
	assert_status(sse_read(&reader, text, 109, note, &events), STATUS_TOO_LARGE);
	assert_status(sse_read(&reader, "\n\n", 2, note, &events), STATUS_TOO_LARGE);
	sse_free(&reader);
	/* A line that never ends, of whatever kind. */
	sse_init(&reader, 100);
	memset(text, ':', sizeof(text));
	assert_status(sse_read(&reader, text, sizeof(text), note, &events), STATUS_TOO_LARGE);
	sse_free(&reader);
	/* Many lines of one event. */
	sse_init(&reader, 100);
	for (int i = 0; i < 50; i++)
		assert_status(sse_read(&reader, "data: x\n", 8, note, &events), STATUS_OK);
	assert_status(sse_read(&reader, "data: x\n", 8, note, &events), STATUS_TOO_LARGE);
	sse_free(&reader);
	assert_int_equal(events.len, 102 + 97);
	buf_free(&events);
}

/* Streams without end are read without growing. */
static void
memory_is_given_back_between_events(void **state)
{
	static char text[300000];
	struct sse_reader reader;
	struct buf events;

	(void)state;
	buf_init(&events, 1 << 20);
	sse_init(&reader, 400000);
	memset(text, 'x', sizeof(text));
	memcpy(text, "data: ", 6);
	memcpy(text + sizeof(text) - 2, "\n\n", 2);
	assert_status(sse_read(&reader, text, sizeof(text), note, &events), STATUS_OK);
	assert_true(reader.line.size <= 65536);
	assert_true(reader.data.size <= 65536);
	sse_free(&reader);
	buf_free(&events);
}

static enum status
stop(void *arg, const char *data, size_t len)
{
	(void)data;
	(void)len;
	++*(int *)arg;
	return STATUS_NOT_FOUND;
}

static void
reader_stops_where_it_is_told_to(void **state)
{
	struct sse_reader reader;
	int count = 0;

	(void)state;
	sse_init(&reader, 64);
	assert_status(
	    sse_read(&reader, "data: a\n\ndata: b\n\n", 18, stop, &count), STATUS_NOT_FOUND);
	assert_int_equal(count, 1);
	sse_free(&reader);
}

static void
what_is_written_is_read_again(void **state)
{
	struct sse_reader reader;
	struct buf stream, events;

	(void)state;
	buf_init(&stream, 256);
	buf_init(&events, 256);
	sse_init(&reader, 64);
	sse_write("{\"a\":1}", 7, &stream);
	sse_write_comment(&stream);
	sse_write("{}", 2, &stream);
	assert_string_equal(buf_str(&stream),
	    "event: message\ndata: {\"a\":1}\n\n:\n\nevent: message\ndata: {}\n\n");
	assert_status(sse_read(&reader, buf_str(&stream), stream.len, note, &events), STATUS_OK);
	assert_string_equal(buf_str(&events), "[{\"a\":1}][{}]");
	sse_free(&reader);
	buf_free(&stream);
	buf_free(&events);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_split_gives_the_same_events),
	    cmocka_unit_test(ends_of_lines_may_be_mixed),
	    cmocka_unit_test(event_is_told_with_its_last_byte),
	    cmocka_unit_test(nul_is_a_byte_as_others),
	    cmocka_unit_test(events_are_bounded),
	    cmocka_unit_test(memory_is_given_back_between_events),
	    cmocka_unit_test(reader_stops_where_it_is_told_to),
	    cmocka_unit_test(what_is_written_is_read_again),
	};

	return cmocka_run_group_tests_name("sse", tests, NULL, NULL);
}
