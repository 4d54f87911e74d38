/* url_parts.c - the parts of a URL; see url_parts.h. */
#include "url_parts.h"

#include <stdlib.h>
#include <string.h>

#define LETTERS_DIGITS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static bool
consists_of(const char *text, size_t len, const char *characters)
{
	return strspn(text, characters) >= len;
}

bool
url_read_host(const char *at, struct url_parts *parts)
{
	bool six = at[0] == '[';
	size_t len = six ? strcspn(at, "]") : strcspn(at, ":/?");
	const char *name = six ? at + 1 : at;
	size_t name_len = six ? len - 1 : len;

	if (name_len == 0 || name_len > URL_HOST_MAX || (six && at[len] != ']') ||
	    !consists_of(name, name_len, six ? "0123456789abcdefABCDEF:." : LETTERS_DIGITS ".-"))
		return false;
	memcpy(parts->host, name, name_len);
	parts->host[name_len] = '\0';
	parts->host_len = len + (size_t)six;
	parts->rest = at + parts->host_len;
	return true;
}

bool
url_skip_port(const char **rest)
{
	size_t len;

	if (**rest != ':')
		return true;
	len = strspn(*rest + 1, "0123456789");
	if (len == 0 || len > 5 || strtol(*rest + 1, NULL, 10) < 1 ||
	    strtol(*rest + 1, NULL, 10) > 65535)
		return false;
	*rest += 1 + len;
	return true;
}

bool
url_read_web(const char *url, bool *secure, struct url_parts *parts)
{
	*secure = strncmp(url, "https://", 8) == 0;
	return (*secure || strncmp(url, "http://", 7) == 0) &&
	       url_read_host(url + (*secure ? 8 : 7), parts) && url_skip_port(&parts->rest) &&
	       (*parts->rest == '\0' || strchr("/?", *parts->rest) != NULL) &&
	       consists_of(parts->rest, strlen(parts->rest), URL_CHARACTERS);
}
