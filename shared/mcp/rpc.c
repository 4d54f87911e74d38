/* rpc.c - JSON-RPC messages: read, built, compared; see rpc.h. */
#include "mcp/rpc.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

#define VERSION "2.0"

/*
 * Makes a text fit for JSON and for one line: a character that was cut in the middle goes, what is no UTF-8 or controls becomes '?'. Line
 * ends and tabs stay where the text is another's, which JSON can carry.
 */
static void
tidy(char *text, bool lines)
{
	size_t left = strlen(text);
	size_t len;

	for (char *at = text; left > 0; at += len, left -= len) {
		len = utf8_length(at, left);
		if (len == 0 && left < 4 && (unsigned char)*at >= 0xc2) {
			*at = '\0';
			return;
		}
		if (len == 0 || *at == 0x7f ||
		    ((unsigned char)*at < ' ' && !(lines && (*at == '\n' || *at == '\t'))))
			*at = '?';
		if (len == 0)
			len = 1;
	}
}

enum status
rpc_fault_set(struct rpc_fault *fault, int http, int code, const char *format, ...)
{
	char message[sizeof(
	    fault->message)]; /* the arguments may be of the fault that is replaced */
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	tidy(message, false);
	rpc_fault_free(fault);
	fault->http = http;
	fault->code = code;
	memcpy(fault->message, message, sizeof(message));
	return STATUS_INVALID;
}

void
rpc_fault_free(struct rpc_fault *fault)
{
	json_free(fault->data);
	fault->data = NULL;
}

void
rpc_fault_from(struct rpc_fault *fault, struct json_object *error)
{
	bool found;
	int64_t code = RPC_INTERNAL;
	const char *message = json_text(json_member(error, "message", &found));
	struct json_object *data = json_share(json_member(error, "data", &found));

	if (!json_integer(json_member(error, "code", &found), &code) || code < INT_MIN ||
	    code > INT_MAX)
		code = RPC_INTERNAL;
	rpc_fault_free(fault);
	fault->http = 200;
	fault->code = (int)code;
	fault->data = data;
	(void)snprintf(
	    fault->message, sizeof(fault->message), "%s", message != NULL ? message : "");
	tidy(fault->message, true);
}

/* Why an id is none; NULL: it is one. */
static const char *
id_fault(const struct json_object *id)
{
	int64_t number;
	size_t len;

	if (json_string(id, &len) != NULL)
		return len <= RPC_ID_MAX ? NULL : "the id is too long";
	return json_integer(id, &number) ? NULL : "an id is a text or an integer of 64 bits";
}

/* Why an `error` is none; NULL: it is one. */
static const char *
error_fault(const struct json_object *error)
{
	bool found;
	int64_t code;
	size_t len;

	if (json_type(error) != JSON_OBJECT ||
	    !json_integer(json_member(error, "code", &found), &code) ||
	    json_string(json_member(error, "message", &found), &len) == NULL)
		return "`error` is no object with an integer `code` and a text `message`";
	return NULL;
}

/* A response, which has a result or an error. Only an error may be without id, or have null: its request could not be read. */
static const char *
read_response(struct rpc_message *out, bool has_id)
{
	bool has_result, has_error;

	out->kind = RPC_RESPONSE;
	out->result = json_member(out->root, "result", &has_result);
	out->error = json_member(out->root, "error", &has_error);
	if (has_result == has_error)
		return has_result ? "a response has a result or an error, not both"
				  : "it is neither a request nor a response";
	if (has_error)
		return error_fault(out->error);
	if (json_type(out->result) != JSON_OBJECT)
		return "`result` is no object";
	return has_id && out->id != NULL ? NULL : "a result has no id";
}

static const char *
read_call(struct rpc_message *out, const struct json_object *method, bool has_id)
{
	bool found, answers;
	size_t len;

	out->kind = has_id ? RPC_REQUEST : RPC_NOTIFICATION;
	out->method = json_text(method);
	(void)json_string(method, &len);
	if (out->method == NULL || len == 0 || len > RPC_METHOD_MAX)
		return "`method` is no text of 1 to 128 bytes";
	if (has_id && out->id == NULL)
		return "an id is a text or an integer of 64 bits";
	(void)json_member(out->root, "result", &answers);
	(void)json_member(out->root, "error", &found);
	if (answers || found)
		return "it is a request and a response at the same time";
	out->params = json_member(out->root, "params", &found);
	if (found && json_type(out->params) != JSON_OBJECT)
		return "`params` is no object";
	out->meta = json_member(out->params, "_meta", &found);
	if (json_type(out->meta) != JSON_OBJECT)
		out->meta = NULL;
	return NULL;
}

