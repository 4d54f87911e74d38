/* upstream_checks.c - whether the settings of an upstream are what they have to be; see upstream_commands.h. */
#include "upstream_commands.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"
#include "url_parts.h"
#include "utf8.h"

/* RFC 9110 section 5.6.2. */
#define TOKEN_CHARACTERS                                                                           \
	"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define VARIABLE_CHARACTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define STANDARD_PATH "/usr/local/bin:/usr/bin:/bin"

static bool
keep(const char *text, char out[UPSTREAM_TEXT_MAX], struct problem *why)
{
	if (snprintf(out, UPSTREAM_TEXT_MAX, "%s", text) < UPSTREAM_TEXT_MAX)
		return true;
	problem_set(why, "longer than %d bytes", UPSTREAM_TEXT_MAX - 1);
	return false;
}

bool
upstream_check_url(const char *text, bool private, char out[UPSTREAM_TEXT_MAX], struct problem *why)
{
	struct url_parts parts;
	bool secure = false;

	if (!url_read_web(text, &secure, &parts)) {
		problem_set(why, "must be like https://HOST/PATH, without user, spaces and #");
		return false;
	}
	if (!secure && !private && !doctor_loopback(parts.host)) {
		problem_set(why, "must be https://, as everything that is said would travel in the "
				 "clear; --private allows http:// in a network that you trust");
		return false;
	}
	if (!private && doctor_private(parts.host) && !doctor_loopback(parts.host)) {
		problem_set(why, "%s is in a private network; --private allows that", parts.host);
		return false;
	}
	return keep(text, out, why);
}

/* What the gateway itself says, or what belongs to the connection. */
static bool
header_is_ours(const char *text, size_t len)
{
	static const char *const ours[] = {"accept", "connection", "content-length", "content-type",
	    "content-encoding", "transfer-encoding", "expect", "host", "upgrade", "keep-alive",
	    "te", "trailer", "last-event-id", "mcp-protocol-version", "mcp-session-id",
	    "mcp-method", "mcp-name", NULL};

	for (size_t i = 0; ours[i] != NULL; i++)
		if (strlen(ours[i]) == len && strncasecmp(text, ours[i], len) == 0)
			return true;
	return strncasecmp(text, "mcp-param-", strlen("mcp-param-")) == 0;
}

