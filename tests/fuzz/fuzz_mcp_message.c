/*
 * fuzz_mcp_message.c - a POST of a client under libFuzzer: four headers, each ended by \x1e, and a body. What is read is
 * converted as if it were a result, too.
 */
#include "fuzz_mcp.h"

#include "mcp/convert.h"
#include "mcp/names.h"
#include "mcp/param_header.h"

static const struct json_limits limits = {.bytes = 8192, .nesting = 64, .members = 4096};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

/* Cuts off what is before the mark; NULL where that is "-": the header was not sent. */
static const char *
next_header(char **at)
{
	char *header = *at;
	char *end = strchr(header, '\x1e');

	if (end == NULL)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return strcmp(header, "-") != 0 ? header : NULL;
}

/* A refusal can be sent: it is a message itself, with the id that was read. */
static void
check_fault(const struct rpc_message *m, struct rpc_fault *fault)
{
	struct json_object *error = rpc_error(m->id, fault);
	struct rpc_fault none = {0};
	struct json_object *again;
	struct rpc_message read;
	struct problem why;
	struct buf text;

	HOLDS(fault->http == 200 || fault->http == 400 || fault->http == 404);
	HOLDS(fault->code <= -32000 && fault->message[0] != '\0');
	fuzz_write(error, &text);
	HOLDS(json_parse(buf_str(&text), text.len, &limits, &again, &why) == STATUS_OK);
	HOLDS(rpc_read(again, &read, &none) == STATUS_OK && read.kind == RPC_RESPONSE);
	HOLDS(rpc_same_id(read.id, m->id) || (read.id == NULL && m->id == NULL));
	rpc_fault_from(&none, read.error);
	HOLDS(none.code == fault->code && strcmp(none.message, fault->message) == 0);
	rpc_fault_free(&none);
	rpc_free(&read);
	buf_free(&text);
	json_free(error);
	rpc_fault_free(fault);
}

static void
check_envelope(
    const struct rpc_message *m, const struct mcp_headers *headers, const struct envelope *envelope)
{
	if (envelope->era == ERA_MODERN && m->kind == RPC_REQUEST) {
		HOLDS(strcmp(envelope->version, MCP_VERSION_MODERN) == 0);
		HOLDS(json_type(envelope->capabilities) == JSON_OBJECT);
		HOLDS(headers->protocol_version != NULL && headers->method != NULL);
		HOLDS(strstr(headers->protocol_version, MCP_VERSION_MODERN) != NULL);
		HOLDS(strstr(headers->method, m->method) != NULL);
		HOLDS(era_serves_method(ERA_MODERN, m->method));
		HOLDS(!era_is_initialize(m, envelope));
	}
	if (envelope->era == ERA_LEGACY && !era_is_initialize(m, envelope))
		HOLDS(headers->session != NULL && headers->session[0] != '\0');
	HOLDS(m->kind != RPC_RESPONSE || envelope->era == ERA_LEGACY);
	if (envelope->era == ERA_LEGACY)
		HOLDS(envelope->version == NULL || era_serves_legacy(envelope->version));
	if (envelope->log_level != NULL)
		HOLDS(era_is_log_level(envelope->log_level));
}

/* One conversion leaves the original alone, and another one leaves its result as it is. */
static void
convert(const struct json_object *params, const char *method, enum era from, enum era to)
{
	struct json_object *result = rpc_copy(params);
	struct buf before, after, once, twice;

	fuzz_write(params, &before);
	HOLDS(convert_result(result, method, from, to, -1));
	fuzz_write(result, &once);
	HOLDS(convert_result(result, method, to, to, -1));
	fuzz_write(result, &twice);
	HOLDS(fuzz_same(&once, &twice));
	fuzz_write(params, &after);
	HOLDS(fuzz_same(&before, &after));
	buf_free(&before);
	buf_free(&after);
	buf_free(&once);
	buf_free(&twice);
	json_free(result);
}

static bool
is_header(void *arg, const char *line)
{
	(void)arg;
	HOLDS(strncmp(line, "Mcp-Param-", 10) == 0 && strstr(line, ": ") != NULL);
	for (; *line != '\0'; line++)
		HOLDS(*line >= ' ' && *line <= '~');
	return true;
}

static void
use(struct json_object *params)
{
	static const char *const methods[] = {"tools/call", "tools/list", "resources/read"};
	struct json_object *cut = convert_capabilities(params);
	struct json_object *copy = json_copy(params);
	enum status status;

	for (size_t i = 0; i < 3; i++)
		for (int eras = 0; eras < 4; eras++)
			convert(params, methods[i], eras & 1 ? ERA_MODERN : ERA_LEGACY,
			    eras & 2 ? ERA_MODERN : ERA_LEGACY);
	HOLDS(json_length(cut) <= 3);
	HOLDS(json_equal(copy, params));
	HOLDS(names_prefix_uris(copy, "up"));
	(void)convert_may_ask(params, "elicitation/create", params);
	(void)convert_may_ask(params, "sampling/createMessage", params);
	status = param_headers_each(params, params, is_header, NULL);
	HOLDS(status == STATUS_OK || status == STATUS_TOO_LARGE);
	json_free(cut);
	json_free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	char *at = text;
	struct mcp_headers headers;
	struct rpc_fault fault = {0};
	struct envelope envelope;
	struct json_object *root;
	struct rpc_message m;

	headers.protocol_version = next_header(&at);
	headers.method = next_header(&at);
	headers.name = next_header(&at);
	headers.session = next_header(&at);
	if (json_parse(at, size - (size_t)(at - text), &limits, &root, NULL) == STATUS_OK) {
		enum status status = rpc_read(root, &m, &fault);

		if (status == STATUS_OK) {
			status = era_read(&m, &headers, &envelope, &fault);
			if (status == STATUS_OK)
				check_envelope(&m, &headers, &envelope);
			if (m.params != NULL)
				use(m.params);
		}
		HOLDS(status == STATUS_OK || status == STATUS_INVALID);
		if (status == STATUS_INVALID)
			check_fault(&m, &fault);
		HOLDS(fault.data == NULL);
		rpc_free(&m);
	}
	free(text);
	return 0;
}
