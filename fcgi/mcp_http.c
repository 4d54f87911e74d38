/* mcp_http.c - what is refused before a message is read: facts of HTTP; see mcp_visit.h. */
#include <string.h>
#include <strings.h>

#include "hosts.h"
#include "mcp_visit.h"
#include "refuse.h"

#define CHALLENGE "Bearer realm=\"enforgate\""
#define CHALLENGE_INVALID CHALLENGE ", error=\"invalid_token\""

static bool
refuse(struct visit *visit, int status, const char *code, const char *why)
{
	log_refusal("%d: %s", status, why);
	reply_error(&visit->exchange->reply, &visit->exchange->request, status, code, why);
	return false;
}

static bool
is_ours(const struct visit *visit)
{
	const char *path = visit->exchange->request.path;
	const char *base = config_base_path(&visit->exchange->service->config);
	const size_t len = strlen(base);

	return strncmp(path, base, len) == 0 && strcmp(path + len, MCP_ROUTE) == 0;
}

static bool
admit_host(struct visit *visit)
{
	const struct config *config = &visit->exchange->service->config;
	const char *host = request_header(&visit->exchange->request, "HOST");
	const char *origin = request_header(&visit->exchange->request, "ORIGIN");

	if (host != NULL && !hosts_allow(config, host))
		return refuse(visit, 403, "forbidden_host",
		    "this gateway does not know itself by the name in Host; see the settings base_url and "
		    "allowed_hosts");
	if (origin != NULL && !hosts_allow_origin(config, origin))
		return refuse(visit, 403, "forbidden_origin",
		    "pages of that origin may not use this gateway; see the setting allowed_hosts");
	return true;
}

static bool
admit_key(struct visit *visit)
{
	struct exchange *exchange = visit->exchange;
	const char *key = exchange->request.authorization;
	struct callers *callers = exchange->service->gate.callers;
	struct problem why = {""};
	/* Not every message comes to the gate, which would find out that the key was revoked or the policy changed. */
	enum status status = callers_refresh(callers);

	if (status == STATUS_OK)
		status = callers_authenticate(callers, key, &visit->caller, &why);
	if (status == STATUS_REFUSED)
		refuse_stranger(exchange->service, &exchange->request, &exchange->reply,
		    key != NULL && *key != '\0' ? CHALLENGE_INVALID : CHALLENGE, why.text);
	else if (status != STATUS_OK)
		visit_unavailable(visit, status);
	return status == STATUS_OK;
}

static bool
admit_method(struct visit *visit)
{
	const char *method = visit->exchange->request.method;
	const bool streams = visit->exchange->service->config.streams_max > 0;

	if (strcmp(method, "POST") == 0 || strcmp(method, "DELETE") == 0 ||
	    (streams && strcmp(method, "GET") == 0))
		return true;
	reply_header(
	    &visit->exchange->reply, "Allow", streams ? "GET, POST, DELETE" : "POST, DELETE");
	return refuse(visit, 405, "method_not_allowed",
	    strcmp(method, "GET") == 0 ? "this gateway keeps no streams open: use POST"
				       : "use POST");
}

bool
http_admit(struct visit *visit)
{
	if (!is_ours(visit))
		return refuse(visit, 404, "not_found",
		    "this responder serves " MCP_ROUTE " and nothing else");
	return admit_host(visit) && admit_key(visit) && admit_method(visit);
}

/* Whether a header of media ranges names this type, itself or as part of a range. A weight of zero is not looked for. */
static bool
accepts(const char *header, const char *type, const char *range)
{
	size_t len;

	for (const char *at = header; *at != '\0'; at += len + (at[len] == ',')) {
		len = strcspn(at, ",");
		const char *name = at + strspn(at, " \t");
		const size_t name_len = strcspn(name, ";, \t");

		if ((name_len == strlen(type) && strncasecmp(name, type, name_len) == 0) ||
		    (name_len == strlen(range) && strncasecmp(name, range, name_len) == 0) ||
		    (name_len == 3 && strncmp(name, "*/*", 3) == 0))
			return true;
	}
	return false;
}

static bool
accepts_answers(const struct visit *visit)
{
	const char *accept = request_header(&visit->exchange->request, "ACCEPT");

	return accept != NULL && accepts(accept, "application/json", "application/*") &&
	       accepts(accept, "text/event-stream", "text/*");
}

bool
http_accepts_events(const struct visit *visit)
{
	const char *accept = request_header(&visit->exchange->request, "ACCEPT");

	return accept != NULL && accepts(accept, "text/event-stream", "text/*");
}

static bool
read_json(struct visit *visit, struct json_object **root)
{
	const struct buf *body = &visit->exchange->request.body;
	struct rpc_fault fault = {0};
	struct problem why;
	enum status status = json_parse(buf_str(body), body->len, &visit->door->limits, root, &why);

	if (status == STATUS_OK)
		return true;
	if (status == STATUS_NO_MEMORY) {
		visit_unavailable(visit, status);
		return false;
	}
	(void)rpc_fault_set(&fault, 400, RPC_PARSE_ERROR, "%s", why.text);
	answer_fault_http(visit, &fault);
	return false;
}

bool
http_read(struct visit *visit, struct json_object **root)
{
	struct request *request = &visit->exchange->request;
	struct problem why;
	enum status status = request_read_body(request, visit->door->limits.bytes, &why);

	*root = NULL;
	exchange_hold(visit->exchange, request->body.len);
	if (status == STATUS_TOO_LARGE)
		return refuse(visit, 413, "too_large", why.text);
	if (status == STATUS_INVALID)
		return refuse(visit, 400, "bad_request", why.text);
	if (status != STATUS_OK) {
		visit_unavailable(visit, status);
		return false;
	}
	if (!request_has_type(request, "application/json"))
		return refuse(visit, 415, "unsupported_media_type",
		    "send the message as `Content-Type: application/json`");
	if (!accepts_answers(visit))
		return refuse(visit, 406, "not_acceptable",
		    "send `Accept: application/json, text/event-stream`: answers come as either");
	return read_json(visit, root);
}
