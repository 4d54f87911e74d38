/* upstream_list.c - enforgatectl upstream list. */
#include <stdio.h>

#include "key_commands.h"
#include "mcp/pins.h"
#include "table.h"
#include "upstream_commands.h"

struct listing {
	struct db *db;
	const char *only;      /* the name of one key; NULL: all */
	const struct key *key; /* whose upstreams are shown now */
	struct table table;
	struct json_object *array; /* for programs; NULL: the table */
	bool ok;
	int code;
};

struct pins {
	int64_t tools;
	int64_t changed;
};

static bool
count_pin(void *arg, const struct pin *pin)
{
	struct pins *pins = arg;

	pins->tools++;
	if (pin->state == PIN_CHANGED || pin->state == PIN_QUARANTINED)
		pins->changed++;
	return true;
}

static void
add_json(struct listing *l, const struct upstream *upstream, const struct pins *pins)
{
	struct json_object *object = json_new_object();

	l->ok = object != NULL && l->ok;
	l->ok = json_set_text(object, "key", l->key->name) && l->ok;
	l->ok = json_set_text(object, "name", upstream->name) && l->ok;
	l->ok = json_set_text(object, "id", upstream->id) && l->ok;
	l->ok = json_set_text(object, "kind", upstream_kind_name(upstream->kind)) && l->ok;
	l->ok = json_set_text(object, "target", upstream->target) && l->ok;
	l->ok = json_set_bool(object, "required", upstream->required) && l->ok;
	l->ok = json_set_bool(object, "prefix", upstream->prefix) && l->ok;
	l->ok = json_set_text(object, "pinning", pinning_name(upstream->pinning)) && l->ok;
	l->ok = json_set_integer(object, "timeoutMs", upstream->timeout_ms) && l->ok;
	l->ok = json_set_integer(object, "pinnedTools", pins->tools) && l->ok;
	l->ok = json_set_integer(object, "changedTools", pins->changed) && l->ok;
	l->ok = ctl_json_set_time(object, "createdAt", upstream->created_ms) && l->ok;
	l->ok = ctl_json_set_time(object, "changedAt", upstream->changed_ms) && l->ok;
	l->ok = json_append(l->array, object) && l->ok;
}

static void
add_row(struct listing *l, const struct upstream *upstream, const struct pins *pins)
{
	char timeout[32];

	ctl_duration_text(upstream->timeout_ms, timeout, sizeof(timeout));
	table_cell(&l->table, l->key->name);
	table_cell(&l->table, upstream->name);
	table_cell(&l->table, upstream_kind_name(upstream->kind));
	table_cell(&l->table, upstream->target);
	table_cell(&l->table, upstream->required ? "required" : "optional");
	table_cell(&l->table, upstream->prefix ? "yes" : "no");
	table_cell(&l->table, pinning_name(upstream->pinning));
	table_integer(&l->table, pins->tools);
	table_integer(&l->table, pins->changed);
	table_cell(&l->table, timeout);
}

static bool
add_upstream(void *arg, const struct upstream *upstream)
{
	struct pins pins = {.tools = 0};
	struct listing *l = arg;
	enum status status = pins_each_state(l->db, upstream->id, count_pin, &pins);

	if (status != STATUS_OK)
		l->code = ctl_failed("read the pinned tools", status);
	else if (l->array != NULL)
		add_json(l, upstream, &pins);
	else
		add_row(l, upstream, &pins);
	return l->code == CTL_DONE && l->ok;
}

static bool
add_key(void *arg, const struct key *key)
{
	struct listing *l = arg;
	enum status status;

	l->key = key;
	status = upstreams_each(l->db, key->id, NULL, add_upstream, l);
	if (status != STATUS_OK)
		l->code = ctl_failed("list the upstreams", status);
	return l->code == CTL_DONE && l->ok;
}

static int
look(struct ctl *ctl, struct db *db, void *arg)
{
	struct listing *l = arg;
	enum status status;
	struct key key;

	(void)ctl;
	l->db = db;
	if (l->only != NULL) {
		l->code = key_find(db, l->only, &key);
		if (l->code == CTL_DONE)
			(void)add_key(l, &key);
		return l->code;
	}
	status = keys_each(db, add_key, l);
	return status == STATUS_OK ? l->code : ctl_failed("list the keys", status);
}

int
ctl_upstream_list(struct ctl *ctl, int argc, char **argv)
{
	static const char *const head[] = {"KEY", "NAME", "KIND", "TARGET", "NEEDED", "PREFIX",
	    "PINNING", "TOOLS", "CHANGED", "TIMEOUT", NULL};
	struct listing l = {.ok = true};
	struct ctl_words operands;
	enum status status;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 0, 1) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	l.only = operands.count > 0 ? operands.word[0] : NULL;
	table_init(&l.table, head);
	if (ctl->json) {
		l.array = json_new_array();
		l.ok = l.array != NULL;
	}
	code = ctl_look(ctl, look, &l);
	if (code == CTL_DONE && l.array != NULL) {
		code = ctl_print_json(json_share(l.array), l.ok);
	} else if (code == CTL_DONE) {
		status = l.ok ? table_print(&l.table) : STATUS_NO_MEMORY;
		code = status == STATUS_OK ? ctl_output() : ctl_failed("print", status);
	}
	table_free(&l.table);
	json_free(l.array);
	ctl_close(ctl);
	return code;
}
