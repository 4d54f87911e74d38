/* session.c - enforgatectl session: the sessions of MCP clients of the legacy era. */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "key_commands.h"
#include "mcp/sessions.h"
#include "plain.h"
#include "shorten.h"
#include "table.h"

#define HOUR_MS ((int64_t)3600 * 1000)

struct listing {
	struct db *db;
	const char *only;      /* the name of one key; NULL: all */
	const struct key *key; /* whose sessions are shown now */
	int64_t idle_ms;
	int64_t now_ms;
	struct table table;
	struct json_object *array; /* for programs; NULL: the table */
	bool ok;
	int code;
};

/* Idle ones are there until the sweep, or until the key opens another one. */
static const char *
state_of(const struct listing *l, const struct session *session)
{
	if (l->key->revoked_ms != 0)
		return "revoked";
	return session->used_ms + l->idle_ms > l->now_ms ? "open" : "over";
}

static void
add_json(struct listing *l, const struct session *session, const char *client)
{
	struct json_object *object = json_new_object();

	l->ok = object != NULL && l->ok;
	l->ok = json_set_text(object, "id", session->id) && l->ok;
	l->ok = json_set_text(object, "key", l->key->name) && l->ok;
	l->ok = json_set_text(object, "state", state_of(l, session)) && l->ok;
	l->ok = json_set_text(object, "version", session->version) && l->ok;
	l->ok = json_set_text(object, "client", client) && l->ok;
	l->ok = json_set_text(object, "logLevel",
		    session->log_level[0] != '\0' ? session->log_level : NULL) &&
		l->ok;
	l->ok = ctl_json_set_time(object, "createdAt", session->created_ms) && l->ok;
	l->ok = ctl_json_set_time(object, "usedAt", session->used_ms) && l->ok;
	l->ok = json_append(l->array, object) && l->ok;
}

static bool
add_session(void *arg, const struct session *session)
{
	char client[PLAIN_SIZE(sizeof(session->client))];
	struct listing *l = arg;

	plain_copy(client, sizeof(client), session->client, sizeof(session->client));
	if (l->array != NULL) {
		add_json(l, session, client);
		return l->ok;
	}
	table_cell(&l->table, session->id);
	table_cell(&l->table, l->key->name);
	table_cell(&l->table, state_of(l, session));
	table_cell(&l->table, session->version);
	table_cell(&l->table, client);
	table_time(&l->table, session->created_ms, "");
	table_time(&l->table, session->used_ms, "");
	return true;
}

static bool
add_key(void *arg, const struct key *key)
{
	struct listing *l = arg;
	enum status status;

	l->key = key;
	status = sessions_each(l->db, key->id, add_session, l);
	if (status != STATUS_OK)
		l->code = ctl_failed("list the sessions", status);
	return l->code == CTL_DONE && l->ok;
}

static int
look(struct ctl *ctl, struct db *db, void *arg)
{
	struct listing *l = arg;
	enum status status;
	struct key key;

	l->db = db;
	l->idle_ms = ctl->config.session_idle_h * HOUR_MS;
	if (l->only != NULL) {
		l->code = key_find(db, l->only, &key);
		if (l->code == CTL_DONE)
			(void)add_key(l, &key);
		return l->code;
	}
	status = keys_each(db, add_key, l);
	return status == STATUS_OK ? l->code : ctl_failed("list the keys", status);
}

static int
session_list(struct ctl *ctl, int argc, char **argv)
{
	static const char *const head[] = {
	    "SESSION", "KEY", "STATE", "VERSION", "CLIENT", "OPENED", "LAST USED", NULL};
	struct listing l = {.now_ms = clock_wall_ms(), .ok = true};
	const struct ctl_option options[] = {
	    {"--key", NULL, &l.only, NULL}, {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	enum status status;
	int code;

	if (!ctl_args(ctl, argc, argv, options, &operands, 0, 0) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
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

struct ending {
	const char *word; /* NULL: all of the key */
	const char *key_name;
	struct session *found; /* owned: what to end */
	size_t count;
	size_t room;
	struct shortened shortened;
	bool no_memory;
};

static bool
keep(void *arg, const struct session *session)
{
	struct ending *e = arg;

	if (e->count == e->room) {
		size_t room = e->room > 0 ? 2 * e->room : 16;
		struct session *more = realloc(e->found, room * sizeof(*more));

		e->no_memory = more == NULL;
		if (more == NULL)
			return false;
		e->found = more;
		e->room = room;
	}
	e->found[e->count++] = *session;
	return true;
}

static bool
compare(void *arg, const struct session *session)
{
	struct ending *e = arg;

	return shortened_next(&e->shortened, session->id);
}

static int
end_one(struct ctl *ctl, struct db *db, const char *id)
{
	enum status status = sessions_end(db, id);

	if (status != STATUS_OK)
		return ctl_failed("end the session", status);
	return ctl_record(ctl, db, "session.end", "%s", id);
}

static int
change_end(struct ctl *ctl, struct db *db, void *arg)
{
	struct ending *e = arg;
	enum status status;
	struct key key;
	int code = CTL_DONE;

	if (e->word != NULL) {
		status = sessions_each(db, NULL, compare, e);
		if (status != STATUS_OK)
			return ctl_failed("list the sessions", status);
		e->count = 1;
		return shortened_end(&e->shortened, "session") ? end_one(ctl, db, e->shortened.id)
							       : CTL_COULD_NOT;
	}
	code = key_find(db, e->key_name, &key);
	if (code != CTL_DONE)
		return code;
	status = sessions_each(db, key.id, keep, e);
	if (status != STATUS_OK || e->no_memory)
		return ctl_failed(
		    "list the sessions", status != STATUS_OK ? status : STATUS_NO_MEMORY);
	for (size_t i = 0; i < e->count && code == CTL_DONE; i++)
		code = end_one(ctl, db, e->found[i].id);
	return code;
}

static int
session_end(struct ctl *ctl, int argc, char **argv)
{
	struct ending e = {.word = NULL};
	const struct ctl_option options[] = {
	    {"--key", NULL, &e.key_name, NULL}, {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, options, &operands, 0, 1))
		return CTL_COULD_NOT;
	if ((operands.count == 1) == (e.key_name != NULL))
		return ctl_error("say which: the id of one, or --key NAME for all of a key\n"
				 "usage: enforgatectl %s",
		    ctl->command->usage);
	if (operands.count == 1) {
		e.word = operands.word[0];
		if (!shortened_begin(&e.shortened, e.word, SESSION_ID_PREFIX, "session"))
			return CTL_COULD_NOT;
	}
	if (ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	code = ctl_change(ctl, change_end, &e);
	if (code == CTL_DONE) {
		ctl_wake(ctl);
		ctl_note("%zu session%s ended; the client is told with its next request", e.count,
		    e.count == 1 ? "" : "s");
	}
	free(e.found);
	ctl_close(ctl);
	return code;
}

const struct ctl_command ctl_session_commands[] = {
    {"session", "list", "session list [--key KEYNAME]",
	"Shows the sessions of MCP clients, oldest first. Clients of the modern era have none.",
	session_list},
    {"session", "end", "session end ID | --key KEYNAME",
	"Ends one session, or all of a key, with what belongs to it: the client has to connect anew.",
	session_end},
    {NULL, NULL, NULL, NULL, NULL}};
