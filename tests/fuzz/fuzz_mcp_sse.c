/* fuzz_mcp_sse.c - the reader of event streams under libFuzzer: whatever the cuts, the events are those of the slow reader here. */
#include "fuzz_mcp.h"

#include "mcp/sse.h"

#define EVENT_MAX 512

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static enum status
note(void *arg, const char *data, size_t len)
{
	HOLDS(len > 0 && len <= EVENT_MAX && data[len] == '\0');
	buf_integer(arg, (int64_t)len);
	buf_char(arg, ':');
	buf_add(arg, data, len);
	return STATUS_OK;
}

/* Read in pieces of `step` bytes, each in a block of its own. */
static enum status
read_in_steps(const uint8_t *data, size_t size, size_t step, struct buf *events)
{
	struct sse_reader reader;
	enum status status = STATUS_OK;

	buf_init(events, FUZZ_TEXT_MAX);
	sse_init(&reader, EVENT_MAX);
	for (size_t at = 0; at < size && status == STATUS_OK; at += step) {
		size_t len = size - at < step ? size - at : step;
		char *piece = fuzz_text(data + at, len);

		status = sse_read(&reader, piece, len, note, events);
		free(piece);
	}
	sse_free(&reader);
	return status;
}

struct slow {
	char data[8192];
	size_t len;
	bool some;
	bool other;
	bool large;
};

static void
slow_line(struct slow *slow, const char *line, size_t len, struct buf *events)
{
	const char *value = memchr(line, ':', len);
	size_t name_len = value != NULL ? (size_t)(value - line) : len;
	size_t value_len = value != NULL ? len - name_len - 1 : 0;

	value = value != NULL ? value + 1 : "";
	if (value_len > 0 && *value == ' ') {
		value++;
		value_len--;
	}
	if (len == 0) {
		if (slow->len > 1 && !slow->other) {
			slow->data[slow->len - 1] = '\0'; /* the last end of a line goes */
			(void)note(events, slow->data, slow->len - 1);
		}
		slow->len = 0;
		slow->other = false;
	} else if (name_len == 5 && memcmp(line, "event", 5) == 0) {
		slow->other =
		    value_len != 0 && (value_len != 7 || memcmp(value, "message", 7) != 0);
	} else if (name_len == 4 && memcmp(line, "data", 4) == 0) {
		memcpy(slow->data + slow->len, value, value_len);
		slow->len += value_len;
		slow->data[slow->len++] = '\n';
		slow->large = slow->large || slow->len - 1 > EVENT_MAX;
	}
}

/* As the standard tells it: all at once, with its ends of lines made one. False: an event is too large. */
static bool
read_slowly(const uint8_t *data, size_t size, struct buf *events)
{
	char *text = fuzz_text(data, size);
	struct slow *slow = calloc(1, sizeof(*slow));
	size_t start = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	HOLDS(slow != NULL);
	buf_init(events, FUZZ_TEXT_MAX);
	for (size_t i = start; i < size && !slow->large; i++)
		if (text[i] == '\n' || text[i] == '\r') {
			slow_line(slow, text + start, i - start, events);
			if (text[i] == '\r' && i + 1 < size && text[i + 1] == '\n')
				i++;
			start = i + 1;
		}
	bool good = !slow->large;

	free(slow);
	free(text);
	return good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf expected, events;
	enum status status;
	size_t step;
	bool good;

	if (size < 1 || size > 4096)
		return 0;
	step = (size_t)data[0] % 16 + 1;
	data++;
	size--;
	/* Lines longer than an event are refused for their own sake: nothing is said of them here. */
	for (size_t i = 0, line = 0; i < size; i++) {
		line = data[i] == '\n' || data[i] == '\r' ? 0 : line + 1;
		if (line > EVENT_MAX) {
			status = read_in_steps(data, size, step, &events);
			HOLDS(status == STATUS_OK || status == STATUS_TOO_LARGE);
			buf_free(&events);
			return 0;
		}
	}
	good = read_slowly(data, size, &expected);
	for (size_t pass = 0; pass < 3; pass++) {
		status = read_in_steps(data, size,
		    pass == 0   ? step
		    : pass == 1 ? 1
				: 4096,
		    &events);
		HOLDS(status == (good ? STATUS_OK : STATUS_TOO_LARGE));
		HOLDS(fuzz_same(&events, &expected));
		buf_free(&events);
	}
	buf_free(&expected);
	return 0;
}
