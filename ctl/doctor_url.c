/* doctor_url.c - base_url and what is made of it: hosts, addresses, GET requests; see doctor.h. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "doctor.h"

#define URL_MAX (CONFIG_URL_MAX + 2 * PATH_MAX)
#define HOST_MAX 256

bool
doctor_url_host(const char *url, char *out, size_t size)
{
	const char *host = strstr(url, "://");
	size_t len;

	if (host == NULL)
		return false;
	host += 3;
	if (host[0] == '[') {
		host++;
		len = strcspn(host, "]");
	} else {
		len = strcspn(host, ":/");
	}
	if (len == 0 || len >= size)
		return false;
	memcpy(out, host, len);
	out[len] = '\0';
	return true;
}

bool
doctor_loopback(const char *host)
{
	/* Numbers all through: 127.0.0.1.example.org is anybody's. */
	return (strncmp(host, "127.", 4) == 0 && host[strspn(host, "0123456789.")] == '\0') ||
	       strcmp(host, "::1") == 0 || strcasecmp(host, "localhost") == 0;
}

static bool
in_net(uint32_t address, uint32_t net, int bits)
{
	return address >> (32 - bits) == net >> (32 - bits);
}

bool
doctor_private(const char *host)
{
	static const char *const ends[] = {
	    ".local", ".lan", ".internal", ".localdomain", ".home.arpa"};
	struct in_addr four;
	struct in6_addr six;
	size_t len = strlen(host);

	if (doctor_loopback(host))
		return true;
	if (inet_pton(AF_INET, host, &four) == 1) {
		uint32_t a = ntohl(four.s_addr);

		return in_net(a, 0x0a000000, 8) || in_net(a, 0xac100000, 12) ||
		       in_net(a, 0xc0a80000, 16) || in_net(a, 0xa9fe0000, 16) ||
		       in_net(a, 0x64400000, 10);
	}
	if (inet_pton(AF_INET6, host, &six) == 1)
		return (six.s6_addr[0] & 0xfe) == 0xfc ||
		       (six.s6_addr[0] == 0xfe && (six.s6_addr[1] & 0xc0) == 0x80);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (len > strlen(ends[i]) && strcasecmp(host + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	return strchr(host, '.') == NULL;
}

void
doctor_url(struct doctor *d)
{
	const char *url = d->ctl->config.base_url;
	char host[HOST_MAX];

	if (url[0] == '\0') {
		doctor_fault(d, "base-url-missing", "%s does not set it", d->ctl->config.path);
		return;
	}
	if (strncmp(url, "http://", 7) != 0 || !doctor_url_host(url, host, sizeof(host)) ||
	    doctor_loopback(host))
		doctor_fine(d, "base-url", "%s", url);
	else
		doctor_fault(
		    d, doctor_private(host) ? "base-url-local" : "base-url-http", "%s", url);
}

enum status
doctor_get(struct doctor *d, bool root, const char *path, size_t most, struct http_answer *answer)
{
	const struct config *config = &d->ctl->config;
	char url[URL_MAX];
	size_t origin = strlen(config->base_url) - strlen(config_base_path(config));
	const struct http_request request = {.url = url, .most = most};

	(void)snprintf(url, sizeof(url), "%.*s%s", (int)(root ? origin : strlen(config->base_url)),
	    config->base_url, path);
	return http_send(d->http, &request, answer);
}

bool
doctor_our_error(const struct buf *body, char code[ERROR_CODE_MAX])
{
	static const struct json_limits limits = {
	    .bytes = 65536, .nesting = 4, .members = 16, .unique = true};
	struct json_object *root = NULL;
	struct problem why;
	const char *text = NULL;
	size_t len = 0;
	bool error = false, message = false, id = false;

	code[0] = '\0';
	if (json_parse(buf_str(body), body->len, &limits, &root, &why) != STATUS_OK)
		return false;
	text = json_string(json_member(root, "error", &error), &len);
	(void)json_member(root, "message", &message);
	(void)json_member(root, "requestId", &id);
	if (text != NULL)
		(void)snprintf(code, ERROR_CODE_MAX, "%s", text);
	json_free(root);
	return text != NULL && error && message && id;
}
