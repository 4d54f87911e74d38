/* config_value.c - the values of settings: checked, made absolute, stored; see config_table.h. */
#include "config_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proxies.h"

static void
set_number(const struct config_setting *s, struct config *config, int64_t value)
{
	char *at = (char *)config + s->offset;
	bool yes = value != 0;

	if (s->kind == CONFIG_YES_NO)
		memcpy(at, &yes, sizeof(yes));
	else
		memcpy(at, &value, sizeof(value));
}

/* Decimal digits, for bytes with K, M or G behind them; no sign, no fraction. */
static bool
read_number(const char *text, bool bytes, int64_t *out)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*out = strtoll(text, &end, 10);
	if (errno != 0)
		return false;
	if (bytes && end[0] != '\0' && (unit = strchr(units, end[0])) != NULL) {
		if (__builtin_mul_overflow(*out, (int64_t)1 << (10 * (unit - units + 1)), out))
			return false;
		end++;
	}
	return end[0] == '\0';
}

/* A path, taken from the file's directory where it is relative. */
static enum status
take_path(const struct config *config, const char *value, char *out, struct problem *why)
{
	int dir = (int)(strrchr(config->path, '/') - config->path);
	int len;

	while (strncmp(value, "./", 2) == 0)
		value += 2;
	if (value[0] == '/')
		len = snprintf(out, PATH_MAX, "%s", value);
	else if (strcmp(value, ".") == 0 || value[0] == '\0')
		len = snprintf(out, PATH_MAX, "%.*s", dir > 0 ? dir : 1, config->path);
	else
		len = snprintf(out, PATH_MAX, "%.*s/%s", dir, config->path, value);
	if (len < 0 || len >= PATH_MAX) {
		problem_set(why, "is too long a path");
		return STATUS_INVALID;
	}
	while (len > 1 && out[len - 1] == '/')
		out[--len] = '\0';
	return STATUS_OK;
}

