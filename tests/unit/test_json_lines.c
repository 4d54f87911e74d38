/* test_json_lines.c - messages of a line each: cut anywhere, too long, not JSON, to one who does not take them. */
#include "testing.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include "mcp/json_lines.h"

#define LINE_MOST 64
#define QUEUE ((size_t)1 << 20)

struct place {
	int fd[2]; /* ours, the other side's */
	struct json_lines lines;
};

static void
place_open(struct place *p)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p->fd), 0);
	json_lines_init(&p->lines, p->fd[0], p->fd[0], LINE_MOST, QUEUE);
}

static void
place_close(struct place *p)
{
	json_lines_free(&p->lines);
	(void)close(p->fd[0]);
	(void)close(p->fd[1]);
}

static void
say(struct place *p, const char *bytes)
{
	assert_int_equal(write(p->fd[1], bytes, strlen(bytes)), strlen(bytes));
}

/* What is read of a text that comes in two pieces, wherever it is cut: the lines, each with a '|' behind it. */
static void
test_lines(void **state)
{
	static const struct {
		const char *sent, *lines;
	} cases[] = {
	    {"{\"a\":1}\n{\"b\":2}\n", "{\"a\":1}|{\"b\":2}|"},
	    {"{}\r\n\n\r\n  \n{} \nrest", "{}|{}|"},
	    {"", ""},
	    {"no end", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const size_t len = strlen(cases[i].sent);

		for (size_t cut = 0; cut <= len; cut++) {
			struct place p;
			char got[256] = "", first[64];
			const char *line;
			size_t n;

			place_open(&p);
			(void)snprintf(first, sizeof(first), "%.*s", (int)cut, cases[i].sent);
			for (int piece = 0; piece < 2; piece++) {
				say(&p, piece == 0 ? first : cases[i].sent + cut);
				assert_status(json_lines_read(&p.lines), STATUS_OK);
				while ((line = json_lines_next(&p.lines, &n)) != NULL) {
					(void)strncat(got, line, n);
					(void)strncat(got, "|", 2);
				}
			}
			assert_string_equal(got, cases[i].lines);
			place_close(&p);
		}
	}
}

static void
test_end(void **state)
{
	struct place p;
	size_t len;

	(void)state;
	place_open(&p);
	assert_status(json_lines_read(&p.lines), STATUS_OK); /* nothing yet */
	say(&p, "{}\n");
	assert_int_equal(shutdown(p.fd[1], SHUT_WR), 0);
	assert_status(json_lines_read(&p.lines), STATUS_OK);
	assert_non_null(json_lines_next(&p.lines, &len));
	assert_status(json_lines_read(&p.lines), STATUS_NOT_FOUND);
	place_close(&p);
}

static void
test_too_long(void **state)
{
	struct place p;
	char line[LINE_MOST + 2];
	size_t len;

	(void)state;
	place_open(&p);
	memset(line, 'x', sizeof(line));
	line[LINE_MOST] = '\n';
	line[LINE_MOST + 1] = '\0';
	say(&p, line);
	assert_status(json_lines_read(&p.lines), STATUS_OK);
	assert_non_null(json_lines_next(&p.lines, &len));
	assert_int_equal(len, LINE_MOST);
	line[LINE_MOST] = 'x';
	say(&p, line); /* one byte more, and no end of the line */
	assert_status(json_lines_read(&p.lines), STATUS_OK);
	assert_null(json_lines_next(&p.lines, &len));
	assert_status(json_lines_read(&p.lines), STATUS_TOO_LARGE);
	place_close(&p);
}

static void
test_parse(void **state)
{
	static const struct {
		const char *line;
		bool taken;
	} cases[] = {
	    {"{\"a\":[]}", true},
	    {"[1]", false},
	    {"null", false},
	    {"Server started on stdio", false},
	    {"{\"a\":", false},
	    {"{\"a\":\"\xff\"}", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *root = json_lines_parse(cases[i].line, strlen(cases[i].line));

		assert_int_equal(root != NULL, cases[i].taken);
		json_free(root);
	}
}

/* Messages to one who takes nothing for a while arrive whole, and those for which there is no room not at all. */
static void
test_put(void **state)
{
	struct place p;
	struct json_object *message = json_new_object();
	static char got[QUEUE + 65536];
	size_t count = 0, total = 0, lines = 0;
	char text[1001];
	ssize_t n;

	(void)state;
	place_open(&p);
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_true(json_set_text(message, "text", text));
	while (json_lines_put(&p.lines, message) == STATUS_OK)
		count++;
	assert_true(count > QUEUE / 1100);
	assert_int_equal(p.lines.written, 0);
	while (json_lines_waiting(&p.lines) > 0) {
		assert_status(json_lines_flush(&p.lines), STATUS_OK);
		while ((n = read(p.fd[1], got + total, sizeof(got) - total)) > 0)
			total += (size_t)n;
	}
	assert_int_equal(p.lines.written, p.lines.queued);
	for (size_t i = 0; i < total; i++)
		lines += got[i] == '\n';
	assert_int_equal(lines, count);
	assert_int_equal(total, count * (sizeof("{\"text\":\"\"}\n") - 1 + sizeof(text) - 1));
	(void)close(p.fd[1]);
	assert_status(json_lines_put(&p.lines, message), STATUS_OK);
	assert_status(json_lines_flush(&p.lines), STATUS_FAILED);
	json_free(message);
	place_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_end),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
