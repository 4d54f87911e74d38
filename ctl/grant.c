/* grant.c - enforgatectl grant: what approvers allowed for a time. */
#include "grant.h"

#include <stdio.h>
#include <string.h>

#include "args.h"
#include "clock.h"
#include "ctl.h"
#include "shorten.h"
#include "table.h"

struct listing {
	int64_t now_ms;
	bool all;
	struct table table;
	struct json_object *array; /* NULL: a table is wanted */
	bool ok;
};

static const char *
grant_state(const struct grant *grant, int64_t now_ms)
{
	if (grant->revoked_ms != 0)
		return "revoked";
	if (grant->calls_left == 0)
		return "used up";
	return grant->expires_ms <= now_ms ? "ended" : "in force";
}

static bool
add_json(struct listing *l, const struct grant *grant)
{
	struct json_object *object = json_new_object();
	bool bound = grant->args_digest[0] != '\0';
	bool ok = object != NULL;

	ok = json_set_text(object, "id", grant->id) && ok;
	ok = json_set_text(object, "state", grant_state(grant, l->now_ms)) && ok;
	ok = json_set_text(object, "key", grant->key_name) && ok;
	ok = json_set_text(object, "server", grant->server) && ok;
	ok = json_set_text(object, "tool", grant->tool) && ok;
	ok = json_set_text(object, "argsDigest", bound ? grant->args_digest : NULL) && ok;
	ok = json_set_text(object, "approvalId", grant->approval_id) && ok;
	ok = ctl_json_set_time(object, "createdAt", grant->created_ms) && ok;
	ok = ctl_json_set_time(object, "expiresAt", grant->expires_ms) && ok;
	ok = ctl_json_set_time(object, "revokedAt", grant->revoked_ms) && ok;
	if (grant->calls_left >= 0)
		ok = json_set_integer(object, "callsLeft", grant->calls_left) && ok;
	else
		ok = json_set(object, "callsLeft", NULL) && ok;
	return json_append(l->array, object) && ok;
}

static bool
add_grant(void *arg, const struct grant *grant)
{
	struct listing *l = arg;

	if (l->array != NULL) {
		l->ok = add_json(l, grant);
		return l->ok;
	}
	table_cell(&l->table, grant->id);
	table_cell(&l->table, grant_state(grant, l->now_ms));
	table_cell(&l->table, grant->key_name);
	table_cell(&l->table, grant->server);
	table_cell(&l->table, grant->tool);
	table_cell(&l->table, grant->args_digest[0] != '\0' ? "these" : "any");
	if (grant->calls_left >= 0)
		table_integer(&l->table, grant->calls_left);
	else
		table_cell(&l->table, "any");
	table_time(&l->table, grant->created_ms, "");
	table_time(&l->table, grant->expires_ms, "");
	table_cell(&l->table, grant->approval_id);
	return true;
}

static int
look(struct ctl *ctl, struct db *db, void *arg)
{
	struct listing *l = arg;
	enum status status = grants_each(db, !l->all, l->now_ms, add_grant, l);

	(void)ctl;
	if (status == STATUS_OK && !l->ok)
		status = STATUS_NO_MEMORY;
	return status == STATUS_OK ? CTL_DONE : ctl_failed("list the allowances", status);
}

static int
run_list(struct ctl *ctl, int argc, char **argv)
{
	static const char *const head[] = {"ID", "STATE", "KEY", "SERVER", "TOOL", "ARGUMENTS",
	    "CALLS LEFT", "CREATED", "EXPIRES", "APPROVAL", NULL};
	struct listing l = {.now_ms = clock_wall_ms(), .ok = true};
	const struct ctl_option options[] = {
	    {"--all", &l.all, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, options, &operands, 0, 0) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	table_init(&l.table, head);
	l.array = ctl->json ? json_new_array() : NULL;
	l.ok = !ctl->json || l.array != NULL;
	code = ctl_look(ctl, look, &l);
	if (code == CTL_DONE && ctl->json)
		code = ctl_print_json(json_share(l.array), true);
	else if (code == CTL_DONE)
		code = table_print(&l.table) == STATUS_OK ? ctl_output()
							  : ctl_failed("print", STATUS_NO_MEMORY);
	table_free(&l.table);
	json_free(l.array);
	ctl_close(ctl);
	return code;
}

struct revoking {
	const char *word;
	int64_t now_ms;
	struct grant grant;
	bool over; /* it was before */
};

static bool
compare(void *arg, const struct grant *grant)
{
	return shortened_next(arg, grant->id);
}

static int
lookup(struct db *db, const char *word, int64_t now_ms, struct grant *out)
{
	struct shortened shortened;
	enum status status;

	if (!shortened_begin(&shortened, word, "grt_", "grant"))
		return CTL_COULD_NOT;
	status = grant_find(db, word, out);
	if (status == STATUS_NOT_FOUND) {
		status = grants_each(db, false, now_ms, compare, &shortened);
		if (status == STATUS_OK && !shortened_end(&shortened, "grant"))
			return CTL_COULD_NOT;
		if (status == STATUS_OK)
			status = grant_find(db, shortened.id, out);
	}
	return status == STATUS_OK ? CTL_DONE : ctl_failed("read the allowance", status);
}

static int
change_revoke(struct ctl *ctl, struct db *db, void *arg)
{
	struct revoking *r = arg;
	enum status status;
	int code = lookup(db, r->word, r->now_ms, &r->grant);

	if (code != CTL_DONE)
		return code;
	status = grant_revoke(db, r->grant.id, r->now_ms);
	r->over = status == STATUS_NOT_FOUND;
	if (r->over)
		return CTL_DONE;
	if (status != STATUS_OK)
		return ctl_failed("revoke the allowance", status);
	return ctl_record(ctl, db, "grant.revoke", "%s: %.100s of %.100s for key %s, from %s",
	    r->grant.id, r->grant.tool, r->grant.server, r->grant.key_name, r->grant.approval_id);
}

static int
run_revoke(struct ctl *ctl, int argc, char **argv)
{
	struct revoking r = {.now_ms = clock_wall_ms()};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 1, 1) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	r.word = operands.word[0];
	code = ctl_change(ctl, change_revoke, &r);
	if (code == CTL_DONE && r.over)
		ctl_note("%s is %s already", r.grant.id, grant_state(&r.grant, r.now_ms));
	else if (code == CTL_DONE)
		ctl_note(
		    "%s revoked; from the next call on, %s of %s needs a person again for key %s",
		    r.grant.id, r.grant.tool, r.grant.server, r.grant.key_name);
	ctl_close(ctl);
	return code;
}

const struct ctl_command ctl_grant_commands[] = {
    {"grant", "list", "grant list [--all]",
	"Shows what approvers allowed for a time and is in force; --all adds what is not any more.",
	run_list},
    {"grant", "revoke", "grant revoke ID",
	"Ends an allowance: the next such call needs a person again. An ID may be cut short where no\n"
	"other begins so.",
	run_revoke},
    {NULL, NULL, NULL, NULL, NULL}};
