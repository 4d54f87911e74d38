/* line_http_take.c - what an http upstream answers, made messages of; see line_http.h. */
#include "mcp/line_http.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "plain.h"

#define TYPE_EVENTS "text/event-stream"
#define TYPE_JSON "application/json"
/* A tree takes far more memory than its text when that is all small members. */
#define BYTES_PER_MEMBER 16

/* Nothing more is read; the first reason counts. */
static bool
spoil(struct http_line *line, const char *text)
{
	if (!line->bad)
		problem_set(&line->fault, "%s", text);
	line->bad = true;
	return false;
}

static bool
queue(struct http_line *line, struct json_object *root, bool response)
{
	struct http_message *message;

	if (line->waiting >= HTTP_MESSAGES_MAX)
		return spoil(line, "sent too many messages at once");
	message = calloc(1, sizeof(*message));
	if (message == NULL)
		return spoil(line, "sent a message for which there is no memory");
	*message = (struct http_message){.root = json_share(root), .response = response};
	*line->last = message;
	line->last = &message->next;
	line->waiting++;
	return true;
}

/*
 * Whether a response is to our request. An error without id says that the request could not be read, which can only be ours, the one of
 * this exchange.
 */
static bool
is_ours(const struct http_line *line, const struct rpc_message *message)
{
	if (line->id == NULL)
		return false;
	return message->id != NULL ? rpc_same_id(message->id, line->id) : message->error != NULL;
}

static bool
take_one(struct http_line *line, struct json_object *root)
{
	struct rpc_message message;
	struct rpc_fault fault = {0};
	bool fine = true;

	if (rpc_read(json_share(root), &message, &fault) != STATUS_OK)
		fine = spoil(line, "sent a message that is no JSON-RPC");
	else if (message.kind != RPC_RESPONSE)
		fine = queue(line, root, false);
	else if (!is_ours(line, &message))
		line->other_id = true;
	else if (!line->answered)
		line->answered = fine = queue(line, root, true);
	rpc_fault_free(&fault);
	rpc_free(&message);
	return fine;
}

/* Batches belong to the first version alone, but a legacy server may stick to them. */
static bool
take_root(struct http_line *line, struct json_object *root)
{
	bool fine = true;

	if (json_type(root) != JSON_ARRAY || line->peer->era != ERA_LEGACY)
		return take_one(line, root);
	for (size_t i = 0; fine && i < json_length(root); i++)
		fine = take_one(line, json_element(root, i));
	return fine;
}

static enum status
parse(const struct http_line *line, const char *text, size_t len, struct json_object **root)
{
	const struct config *config = line->mcp->config;
	struct json_limits limits = config_json_limits(config);

	limits.bytes = (size_t)config->upstream_answer_max;
	if (limits.members < limits.bytes / BYTES_PER_MEMBER)
		limits.members = limits.bytes / BYTES_PER_MEMBER;
	return json_parse(text, len, &limits, root, NULL);
}

static bool
take_text(struct http_line *line, const char *text, size_t len)
{
	struct json_object *root;
	enum status status = parse(line, text, len, &root);
	bool fine;

	if (status == STATUS_TOO_LARGE)
		return spoil(line, "sent a message that is too large");
	if (status != STATUS_OK)
		return spoil(line, "sent a message that is no JSON");
	fine = take_root(line, root);
	json_free(root);
	return fine;
}

static enum status
take_event(void *arg, const char *data, size_t len)
{
	struct http_line *line = arg;

	/* Behind the response nothing counts. */
	return line->answered || take_text(line, data, len) ? STATUS_OK : STATUS_REFUSED;
}

static bool
is_success(const struct wire_head *head)
{
	return head->status >= 200 && head->status < 300;
}

bool
http_is_stream(const struct http_line *line)
{
	return strcmp(wire_head(line->wire)->type, TYPE_EVENTS) == 0;
}

bool
http_ready(void *arg)
{
	const struct http_line *line = arg;

	return line->first == NULL;
}

bool
http_take(void *arg, const char *bytes, size_t len)
{
	struct http_line *line = arg;
	const struct wire_head *head = wire_head(line->wire);
	enum status status;

	if (line->bad)
		return false;
	if (is_success(head) && http_is_stream(line)) {
		status = sse_read(&line->events, bytes, len, take_event, line);
		return status == STATUS_OK || spoil(line, "sent an event that is too large");
	}
	if (!is_success(head) && line->body.len + len > HTTP_REFUSAL_MAX)
		return false; /* the status says enough */
	buf_add(&line->body, bytes, len);
	return buf_status(&line->body) == STATUS_OK ||
	       spoil(line, "sent an answer that is too large");
}

