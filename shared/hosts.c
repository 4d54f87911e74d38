/* hosts.c - names of this gateway in Host and Origin; see hosts.h. */
#include "hosts.h"

#include <string.h>
#include <strings.h>

static const char *const own[] = {"localhost", "127.0.0.1", "[::1]"};

/* A text that is no string of its own, and where its port begins. */
struct host {
	const char *text;
	size_t len;      /* without the port */
	const char *end; /* behind the port */
};

static struct host
split(const char *text, size_t len)
{
	const char *bracket = len > 0 && text[0] == '[' ? memchr(text, ']', len) : NULL;
	size_t from = bracket != NULL ? (size_t)(bracket - text) : 0;
	const char *colon = memchr(text + from, ':', len - from);

	return (struct host){
	    .text = text, .len = colon != NULL ? (size_t)(colon - text) : len, .end = text + len};
}

static size_t
port_len(const struct host *host)
{
	return (size_t)(host->end - host->text) - host->len;
}

/* A port with nothing but digits behind the colon, or none: "localhost:@evil" is no host. */
static bool
port_valid(const struct host *host)
{
	size_t len = port_len(host);

	return len == 0 || (len > 1 && strspn(host->text + host->len + 1, "0123456789") >= len - 1);
}

static bool
same(const struct host *a, const char *text, size_t len)
{
	return a->len == len && strncasecmp(a->text, text, len) == 0;
}

/* An entry of allowed_hosts: with a port it stands for that port alone. */
static bool
entry_allows(const struct host *entry, const struct host *host)
{
	if (!same(host, entry->text, entry->len))
		return false;
	return port_len(entry) == 0 ||
	       (port_len(entry) == port_len(host) &&
		   memcmp(entry->text + entry->len, host->text + host->len, port_len(entry)) == 0);
}

static bool
allowed(const struct config *config, const char *text, size_t len)
{
	const struct host host = split(text, len);
	const char *base = strstr(config->base_url, "://");
	const char *at = config->allowed_hosts;
	struct host entry;

	if (host.len == 0 || !port_valid(&host))
		return false;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (same(&host, own[i], strlen(own[i])))
			return true;
	if (base != NULL) {
		entry = split(base + 3, strcspn(base + 3, "/"));
		if (same(&host, entry.text, entry.len))
			return true;
	}
	while (*at != '\0') {
		at += strspn(at, ", \t");
		entry = split(at, strcspn(at, ", \t"));
		if (entry.len > 0 && entry_allows(&entry, &host))
			return true;
		at = entry.end;
	}
	return false;
}

bool
hosts_allow(const struct config *config, const char *host)
{
	return allowed(config, host, strlen(host));
}

bool
hosts_allow_origin(const struct config *config, const char *origin)
{
	if (strncasecmp(origin, "http://", 7) == 0)
		origin += 7;
	else if (strncasecmp(origin, "https://", 8) == 0)
		origin += 8;
	else
		return false;
	return allowed(config, origin, strlen(origin));
}
