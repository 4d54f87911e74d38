/* upstream_test.c - enforgatectl upstream test: connects as a responder does, and shows what is there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "key_commands.h"
#include "mcp/catalog.h"
#include "plain.h"
#include "table.h"
#include "upstream_commands.h"

#define SHOWN_MAX 80 /* characters of what a server says about itself */

static const char *const kind_names[LIST_KINDS] = {
    [LIST_TOOLS] = "tools",
    [LIST_PROMPTS] = "prompts",
    [LIST_RESOURCES] = "resources",
    [LIST_TEMPLATES] = "templates",
};
static const char *const pin_names[] = {
    [PIN_FREE] = "not pinned",
    [PIN_KEPT] = "as pinned",
    [PIN_CHANGED] = "changed, in use",
    [PIN_QUARANTINED] = "changed, in quarantine",
};

struct testing {
	const char *key_name, *name;
	struct key key;
	struct upstream upstream; /* open */
	struct key_policies policies;
	struct caller caller; /* what the lists are made for */
	struct mcp mcp;
	struct peer *peer;
	int64_t counts[LIST_KINDS]; /* -1: it offers none */
	enum list_kind kind;        /* that is read now */
	struct table table;
	struct json_object *tools; /* owned */
	size_t quarantined;
	bool ok;
};

static int
look(struct ctl *ctl, struct db *db, void *arg)
{
	struct testing *t = arg;
	struct problem why = {""};
	enum status status;
	int code = key_find(db, t->key_name, &t->key);

	if (code == CTL_DONE)
		code = upstream_find_open(ctl, db, &t->key, t->name, &t->upstream);
	if (code != CTL_DONE)
		return code;
	status = key_policies_read(db, t->key.id, &t->policies, &why);
	if (status == STATUS_INVALID)
		(void)snprintf(
		    t->caller.unreadable, sizeof(t->caller.unreadable), "%s", t->key.name);
	if (status == STATUS_INVALID)
		ctl_note("%s; every call is denied", why.text);
	else if (status != STATUS_OK)
		return ctl_failed("read the policies of the key", status);
	t->caller.key = t->key;
	t->caller.npolicies = t->policies.count;
	memcpy(t->caller.policies, t->policies.list, sizeof(t->caller.policies));
	return CTL_DONE;
}

/* A tool's own name, as the policies and pins know it. */
static void
add_tool(struct testing *t, const char *name, enum pin_state pin)
{
	bool hidden = catalog_hidden(&t->caller, t->upstream.name, name);
	struct json_object *tool = json_new_object();
	struct buf shown;

	buf_init(&shown, MCP_URI_MAX);
	names_join(t->upstream.prefix ? t->upstream.name : NULL, name, &shown);
	t->quarantined += pin == PIN_QUARANTINED;
	table_cell(&t->table, buf_str(&shown));
	table_cell(&t->table, hidden ? "always denied" : "judges each call");
	table_cell(&t->table, pin_names[pin]);
	t->ok = tool != NULL && t->ok;
	t->ok = json_set_text(tool, "name", buf_str(&shown)) && t->ok;
	t->ok = json_set_text(tool, "tool", name) && t->ok;
	t->ok = json_set_bool(tool, "alwaysDenied", hidden) && t->ok;
	t->ok = json_set_text(tool, "pin",
		    pin == PIN_FREE      ? "free"
		    : pin == PIN_KEPT    ? "kept"
		    : pin == PIN_CHANGED ? "changed"
					 : "quarantined") &&
		t->ok;
	t->ok = json_append(t->tools, tool) && t->ok;
	t->ok = buf_status(&shown) == STATUS_OK && t->ok;
	buf_free(&shown);
}

static bool
take_entry(void *arg, const char *name, enum pin_state pin)
{
	struct testing *t = arg;

	t->counts[t->kind]++;
	if (t->kind == LIST_TOOLS)
		add_tool(t, name, pin);
	return t->ok;
}

/* Which of the lists a server has, by what it says of itself. */
static bool
offers(const struct peer *peer, enum list_kind kind)
{
	bool found = false;

	(void)json_member(
	    peer->capabilities, kind_names[kind == LIST_TEMPLATES ? LIST_RESOURCES : kind], &found);
	return found;
}

static enum status
try_all(struct testing *t, struct problem *why)
{
	struct json_object *none = json_new_object();
	const struct catalog_view view = {
	    .caller = &t->caller, .peer = {.owner = "", .capabilities = none}, .era = ERA_MODERN};
	enum status status = none != NULL ? STATUS_OK : STATUS_NO_MEMORY;

	if (status == STATUS_OK)
		status = peer_open(&t->mcp, &t->upstream, &view.peer,
		    clock_us() + PEER_CONNECT_MS * INT64_C(1000), &t->peer, why);
	for (unsigned kind = 0; kind < LIST_KINDS && status == STATUS_OK; kind++) {
		t->kind = (enum list_kind)kind;
		t->counts[kind] = offers(t->peer, t->kind) ? 0 : -1;
		if (t->counts[kind] == 0)
			status =
			    catalog_look(&t->mcp, &t->upstream, &view, t->kind, take_entry, t, why);
	}
	json_free(none);
	return status;
}

