/* policy_show.c - enforgatectl policy list, show and history. */
#include "policy_commands.h"

#include <string.h>

#include "args.h"
#include "keys.h"
#include "table.h"

#define KEYS_TEXT_MAX 400 /* of a cell; longer lists are cut */

struct listing {
	struct db *db;
	const char *name;
	int64_t in_force; /* history: the version in force; 0: removed */
	struct table table;
	struct json_object *array; /* NULL: for people */
	bool ok;
};

static bool
append_name(void *arg, const char *name)
{
	return json_append_text(arg, name);
}

static bool
join_name(void *arg, const char *name)
{
	struct buf *out = arg;

	if (out->len > 0)
		buf_text(out, ", ");
	buf_text(out, name);
	return true;
}

static bool
set_created(struct json_object *object, int64_t wall_ms)
{
	char text[CLOCK_TEXT_MAX];

	clock_text(wall_ms, text);
	return json_set_text(object, "createdAt", text);
}

/* What list, show and history have in common. */
static bool
set_version(struct json_object *object, const struct policy_row *row)
{
	bool ok = json_set_text(object, "name", row->name);

	ok = json_set_text(object, "id", row->id) && ok;
	ok = json_set_integer(object, "version", row->version) && ok;
	ok = json_set_integer(object, "priority", row->priority) && ok;
	ok = json_set_text(object, "defaultDecision",
		 row->default_decision != DECISION_NONE ? decision_name(row->default_decision)
							: NULL) &&
	     ok;
	return set_created(object, row->created_ms) && ok;
}

static bool
list_json(struct listing *l, const struct policy_row *row)
{
	struct json_object *object = json_new_object();
	struct json_object *keys = json_new_array();
	bool ok = object != NULL && keys != NULL &&
		  keys_each_of_policy(l->db, row->id, append_name, keys) == STATUS_OK;

	ok = set_version(object, row) && ok;
	ok = json_set_bool(object, "enabled", row->enabled) && ok;
	ok = json_set(object, "keys", keys) && ok;
	return json_append(l->array, object) && ok;
}

static bool
list_row(void *arg, const struct policy_row *row)
{
	struct listing *l = arg;
	struct buf keys;

	if (l->array != NULL) {
		l->ok = list_json(l, row);
		return l->ok;
	}
	buf_init(&keys, KEYS_TEXT_MAX);
	l->ok = keys_each_of_policy(l->db, row->id, join_name, &keys) == STATUS_OK;
	if (buf_status(&keys) == STATUS_TOO_LARGE) {
		buf_reset(&keys);
		buf_text(&keys, "(many)");
	}
	table_cell(&l->table, row->name);
	table_cell(&l->table, row->enabled ? "yes" : "no");
	table_integer(&l->table, row->version);
	table_integer(&l->table, row->priority);
	table_cell(&l->table, policy_default_text(row->default_decision));
	table_time(&l->table, row->created_ms, "");
	table_cell(&l->table, buf_str(&keys));
	buf_free(&keys);
	return l->ok;
}

static int
look_list(struct ctl *ctl, struct db *db, void *arg)
{
	struct listing *l = arg;
	enum status status;

	(void)ctl;
	l->db = db;
	status = policies_each(db, list_row, l);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("list the policies", status);
}

static int
print_listing(struct ctl *ctl, struct listing *l, const char *const *head,
    int (*look)(struct ctl *ctl, struct db *db, void *arg))
{
	int code;

	table_init(&l->table, head);
	l->array = ctl->json ? json_new_array() : NULL;
	l->ok = !ctl->json || l->array != NULL;
	code = ctl_look(ctl, look, l);
	if (code == CTL_DONE && ctl->json)
		return table_free(&l->table), ctl_print_json(l->array, l->ok);
	json_free(l->array);
	if (code == CTL_DONE && l->ok)
		return table_print(&l->table) == STATUS_OK ? ctl_output()
							   : ctl_failed("print", STATUS_NO_MEMORY);
	table_free(&l->table);
	return code != CTL_DONE ? code : ctl_failed("read the policies", STATUS_FAILED);
}

int
ctl_policy_list(struct ctl *ctl, int argc, char **argv)
{
	static const char *const head[] = {
	    "NAME", "ENABLED", "VERSION", "PRIORITY", "DEFAULT", "SINCE", "KEYS", NULL};
	struct listing l = {.name = NULL};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 0, 0) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	code = print_listing(ctl, &l, head, look_list);
	ctl_close(ctl);
	return code;
}

