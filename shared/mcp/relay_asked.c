/* relay_asked.c - questions under way; see relay_asked.h. */
#include "mcp/relay_asked.h"

#include <stdio.h>
#include <string.h>

enum status
asked_add(struct asked *asked, struct json_object *id, struct json_object *ours,
    struct json_object *entry, int64_t now_us)
{
	if (asked_find(asked, id) < ASKED_MAX)
		return STATUS_EXISTS;
	if (asked->count == ASKED_MAX)
		return STATUS_TOO_LARGE;
	asked->one[asked->count++] = (struct asked_one){.id = json_share(id),
	    .ours = ours != NULL ? json_share(ours) : NULL,
	    .entry = json_share(entry),
	    .since_us = now_us};
	return STATUS_OK;
}

size_t
asked_find(const struct asked *asked, const struct json_object *id)
{
	for (size_t i = 0; i < asked->count; i++)
		if (rpc_same_id(asked->one[i].id, id))
			return i;
	return ASKED_MAX;
}

size_t
asked_find_ours(const struct asked *asked, const struct json_object *ours)
{
	for (size_t i = 0; i < asked->count; i++)
		if (asked->one[i].ours != NULL && rpc_same_id(asked->one[i].ours, ours))
			return i;
	return ASKED_MAX;
}

static void
free_one(struct asked_one *one)
{
	json_free(one->id);
	json_free(one->ours);
	json_free(one->entry);
}

void
asked_remove(struct asked *asked, size_t at)
{
	free_one(&asked->one[at]);
	memmove(
	    &asked->one[at], &asked->one[at + 1], (asked->count - at - 1) * sizeof(asked->one[0]));
	asked->count--;
}

void
asked_free(struct asked *asked)
{
	while (asked->count > 0)
		free_one(&asked->one[--asked->count]);
}

struct json_object *
asked_entry(const char *method, struct json_object *params)
{
	struct json_object *entry = json_new_object(), *copy = NULL, *meta;
	bool found, good = entry != NULL && json_set_text(entry, "method", method);

	if (good && params != NULL) {
		copy = rpc_copy(params);
		meta = rpc_copy(json_member(params, "_meta", &found));
		good = copy != NULL && meta != NULL;
		if (good) {
			json_remove(copy, "task");
			json_remove(copy, "_meta");
			json_remove(meta, "progressToken");
		}
		if (good && json_length(meta) > 0)
			good = json_set(copy, "_meta", json_share(meta));
		json_free(meta);
		if (good)
			good = json_set(entry, "params", copy);
		else
			json_free(copy);
	}
	if (good)
		return entry;
	json_free(entry);
	return NULL;
}

bool
asked_as_input(const struct asked *asked, int64_t round, struct json_object **requests,
    struct json_object **keys)
{
	char key[ASKED_KEY_MAX];
	bool good;

	*requests = json_new_object();
	*keys = json_new_object();
	good = *requests != NULL && *keys != NULL;
	for (size_t i = 0; good && i < asked->count; i++) {
		(void)snprintf(key, sizeof(key), "r%lldq%zu", (long long)round, i + 1);
		good = json_set(*requests, key, json_share(asked->one[i].entry)) &&
		       json_set(*keys, key, json_share(asked->one[i].id));
	}
	if (good)
		return true;
	json_free(*requests);
	json_free(*keys);
	*requests = NULL;
	*keys = NULL;
	return false;
}