/* "name 1.0", as the server says it. */
static void
server_name(const struct peer *peer, char *out, size_t size)
{
	static const char *const members[] = {"name", "version"};
	char text[PLAIN_SIZE(SHOWN_MAX)];
	size_t used = 0, len;
	bool found = false;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) && used < size; i++) {
		const char *said =
		    json_string(json_member(peer->server_info, members[i], &found), &len);

		plain_copy(text, sizeof(text), said != NULL ? said : "", SHOWN_MAX);
		if (text[0] != '\0')
			used += (size_t)snprintf(
			    out + used, size - used, "%s%s", used > 0 ? " " : "", text);
	}
}

static int
print_people(struct testing *t)
{
	char server[2 * PLAIN_SIZE(SHOWN_MAX)];
	enum status status;

	server_name(t->peer, server, sizeof(server));
	printf("%-11s%s\n", "UPSTREAM", t->upstream.name);
	printf("%-11s%s, %s\n", "TARGET", upstream_kind_name(t->upstream.kind), t->upstream.target);
	printf("%-11s%s\n", "SERVER", server[0] != '\0' ? server : "-");
	printf("%-11s%s (%s)\n", "VERSION", t->peer->version,
	    t->peer->era == ERA_MODERN ? "modern" : "legacy");
	for (size_t i = 0; i < LIST_KINDS; i++)
		if (t->counts[i] >= 0)
			printf("%-11s%lld\n", kind_names[i], (long long)t->counts[i]);
	if (json_length(t->tools) == 0)
		return ctl_output();
	printf("\n");
	status = table_print(&t->table);
	return status == STATUS_OK ? ctl_output() : ctl_failed("print", status);
}

static int
print_json(const struct testing *t, bool worked, const char *why)
{
	struct json_object *root = json_new_object();
	char server[2 * PLAIN_SIZE(SHOWN_MAX)];
	bool ok = json_set_text(root, "key", t->key.name) && t->ok;

	ok = json_set_text(root, "name", t->upstream.name) && ok;
	ok = json_set_text(root, "kind", upstream_kind_name(t->upstream.kind)) && ok;
	ok = json_set_text(root, "target", t->upstream.target) && ok;
	ok = json_set_bool(root, "works", worked) && ok;
	ok = json_set_text(root, "error", worked ? NULL : why) && ok;
	if (worked) {
		server_name(t->peer, server, sizeof(server));
		ok = json_set_text(root, "server", server) && ok;
		ok = json_set_text(root, "version", t->peer->version) && ok;
		ok = json_set_text(root, "era", t->peer->era == ERA_MODERN ? "modern" : "legacy") &&
		     ok;
		for (size_t i = 1; i < LIST_KINDS; i++)
			ok = (t->counts[i] < 0
				     ? json_set(root, kind_names[i], NULL)
				     : json_set_integer(root, kind_names[i], t->counts[i])) &&
			     ok;
		ok = json_set(root, kind_names[LIST_TOOLS], json_share(t->tools)) && ok;
	}
	return ctl_print_json(root, ok);
}

static int
report(struct ctl *ctl, struct testing *t, enum status status, const struct problem *why)
{
	bool worked = status == STATUS_OK;
	int code;

	if (status == STATUS_NO_MEMORY)
		return ctl_failed("try the upstream", status);
	if (ctl->json)
		code = print_json(t, worked, why->text);
	else if (worked)
		code = print_people(t);
	else
		code = ctl_error("%s", why->text);
	if (worked && t->quarantined > 0)
		ctl_note("%zu tool%s in quarantine: `enforgatectl upstream repin %s %s` shows what "
			 "changed",
		    t->quarantined, t->quarantined == 1 ? " is" : "s are", t->key.name,
		    t->upstream.name);
	if (!worked && (!ctl->json || code == CTL_DONE))
		return CTL_NO;
	return code;
}

static int
try_it(struct ctl *ctl, struct testing *t)
{
	static const char *const head[] = {"TOOL", "POLICY", "DEFINITION", NULL};
	struct problem why = {"out of memory"};
	enum status status;
	int code;

	t->mcp = (struct mcp){.config = &ctl->config,
	    .store = ctl->store,
	    .audit = ctl->audit,
	    .master = &ctl->master,
	    .wake_fd = -1,
	    .end_fd = -1};
	table_init(&t->table, head);
	t->tools = json_new_array();
	t->ok = t->tools != NULL;
	status = t->ok ? mcp_open(&t->mcp, false, &why) : STATUS_NO_MEMORY;
	if (status == STATUS_OK) {
		status = try_all(t, &why);
		code = report(ctl, t, status, &why);
		peer_release(&t->mcp, t->peer);
		mcp_close(&t->mcp);
	} else {
		code = ctl_error("%s", why.text);
	}
	ctl_wake(ctl);
	table_free(&t->table);
	json_free(t->tools);
	return code;
}

int
ctl_upstream_test(struct ctl *ctl, int argc, char **argv)
{
	struct testing t = {.ok = true};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 2, 2) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	t.key_name = operands.word[0];
	t.name = operands.word[1];
	code = ctl_look(ctl, look, &t);
	if (code == CTL_DONE)
		code = try_it(ctl, &t);
	key_policies_free(&t.policies);
	upstream_free(&t.upstream);
	ctl_close(ctl);
	return code;
}
