/* url_parts.h - the parts of a URL that somebody configures, read so strictly that every other reader takes them for the same. */
#ifndef ENFORGATE_CTL_URL_PARTS_H
#define ENFORGATE_CTL_URL_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#define URL_HOST_MAX 253 /* RFC 1035 section 2.3.4, without the last point */
#define URL_CHARACTERS                                                                             \
	"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~:/?[]@!$&'()*+,;=%"

/* Where a URL leads. */
struct url_parts {
	char host[URL_HOST_MAX + 1]; /* without brackets */
	size_t host_len;             /* in the URL, with brackets */
	const char *rest;            /* of the URL, from ':' or '/' on */
};

/* What stands behind "scheme://". False: no host of a form that every reader of URLs takes for the same. */
bool url_read_host(const char *at, struct url_parts *parts);
/* ":PORT" at the beginning of *rest, which is moved behind it. No port at all is well. */
bool url_skip_port(const char **rest);

/* "http://" or "https://", host, port, path and query; no user, no fragment. *secure: it is https. */
bool url_read_web(const char *url, bool *secure, struct url_parts *parts);

#endif
