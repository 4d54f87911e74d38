/* key_show.c - enforgatectl key list and key show. */
#include "key_commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "stop.h"
#include "table.h"

#define POLICIES_TEXT_MAX ((size_t)KEY_POLICIES_MAX * 80)

struct listing {
	struct ctl *ctl;
	struct db *db;
	const char *only; /* the name of one key; NULL: all */
	int64_t now_ms;
	int state_dir_fd;
	struct table table;
	struct json_object *array;
	bool ok;
	int code;
};

static bool
add_name(void *arg, const char *name)
{
	struct buf *out = arg;

	if (out->len > 0)
		buf_text(out, ", ");
	buf_text(out, name);
	return true;
}

int
key_policies_text(struct db *db, const char *key_id, struct buf *out)
{
	enum status status;

	buf_init(out, POLICIES_TEXT_MAX);
	status = keys_each_policy(db, key_id, add_name, out);
	if (status == STATUS_OK)
		status = buf_status(out);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("read the policies of the key", status);
}

/* Revoked and expired come before stopped: they stay when the stop is lifted. */
static enum status
state_of(struct listing *l, const struct key *key, const char **out)
{
	enum status status = STATUS_OK;
	bool stopped = false;

	*out = key_state(key, l->now_ms);
	if (strcmp(*out, "active") != 0)
		return STATUS_OK;
	if (!stop_file_present(l->state_dir_fd, key->name))
		status = stop_row_present(l->db, key->id, &stopped);
	else
		stopped = true;
	if (stopped)
		*out = "stopped";
	return status;
}

static bool
append_name(void *arg, const char *name)
{
	return json_append_text(arg, name);
}

static void
add_json(struct listing *l, const struct key *key, const char *state, int64_t used_ms)
{
	struct json_object *object = json_new_object();
	struct json_object *policies = json_new_array();

	l->ok = object != NULL && policies != NULL &&
		keys_each_policy(l->db, key->id, append_name, policies) == STATUS_OK;
	l->ok = json_set_text(object, "name", key->name) && l->ok;
	l->ok = json_set_text(object, "id", key->id) && l->ok;
	l->ok = json_set_text(object, "prefix", key->shown) && l->ok;
	l->ok = json_set_text(object, "state", state) && l->ok;
	l->ok = json_set(object, "policies", policies) && l->ok;
	l->ok = ctl_json_set_time(object, "createdAt", key->created_ms) && l->ok;
	l->ok = ctl_json_set_time(object, "expiresAt", key->expires_ms) && l->ok;
	l->ok = ctl_json_set_time(object, "revokedAt", key->revoked_ms) && l->ok;
	l->ok = ctl_json_set_time(object, "lastUsedAt", used_ms) && l->ok;
	l->ok = json_set_integer(object, "approvalTimeoutMs", key->approval_timeout_ms) && l->ok;
	l->ok = json_set_bool(object, "allowances", key->allowances) && l->ok;
	l->ok = json_append(l->array, object) && l->ok;
}

static void
add_row(struct listing *l, const struct key *key, const char *state, int64_t used_ms,
    const char *policies)
{
	char timeout[32];

	ctl_duration_text(key->approval_timeout_ms, timeout, sizeof(timeout));
	table_cell(&l->table, key->name);
	table_cell(&l->table, key->shown);
	table_cell(&l->table, state);
	table_cell(&l->table, policies);
	table_time(&l->table, key->created_ms, "");
	table_time(&l->table, key->expires_ms, "never");
	table_time(&l->table, used_ms, "never");
	table_cell(&l->table, timeout);
	table_cell(&l->table, key->allowances ? "yes" : "no");
}

static bool
add_key(void *arg, const struct key *key)
{
	struct listing *l = arg;
	struct buf policies;
	const char *state = "";
	int64_t used_ms = 0;
	enum status status = state_of(l, key, &state);

	if (status == STATUS_OK)
		status = keys_last_used(l->db, key->id, &used_ms);
	if (status != STATUS_OK) {
		l->code = ctl_failed("read the key", status);
		return false;
	}
	l->code = key_policies_text(l->db, key->id, &policies);
	if (l->code == CTL_DONE && l->array != NULL)
		add_json(l, key, state, used_ms);
	else if (l->code == CTL_DONE)
		add_row(l, key, state, used_ms, buf_str(&policies));
	buf_free(&policies);
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

/* Prints one key as lines `NAME: value`, from the table's only row. */
static enum status
print_one(struct table *table)
{
	for (size_t i = 0; i < table->columns && table->status == STATUS_OK; i++)
		printf("%-18s%s\n", table->cells[i], table->cells[table->columns + i]);
	return table->status;
}

static int
show(struct ctl *ctl, const char *only)
{
	static const char *const head[] = {"NAME", "KEY", "STATE", "POLICIES", "CREATED", "EXPIRES",
	    "LAST USED", "APPROVAL TIMEOUT", "ALLOWANCES", NULL};
	struct listing l = {.ctl = ctl, .only = only, .now_ms = clock_wall_ms(), .ok = true};
	enum status status = STATUS_OK;
	int code;

	l.state_dir_fd = open(ctl->config.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	table_init(&l.table, head);
	if (ctl->json) {
		l.array = json_new_array();
		l.ok = l.array != NULL;
	}
	code = ctl_look(ctl, look, &l);
	if (l.state_dir_fd >= 0)
		close(l.state_dir_fd);
	if (code == CTL_DONE && l.array != NULL) {
		struct json_object *one = only != NULL ? json_element(l.array, 0) : NULL;

		code = ctl_print_json(one != NULL ? json_share(one) : json_share(l.array), l.ok);
	} else if (code == CTL_DONE) {
		status = only != NULL ? print_one(&l.table) : table_print(&l.table);
		code = status == STATUS_OK && l.ok ? ctl_output()
						   : ctl_failed("print", STATUS_NO_MEMORY);
	}
	table_free(&l.table);
	json_free(l.array);
	return code;
}

int
ctl_key_list(struct ctl *ctl, int argc, char **argv)
{
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 0, 0) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	code = show(ctl, NULL);
	ctl_close(ctl);
	return code;
}

int
ctl_key_show(struct ctl *ctl, int argc, char **argv)
{
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 1, 1) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	code = show(ctl, operands.word[0]);
	ctl_close(ctl);
	return code;
}
