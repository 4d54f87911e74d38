/* doctor_http.c - HTTP requests with libcurl; see doctor_http.h. */
#include "doctor_http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"

#define CONNECT_MS 10000L

struct http {
	CURL *curl;
	bool trust;
};

/* One request under way. */
struct exchange {
	const struct http_request *request;
	struct http_answer *answer;
	size_t sent;
	int64_t begun_us;
	bool enough; /* as much of the body as was wanted is there */
};

enum status
http_open(struct http **out)
{
	struct http *http = calloc(1, sizeof(*http));

	*out = NULL;
	if (http == NULL)
		return STATUS_NO_MEMORY;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (http->curl = curl_easy_init()) == NULL) {
		free(http);
		return STATUS_NO_MEMORY;
	}
	*out = http;
	return STATUS_OK;
}

void
http_close(struct http *http)
{
	if (http == NULL)
		return;
	curl_easy_cleanup(http->curl);
	curl_global_cleanup();
	free(http);
}

void
http_trust(struct http *http)
{
	http->trust = true;
}

void
http_answer_free(struct http_answer *answer)
{
	buf_free(&answer->body);
}

/* Keeps the value of a header line of this name. */
static void
keep(const char *line, size_t len, const char *name, char out[HTTP_VALUE_MAX])
{
	size_t skip = strlen(name);

	if (len <= skip || strncasecmp(line, name, skip) != 0 || line[skip] != ':')
		return;
	for (skip++; skip < len && (line[skip] == ' ' || line[skip] == '\t'); skip++)
		;
	while (len > skip && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	if (len - skip >= HTTP_VALUE_MAX)
		len = skip + HTTP_VALUE_MAX - 1;
	memcpy(out, line + skip, len - skip);
	out[len - skip] = '\0';
}

static size_t
take_header(char *line, size_t size, size_t count, void *arg)
{
	struct exchange *e = arg;
	char date[HTTP_VALUE_MAX] = "", policy[HTTP_VALUE_MAX] = "";
	size_t len = size * count;

	keep(line, len, "Content-Type", e->answer->type);
	keep(line, len, "Server", e->answer->server);
	keep(line, len, "WWW-Authenticate", e->answer->authenticate);
	keep(line, len, "Content-Encoding", e->answer->encoding);
	keep(line, len, "Location", e->answer->location);
	keep(line, len, "Cache-Control", e->answer->cache);
	keep(line, len, "Date", date);
	keep(line, len, "Content-Security-Policy", policy);
	if (policy[0] != '\0') {
		memcpy(e->answer->policy, policy, sizeof(policy));
		e->answer->policies++;
	}
	if (date[0] != '\0' && curl_getdate(date, NULL) > 0)
		e->answer->date_ms = (int64_t)curl_getdate(date, NULL) * 1000;
	return len;
}

static size_t
take_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct exchange *e = arg;
	size_t len = size * count;
	size_t room = e->request->most - e->answer->body.len;

	if (e->answer->first_us == 0)
		e->answer->first_us = clock_us() - e->begun_us;
	buf_add(&e->answer->body, bytes, len < room ? len : room);
	e->enough = len > room;
	return e->enough ? 0 : len;
}

static size_t
give_body(char *out, size_t size, size_t count, void *arg)
{
	struct exchange *e = arg;
	size_t len = e->request->len - e->sent;

	if (len > size * count)
		len = size * count;
	memcpy(out, e->request->body + e->sent, len);
	e->sent += len;
	return len;
}

static int
tick(void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	struct exchange *e = arg;

	(void)dltotal;
	(void)dlnow;
	(void)ultotal;
	(void)ulnow;
	if (e->request->tick != NULL)
		e->request->tick(e->request->arg);
	return 0;
}

/* `list` with one more line; NULL, and all of it freed, where memory runs out. */
static struct curl_slist *
one_more(struct curl_slist *list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(list, line);

	if (longer == NULL)
		curl_slist_free_all(list);
	return longer;
}

static struct curl_slist *
headers_of(const struct http_request *request)
{
	/* With one, libcurl would wait for the server before it sends a longer body. */
	struct curl_slist *list = one_more(NULL, "Expect:");

	for (size_t i = 0; list != NULL && request->headers[i] != NULL; i++)
		list = one_more(list, request->headers[i]);
	if (list != NULL && request->chunked)
		list = one_more(list, "Transfer-Encoding: chunked");
	return list;
}

static void
prepare_body(CURL *curl, struct exchange *e)
{
	const struct http_request *request = e->request;

	if (request->body != NULL) {
		(void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
		(void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
		(void)curl_easy_setopt(curl, CURLOPT_READDATA, e);
		if (!request->chunked)
			(void)curl_easy_setopt(
			    curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->len);
	}
	if (request->method != NULL)
		(void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

static void
prepare(struct http *http, struct exchange *e, struct curl_slist *headers, char *error)
{
	const struct http_request *request = e->request;
	CURL *curl = http->curl;

	curl_easy_reset(curl);
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
	(void)curl_easy_setopt(curl, CURLOPT_URL, request->url);
	(void)curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
	    (long)(request->timeout_ms > 0 ? request->timeout_ms : HTTP_TIMEOUT_MS));
	(void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, http->trust ? 0L : 1L);
	(void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, http->trust ? 0L : 2L);
	(void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "enforgatectl-doctor/" ENFORGATE_VERSION);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	(void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, e);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, e);
	(void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	(void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, tick);
	(void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, e);
	if (request->gzip)
		(void)curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
	(void)curl_easy_setopt(curl, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	prepare_body(curl, e);
}

/* How it ended: the few ways that are told apart. */
static enum http_end
end_of(CURL *curl, CURLcode result, const struct exchange *e)
{
	double connected = 0;

	if (result == CURLE_OK || (result == CURLE_WRITE_ERROR && e->enough))
		return HTTP_ANSWERED;
	if (result == CURLE_PEER_FAILED_VERIFICATION)
		return HTTP_BAD_CERTIFICATE;
	(void)curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME, &connected);
	if (result == CURLE_OPERATION_TIMEDOUT && connected > 0)
		return HTTP_TIMEOUT;
	if (connected <= 0 || result == CURLE_SSL_CONNECT_ERROR)
		return HTTP_NO_CONNECTION;
	return HTTP_BROKEN;
}

enum status
http_send(struct http *http, const struct http_request *request, struct http_answer *answer)
{
	struct exchange e = {.request = request, .answer = answer, .begun_us = clock_us()};
	struct curl_slist *headers = headers_of(request);
	char error[CURL_ERROR_SIZE] = "";
	const char *address = NULL;
	CURLcode result;

	*answer = (struct http_answer){.status = 0};
	buf_init(&answer->body, request->most);
	if (headers == NULL)
		return STATUS_NO_MEMORY;
	prepare(http, &e, headers, error);
	result = curl_easy_perform(http->curl);
	curl_slist_free_all(headers);
	answer->took_us = clock_us() - e.begun_us;
	(void)curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
	(void)curl_easy_getinfo(http->curl, CURLINFO_LOCAL_PORT, &answer->local_port);
	(void)curl_easy_getinfo(http->curl, CURLINFO_LOCAL_IP, &address);
	(void)snprintf(answer->local_address, sizeof(answer->local_address), "%s",
	    address != NULL ? address : "");
	(void)snprintf(answer->why, sizeof(answer->why), "%s",
	    error[0] != '\0' ? error : curl_easy_strerror(result));
	answer->end = end_of(http->curl, result, &e);
	(void)curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, NULL);
	return answer->body.status == STATUS_NO_MEMORY ? STATUS_NO_MEMORY : STATUS_OK;
}
