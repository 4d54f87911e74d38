/* param_header.c - arguments that travel in headers too; see param_header.h. */
#include "mcp/param_header.h"

#include <string.h>

#include "decimal.h"
#include "mcp/era.h"

#define ANNOTATION "x-mcp-header"
#define HEADER "Mcp-Param-"

struct visit {
	/* A property and its argument, NULL where there is none or it is null. */
	enum status (*argument)(
	    struct visit *visit, const char *name, const struct json_object *value);
	const char *(*header)(void *arg, const char *name);
	bool (*each)(void *arg, const char *line);
	void *arg;
	struct rpc_fault *fault;
	bool stopped;
};

static enum status
visit_properties(
    struct visit *visit, const struct json_object *schema, const struct json_object *arguments)
{
	bool found;
	const struct json_object *properties = json_member(schema, "properties", &found);
	struct json_walk walk = {0};
	enum status status = STATUS_OK;

	while (status == STATUS_OK && !visit->stopped && json_next_member(properties, &walk)) {
		const struct json_object *value = json_member(arguments, walk.name, &found);
		const char *name = json_text(json_member(walk.value, ANNOTATION, &found));

		if (name != NULL)
			status = visit->argument(visit, name, value);
		if (status == STATUS_OK)
			status = visit_properties(visit, walk.value, value);
	}
	return status;
}

/* A schema whose annotations are not valid has none: clients do not use such a tool. */
static enum status
visit_schema(
    struct visit *visit, const struct json_object *schema, const struct json_object *arguments)
{
	if (!param_headers_valid(schema, NULL))
		return STATUS_OK;
	return visit_properties(visit, schema, arguments);
}

static bool
same_number(const struct json_object *value, const char *text, size_t len)
{
	char scratch[JSON_NUMBER_SCRATCH];
	const char *number = json_number_text(value, scratch);
	struct decimal a, b;

	return decimal_read(number, strlen(number), &a) == STATUS_OK &&
	       decimal_read(text, len, &b) == STATUS_OK && decimal_compare(&a, &b) == 0;
}

/* Objects and arrays are in no header. */
static bool
same_value(const struct json_object *value, const struct buf *decoded)
{
	const char *text = buf_str(decoded);
	const char *string;
	size_t len;

	switch (json_type(value)) {
	case JSON_STRING:
		string = json_string(value, &len);
		return len == decoded->len && memcmp(string, text, len) == 0;
	case JSON_BOOL:
		string = json_bool(value) ? "true" : "false";
		return strlen(string) == decoded->len && memcmp(string, text, decoded->len) == 0;
	case JSON_NUMBER:
		return same_number(value, text, decoded->len);
	case JSON_NULL:
	case JSON_OBJECT:
	case JSON_ARRAY:
		break;
	}
	return false;
}

static bool
goes_into_header(const struct json_object *value)
{
	enum json_type type = json_type(value);

	return type == JSON_STRING || type == JSON_BOOL || type == JSON_NUMBER;
}

static enum status
check_argument(struct visit *visit, const char *name, const struct json_object *value)
{
	const char *header = visit->header(visit->arg, name);
	struct buf decoded;
	enum status status;
	bool same;

	if (header == NULL)
		return !goes_into_header(value)
			   ? STATUS_OK
			   : rpc_fault_set(visit->fault, 400, RPC_HEADER_MISMATCH,
				 "Header mismatch: " HEADER "%s is missing", name);
	buf_init(&decoded, strlen(header));
	status = mcp_header_decode(header, &decoded);
	same = status == STATUS_OK && same_value(value, &decoded);
	buf_free(&decoded);
	if (status == STATUS_NO_MEMORY)
		return rpc_fault_set(visit->fault, 200, RPC_INTERNAL, "Out of memory");
	if (status != STATUS_OK)
		return rpc_fault_set(visit->fault, 400, RPC_HEADER_MISMATCH,
		    "Header mismatch: " HEADER "%s is not encoded as it has to be", name);
	if (!same)
		return rpc_fault_set(visit->fault, 400, RPC_HEADER_MISMATCH,
		    "Header mismatch: " HEADER "%s is not what the argument says", name);
	return STATUS_OK;
}

enum status
param_headers_check(const struct json_object *schema, const struct json_object *arguments,
    const char *(*header)(void *arg, const char *name), void *arg, struct rpc_fault *fault)
{
	struct visit visit = {
	    .argument = check_argument, .header = header, .arg = arg, .fault = fault};

	return visit_schema(&visit, schema, arguments);
}

static void
write_value(const struct json_object *value, struct buf *out)
{
	char scratch[JSON_NUMBER_SCRATCH];
	const char *text;
	int64_t integer;
	size_t len;

	if (json_integer(value, &integer)) {
		buf_integer(out, integer);
	} else if (json_type(value) == JSON_NUMBER) {
		buf_text(out, json_number_text(value, scratch));
	} else if (json_type(value) == JSON_BOOL) {
		buf_text(out, json_bool(value) ? "true" : "false");
	} else {
		text = json_string(value, &len);
		mcp_header_encode(text, len, out);
	}
}

static enum status
tell_argument(struct visit *visit, const char *name, const struct json_object *value)
{
	struct buf line;
	enum status status;

	if (!goes_into_header(value))
		return STATUS_OK;
	buf_init(&line, PARAM_HEADER_LINE_MAX);
	buf_printf(&line, HEADER "%s: ", name);
	write_value(value, &line);
	status = buf_status(&line);
	if (status == STATUS_OK)
		visit->stopped = !visit->each(visit->arg, buf_str(&line));
	buf_free(&line);
	return status;
}

enum status
param_headers_each(const struct json_object *schema, const struct json_object *arguments,
    bool (*each)(void *arg, const char *line), void *arg)
{
	struct visit visit = {.argument = tell_argument, .each = each, .arg = arg};

	return visit_schema(&visit, schema, arguments);
}
