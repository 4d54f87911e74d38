/* catalog_route.c - where a name or URI as an agent says it leads; see catalog.h. */
#include "mcp/catalog_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "match.h"

/* One name on its way. */
struct search {
	struct mcp *mcp;
	const struct catalog_view *view;
	enum list_kind kind;
	const char *name;
	struct upstream_set set;
	char digest[SECRET_DIGEST_TEXT];
	struct route *out;
	struct problem *why;
	bool failed; /* one that might have it cannot be asked */
};

void
route_free(struct route *route)
{
	json_free(route->definition);
	route->definition = NULL;
}

static bool
by_uri(enum list_kind kind)
{
	return kind == LIST_RESOURCES || kind == LIST_TEMPLATES;
}

static enum status
lead(struct search *s, const struct upstream *upstream, const char *own)
{
	s->out->upstream = *upstream;
	s->out->upstream.settings = NULL;
	if (snprintf(s->out->name, sizeof(s->out->name), "%s", own) >= (int)sizeof(s->out->name))
		return STATUS_NOT_FOUND;
	return STATUS_OK;
}

static enum status
take_entry(struct search *s, const struct entry *entry)
{
	const struct json_limits limits = {
	    .bytes = LIST_TEXT_MAX, .nesting = JSON_NESTING_MAX, .members = LIST_TEXT_MAX};

	s->out->listed = true;
	s->out->pin = entry->pin;
	if (!entry->headers)
		return STATUS_OK;
	return json_parse(entry->text, entry->len, &limits, &s->out->definition, s->why);
}

/*
 * The entry of that name in an upstream's list. Where it is not there, a list that is not quite new is fetched once more: the agent may know
 * better. STATUS_NOT_FOUND: it is not listed; STATUS_FAILED: there is no list.
 */
static enum status
look(struct search *s, const struct upstream *upstream, enum list_kind kind, const char *own)
{
	const struct wanted wanted = {
	    .upstream = upstream, .view = s->view, .digest = s->digest, .kind = kind};
	const int64_t now_ms = clock_wall_ms();
	const struct entry *entry = NULL;
	struct list_facts facts;
	struct list *list;
	enum status status = list_get(s->mcp, &wanted, LIST_KNOWN, 0, &list, &facts, s->why);

	if (status != STATUS_OK)
		return status;
	entry = list_entry(list, own);
	if (entry == NULL && now_ms - facts.fetched_ms > LIST_STALE_MS) {
		list_release(list);
		status = list_get(s->mcp, &wanted, LIST_KNOWN, now_ms, &list, &facts, s->why);
		if (status != STATUS_OK)
			return status;
		entry = list_entry(list, own);
	}
	status = entry != NULL ? take_entry(s, entry) : STATUS_NOT_FOUND;
	list_release(list);
	return status;
}

/* The upstream whose prefix the name begins with; NULL: there is none. */
static const struct upstream *
prefixed(const struct search *s, const char **rest)
{
	char name[UPSTREAM_NAME_MAX + 1];

	if (by_uri(s->kind) ? !names_split_uri(s->name, name, rest)
			    : !names_split(s->name, name, rest))
		return NULL;
	for (size_t i = 0; i < s->set.count; i++)
		if (s->set.items[i].prefix && strcmp(s->set.items[i].name, name) == 0)
			return &s->set.items[i];
	return NULL;
}

/* Of an upstream that is known: whether its list has to say something about it. */
static enum status
route_to(struct search *s, const struct upstream *upstream, const char *own)
{
	enum status status = lead(s, upstream, own);

	if (status != STATUS_OK || s->kind != LIST_TOOLS)
		return status;
	status = look(s, upstream, LIST_TOOLS, own);
	/* What is pinned has to be known; anything else is the upstream's own affair. */
	if (upstream->pinning == PINNING_OFF &&
	    (status == STATUS_NOT_FOUND || status == STATUS_FAILED))
		return STATUS_OK;
	return status;
}

