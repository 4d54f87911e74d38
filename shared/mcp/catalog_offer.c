/* catalog_offer.c - what initialize and server/discover answer with: the union of what the upstreams can do; see catalog.h. */
#include "mcp/catalog_parts.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "plain.h"
#include "together.h"

#define US_PER_MS 1000
#define INSTRUCTIONS_MAX ((size_t)64 << 10)
#define INSTRUCTIONS_EACH_MAX 8192 /* characters of one upstream */

/* All upstreams of a key, connected. */
struct gathering {
	struct mcp *mcp;
	const struct catalog_view *view;
	struct upstream_set set;
	int64_t until_us;
	struct greeted {
		struct peer *peer; /* NULL: it cannot be reached */
		struct problem why;
	} * items;
};

void
offer_free(struct offer *offer)
{
	json_free(offer->capabilities);
	offer->capabilities = NULL;
	buf_free(&offer->instructions);
}

static void
greet(void *arg, size_t index)
{
	struct gathering *g = arg;
	struct greeted *greeted = &g->items[index];

	if (list_peer(g->mcp, &g->set.items[index], &g->view->peer, g->until_us, &greeted->peer,
		&greeted->why) == STATUS_OK)
		return;
	greeted->peer = NULL;
	log_warn("%s", greeted->why.text);
}

/* Whether one of them has a capability, or the member of it. */
static bool
any(const struct gathering *g, const char *capability, const char *member)
{
	bool found;

	for (size_t i = 0; i < g->set.count; i++) {
		const struct json_object *of;

		if (g->items[i].peer == NULL)
			continue;
		of = json_member(g->items[i].peer->capabilities, capability, &found);
		if (json_type(of) != JSON_OBJECT)
			continue;
		if (member == NULL || json_bool(json_member(of, member, &found)))
			return true;
	}
	return false;
}

/* Where clients get streams, changes are told whatever the upstream does: the configuration is a reason too. */
static bool
add_list(struct json_object *all, const char *name, bool streams, bool subscribe)
{
	struct json_object *one = json_new_object();

	if (one == NULL || !json_set(all, name, one))
		return false;
	return json_set_bool(one, "listChanged", streams) &&
	       (!subscribe || json_set_bool(one, "subscribe", streams));
}

static bool
add_empty(struct json_object *all, const char *name)
{
	struct json_object *one = json_new_object();

	return one != NULL && json_set(all, name, one);
}

/* Extensions that are passed through, where the upstream is of the client's era. */
static bool
add_extensions(const struct gathering *g, struct json_object *all)
{
	struct json_object *extensions;
	bool found, tasks = false;

	for (size_t i = 0; i < g->set.count; i++) {
		const struct peer *peer = g->items[i].peer;

		if (peer == NULL || peer->era != ERA_MODERN)
			continue;
		(void)json_member(
		    json_member(peer->capabilities, "extensions", &found), MCP_TASKS, &found);
		tasks = tasks || found;
	}
	if (!tasks || g->view->era != ERA_MODERN)
		return true;
	extensions = json_new_object();
	return extensions != NULL && json_set(all, "extensions", extensions) &&
	       add_empty(extensions, MCP_TASKS);
}

static struct json_object *
unite(const struct gathering *g)
{
	const bool streams = g->mcp->config->streams_max > 0;
	struct json_object *all = json_new_object();
	bool fine = all != NULL && add_list(all, "tools", streams, false);

	if (fine && any(g, "prompts", NULL))
		fine = add_list(all, "prompts", streams, false);
	if (fine && any(g, "resources", NULL))
		fine = add_list(all, "resources", streams, any(g, "resources", "subscribe"));
	if (fine && any(g, "logging", NULL))
		fine = add_empty(all, "logging");
	if (fine && any(g, "completions", NULL))
		fine = add_empty(all, "completions");
	if (fine && add_extensions(g, all))
		return all;
	json_free(all);
	return NULL;
}

static void
write_instructions(const struct gathering *g, struct buf *out)
{
	size_t down = 0;

	for (size_t i = 0; i < g->set.count; i++) {
		const struct peer *peer = g->items[i].peer;

		if (peer == NULL)
			down++;
		if (peer == NULL || peer->instructions == NULL || peer->instructions[0] == '\0')
			continue;
		buf_printf(out, "%s%s: ", out->len > 0 ? "\n\n" : "", peer->upstream.name);
		plain_add(out, peer->instructions, INSTRUCTIONS_EACH_MAX);
	}
	if (down == 0)
		return;
	buf_printf(out, "%sNot available now: ", out->len > 0 ? "\n\n" : "");
	for (size_t i = 0; i < g->set.count; i++)
		if (g->items[i].peer == NULL)
			buf_printf(out, "%s%s", g->set.items[i].name, --down > 0 ? ", " : ".");
}

static enum status
check_required(const struct gathering *g, struct problem *why)
{
	for (size_t i = 0; i < g->set.count; i++)
		if (g->items[i].peer == NULL && g->set.items[i].required) {
			*why = g->items[i].why;
			return STATUS_FAILED;
		}
	return STATUS_OK;
}

enum status
catalog_offer(
    struct mcp *mcp, const struct catalog_view *view, struct offer *out, struct problem *why)
{
	struct gathering g = {.mcp = mcp,
	    .view = view,
	    .until_us = clock_us() + (int64_t)PEER_CONNECT_MS * US_PER_MS};
	enum status status;

	*out = (struct offer){.capabilities = NULL};
	buf_init(&out->instructions, INSTRUCTIONS_MAX);
	problem_set(why, "what the upstreams offer cannot be gathered now");
	status = catalog_upstreams(mcp, view->caller->key.id, view->caller->generation, &g.set);
	if (status != STATUS_OK)
		return status;
	g.items = calloc(g.set.count + 1, sizeof(*g.items));
	if (g.items != NULL) {
		together(g.set.count, greet, &g);
		status = check_required(&g, why);
	} else {
		status = STATUS_NO_MEMORY;
	}
	if (status == STATUS_OK) {
		out->capabilities = unite(&g);
		/* What does not fit of the instructions is left out: they are a help, no more. */
		write_instructions(&g, &out->instructions);
		status = out->capabilities != NULL ? STATUS_OK : STATUS_NO_MEMORY;
	}
	for (size_t i = 0; g.items != NULL && i < g.set.count; i++)
		peer_release(mcp, g.items[i].peer);
	free(g.items);
	catalog_upstreams_end(mcp, &g.set);
	return status;
}
