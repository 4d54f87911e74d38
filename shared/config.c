/*
 * config.c - the configuration file; see config.h.
 *
 * libinih splits the lines. Its reader interface is used because it leaves the line number and the raw line with
 * us: what the library would take in silence (a section, "name: value", a comment after a value, a
 * cut or continued line, a NUL) is refused here before it gets there.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ini.h>

#include "config_table.h"

/* One run of the reader over a file held in memory. */
struct reading {
	struct config *config;
	struct problem *why;
	const char *at; /* what is left of the text */
	const char *end;
	const char *line;                   /* the raw line in hand */
	int number;                         /* of that line, from 1 */
	unsigned seen[CONFIG_SETTINGS_MAX]; /* line of each setting; 0: not yet */
	enum status status;
};

static int
refuse(struct reading *r, const char *what)
{
	if (r->status == STATUS_OK) {
		problem_set(r->why, "%s:%d: %s", r->config->path, r->number, what);
		r->status = STATUS_INVALID;
	}
	return 0;
}

/* What the library would misread; NULL for a line that it reads as meant. */
static const char *
line_fault(const char *line, size_t len)
{
	const char *first = line + strspn(line, " \t");

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 && line[i] != '\t')
			return "holds a control character; the file must be plain text";
	if (*first == '\0' || *first == '#' || *first == ';')
		return NULL;
	if (*first == '[')
		return "sections are not used; remove this line";
	first = strpbrk(first, "=:");
	if (first == NULL || *first != '=')
		return "is not of the form `name = value`";
	return NULL;
}

/* Gives the library its next line: the ini_reader of ini_parse_stream(). */
static char *
next_line(char *out, int size, void *stream)
{
	struct reading *r = stream;
	const char *newline;
	const char *fault;
	size_t len;

	if (r->status != STATUS_OK || r->at == r->end)
		return NULL;
	newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	len = (size_t)((newline != NULL ? newline : r->end) - r->at);
	r->number++;
	r->line = out;
	if (len > CONFIG_LINE_MAX || len + 1 > (size_t)size) {
		refuse(r, "the line is too long");
		return NULL;
	}
	memcpy(out, r->at, len);
	r->at += len + (newline != NULL ? 1 : 0);
	if (len > 0 && out[len - 1] == '\r')
		len--;
	out[len] = '\0';
	fault = line_fault(out, len);
	if (fault != NULL) {
		refuse(r, fault);
		return NULL;
	}
	return out;
}

/* What a value must not look like, as it would be taken by the letter. */
static const char *
value_fault(const char *value)
{
	if (value[0] == '\0')
		return "has no value; leave the line out for the default";
	if (value[0] == '"' || value[0] == '\'')
		return "is written without quotation marks";
	for (const char *c = value; c[0] != '\0'; c++)
		if (isspace((unsigned char)c[0]) && (c[1] == '#' || c[1] == ';'))
			return "has a comment behind its value; comments stand on lines of their own";
	return NULL;
}

/* One `name = value`: the ini_handler. */
static int
take(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	const struct config_setting *setting;
	char text[PROBLEM_MAX];
	struct problem why = {""};
	const char *fault;
	size_t index;

	(void)section;
	setting = config_setting_find(name);
	if (setting == NULL) {
		(void)snprintf(text, sizeof(text), "unknown setting \"%.64s\"", name);
		return refuse(r, text);
	}
	index = (size_t)(setting - config_settings);
	fault = value_fault(value);
	if (r->seen[index] != 0)
		(void)snprintf(
		    text, sizeof(text), "%s is set already in line %u", name, r->seen[index]);
	else if (fault != NULL)
		(void)snprintf(text, sizeof(text), "%s %s", name, fault);
	else if (config_setting_take(setting, r->config, value, &why) != STATUS_OK)
		(void)snprintf(text, sizeof(text), "%s %.400s", name, why.text);
	else {
		r->seen[index] = (unsigned)r->number;
		return 1;
	}
	return refuse(r, text);
}

/* The whole file in memory, NUL-terminated; freed by the caller. */
static enum status
load(const char *path, char **out, size_t *len, struct problem *why)
{
	char *text = malloc(CONFIG_FILE_MAX + 1);
	ssize_t got = 0;
	size_t have = 0;
	int fd;

	if (text == NULL)
		return STATUS_NO_MEMORY;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		problem_set(why, "configuration file %s: %s", path, strerror(errno));
		free(text);
		return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_FAILED;
	}
	while (have <= CONFIG_FILE_MAX &&
	       ((got = read(fd, text + have, CONFIG_FILE_MAX + 1 - have)) > 0 ||
		   (got < 0 && errno == EINTR)))
		have += got > 0 ? (size_t)got : 0;
	if (got < 0 || have > CONFIG_FILE_MAX) {
		problem_set(why, "configuration file %s: %s", path,
		    got < 0 ? strerror(errno) : "larger than 64 KiB");
		close(fd);
		free(text);
		return got < 0 ? STATUS_FAILED : STATUS_TOO_LARGE;
	}
	close(fd);
	text[have] = '\0';
	*out = text;
	*len = have;
	return STATUS_OK;
}

static enum status
parse(const char *text, size_t len, struct config *config, struct problem *why)
{
	struct reading r = {
	    .config = config, .why = why, .at = text, .end = text + len, .status = STATUS_OK};
	int result;

	/* Windows editors put one in front. */
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		r.at += 3;
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_allow_bom = false;
	ini_allow_no_value = false;
	ini_stop_on_first_error = true;
	ini_use_stack = false; /* the line then has ini_initial_alloc bytes */
	ini_initial_alloc = CONFIG_LINE_MAX + 3;
	result = ini_parse_stream(next_line, &r, take, &r);
	if (r.status == STATUS_OK && result == -2)
		return STATUS_NO_MEMORY;
	if (r.status == STATUS_OK && result != 0)
		refuse(&r, "is not of the form `name = value`");
	return r.status;
}

const char *
config_find(const char *given)
{
	const char *path = getenv("ENFORGATE_CONF");

	if (path != NULL && path[0] != '\0')
		return path;
	return given != NULL && given[0] != '\0' ? given : ENFORGATE_DEFAULT_CONF;
}

enum status
config_read(const char *path, struct config *out, struct problem *why)
{
	enum status status;
	char *text = NULL;
	size_t len = 0;

	status = config_start(path, out, why);
	if (status == STATUS_OK)
		status = load(out->path, &text, &len, why);
	if (status == STATUS_OK)
		status = parse(text, len, out, why);
	if (status == STATUS_OK)
		status = config_finish(out, why);
	free(text);
	return status;
}

struct json_limits
config_json_limits(const struct config *config)
{
	return (struct json_limits){.bytes = (size_t)config->body_max,
	    .nesting = (unsigned)config->nesting_max,
	    .members = (size_t)config->members_max};
}

const char *
config_base_path(const struct config *config)
{
	const char *host = strstr(config->base_url, "://");
	const char *path = host != NULL ? strchr(host + 3, '/') : NULL;

	return path != NULL ? path : "";
}