/* A whole answer with a good status. */
static enum line_event
end_well(struct http_line *line)
{
	const struct wire_head *head = wire_head(line->wire);
	char type[PLAIN_SIZE(WIRE_TYPE_MAX)];

	plain_copy(type, sizeof(type), head->type, WIRE_TYPE_MAX);
	if (http_is_stream(line))
		problem_set(&line->fault, "%s",
		    line->stream ? "ended its stream of notifications"
				 : "ended its event stream before it answered");
	else if (line->body.len == 0)
		problem_set(&line->fault, "gave an empty answer (HTTP %ld)", head->status);
	else if (strcmp(head->type, TYPE_JSON) != 0)
		problem_set(&line->fault, "answered with %s instead of JSON or an event stream",
		    type[0] != '\0' ? type : "something without a type");
	else if (take_text(line, buf_str(&line->body), line->body.len) && !line->answered)
		problem_set(&line->fault, "%s",
		    line->other_id ? "answered a request that was not asked"
				   : "answered without a response");
	return LINE_LOST;
}

/* The error of an answer that is not 2xx; NULL: it has none. The tree is owned by the caller. */
static struct json_object *
refusal_error(struct http_line *line, bool *own_id)
{
	struct json_object *root = NULL;
	struct json_object *error;
	bool found;

	*own_id = false;
	if (line->body.len == 0 ||
	    parse(line, buf_str(&line->body), line->body.len, &root) != STATUS_OK)
		return NULL;
	error = json_member(root, "error", &found);
	if (json_type(root) != JSON_OBJECT || json_type(error) != JSON_OBJECT ||
	    !json_integer(json_member(error, "code", &found), &line->code)) {
		json_free(root);
		return NULL;
	}
	*own_id = line->id != NULL && rpc_same_id(json_member(root, "id", &found), line->id);
	return root;
}

/*
 * Whether the upstream does not know what we are to it: the session of a legacy one, the era or version of a modern one. 400 counts as well,
 * with which some answer an unknown session, unless it is an answer to this very request.
 */
static bool
is_misfit(const struct http_line *line, long status, bool error, bool own_id)
{
	if (error && line->code == RPC_VERSION_UNSUPPORTED)
		return true;
	if (line->peer->era == ERA_LEGACY)
		return (status == 404 && line->peer->session != NULL) ||
		       ((status == 404 || status == 400) && !own_id);
	return (status == 400 || status == 404 || status == 405 || status == 406) &&
	       !(error && (own_id || line->code == RPC_HEADER_MISMATCH ||
			      line->code == RPC_CAPABILITY_MISSING));
}

static void
say_refused(struct http_line *line, long status)
{
	if (status >= 300 && status < 400)
		problem_set(&line->fault,
		    "answered with a redirect (HTTP %ld), which is not followed: configure the URL "
		    "it leads to",
		    status);
	else if (status == 401 || status == 403)
		problem_set(&line->fault,
		    "did not accept our credentials (HTTP %ld): look at its configured headers",
		    status);
	else
		problem_set(&line->fault, "refused the request with HTTP %ld", status);
}

static enum line_event
end_refused(struct http_line *line)
{
	long status = wire_head(line->wire)->status;
	bool own_id;
	struct json_object *root = refusal_error(line, &own_id);
	enum line_event event = LINE_LOST;

	say_refused(line, status);
	if (status == 401 || status == 403 || status < 400)
		event = LINE_LOST;
	else if (is_misfit(line, status, root != NULL, own_id))
		event = LINE_SESSION;
	else if (root != NULL && line->id != NULL)
		(void)take_root(line, root);
	json_free(root);
	return event;
}

enum line_event
http_end(struct http_line *line)
{
	const struct wire_head *head = wire_head(line->wire);

	if (line->over)
		return line->end;
	line->over = true;
	line->end = LINE_LOST;
	if (line->answered)
		problem_set(&line->fault, "has answered already");
	else if (!line->bad && head->status >= 300)
		line->end = end_refused(line);
	else if (!line->bad && wire_whole(line->wire, &line->fault))
		line->end = end_well(line);
	return line->end;
}
