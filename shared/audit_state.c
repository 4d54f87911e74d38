/* audit_state.c - a hash table of chains and the step over one entry; see audit_state.h. */
#include "audit_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

#define SLOTS_FIRST 64                     /* a power of two, as all sizes are */
#define HEADS_BYTES_MAX ((size_t)15 << 20) /* as much as the store keeps in one text */

void
audit_state_init(struct audit_state *state, const struct audit_keys *keys)
{
	*state = (struct audit_state){.keys = keys};
	audit_head_init(&state->all);
}

void
audit_state_free(struct audit_state *state)
{
	for (size_t i = 0; i < state->nslots; i++)
		free(state->slots[i].name);
	free(state->slots);
	state->slots = NULL;
	state->nslots = state->used = 0;
}

/* The slot of a name: its own, or the empty one where it belongs. FNV-1a; names are random ids. */
static struct audit_chain *
slot(struct audit_chain *slots, size_t nslots, const char *name)
{
	uint64_t hash = 14695981039346656037ULL;

	for (const char *c = name; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
	for (size_t i = hash & (nslots - 1);; i = (i + 1) & (nslots - 1))
		if (slots[i].name == NULL || strcmp(slots[i].name, name) == 0)
			return &slots[i];
}

static enum status
grow(struct audit_state *state)
{
	size_t nslots = state->nslots > 0 ? state->nslots * 2 : SLOTS_FIRST;
	struct audit_chain *slots = calloc(nslots, sizeof(*slots));

	if (slots == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < state->nslots; i++)
		if (state->slots[i].name != NULL)
			*slot(slots, nslots, state->slots[i].name) = state->slots[i];
	free(state->slots);
	state->slots = slots;
	state->nslots = nslots;
	return STATUS_OK;
}

struct audit_chain *
audit_state_find(const struct audit_state *state, const char *name)
{
	struct audit_chain *chain;

	if (state->nslots == 0)
		return NULL;
	chain = slot(state->slots, state->nslots, name);
	return chain->name != NULL ? chain : NULL;
}

enum status
audit_state_add(struct audit_state *state, const char *name, struct audit_chain **out)
{
	struct audit_chain *chain;

	*out = audit_state_find(state, name);
	if (*out != NULL)
		return STATUS_OK;
	if (state->used >= AUDIT_CHAINS_MAX || strlen(name) > AUDIT_CHAIN_NAME_MAX)
		return STATUS_TOO_LARGE;
	if (state->used * 2 >= state->nslots && grow(state) != STATUS_OK)
		return STATUS_NO_MEMORY;
	chain = slot(state->slots, state->nslots, name);
	chain->name = strdup(name);
	if (chain->name == NULL)
		return STATUS_NO_MEMORY;
	audit_head_init(&chain->head);
	state->used++;
	*out = chain;
	return STATUS_OK;
}

struct audit_chain *
audit_state_next(const struct audit_state *state, struct audit_chain *chain)
{
	struct audit_chain *end = state->slots + state->nslots;

	chain = chain == NULL ? state->slots : chain + 1;
	while (chain < end && chain->name == NULL)
		chain++;
	return chain < end ? chain : NULL;
}

static bool
follows(int64_t seq, int64_t previous)
{
	return previous < INT64_MAX && seq == previous + 1;
}

/* The installation head moves on by the mac that is there, so that it tells whether any mac is another one. */
static enum status
step_all(struct audit_state *state, const struct audit_entry *entry, unsigned *breaks)
{
	if (strlen(entry->mac) != SECRET_DIGEST_TEXT - 1) {
		*breaks |= AUDIT_BREAK_CHANGED;
		state->all_lost = true;
	}
	if (!follows(entry->seq, state->all.seq)) {
		*breaks |= AUDIT_BREAK_GAP;
		state->all_lost = true;
	}
	if (state->all_lost) {
		state->all.seq = entry->seq;
		return STATUS_OK;
	}
	return audit_head_next(state->keys, &state->all, entry->mac, &state->all);
}

/* After a break the chain goes on from what the entry says, so that later breaks are found too. */
static void
move_chain(struct audit_chain *chain, const struct audit_entry *entry, unsigned breaks)
{
	if (breaks & AUDIT_BREAK_ORDER)
		return;
	chain->head.seq = entry->chain_seq;
	chain->lost = strlen(entry->mac) != SECRET_DIGEST_TEXT - 1;
	if (!chain->lost)
		memcpy(chain->head.mac, entry->mac, SECRET_DIGEST_TEXT);
}

enum status
audit_state_step(
    struct audit_state *state, const struct audit_entry *entry, bool damaged, unsigned *breaks)
{
	struct audit_chain *chain = audit_state_find(state, entry->chain);
	struct audit_head start;
	char mac[SECRET_DIGEST_TEXT];
	enum status status;

	*breaks = damaged ? AUDIT_BREAK_CHANGED : 0;
	audit_head_init(&start);
	if (chain != NULL)
		start = chain->head;
	if (entry->chain_seq <= start.seq)
		*breaks |= AUDIT_BREAK_ORDER;
	else if (!follows(entry->chain_seq, start.seq))
		*breaks |= AUDIT_BREAK_CHAIN_GAP;
	/* Without what went before nothing can be said about the mac itself. */
	if ((*breaks & (AUDIT_BREAK_ORDER | AUDIT_BREAK_CHAIN_GAP)) == 0 &&
	    (chain == NULL || !chain->lost)) {
		status = audit_entry_mac(state->keys, start.mac, entry, mac);
		if (status != STATUS_OK && status != STATUS_TOO_LARGE)
			return status;
		if (status == STATUS_TOO_LARGE || strcmp(mac, entry->mac) != 0)
			*breaks |= AUDIT_BREAK_CHANGED;
	}
	status = step_all(state, entry, breaks);
	if (status == STATUS_OK && chain == NULL && *breaks == 0)
		status = audit_state_add(state, entry->chain, &chain);
	if (status == STATUS_OK && chain != NULL)
		move_chain(chain, entry, *breaks);
	return status;
}

void
audit_state_write(const struct audit_state *state, struct buf *out)
{
	struct audit_chain *chain = NULL;
	bool first = true;

	buf_char(out, '[');
	while ((chain = audit_state_next(state, chain)) != NULL) {
		if (chain->head.seq == 0)
			continue;
		buf_text(out, first ? "[" : ",[");
		json_write_string(chain->name, strlen(chain->name), out);
		buf_printf(out, ",%" PRId64 ",\"%s\"]", chain->head.seq, chain->head.mac);
		first = false;
	}
	buf_char(out, ']');
}

static enum status
read_chain(struct audit_state *state, const struct json_object *node)
{
	struct audit_chain *chain;
	const char *name, *mac;
	size_t name_len, mac_len;
	int64_t seq;
	enum status status;

	name = json_string(json_element(node, 0), &name_len);
	mac = json_string(json_element(node, 2), &mac_len);
	if (name == NULL || strlen(name) != name_len || mac == NULL ||
	    mac_len != SECRET_DIGEST_TEXT - 1 || !json_integer(json_element(node, 1), &seq))
		return STATUS_INVALID;
	status = audit_state_add(state, name, &chain);
	if (status == STATUS_OK) {
		chain->head.seq = seq;
		memcpy(chain->head.mac, mac, SECRET_DIGEST_TEXT);
	}
	return status;
}

enum status
audit_state_read(struct audit_state *state, const char *json, size_t len)
{
	static const struct json_limits limits = {HEADS_BYTES_MAX, 2, 4 * AUDIT_CHAINS_MAX, false};
	struct json_object *root;
	enum status status = json_parse(json, len, &limits, &root, NULL);

	if (status == STATUS_OK && json_type(root) != JSON_ARRAY)
		status = STATUS_INVALID;
	for (size_t i = 0; i < json_length(root) && status == STATUS_OK; i++)
		status = read_chain(state, json_element(root, i));
	json_free(root);
	return status;
}
