/* fuzz_mcp_header.c - values of Mcp-Name and Mcp-Param-* under libFuzzer, as they come and as they are made. */
#include "fuzz_mcp.h"

#include "mcp/era.h"
#include "mcp/param_header.h"
#include "utf8.h"

static struct json_object *schema;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct json_limits limits = {.bytes = 4096, .nesting = 8, .members = 64};
	static const char text[] =
	    "{\"properties\":{\"s\":{\"type\":\"string\",\"x-mcp-header\":\"S\"},\"n\":{\"type\":\"integer\","
	    "\"x-mcp-header\":\"N\"}}}";

	(void)argc;
	(void)argv;
	HOLDS(json_parse(text, sizeof(text) - 1, &limits, &schema, NULL) == STATUS_OK);
	return 0;
}

static bool
is_utf8(const char *text, size_t left)
{
	while (left > 0) {
		size_t len = utf8_length(text, left);

		if (len == 0)
			return false;
		text += len;
		left -= len;
	}
	return true;
}

/* What is made is a header, and is read back as the same text. */
static void
go_and_return(const char *text, size_t len)
{
	struct buf header, back;

	buf_init(&header, FUZZ_TEXT_MAX);
	buf_init(&back, FUZZ_TEXT_MAX);
	mcp_header_encode(text, len, &header);
	HOLDS(buf_status(&header) == STATUS_OK && header.len > 0);
	for (size_t i = 0; i < header.len; i++)
		HOLDS(header.data[i] >= ' ' && header.data[i] <= '~');
	if (is_utf8(text, len)) {
		HOLDS(mcp_header_decode(buf_str(&header), &back) == STATUS_OK);
		HOLDS(back.len == len && memcmp(buf_str(&back), text, len) == 0);
	} else {
		HOLDS(mcp_header_decode(buf_str(&header), &back) == STATUS_INVALID);
	}
	buf_free(&header);
	buf_free(&back);
}

static const char *
given(void *arg, const char *name)
{
	return *name == 'S' ? arg : NULL;
}
static const char *
given_number(void *arg, const char *name)
{
	return *name == 'N' ? arg : NULL;
}

/* A header fits the argument that it was decoded to, and no other one. */
static void
check_argument(char *header, const struct buf *decoded)
{
	struct json_object *arguments = json_new_object();
	struct rpc_fault fault = {0};

	HOLDS(json_set(arguments, "s", json_new_text(buf_str(decoded), decoded->len)));
	HOLDS(param_headers_check(schema, arguments, given, header, &fault) == STATUS_OK);
	HOLDS(json_set(arguments, "s", json_new_text(buf_str(decoded), decoded->len + 1)));
	HOLDS(param_headers_check(schema, arguments, given, header, &fault) == STATUS_INVALID);
	HOLDS(fault.code == RPC_HEADER_MISMATCH);
	json_remove(arguments, "s");
	HOLDS(json_set_integer(arguments, "n", 7));
	(void)param_headers_check(schema, arguments, given_number, header, &fault);
	rpc_fault_free(&fault);
	json_free(arguments);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct buf decoded;
	enum status status;

	go_and_return(text, size);
	buf_init(&decoded, size);
	status = mcp_header_decode(text, &decoded);
	HOLDS(status == STATUS_OK || status == STATUS_INVALID);
	if (status == STATUS_OK) {
		HOLDS(is_utf8(buf_str(&decoded), decoded.len));
		check_argument(text, &decoded);
		if (memchr(buf_str(&decoded), '\t', decoded.len) == NULL)
			go_and_return(buf_str(&decoded), decoded.len);
	}
	buf_free(&decoded);
	free(text);
	return 0;
}
