/* key_show.c - enforgatectl key list and key show. */
#include "key_commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "mcp/sessions.h"
#include "mcp/upstreams.h"
#include "stop.h"
#include "table.h"

#define LACKING_MAX 4000   /* bytes of names; more are left out */
#define UPSTREAMS_MAX 2400 /* bytes: UPSTREAMS_PER_KEY_MAX names and ", " between them */

struct listing {
	struct ctl *ctl;
	struct db *db;
	const char *only; /* the name of one key; NULL: all */
	int64_t now_ms;
	int state_dir_fd;
	struct table table;
	struct json_object *array;
	struct buf
	    lacking; /* names of active keys whose calls can need a decision that nobody gets a link for */
	bool ok;
	int code;
};

/* What is shown of a key beside its row. */
struct details {
	const char *state;
	const char *pin;
	int64_t used_ms;
	struct buf policies;
	struct buf channels;
	struct buf upstreams;
	int64_t sessions;
	bool lacks_approver;
};

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

static bool
append_upstream(void *arg, const struct upstream *upstream)
{
	return json_append_text(arg, upstream->name);
}

static bool
add_upstream(void *arg, const struct upstream *upstream)
{
	struct buf *out = arg;

	buf_printf(out, "%s%s", out->len > 0 ? ", " : "", upstream->name);
	return buf_status(out) == STATUS_OK;
}

static void
add_json(struct listing *l, const struct key *key, const struct details *d)
{
	struct json_object *object = json_new_object();
	struct json_object *policies = json_new_array();
	struct json_object *channels = json_new_array();
	struct json_object *upstreams = json_new_array();

	l->ok = object != NULL && policies != NULL && channels != NULL && upstreams != NULL &&
		keys_each_policy(l->db, key->id, append_name, policies) == STATUS_OK &&
		keys_each_channel(l->db, key->id, append_name, channels) == STATUS_OK &&
		upstreams_each(l->db, key->id, NULL, append_upstream, upstreams) == STATUS_OK;
	l->ok = json_set_text(object, "name", key->name) && l->ok;
	l->ok = json_set_text(object, "id", key->id) && l->ok;
	l->ok = json_set_text(object, "prefix", key->shown) && l->ok;
	l->ok = json_set_text(object, "state", d->state) && l->ok;
	l->ok = json_set(object, "policies", policies) && l->ok;
	l->ok = ctl_json_set_time(object, "createdAt", key->created_ms) && l->ok;
	l->ok = ctl_json_set_time(object, "expiresAt", key->expires_ms) && l->ok;
	l->ok = ctl_json_set_time(object, "revokedAt", key->revoked_ms) && l->ok;
	l->ok = ctl_json_set_time(object, "lastUsedAt", d->used_ms) && l->ok;
	l->ok = json_set_integer(object, "approvalTimeoutMs", key->approval_timeout_ms) && l->ok;
	l->ok = json_set_bool(object, "allowances", key->allowances) && l->ok;
	l->ok = json_set(object, "channels", channels) && l->ok;
	l->ok = json_set_text(object, "pin", d->pin) && l->ok;
	l->ok = json_set(object, "upstreams", upstreams) && l->ok;
	l->ok = json_set_integer(object, "sessions", d->sessions) && l->ok;
	l->ok = json_set_bool(object, "lacksApprover", d->lacks_approver) && l->ok;
	l->ok = json_append(l->array, object) && l->ok;
}

static void
add_row(struct listing *l, const struct key *key, const struct details *d)
{
	char timeout[32];

	ctl_duration_text(key->approval_timeout_ms, timeout, sizeof(timeout));
	table_cell(&l->table, key->name);
	table_cell(&l->table, key->shown);
	table_cell(&l->table, d->state);
	table_cell(&l->table, buf_str(&d->policies));
	table_time(&l->table, key->created_ms, "");
	table_time(&l->table, key->expires_ms, "never");
	table_time(&l->table, d->used_ms, "never");
	table_cell(&l->table, timeout);
	table_cell(&l->table, key->allowances ? "yes" : "no");
	table_cell(&l->table, buf_str(&d->channels));
	table_cell(&l->table, d->pin);
	table_cell(&l->table, buf_str(&d->upstreams));
	table_integer(&l->table, d->sessions);
}

static int
read_details(struct listing *l, const struct key *key, struct details *d)
{
	enum status status = state_of(l, key, &d->state);
	int code;

	if (status == STATUS_OK)
		status = keys_last_used(l->db, key->id, &d->used_ms);
	if (status == STATUS_OK && strcmp(key_state(key, l->now_ms), "active") == 0)
		status = key_lacks_approver(l->db, key->id, &d->lacks_approver);
	buf_init(&d->upstreams, UPSTREAMS_MAX);
	if (status == STATUS_OK)
		status = upstreams_each(l->db, key->id, NULL, add_upstream, &d->upstreams);
	if (status == STATUS_OK)
		status = sessions_count(l->db, key->id, &d->sessions);
	if (status != STATUS_OK)
		return ctl_failed("read the key", status);
	code = key_policies_text(l->db, key->id, &d->policies);
	if (code == CTL_DONE)
		code = key_channels_text(l->db, key->id, &d->channels);
	return code == CTL_DONE ? key_pin_text(l->db, key->id, &d->pin) : code;
}

static bool
add_key(void *arg, const struct key *key)
{
	struct listing *l = arg;
	struct details d = {.state = "", .pin = ""};

	l->code = read_details(l, key, &d);
	if (l->code == CTL_DONE && l->array != NULL)
		add_json(l, key, &d);
	else if (l->code == CTL_DONE)
		add_row(l, key, &d);
	if (d.lacks_approver)
		buf_printf(&l->lacking, "%s%s", l->lacking.len > 0 ? ", " : "", key->name);
	buf_free(&d.policies);
	buf_free(&d.channels);
	buf_free(&d.upstreams);
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
	    "LAST USED", "APPROVAL TIMEOUT", "ALLOWANCES", "CHANNELS", "PIN", "UPSTREAMS",
	    "SESSIONS", NULL};
	struct listing l = {.ctl = ctl, .only = only, .now_ms = clock_wall_ms(), .ok = true};
	enum status status = STATUS_OK;
	int code;

	l.state_dir_fd = open(ctl->config.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	table_init(&l.table, head);
	buf_init(&l.lacking, LACKING_MAX);
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
		if (l.lacking.len > 0)
			ctl_note(
			    "calls of these keys can need a decision, but they have no approver "
			    "channel, so that only `enforgatectl approval` decides: %s",
			    buf_str(&l.lacking));
	}
	buf_free(&l.lacking);
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
