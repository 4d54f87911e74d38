/* state.c - requestState, sealed; see state.h. */
#include "mcp/state.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"

#define PURPOSE "mcp request state 1"
#define STATE_NESTING 4
#define STATE_MEMBERS 4096

enum status
state_key(const struct secret_key *master, struct secret_key *out)
{
	return secret_derive(master, "enforgate mcp request state 1", out);
}

void
state_free(struct state *state)
{
	json_free(state->own);
	json_free(state->asked);
	*state = (struct state){0};
}

/* One text for all that a state is bound to. Each piece ends with its NUL, so that none runs into the next. */
static enum status
bond_digest(const struct state_bond *bond, char out[SECRET_DIGEST_TEXT])
{
	const char *const pieces[] = {
	    bond->key_id, bond->method, bond->server, bond->name, bond->digest};
	enum status status;
	struct secret_sum sum;

	status = secret_sum_start(&sum);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]) && status == STATUS_OK; i++)
		status = secret_sum_add(&sum, pieces[i], strlen(pieces[i]) + 1);
	if (status != STATUS_OK) {
		(void)secret_sum_end(&sum, NULL);
		return status;
	}
	return secret_sum_end(&sum, out);
}

/* What is sealed. NULL: out of memory. */
static struct json_object *
to_json(const struct state *state)
{
	struct json_object *root = json_new_object();

	if (root != NULL && json_set_integer(root, "round", state->round) &&
	    json_set_integer(root, "until", state->until_ms) &&
	    json_set_text(root, "call", state->call_id) &&
	    json_set_text(root, "handle", state->handle) &&
	    (state->own == NULL || json_set(root, "own", json_share(state->own))) &&
	    (state->asked == NULL || json_set(root, "asked", json_share(state->asked))))
		return root;
	json_free(root);
	return NULL;
}

enum status
state_seal(const struct secret_key *key, const struct state_bond *bond, struct state *state,
    struct buf *out)
{
	char place[SECRET_DIGEST_TEXT];
	size_t start = out->len;
	struct json_object *root;
	struct buf plain;
	enum status status;

	if (state->until_ms == 0)
		state->until_ms = clock_wall_ms() + STATE_LIFE_MS;
	status = bond_digest(bond, place);
	if (status != STATUS_OK)
		return status;
	root = to_json(state);
	if (root == NULL)
		return STATUS_NO_MEMORY;
	buf_init(&plain, SECRET_SEAL_MAX);
	json_write(root, &plain);
	json_free(root);
	status = buf_status(&plain);
	if (status == STATUS_OK)
		status = secret_seal(key, PURPOSE, place, buf_str(&plain), plain.len, out);
	if (status == STATUS_OK && out->len - start > STATE_TEXT_MAX)
		status = STATUS_TOO_LARGE;
	buf_free(&plain);
	return status;
}

static bool
read_text(const struct json_object *root, const char *name, char *out, size_t size)
{
	bool found;
	const char *text = json_text(json_member(root, name, &found));
	int len = text != NULL ? snprintf(out, size, "%s", text) : -1;

	return len >= 0 && (size_t)len < size;
}

/* Only what we sealed ourselves comes here; a form of another version may. */
static bool
from_json(const struct json_object *root, struct state *out)
{
	bool found, has_own, has_asked;

	out->own = json_share(json_member(root, "own", &has_own));
	out->asked = json_share(json_member(root, "asked", &has_asked));
	return json_integer(json_member(root, "round", &found), &out->round) &&
	       json_integer(json_member(root, "until", &found), &out->until_ms) &&
	       read_text(root, "call", out->call_id, sizeof(out->call_id)) &&
	       read_text(root, "handle", out->handle, sizeof(out->handle)) &&
	       (!has_own || json_type(out->own) == JSON_STRING) &&
	       (!has_asked || json_type(out->asked) == JSON_OBJECT);
}

enum status
state_unseal(const struct secret_key *key, const struct state_bond *bond, const char *text,
    int64_t now_ms, struct state *out)
{
	static const struct json_limits limits = {
	    .bytes = SECRET_SEAL_MAX, .nesting = STATE_NESTING, .members = STATE_MEMBERS};
	char place[SECRET_DIGEST_TEXT];
	struct json_object *root = NULL;
	struct buf plain;
	enum status status;

	*out = (struct state){0};
	if (strlen(text) > STATE_TEXT_MAX)
		return STATUS_REFUSED;
	status = bond_digest(bond, place);
	if (status != STATUS_OK)
		return status;
	buf_init(&plain, SECRET_SEAL_MAX);
	status = secret_unseal(key, PURPOSE, place, text, &plain);
	if (status == STATUS_OK)
		status = json_parse(buf_str(&plain), plain.len, &limits, &root, NULL);
	if (status == STATUS_OK && (!from_json(root, out) || out->until_ms <= now_ms))
		status = STATUS_REFUSED;
	if (status == STATUS_INVALID || status == STATUS_TOO_LARGE)
		status = STATUS_REFUSED;
	json_free(root);
	buf_free(&plain);
	return status;
}