/* The host of a URL: a name, an IPv4 address or an IPv6 address in brackets. NULL: neither. */
static const char *
skip_host(const char *host)
{
	size_t len;

	if (host[0] == '[') {
		len = strspn(host + 1, "0123456789abcdefABCDEF:.");
		return len >= 2 && host[len + 1] == ']' ? host + len + 2 : NULL;
	}
	len = strspn(host, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-");
	return len > 0 && host[0] != '.' && host[0] != '-' ? host + len : NULL;
}

/* An optional ":1" to ":65535". NULL: not one. */
static const char *
skip_port(const char *port)
{
	size_t len;
	long number;

	if (port[0] != ':')
		return port;
	len = strspn(++port, "0123456789");
	number = strtol(port, NULL, 10);
	return len > 0 && len <= 5 && number >= 1 && number <= 65535 ? port + len : NULL;
}

/* A plain path: it is compared with what web servers pass on, so nothing in it may have two spellings. */
static bool
prefix_valid(const char *path)
{
	static const char plain[] =
	    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._~-";

	while (path[0] == '/' && path[1] != '\0') {
		size_t len = strspn(++path, plain);

		if (len == 0 || (len == 1 && path[0] == '.') ||
		    (len == 2 && strncmp(path, "..", 2) == 0))
			return false;
		path += len;
	}
	return path[0] == '\0' || strcmp(path, "/") == 0;
}

/* http(s)://host[:port][/prefix], kept without a slash at its end. */
static enum status
take_url(const char *value, char *out, struct problem *why)
{
	const char *at = NULL;
	size_t len = strlen(value);

	if (strncmp(value, "http://", 7) == 0)
		at = skip_host(value + 7);
	else if (strncmp(value, "https://", 8) == 0)
		at = skip_host(value + 8);
	if (at != NULL)
		at = skip_port(at);
	if (at == NULL || len >= CONFIG_URL_MAX || !prefix_valid(at)) {
		problem_set(why,
		    "must be http:// or https://, a host, optionally :port and a path of "
		    "plain segments, without a query; not \"%.200s\"",
		    value);
		return STATUS_INVALID;
	}
	while (value[len - 1] == '/')
		len--;
	(void)snprintf(out, CONFIG_URL_MAX, "%.*s", (int)len, value);
	return STATUS_OK;
}

/* Kept as it is written, once it is known to be right. */
static enum status
take_proxies(const char *value, char *out, struct problem *why)
{
	struct proxies proxies;

	if (strlen(value) >= CONFIG_LIST_MAX) {
		problem_set(why, "is longer than %d bytes", CONFIG_LIST_MAX - 1);
		return STATUS_INVALID;
	}
	if (proxies_parse(value, &proxies, why) != STATUS_OK)
		return STATUS_INVALID;
	(void)snprintf(out, CONFIG_LIST_MAX, "%s", value);
	return STATUS_OK;
}

/* Kept as it is written: host[:port], with commas between. */
static enum status
take_hosts(const char *value, char *out, struct problem *why)
{
	const char *at = value;

	if (strlen(value) >= CONFIG_LIST_MAX) {
		problem_set(why, "is longer than %d bytes", CONFIG_LIST_MAX - 1);
		return STATUS_INVALID;
	}
	for (;;) {
		at = skip_host(at + strspn(at, " \t"));
		if (at != NULL)
			at = skip_port(at);
		if (at != NULL)
			at += strspn(at, " \t");
		if (at == NULL || (*at != ',' && *at != '\0')) {
			problem_set(why,
			    "must be hosts with commas between, each with an optional :port; not \"%.200s\"",
			    value);
			return STATUS_INVALID;
		}
		if (*at++ == '\0')
			break;
	}
	(void)snprintf(out, CONFIG_LIST_MAX, "%s", value);
	return STATUS_OK;
}

static enum status
take_number(
    const struct config_setting *s, struct config *config, const char *value, struct problem *why)
{
	int64_t number = 0;

	if (!read_number(value, s->kind == CONFIG_BYTES, &number) || number < s->min ||
	    number > s->max) {
		problem_set(why, "must be a whole number from %lld to %lld%s, not \"%.64s\"",
		    (long long)s->min, (long long)s->max,
		    s->kind == CONFIG_BYTES ? " (K, M or G may follow)" : "", value);
		return STATUS_INVALID;
	}
	set_number(s, config, number);
	return STATUS_OK;
}

enum status
config_setting_take(
    const struct config_setting *s, struct config *config, const char *value, struct problem *why)
{
	char *at = (char *)config + s->offset;

	switch (s->kind) {
	case CONFIG_LOG:
		if (strcmp(value, "syslog") == 0 || strcmp(value, "stderr") == 0) {
			(void)snprintf(at, PATH_MAX, "%s", value);
			return STATUS_OK;
		}
		return take_path(config, value, at, why);
	case CONFIG_PATH:
		return take_path(config, value, at, why);
	case CONFIG_URL:
		return take_url(value, at, why);
	case CONFIG_PROXIES:
		return take_proxies(value, at, why);
	case CONFIG_HOSTS:
		return take_hosts(value, at, why);
	case CONFIG_NUMBER:
	case CONFIG_BYTES:
		return take_number(s, config, value, why);
	case CONFIG_YES_NO:
		if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
			problem_set(why, "must be yes or no, not \"%.64s\"", value);
			return STATUS_INVALID;
		}
		set_number(s, config, strcmp(value, "yes") == 0);
		return STATUS_OK;
	}
	return STATUS_FAILED;
}

enum status
config_start(const char *path, struct config *config, struct problem *why)
{
	char here[PATH_MAX] = "";
	int len;

	*config = (struct config){.threads = 0};
	for (const struct config_setting *s = config_settings; s->name != NULL; s++)
		if (s->kind == CONFIG_NUMBER || s->kind == CONFIG_BYTES || s->kind == CONFIG_YES_NO)
			set_number(s, config, s->number);
	if (path[0] != '/' && getcwd(here, sizeof(here)) == NULL) {
		problem_set(
		    why, "configuration file %s: no working directory: %s", path, strerror(errno));
		return STATUS_FAILED;
	}
	len = snprintf(config->path, sizeof(config->path), "%s%s%s",
	    strcmp(here, "/") == 0 ? "" : here, path[0] == '/' ? "" : "/", path);
	if (len < 0 || (size_t)len >= sizeof(config->path)) {
		problem_set(why, "configuration file: the path is too long");
		return STATUS_INVALID;
	}
	return STATUS_OK;
}

enum status
config_finish(struct config *config, struct problem *why)
{
	for (const struct config_setting *s = config_settings; s->name != NULL; s++) {
		char *at = (char *)config + s->offset;

		if ((s->kind != CONFIG_PATH && s->kind != CONFIG_LOG) || at[0] != '\0')
			continue;
		if (s->standard == NULL) {
			problem_set(why, "%s: %s is not set", config->path, s->name);
			return STATUS_INVALID;
		}
		if ((size_t)snprintf(at, PATH_MAX, "%s/%s", config->state_dir, s->standard) >=
		    PATH_MAX) {
			problem_set(why, "%s: state_dir is too long a path", config->path);
			return STATUS_INVALID;
		}
	}
	return STATUS_OK;
}
