/*
 * fuzz_mcp_state.c - requestState under libFuzzer: the input as it comes from a client, and as what is inside of a sealed one.
 */
#include "fuzz_mcp.h"

#include "mcp/state.h"

static const struct secret_key key = {{1, 2, 3}};
static const struct state_bond bond = {
    .key_id = "k", .method = "tools/call", .server = "s", .name = "n", .digest = "d"};
static char place[SECRET_DIGEST_TEXT];

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *const pieces[] = {
	    bond.key_id, bond.method, bond.server, bond.name, bond.digest};
	struct secret_sum sum;

	(void)argc;
	(void)argv;
	HOLDS(secret_start() == STATUS_OK);
	HOLDS(secret_sum_start(&sum) == STATUS_OK);
	for (size_t i = 0; i < 5; i++)
		HOLDS(secret_sum_add(&sum, pieces[i], strlen(pieces[i]) + 1) == STATUS_OK);
	HOLDS(secret_sum_end(&sum, place) == STATUS_OK);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct state state, again;
	struct buf sealed, once;
	enum status status;

	HOLDS(state_unseal(&key, &bond, text, 1000, &state) == STATUS_REFUSED);
	state_free(&state);
	buf_init(&sealed, FUZZ_TEXT_MAX);
	HOLDS(secret_seal(&key, "mcp request state 1", place, text, size, &sealed) == STATUS_OK);
	status = state_unseal(&key, &bond, buf_str(&sealed), 1000, &state);
	HOLDS(status == STATUS_OK || status == STATUS_REFUSED);
	if (status == STATUS_OK) {
		HOLDS(state.until_ms > 1000);
		HOLDS(strlen(state.call_id) < sizeof(state.call_id));
		HOLDS(strlen(state.handle) < sizeof(state.handle));
		HOLDS(state.own == NULL || json_type(state.own) == JSON_STRING);
		HOLDS(state.asked == NULL || json_type(state.asked) == JSON_OBJECT);
		buf_init(&once, FUZZ_TEXT_MAX);
		HOLDS(state_seal(&key, &bond, &state, &once) == STATUS_OK);
		HOLDS(state_unseal(&key, &bond, buf_str(&once), 1000, &again) == STATUS_OK);
		HOLDS(again.round == state.round && again.until_ms == state.until_ms);
		HOLDS(strcmp(again.call_id, state.call_id) == 0);
		HOLDS(strcmp(again.handle, state.handle) == 0);
		HOLDS(json_equal(again.own, state.own) && json_equal(again.asked, state.asked));
		state_free(&again);
		buf_free(&once);
	}
	state_free(&state);
	buf_free(&sealed);
	free(text);
	return 0;
}
