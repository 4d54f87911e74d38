/* catalog_render.c - from the JSON of an upstream's list to entries as clients get them; see catalog_parts.h. */
#include "mcp/catalog_parts.h"

#include <stdlib.h>
#include <string.h>

#include "mcp/convert.h"

#define LIST_MEMBERS_MAX ((size_t)4 << 20) /* of a text that is bounded otherwise */

static const char *const methods[LIST_KINDS] = {
    [LIST_TOOLS] = "tools/list",
    [LIST_PROMPTS] = "prompts/list",
    [LIST_RESOURCES] = "resources/list",
    [LIST_TEMPLATES] = "resources/templates/list",
};
static const char *const list_members[LIST_KINDS] = {
    [LIST_TOOLS] = "tools",
    [LIST_PROMPTS] = "prompts",
    [LIST_RESOURCES] = "resources",
    [LIST_TEMPLATES] = "resourceTemplates",
};

const char *
list_method(enum list_kind kind)
{
	return methods[kind];
}

const char *
list_member(enum list_kind kind)
{
	return list_members[kind];
}

const char *
list_name_member(enum list_kind kind)
{
	if (kind == LIST_RESOURCES)
		return "uri";
	return kind == LIST_TEMPLATES ? "uriTemplate" : "name";
}

void
list_release(struct list *list)
{
	if (list == NULL || atomic_fetch_sub(&list->owners, 1) > 1)
		return;
	for (size_t i = 0; i < list->count; i++)
		free(list->entries[i].name);
	free(list->entries);
	free(list->by_name);
	free(list);
}

const struct entry *
list_entry(const struct list *list, const char *name)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct entry *entry = &list->entries[list->by_name[middle]];
		const int order = strcmp(name, entry->name);

		if (order == 0)
			return entry;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* ---- Pins. ---- */

void
pin_states_free(struct pin_states *states)
{
	for (size_t i = 0; i < states->count; i++)
		free(states->items[i].tool);
	free(states->items);
	*states = (struct pin_states){.count = 0};
}

static bool
collect(void *arg, const struct pin *pin)
{
	struct pin_states *states = arg;

	if (states->count % 256 == 0) {
		struct pin_mark *more =
		    realloc(states->items, (states->count + 256) * sizeof(*more));

		if (more == NULL)
			return false;
		states->items = more;
	}
	states->items[states->count].tool = strdup(pin->tool);
	states->items[states->count].state = pin->state;
	return states->items[states->count].tool != NULL && ++states->count > 0;
}

static int
by_tool(const void *a, const void *b)
{
	const struct pin_mark *first = a, *second = b;

	return strcmp(first->tool, second->tool);
}

enum status
pin_states_read(struct db *db, const struct upstream *upstream, struct pin_states *out)
{
	enum status status;

	*out = (struct pin_states){.count = 0};
	if (upstream->pinning == PINNING_OFF)
		return STATUS_OK;
	status = pins_each_state(db, upstream->id, collect, out);
	/* One that memory did not suffice for is missing, and so its tool is not used. */
	if (out->count > 0)
		qsort(out->items, out->count, sizeof(*out->items), by_tool);
	return status;
}

/* A tool without a pin, where there should be one, is not used. */
static enum pin_state
state_of(const struct upstream *upstream, const struct pin_states *states, const char *tool)
{
	struct pin_mark wanted = {.tool = NULL}, *found = NULL;
	char *name;

	if (states == NULL || upstream->pinning == PINNING_OFF)
		return PIN_FREE;
	name = strdup(tool);
	wanted.tool = name;
	if (name != NULL && states->count > 0)
		found = bsearch(&wanted, states->items, states->count, sizeof(wanted), by_tool);
	free(name);
	return found != NULL ? found->state : PIN_QUARANTINED;
}

/* ---- Entries. ---- */

/* The name that agents see, in the place of the upstream's own. */
static enum status
rename_entry(
    const struct upstream *upstream, enum list_kind kind, struct json_object *node, const char *own)
{
	const bool by_uri = kind == LIST_RESOURCES || kind == LIST_TEMPLATES;
	enum status status;
	struct buf name;

	if (!upstream->prefix)
		return STATUS_OK;
	buf_init(&name, UPSTREAM_NAME_MAX + 2 + MCP_URI_MAX);
	if (by_uri)
		names_join_uri(upstream->name, own, &name);
	else
		names_join(upstream->name, own, &name);
	status = buf_status(&name);
	if (status == STATUS_OK &&
	    !json_set(node, list_name_member(kind), json_new_text(name.data, name.len)))
		status = STATUS_NO_MEMORY;
	buf_free(&name);
	return status;
}

