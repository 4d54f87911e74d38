/* request.c - FastCGI parameters and body to struct request; see request.h. */
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "secret.h"

#define READ_BYTES 16384
#define KEEP_BYTES 8192 /* of memory, for the next body */
#define LENGTH_DIGITS_MAX 15
#define HEADER_PREFIX "HTTP_"
#define HEADER_NAME_MAX 128

static int64_t
length_of(const char *text)
{
	size_t digits;

	if (text == NULL || *text == '\0')
		return -1;
	digits = strspn(text, "0123456789");
	if (text[digits] != '\0' || digits > LENGTH_DIGITS_MAX)
		return -2;
	return strtoll(text, NULL, 10);
}

/* mod_proxy_fcgi hands an absolute request target through (RFC 9112 section 3.2.2): the path is what follows the host. */
static void
copy_path(const char *uri, char path[REQUEST_PATH_MAX + 1])
{
	size_t len;

	path[0] = '\0';
	if (strncasecmp(uri, "http://", 7) == 0 || strncasecmp(uri, "https://", 8) == 0) {
		uri = strchr(strchr(uri, ':') + 3, '/');
		if (uri == NULL)
			return;
	}
	len = strcspn(uri, "?#");
	if (len > REQUEST_PATH_MAX)
		return;
	memcpy(path, uri, len);
	path[len] = '\0';
}

static const char *
parameter(FCGX_Request *fcgx, const char *name)
{
	const char *value = FCGX_GetParam(name, fcgx->envp);

	return value != NULL ? value : "";
}

void
request_begin(FCGX_Request *fcgx, struct request *request)
{
	const char *uri;

	*request = (struct request){.fcgx = fcgx, .started_us = clock_us(), .body = request->body};
	secret_random_text(request->id, REQUEST_ID_LEN);
	log_request(request->id);
	request->method = parameter(fcgx, "REQUEST_METHOD");
	request->content_type = parameter(fcgx, "CONTENT_TYPE");
	request->address = parameter(fcgx, "REMOTE_ADDR");
	request->configuration = FCGX_GetParam("ENFORGATE_CONF", fcgx->envp);
	/* Apache keeps the header under the second name after an internal redirect. */
	request->authorization = FCGX_GetParam("HTTP_AUTHORIZATION", fcgx->envp);
	if (request->authorization == NULL || *request->authorization == '\0')
		request->authorization = FCGX_GetParam("REDIRECT_HTTP_AUTHORIZATION", fcgx->envp);
	request->content_length = length_of(FCGX_GetParam("CONTENT_LENGTH", fcgx->envp));
	uri = parameter(fcgx, "REQUEST_URI");
	copy_path(uri, request->path);
	request->query = strchr(uri, '?') != NULL ? strchr(uri, '?') + 1 : "";
}

void
request_see_through(struct request *request, const struct proxies *trusted)
{
	request->address = proxies_client(trusted, request->address,
	    FCGX_GetParam("HTTP_X_FORWARDED_FOR", request->fcgx->envp), request->forwarded);
}

enum status
request_read_body(struct request *request, size_t max, struct problem *why)
{
	char bytes[READ_BYTES];
	int n;

	request->body.cap = max;
	if (request->content_length == -2) {
		problem_set(why, "the header Content-Length is not a number");
		return STATUS_INVALID;
	}
	if (request->content_length > (int64_t)max) {
		problem_set(why, "the body is longer than %zu bytes", max);
		return STATUS_TOO_LARGE;
	}
	/* Not beyond the limit: mod_proxy_fcgi hands on a body of any length, also one without end. */
	while (buf_status(&request->body) == STATUS_OK &&
	       (n = FCGX_GetStr(bytes, sizeof(bytes), request->fcgx->in)) > 0)
		buf_add(&request->body, bytes, (size_t)n);
	request->whole =
	    buf_status(&request->body) == STATUS_OK && FCGX_GetError(request->fcgx->in) == 0;
	if (buf_status(&request->body) == STATUS_TOO_LARGE)
		problem_set(why, "the body is longer than %zu bytes", max);
	if (buf_status(&request->body) != STATUS_OK)
		return buf_status(&request->body);
	if (FCGX_GetError(request->fcgx->in) != 0 ||
	    (request->content_length >= 0 &&
		request->content_length != (int64_t)request->body.len)) {
		problem_set(why, "the body ended early: %zu bytes came", request->body.len);
		return STATUS_INVALID;
	}
	return STATUS_OK;
}

bool
request_has_type(const struct request *request, const char *type)
{
	size_t len = strlen(type);

	if (strncasecmp(request->content_type, type, len) != 0)
		return false;
	return request->content_type[len + strspn(request->content_type + len, " \t")] == '\0' ||
	       request->content_type[len + strspn(request->content_type + len, " \t")] == ';';
}

const char *
request_header(const struct request *request, const char *name)
{
	char parameter_name[sizeof(HEADER_PREFIX) + HEADER_NAME_MAX];

	if ((size_t)snprintf(parameter_name, sizeof(parameter_name), HEADER_PREFIX "%s", name) >=
	    sizeof(parameter_name))
		return NULL;
	return FCGX_GetParam(parameter_name, request->fcgx->envp);
}

void
request_end(struct request *request)
{
	buf_recycle(&request->body, KEEP_BYTES);
	log_request("");
}