/* Whether a URI may be one that a template makes: an expression stands for anything. */
static bool
template_makes(const char *template, const char *uri)
{
	char glob[MCP_URI_MAX + 1];
	size_t used = 0;
	bool within = false;

	for (const char *c = template; *c != '\0' && used < MCP_URI_MAX; c++) {
		if (*c == '{')
			glob[used++] = '*';
		if (*c == '{' || *c == '}')
			within = *c == '{';
		else if (!within)
			/* A literal star is none of the glob's. */
			glob[used++] = *c == '*' ? '?' : *c;
	}
	glob[used] = '\0';
	return match_glob(glob, uri);
}

/* Whether one of an upstream's templates makes this URI. */
static enum status
look_templates(struct search *s, const struct upstream *upstream)
{
	const struct wanted wanted = {
	    .upstream = upstream, .view = s->view, .digest = s->digest, .kind = LIST_TEMPLATES};
	enum status found = STATUS_NOT_FOUND;
	struct list_facts facts;
	struct list *list;
	enum status status = list_get(s->mcp, &wanted, LIST_KNOWN, 0, &list, &facts, s->why);

	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < list->count && found != STATUS_OK; i++)
		if (template_makes(list->entries[i].name, s->name))
			found = STATUS_OK;
	s->out->listed = found == STATUS_OK;
	list_release(list);
	return found;
}

/* The first of those without a prefix that has it. */
static enum status
search_lists(struct search *s, bool templates)
{
	for (size_t i = 0; i < s->set.count; i++) {
		const struct upstream *upstream = &s->set.items[i];
		enum status status;

		if (upstream->prefix)
			continue;
		status =
		    templates ? look_templates(s, upstream) : look(s, upstream, s->kind, s->name);
		if (status == STATUS_OK)
			return lead(s, upstream, s->name);
		if (status == STATUS_FAILED)
			s->failed = true;
		else if (status != STATUS_NOT_FOUND)
			return status;
	}
	return STATUS_NOT_FOUND;
}

/* The one upstream without a prefix, to which whatever nobody lists can go; NULL: none, or more than one. */
static const struct upstream *
only_plain(const struct search *s)
{
	const struct upstream *found = NULL;

	for (size_t i = 0; i < s->set.count; i++) {
		if (s->set.items[i].prefix)
			continue;
		if (found != NULL)
			return NULL;
		found = &s->set.items[i];
	}
	return found;
}

static enum status
route_plain(struct search *s)
{
	const struct upstream *only = only_plain(s);
	enum status status;

	if (only != NULL)
		return route_to(s, only, s->name);
	status = search_lists(s, false);
	if (status == STATUS_NOT_FOUND && s->kind == LIST_RESOURCES)
		status = search_lists(s, true);
	return status == STATUS_NOT_FOUND && s->failed ? STATUS_FAILED : status;
}

enum status
catalog_route(struct mcp *mcp, const struct catalog_view *view, enum list_kind kind,
    const char *name, struct route *out, struct problem *why)
{
	struct search s = {
	    .mcp = mcp, .view = view, .kind = kind, .name = name, .out = out, .why = why};
	const char *rest = NULL;
	const struct upstream *upstream;
	enum status status;

	*out = (struct route){.pin = PIN_FREE};
	if (name[0] == '\0' || strlen(name) > UPSTREAM_NAME_MAX + 2 + MCP_URI_MAX)
		return STATUS_NOT_FOUND;
	status = catalog_upstreams(mcp, view->caller->key.id, view->caller->generation, &s.set);
	if (status == STATUS_OK)
		status = peer_view_digest(view->peer.capabilities, s.digest);
	if (status == STATUS_OK) {
		upstream = prefixed(&s, &rest);
		status = upstream != NULL ? route_to(&s, upstream, rest) : route_plain(&s);
	}
	catalog_upstreams_end(mcp, &s.set);
	if (status != STATUS_OK) {
		route_free(out);
		*out = (struct route){.pin = PIN_FREE};
	}
	return status;
}
