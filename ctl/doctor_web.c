/* doctor_web.c - what the web server makes of requests as anybody can send them; see doctor.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "doctor.h"

#define ANSWER_MAX 8192
#define URL_MAX (CONFIG_URL_MAX + 64)
#define CLOCK_MS 60000
#define JSON_TYPE "Content-Type: application/json"

static bool
is_program(const struct buf *body)
{
	return body->len >= 4 && memcmp(body->data,
				     "\x7f"
				     "ELF",
				     4) == 0;
}

/* A check without a key. `url` replaces base_url. */
static enum status
post(struct doctor *d, const char *base, const char *path, struct http_answer *answer)
{
	char url[URL_MAX];
	const struct http_request request = {
	    .url = url, .headers = {JSON_TYPE}, .body = "{}", .len = 2, .most = ANSWER_MAX};

	(void)snprintf(
	    url, sizeof(url), "%s%s", base != NULL ? base : d->ctl->config.base_url, path);
	return http_send(d->http, &request, answer);
}

/* What the header Server says; the probe knows more. */
static void
take_server(struct doctor *d, const struct http_answer *answer)
{
	(void)snprintf(d->server, sizeof(d->server), "%s",
	    answer->server[0] != '\0' ? answer->server : "(no name)");
	if (strncmp(answer->server, "lighttpd", 8) == 0)
		d->host = HOST_LIGHTTPD;
	else if (strncmp(answer->server, "Apache", 6) == 0)
		d->host = HOST_APACHE;
	else if (strncmp(answer->server, "nginx", 5) == 0)
		d->host = HOST_NGINX;
}

static bool
is_plain_cgi(const struct buf *body)
{
	return strstr(buf_str(body), "is a FastCGI responder") != NULL;
}

/* False: there is nothing to go on with. */
static bool
connected(struct doctor *d, const struct http_answer *answer)
{
	switch (answer->end) {
	case HTTP_NO_CONNECTION:
		doctor_fault(d, "unreachable", "%s", answer->why);
		return false;
	case HTTP_BAD_CERTIFICATE:
		doctor_fault(d, "tls-certificate", "%s", answer->why);
		return false;
	case HTTP_TIMEOUT:
	case HTTP_BROKEN:
		take_server(d, answer);
		doctor_fault(d, "responder-down", "no whole answer to POST " CHECK_ROUTE ": %s",
		    answer->why);
		return false;
	case HTTP_ANSWERED:
		break;
	}
	take_server(d, answer);
	return true;
}

/* A 500 of the web server: a line of .htaccess that is not allowed breaks every URL of its directory. */
static enum status
server_error(struct doctor *d, long first)
{
	struct http_answer other;
	enum status status =
	    doctor_get(d, false, "/enforgate-doctor-asks-for-nothing", ANSWER_MAX, &other);

	if (status == STATUS_OK && first == 500 && other.status == 500 && d->host == HOST_APACHE)
		doctor_fault(d, "htaccess",
		    "POST " CHECK_ROUTE " and every other URL beside it are answered with 500");
	else
		doctor_fault(d, "responder-down",
		    "POST " CHECK_ROUTE " is answered with %ld, and not by the responder", first);
	http_answer_free(&other);
	return status;
}

static void
refused_by_us(struct doctor *d, const struct http_answer *answer, const char *code)
{
	d->reached = true;
	if (strcmp(code, "not_ready") == 0) {
		doctor_fault(d, "not-set-up", "POST " CHECK_ROUTE " is answered with %ld %s",
		    answer->status, code);
		d->reached = false;
	} else if (answer->status == 401 || answer->status == 429) {
		doctor_fine(d, "route", "POST " CHECK_ROUTE " reaches the responder");
		if (answer->status == 401 && strncmp(answer->authenticate, "Bearer", 6) != 0)
			doctor_fault(d, "www-authenticate", "the answer 401 has %s%s",
			    answer->authenticate[0] != '\0' ? "WWW-Authenticate: "
							    : "no WWW-Authenticate",
			    answer->authenticate);
	} else {
		doctor_fault(d, "route-odd",
		    "POST " CHECK_ROUTE " without a key is answered with %ld \"%s\"",
		    answer->status, code);
	}
}

/* An answer that is not the responder's. */
static enum status
refused_by_host(struct doctor *d, const struct http_answer *answer)
{
	long status = answer->status;

	if (is_program(&answer->body)) {
		doctor_fault(d, "program-download",
		    "POST " CHECK_ROUTE " is answered with the program itself");
	} else if (is_plain_cgi(&answer->body)) {
		doctor_fault(d, "plain-cgi", "the program itself says so");
	} else if (status >= 300 && status < 400) {
		doctor_fault(d, "redirected", "POST " CHECK_ROUTE " is answered with %ld to %.200s",
		    status, answer->location);
	} else if (status == 401 && strncmp(answer->authenticate, "Bearer", 6) != 0) {
		doctor_fault(d, "host-password", "the answer 401 has WWW-Authenticate: %.100s",
		    answer->authenticate);
	} else if (status == 401) {
		doctor_fault(d, "error-pages", "the body of the answer 401 is %.60s, not our JSON",
		    answer->type[0] != '\0' ? answer->type : "of no type");
		d->reached = true;
	} else if (status == 403) {
		doctor_fault(d, "forbidden", "POST " CHECK_ROUTE " is answered with 403");
	} else if (status == 404 || status == 405) {
		doctor_fault(d, "route-missing",
		    "POST " CHECK_ROUTE " is answered with %ld, and not by the responder", status);
	} else if (status >= 500) {
		return server_error(d, status);
	} else {
		doctor_fault(d, "route-odd",
		    "POST " CHECK_ROUTE " is answered with %ld and %zu bytes of %.60s", status,
		    answer->body.len, answer->type);
	}
	return STATUS_OK;
}