/* Name and both texts behind one another; what is the same is there once. */
static enum status
pack(struct entry *entry, const char *name, const struct buf *text, const struct buf *legacy)
{
	const bool same =
	    text->len == legacy->len && memcmp(text->data, legacy->data, text->len) == 0;
	const size_t name_len = strlen(name) + 1;

	entry->name = malloc(name_len + text->len + (same ? 0 : legacy->len) + 1);
	if (entry->name == NULL)
		return STATUS_NO_MEMORY;
	memcpy(entry->name, name, name_len);
	entry->text = entry->name + name_len;
	entry->len = text->len;
	memcpy(entry->text, text->data, text->len);
	entry->legacy = same ? entry->text : entry->text + text->len;
	entry->legacy_len = legacy->len;
	if (!same)
		memcpy(entry->legacy, legacy->data, legacy->len);
	return STATUS_OK;
}

static enum status
render(const struct upstream *upstream, enum list_kind kind, struct json_object *node,
    const struct pin_states *states, struct entry *entry)
{
	bool found;
	size_t len;
	const char *text = json_string(json_member(node, list_name_member(kind), &found), &len);
	char *own = text != NULL ? strdup(text) : NULL;
	enum status status = own != NULL ? STATUS_OK : STATUS_NO_MEMORY;
	struct buf modern, legacy;

	buf_init(&modern, LIST_TEXT_MAX);
	buf_init(&legacy, LIST_TEXT_MAX);
	if (status == STATUS_OK)
		status = rename_entry(upstream, kind, node, own);
	if (status != STATUS_OK)
		goto out;
	json_write(node, &modern);
	if (kind == LIST_TOOLS && !convert_tool(node, ERA_LEGACY))
		status = STATUS_NO_MEMORY;
	json_write(node, &legacy);
	if (status == STATUS_OK)
		status = buf_status(&modern);
	if (status == STATUS_OK)
		status = buf_status(&legacy);
	if (status == STATUS_OK)
		status = pack(entry, own, &modern, &legacy);
	if (status == STATUS_OK) {
		entry->pin = state_of(upstream, states, own);
		entry->headers =
		    kind == LIST_TOOLS && strstr(buf_str(&modern), "\"x-mcp-header\"") != NULL;
	}
out:
	free(own);
	buf_free(&modern);
	buf_free(&legacy);
	return status;
}

static int
by_entry_name(const void *a, const void *b, void *arg)
{
	const struct entry *entries = arg;

	return strcmp(entries[*(const size_t *)a].name, entries[*(const size_t *)b].name);
}

static enum status
fill(struct list *list, const struct upstream *upstream, enum list_kind kind,
    const struct json_object *array, const struct pin_states *states)
{
	const size_t count = json_length(array);
	enum status status = STATUS_OK;

	list->entries = calloc(count + 1, sizeof(*list->entries));
	list->by_name = calloc(count + 1, sizeof(*list->by_name));
	if (list->entries == NULL || list->by_name == NULL)
		return STATUS_NO_MEMORY;
	list->bytes = sizeof(*list) + count * (sizeof(*list->entries) + sizeof(*list->by_name));
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		struct entry *entry = &list->entries[i];

		status = render(upstream, kind, json_element(array, i), states, entry);
		if (status != STATUS_OK)
			break;
		list->by_name[i] = i;
		list->count++;
		list->bytes += strlen(entry->name) + 1 + entry->len +
			       (entry->legacy == entry->text ? 0 : entry->legacy_len);
	}
	if (status == STATUS_OK && count > 0)
		qsort_r(list->by_name, count, sizeof(*list->by_name), by_entry_name, list->entries);
	return status;
}

enum status
list_render(const struct upstream *upstream, enum list_kind kind, const char *json, size_t len,
    const struct pin_states *states, struct list **out)
{
	const struct json_limits limits = {
	    .bytes = LIST_TEXT_MAX, .nesting = JSON_NESTING_MAX, .members = LIST_MEMBERS_MAX};
	struct list *list = calloc(1, sizeof(*list));
	struct json_object *array = NULL;
	struct problem why;
	enum status status = STATUS_NO_MEMORY;

	*out = NULL;
	if (list == NULL)
		return STATUS_NO_MEMORY;
	atomic_init(&list->owners, 1);
	status = json_parse(json, len, &limits, &array, &why);
	if (status == STATUS_OK)
		status = fill(list, upstream, kind, array, states);
	json_free(array);
	if (status == STATUS_OK)
		*out = list;
	else
		list_release(list);
	return status;
}
