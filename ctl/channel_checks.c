/* channel_checks.c - whether the settings of a channel are what they have to be; see channel_commands.h. */
#include "channel_commands.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"
#include "url_parts.h"
#include "utf8.h"

#define ADDRESS_MAX 254 /* RFC 5321 section 4.5.3.1.3, without the brackets */
#define ADDRESSES_MAX 20
#define LETTERS_DIGITS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static bool
consists_of(const char *text, size_t len, const char *characters)
{
	return strspn(text, characters) >= len;
}

/* The text as it is; every check ends here. */
static bool
keep(const struct channel_check *check, const char *text, char *out)
{
	if (snprintf(out, CHANNEL_TEXT_MAX, "%s", text) < CHANNEL_TEXT_MAX)
		return true;
	problem_set(check->why, "longer than %d bytes", CHANNEL_TEXT_MAX - 1);
	return false;
}

bool
channel_check_url(const struct channel_check *check, const char *text, char *out)
{
	struct url_parts place;
	bool secure = false;

	if (!url_read_web(text, &secure, &place)) {
		problem_set(
		    check->why, "must be like https://HOST/PATH, without user, spaces and #");
		return false;
	}
	if (!secure && !(check->private && doctor_loopback(place.host))) {
		problem_set(check->why, "must be https://; http:// is for a loopback address, with "
					"allow-private");
		return false;
	}
	if (!check->private && doctor_private(place.host)) {
		problem_set(check->why,
		    "%s is in a private network or this machine; allow-private allows that",
		    place.host);
		return false;
	}
	return keep(check, text, out);
}

void
channel_url_origin(const char *url, char *out, size_t size)
{
	const char *end = strstr(url, "://");

	end = end != NULL ? end + 3 + strcspn(end + 3, "/?") : url;
	(void)snprintf(out, size, "%.*s", (int)(end - url), url);
}

/* A port that is not named is that of submission (RFC 8314 section 3.3, RFC 6409 section 3.1). */
bool
channel_check_smtp(const struct channel_check *check, const char *text, char *out)
{
	bool secure = strncmp(text, "smtps://", 8) == 0;
	const char *at = text + (secure ? 8 : 7);
	struct url_parts place;
	bool has_port;

	if ((!secure && strncmp(text, "smtp://", 7) != 0) || !url_read_host(at, &place)) {
		problem_set(check->why, "must be smtps://HOST:465 or smtp://HOST:587");
		return false;
	}
	has_port = *place.rest == ':';
	if (!url_skip_port(&place.rest) || *place.rest != '\0') {
		problem_set(check->why, "must be smtps://HOST:465 or smtp://HOST:587");
		return false;
	}
	if (check->plain && (secure || !doctor_loopback(place.host))) {
		problem_set(check->why,
		    "plain is for smtp:// at a loopback address only: passwords and "
		    "links would travel in the clear");
		return false;
	}
	(void)snprintf(out, CHANNEL_TEXT_MAX, "%.*s%s",
	    (int)(at - text + (ptrdiff_t)place.host_len), text,
	    has_port ? at + place.host_len
	    : secure ? ":465"
		     : ":587");
	return true;
}

/* A bare address, as it stands in an envelope: the plain form of RFC 5321 section 4.1.2, dot-string at domain. */
static bool
is_address(const char *text, size_t len)
{
	const char *sign = memchr(text, '@', len);
	size_t local = sign != NULL ? (size_t)(sign - text) : 0;

	return local > 0 && local <= 64 && len - local > 1 && len <= ADDRESS_MAX &&
	       consists_of(text, local, LETTERS_DIGITS "!#$%&'*+-/=?^_`{|}~.") &&
	       consists_of(sign + 1, len - local - 1, LETTERS_DIGITS ".-") && text[0] != '-' &&
	       text[0] != '.' && sign[-1] != '.' && sign[1] != '.' && sign[1] != '-';
}

bool
channel_check_address(const struct channel_check *check, const char *text, char *out)
{
	if (is_address(text, strlen(text)))
		return keep(check, text, out);
	problem_set(check->why, "\"%.64s\" is no address like name@example.com", text);
	return false;
}

bool
channel_check_addresses(const struct channel_check *check, const char *text, char *out)
{
	size_t count = 0, len;
	struct buf list;
	bool ok;

	buf_init(&list, CHANNEL_TEXT_MAX - 1);
	do {
		text += strspn(text, " ");
		len = strcspn(text, ",");
		while (len > 0 && text[len - 1] == ' ')
			len--;
		if (!is_address(text, len)) {
			problem_set(check->why, "\"%.*s\" is no address like name@example.com",
			    len < 64 ? (int)len : 64, text);
			buf_free(&list);
			return false;
		}
		buf_text(&list, count++ > 0 ? "," : "");
		buf_add(&list, text, len);
		text += strcspn(text, ",");
	} while (*text++ != '\0');
	ok = count <= ADDRESSES_MAX && buf_status(&list) == STATUS_OK;
	if (ok)
		ok = keep(check, buf_str(&list), out);
	else
		problem_set(check->why, "more than %d addresses; use a list of your mail server's",
		    ADDRESSES_MAX);
	buf_free(&list);
	return ok;
}

/* The programs have other working directories: the path is kept from the root on. */
bool
channel_check_ca(const struct channel_check *check, const char *text, char *out)
{
	char *path = realpath(text, NULL);
	struct stat st;
	bool ok = path != NULL && stat(path, &st) == 0 && access(path, R_OK) == 0;

	if (!ok) {
		problem_set(check->why, "%.200s: %s; \"system\" means the system's certificates",
		    text, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		problem_set(check->why, "%.200s: must be a file with certificates (PEM)", text);
		ok = false;
	}
	ok = ok && keep(check, path, out);
	free(path);
	return ok;
}

bool
channel_check_token(const struct channel_check *check, const char *text, char *out)
{
	size_t id = strspn(text, "0123456789");

	if (id > 0 && text[id] == ':' && text[id + 1] != '\0' &&
	    consists_of(text + id + 1, strlen(text + id + 1), LETTERS_DIGITS "_-"))
		return keep(check, text, out);
	problem_set(check->why, "must be the token of a bot, as BotFather gives it: 123456:ABC...");
	return false;
}

bool
channel_check_chat(const struct channel_check *check, const char *text, char *out)
{
	size_t sign = text[0] == '-' || text[0] == '@' ? 1 : 0;
	const char *rest = text + sign;

	if (rest[0] != '\0' && strlen(rest) <= 64 &&
	    consists_of(rest, strlen(rest), text[0] == '@' ? LETTERS_DIGITS "_" : "0123456789"))
		return keep(check, text, out);
	problem_set(check->why, "must be the number of a chat, like -1001234567890, or @NAME");
	return false;
}

bool
channel_check_secret(const struct channel_check *check, const char *text, char *out)
{
	if (strlen(text) >= CHANNEL_SECRET_LEAST)
		return channel_check_text(check, text, out);
	problem_set(check->why, "needs at least %d characters; leave it out, and one is made",
	    CHANNEL_SECRET_LEAST);
	return false;
}

bool
channel_check_text(const struct channel_check *check, const char *text, char *out)
{
	const char *at = text;
	size_t len;

	while (*at != '\0' && (unsigned char)*at >= 0x20 && *at != 0x7f &&
	       (len = utf8_length(at, strlen(at))) > 0)
		at += len;
	if (at != text && *at == '\0')
		return keep(check, text, out);
	problem_set(check->why, "must be text in UTF-8, without control characters");
	return false;
}