static void
look_at_headers(struct doctor *d, const struct http_answer *answer)
{
	int64_t off = answer->date_ms != 0 ? answer->date_ms - clock_wall_ms() : 0;

	if (llabs(off) > CLOCK_MS)
		doctor_fault(d, "clock-web", "its header Date is %" PRId64 " seconds %s this clock",
		    (int64_t)llabs(off) / 1000, off > 0 ? "ahead of" : "behind");
	else if (answer->date_ms != 0)
		doctor_fine(d, "clock", "the web server's clock and this one agree");
	if (d->reached && strstr(answer->cache, "no-store") == NULL)
		doctor_fault(d, "headers-lost",
		    "the answer has %s%s instead of Cache-Control: no-store",
		    answer->cache[0] != '\0' ? "Cache-Control: " : "no Cache-Control",
		    answer->cache);
}

/* Ours is 405; a file that is served is shown to GET only. */
static enum status
look_at_get(struct doctor *d)
{
	struct http_answer answer;
	enum status status = doctor_get(d, false, CHECK_ROUTE, ANSWER_MAX, &answer);
	char code[ERROR_CODE_MAX];

	if (status == STATUS_OK && is_program(&answer.body))
		doctor_fault(d, "program-download",
		    "GET " CHECK_ROUTE " is answered with the program itself");
	else if (status == STATUS_OK && d->reached && answer.status == 405 &&
		 !doctor_our_error(&answer.body, code))
		doctor_fault(d, "error-pages", "the body of the answer 405 is %.60s, not our JSON",
		    answer.type[0] != '\0' ? answer.type : "of no type");
	else if (status == STATUS_OK && d->reached && !doctor_has(d, "error-pages"))
		doctor_fine(d, "error-bodies", "errors arrive with the responder's own JSON");
	http_answer_free(&answer);
	return status;
}

static enum status
look_at_prefix(struct doctor *d)
{
	static const char *const near[] = {CHECK_ROUTE "x", CHECK_ROUTE "/"};
	enum status status = STATUS_OK;
	char code[ERROR_CODE_MAX];

	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]) && status == STATUS_OK; i++) {
		struct http_answer answer;

		status = post(d, NULL, near[i], &answer);
		if (status == STATUS_OK && doctor_our_error(&answer.body, code))
			doctor_fault(d, "prefix", "%s reaches the responder (which answers %ld)",
			    near[i], answer.status);
		http_answer_free(&answer);
	}
	if (status == STATUS_OK && !doctor_has(d, "prefix"))
		doctor_fine(d, "exact-url", "other paths do not reach the responder");
	return status;
}

/* Where people reach the gateway by https, plain http has to lead there or nowhere. */
static enum status
look_at_http(struct doctor *d)
{
	const char *base = d->ctl->config.base_url;
	char host[URL_MAX / 2], plain[URL_MAX], code[ERROR_CODE_MAX];
	struct http_answer answer;
	enum status status;

	if (strncmp(base, "https://", 8) != 0 || !doctor_url_host(base, host, sizeof(host)) ||
	    strchr(strrchr(base, ']') != NULL ? strrchr(base, ']') : base + 8, ':') != NULL)
		return STATUS_OK;
	(void)snprintf(plain, sizeof(plain), "http://%s", base + 8);
	status = post(d, plain, CHECK_ROUTE, &answer);
	if (status == STATUS_OK && answer.status > 0 && doctor_our_error(&answer.body, code))
		doctor_fault(d, "http-open", "POST %s" CHECK_ROUTE " reaches the responder", plain);
	else if (status == STATUS_OK)
		doctor_fine(d, "http", "plain http does not reach the responder");
	http_answer_free(&answer);
	return status;
}

/* As plain CGI the program ends without reading its input, which breaks the connection; a GET has none. */
static enum status
ask_without_body(struct doctor *d, struct http_answer *answer)
{
	struct http_answer other;
	enum status status = doctor_get(d, false, CHECK_ROUTE, ANSWER_MAX, &other);

	if (status == STATUS_OK && is_plain_cgi(&other.body)) {
		http_answer_free(answer);
		*answer = other;
	} else {
		http_answer_free(&other);
	}
	return status;
}

enum status
doctor_web(struct doctor *d)
{
	struct http_answer answer;
	char code[ERROR_CODE_MAX];
	enum status status;

	doctor_progress("asking %s", d->ctl->config.base_url);
	status = post(d, NULL, CHECK_ROUTE, &answer);
	if (status == STATUS_OK && answer.end == HTTP_BAD_CERTIFICATE) {
		/* Said once; what else is wrong can be seen all the same. */
		doctor_fault(d, "tls-certificate", "%s", answer.why);
		http_answer_free(&answer);
		http_trust(d->http);
		status = post(d, NULL, CHECK_ROUTE, &answer);
	}
	if (status == STATUS_OK && answer.end == HTTP_BROKEN)
		status = ask_without_body(d, &answer);
	if (status == STATUS_OK && connected(d, &answer)) {
		if (doctor_our_error(&answer.body, code))
			refused_by_us(d, &answer, code);
		else
			status = refused_by_host(d, &answer);
		look_at_headers(d, &answer);
		if (status == STATUS_OK)
			status = look_at_get(d);
		if (status == STATUS_OK && d->reached)
			status = look_at_prefix(d);
		if (status == STATUS_OK && d->reached)
			status = look_at_http(d);
	}
	http_answer_free(&answer);
	return status;
}