static bool
history_row(void *arg, const struct policy_row *row)
{
	struct listing *l = arg;
	bool in_force = row->version == l->in_force;

	if (l->array != NULL) {
		struct json_object *object = json_new_object();

		l->ok = object != NULL && set_version(object, row) &&
			json_set_bool(object, "inForce", in_force);
		l->ok = json_append(l->array, object) && l->ok;
		return l->ok;
	}
	table_integer(&l->table, row->version);
	table_cell(&l->table, in_force ? "yes" : "no");
	table_integer(&l->table, row->priority);
	table_cell(&l->table, policy_default_text(row->default_decision));
	table_time(&l->table, row->created_ms, "");
	return true;
}

static int
look_history(struct ctl *ctl, struct db *db, void *arg)
{
	struct listing *l = arg;
	struct policy_row row;
	enum status status = policies_find(db, l->name, 0, &row);

	(void)ctl;
	if (status == STATUS_OK) {
		l->in_force = row.version;
		policy_row_free(&row);
	} else if (status == STATUS_NOT_FOUND) {
		/* A removed policy still has its versions; one that never was has no first one. */
		status = policies_find(db, l->name, 1, &row);
		if (status == STATUS_NOT_FOUND)
			return ctl_error("no policy \"%s\", and there never was one", l->name);
		if (status == STATUS_OK) {
			policy_row_free(&row);
			ctl_note("policy \"%s\" was removed", l->name);
		}
	}
	if (status == STATUS_OK)
		status = policies_history(db, l->name, history_row, l);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("read the policy", status);
}

int
ctl_policy_history(struct ctl *ctl, int argc, char **argv)
{
	static const char *const head[] = {
	    "VERSION", "IN FORCE", "PRIORITY", "DEFAULT", "CREATED", NULL};
	struct listing l = {.name = NULL};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 1, 1) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	l.name = operands.word[0];
	code = print_listing(ctl, &l, head, look_history);
	ctl_close(ctl);
	return code;
}

struct showing {
	const char *name;
	int64_t version;
};

static int
show_json(const struct policy_row *row)
{
	const struct json_limits limits = POLICY_JSON_LIMITS;
	struct json_object *root = json_new_object();
	struct json_object *document = NULL;
	bool ok = root != NULL && set_version(root, row);

	ok = json_set_bool(root, "enabled", row->enabled) && ok;
	ok = json_parse(row->document, strlen(row->document), &limits, &document, NULL) ==
		 STATUS_OK &&
	     ok;
	ok = json_set(root, "document", document) && ok;
	return ctl_print_json(root, ok);
}

static int
look_show(struct ctl *ctl, struct db *db, void *arg)
{
	const struct showing *s = arg;
	struct policy_row row;
	char created[CLOCK_TEXT_MAX];
	int code = policy_find(db, s->name, s->version, &row);

	if (code != CTL_DONE)
		return code;
	if (ctl->json) {
		code = show_json(&row);
	} else {
		size_t len = strlen(row.document);

		table_time_text(row.created_ms, created);
		ctl_note("policy \"%s\", version %lld of %s, priority %lld, default %s, %s",
		    row.name, (long long)row.version, created, (long long)row.priority,
		    policy_default_text(row.default_decision),
		    row.enabled ? "enabled" : "disabled");
		printf("%s%s", row.document, len > 0 && row.document[len - 1] == '\n' ? "" : "\n");
		code = ctl_output();
	}
	policy_row_free(&row);
	return code;
}

int
ctl_policy_show(struct ctl *ctl, int argc, char **argv)
{
	const char *version = NULL;
	const struct ctl_option options[] = {
	    {"--version", NULL, &version, NULL}, {NULL, NULL, NULL, NULL}};
	struct showing s = {.version = 0};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, options, &operands, 1, 1))
		return CTL_COULD_NOT;
	s.name = operands.word[0];
	if (version != NULL && (!ctl_integer(version, &s.version) || s.version < 1))
		return ctl_error("--version %s: must be a number from 1", version);
	if (ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	code = ctl_look(ctl, look_show, &s);
	ctl_close(ctl);
	return code;
}