bool
upstream_check_header(const char *text, char out[UPSTREAM_TEXT_MAX], struct problem *why)
{
	size_t name = strspn(text, TOKEN_CHARACTERS), len;
	const char *value = text + name + 1;

	if (name == 0 || text[name] != ':') {
		problem_set(why, "must be like 'Name: value'");
		return false;
	}
	if (header_is_ours(text, name)) {
		problem_set(why, "\"%.*s\" is set by the gateway itself", (int)name, text);
		return false;
	}
	value += strspn(value, " \t");
	len = strlen(value);
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	for (size_t i = 0; i < len; i++)
		if ((value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7f) {
			problem_set(why,
			    "the value of \"%.*s\" must be ASCII without control "
			    "characters",
			    (int)name, text);
			return false;
		}
	if (len == 0) {
		problem_set(why, "\"%.*s\" has no value", (int)name, text);
		return false;
	}
	if (snprintf(out, UPSTREAM_TEXT_MAX, "%.*s: %.*s", (int)name, text, (int)len, value) <
	    UPSTREAM_TEXT_MAX)
		return true;
	problem_set(why, "\"%.*s\" is longer than %d bytes", (int)name, text, UPSTREAM_TEXT_MAX);
	return false;
}

static bool
is_text(const char *text)
{
	size_t left = strlen(text), len = 1;

	if (left >= UPSTREAM_TEXT_MAX)
		return false;
	for (; left > 0 && len > 0; text += len, left -= len)
		len = utf8_length(text, left);
	return left == 0;
}

bool
upstream_check_env(const char *text, struct problem *why)
{
	size_t name = strspn(text, VARIABLE_CHARACTERS);

	if (name == 0 || text[name] != '=' || (text[0] >= '0' && text[0] <= '9')) {
		problem_set(why, "must be like NAME=value");
		return false;
	}
	if (strncmp(text, "ENFORGATE_", strlen("ENFORGATE_")) == 0) {
		problem_set(why, "variables of this gateway are none of a program's business");
		return false;
	}
	if (is_text(text))
		return true;
	problem_set(why, "%.*s is no UTF-8, or longer than %d bytes", (int)name, text,
	    UPSTREAM_TEXT_MAX - 1);
	return false;
}

bool
upstream_check_word(const char *text, struct problem *why)
{
	if (is_text(text))
		return true;
	problem_set(why, "a word is no UTF-8, or longer than %d bytes", UPSTREAM_TEXT_MAX - 1);
	return false;
}

static bool
is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* Seen from the root; links stay, as a program may look at the name it was started by. */
static bool
whole_path(const char *text, char out[PATH_MAX])
{
	char here[PATH_MAX] = "";

	if (text[0] != '/' && getcwd(here, sizeof(here)) == NULL)
		return false;
	return snprintf(out, PATH_MAX, "%s%s%s", here, text[0] == '/' ? "" : "/", text) < PATH_MAX;
}

bool
upstream_check_program(const char *word, char out[PATH_MAX], struct problem *why)
{
	const char *path = getenv("PATH");
	char candidate[PATH_MAX];

	if (strchr(word, '/') != NULL) {
		if (whole_path(word, out) && is_program(out))
			return true;
		problem_set(why, "%.200s: not found, or no file that can be executed", word);
		return false;
	}
	if (path == NULL || path[0] == '\0')
		path = STANDARD_PATH;
	while (word[0] != '\0') {
		int len = (int)strcspn(path, ":");

		if (snprintf(candidate, sizeof(candidate), "%.*s/%s", len > 0 ? len : 1,
			len > 0 ? path : ".", word) < PATH_MAX &&
		    whole_path(candidate, out) && is_program(out))
			return true;
		path += len;
		if (*path++ == '\0')
			break;
	}
	problem_set(why, "%.100s: no such program along PATH (%.200s); name it by its whole path",
	    word, getenv("PATH") != NULL ? getenv("PATH") : STANDARD_PATH);
	return false;
}

/* Whether `inner` is `outer` or lies in it; both without links. */
static bool
lies_in(const char *inner, const char *outer)
{
	size_t len = strlen(outer);

	if (strcmp(outer, "/") == 0)
		return true;
	return strncmp(inner, outer, len) == 0 && (inner[len] == '\0' || inner[len] == '/');
}

bool
upstream_check_path(const struct config *config, const char *text, bool directory,
    char out[PATH_MAX], struct problem *why)
{
	const char *const closed[] = {config->state_dir, config->path};
	char own[PATH_MAX];
	struct stat st;

	if (realpath(text, out) == NULL || stat(out, &st) != 0) {
		problem_set(why, "%.200s: %s", text, strerror(errno));
		return false;
	}
	if (directory && !S_ISDIR(st.st_mode)) {
		problem_set(why, "%.200s: must be a directory", text);
		return false;
	}
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if (realpath(closed[i], own) != NULL &&
		    (lies_in(own, out) || (i == 0 && lies_in(out, own)))) {
			problem_set(why,
			    "%.150s would show the program %s %.150s, by which it could approve its "
			    "own calls; name something narrower",
			    text, i == 0 ? "the state directory" : "the configuration", closed[i]);
			return false;
		}
	return true;
}

bool
upstream_check_ca(const char *text, char out[PATH_MAX], struct problem *why)
{
	struct stat st;

	if (realpath(text, out) == NULL || stat(out, &st) != 0 || access(out, R_OK) != 0) {
		problem_set(why, "%.200s: %s; \"system\" means the system's certificates", text,
		    strerror(errno));
		return false;
	}
	if (!S_ISREG(st.st_mode))
		problem_set(why, "%.200s: must be a file with certificates (PEM)", text);
	return S_ISREG(st.st_mode);
}

bool
upstream_looks_secret(const char *text)
{
	static const char *const words[] = {
	    "auth", "cookie", "token", "key", "secret", "passw", "credential", NULL};
	char name[UPSTREAM_TEXT_MAX];

	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, ":="), text);
	for (size_t i = 0; words[i] != NULL; i++)
		if (strcasestr(name, words[i]) != NULL)
			return true;
	return false;
}