/* What is wrong with a message; NULL: nothing. */
static const char *
read_message(struct rpc_message *out)
{
	bool found, has_id;
	struct json_object *method;
	struct json_object *id;
	const char *version;
	const char *wrong;

	if (json_type(out->root) == JSON_ARRAY)
		return "batches are not served: send one message";
	if (json_type(out->root) != JSON_OBJECT)
		return "a message is an object";
	id = json_member(out->root, "id", &has_id);
	wrong = has_id && id != NULL ? id_fault(id) : NULL;
	if (wrong != NULL)
		return wrong;
	out->id = id;
	version = json_text(json_member(out->root, "jsonrpc", &found));
	if (version == NULL || strcmp(version, VERSION) != 0)
		return "`jsonrpc` is not \"2.0\"";
	method = json_member(out->root, "method", &found);
	return found ? read_call(out, method, has_id) : read_response(out, has_id);
}

enum status
rpc_read(struct json_object *root, struct rpc_message *out, struct rpc_fault *fault)
{
	const char *wrong;

	*out = (struct rpc_message){.root = root};
	wrong = read_message(out);
	if (wrong != NULL)
		return rpc_fault_set(fault, 400, RPC_INVALID_REQUEST, "Invalid request: %s", wrong);
	return STATUS_OK;
}

void
rpc_free(struct rpc_message *message)
{
	json_free(message->root);
	*message = (struct rpc_message){0};
}

/* {"jsonrpc":"2.0"} and the id where there is one. */
static struct json_object *
begin(struct json_object *id)
{
	struct json_object *message = json_new_object();

	if (message == NULL || !json_set_text(message, "jsonrpc", VERSION) ||
	    (id != NULL && !json_set(message, "id", json_share(id)))) {
		json_free(message);
		return NULL;
	}
	return message;
}

static struct json_object *
call(struct json_object *message, const char *method, struct json_object *params)
{
	if (message == NULL || !json_set_text(message, "method", method) ||
	    (params != NULL && !json_set(message, "params", json_share(params)))) {
		json_free(message);
		return NULL;
	}
	return message;
}

struct json_object *
rpc_request(struct json_object *id, const char *method, struct json_object *params)
{
	return call(begin(id), method, params);
}

struct json_object *
rpc_notification(const char *method, struct json_object *params)
{
	return call(begin(NULL), method, params);
}

struct json_object *
rpc_response(struct json_object *id, struct json_object *result)
{
	struct json_object *message = begin(id);
	struct json_object *value = result != NULL ? json_share(result) : json_new_object();

	if (message == NULL || value == NULL) {
		json_free(value);
		json_free(message);
		return NULL;
	}
	if (!json_set(message, "result", value)) {
		json_free(message);
		return NULL;
	}
	return message;
}

struct json_object *
rpc_error(struct json_object *id, const struct rpc_fault *fault)
{
	struct json_object *message = begin(id);
	struct json_object *error = json_new_object();

	if (error != NULL &&
	    (!json_set_integer(error, "code", fault->code) ||
		!json_set_text(error, "message", fault->message) ||
		(fault->data != NULL && !json_set(error, "data", json_share(fault->data))))) {
		json_free(error);
		error = NULL;
	}
	if (message == NULL || error == NULL) {
		json_free(error);
		json_free(message);
		return NULL;
	}
	if (!json_set(message, "error", error)) {
		json_free(message);
		return NULL;
	}
	return message;
}

bool
rpc_same_id(const struct json_object *a, const struct json_object *b)
{
	int64_t x, y;
	size_t x_len, y_len;
	const char *x_text = json_string(a, &x_len);
	const char *y_text = json_string(b, &y_len);

	if (x_text != NULL || y_text != NULL)
		return x_text != NULL && y_text != NULL && x_len == y_len &&
		       memcmp(x_text, y_text, x_len) == 0;
	return json_integer(a, &x) && json_integer(b, &y) && x == y;
}

struct json_object *
rpc_copy(const struct json_object *object)
{
	struct json_object *copy = json_new_object();
	struct json_walk walk = {0};

	while (copy != NULL && json_next_member(object, &walk))
		if (!json_set(copy, walk.name, json_share(walk.value))) {
			json_free(copy);
			copy = NULL;
		}
	return copy;
}
