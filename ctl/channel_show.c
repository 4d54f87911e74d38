/* channel_show.c - enforgatectl channel list and channel show: everything but the secrets. */
#include "channel_commands.h"

#include <stdio.h>
#include <string.h>

#include "outbox.h"
#include "table.h"

#define KEYS_TEXT_MAX ((size_t)64 << 10)
#define DELIVERY_TEXT_MAX 400
#define HINT_MAX 512
#define HINT_SECRET_LEAST 16 /* bytes of a text whose end is shown */
#define HINT_END 4

struct listing {
	struct db *db;
	const char *only; /* the name of one channel; NULL: all */
	struct table table;
	struct json_object *array;
	struct channel one; /* open, where only one is shown; its settings are owned */
	bool ok;
	int code;
};

static bool
add_name(void *arg, const char *name)
{
	struct buf *out = arg;

	buf_printf(out, "%s%s", out->len > 0 ? ", " : "", name);
	return buf_status(out) == STATUS_OK;
}

static bool
append_name(void *arg, const char *name)
{
	return json_append_text(arg, name);
}

/* What became of the newest delivery; "none". */
static void
delivery_text(const struct delivery *delivery, bool found, char out[DELIVERY_TEXT_MAX])
{
	char when[CLOCK_TEXT_MAX];

	if (!found) {
		(void)snprintf(out, DELIVERY_TEXT_MAX, "none");
		return;
	}
	table_time_text(delivery->ended_ms != 0 ? delivery->ended_ms : delivery->created_ms, when);
	(void)snprintf(out, DELIVERY_TEXT_MAX, "%s %s", delivery->state, when);
	if (strcmp(delivery->state, "due") == 0 && delivery->attempts > 0)
		(void)snprintf(out + strlen(out), DELIVERY_TEXT_MAX - strlen(out),
		    ", tried %lld times", (long long)delivery->attempts);
	if (delivery->error[0] != '\0')
		(void)snprintf(
		    out + strlen(out), DELIVERY_TEXT_MAX - strlen(out), ": %s", delivery->error);
}

static struct json_object *
delivery_json(const struct delivery *delivery, bool *ok)
{
	struct json_object *object = json_new_object();

	*ok = json_set_text(object, "state", delivery->state) && *ok;
	*ok = json_set_text(object, "event", event_name(delivery->event)) && *ok;
	*ok = ctl_json_set_time(object, "createdAt", delivery->created_ms) && *ok;
	*ok = ctl_json_set_time(object, "endedAt", delivery->ended_ms) && *ok;
	*ok = json_set_integer(object, "attempts", delivery->attempts) && *ok;
	*ok = json_set_text(object, "error", delivery->error[0] != '\0' ? delivery->error : NULL) &&
	      *ok;
	*ok = object != NULL && *ok;
	return object;
}

static struct json_object *
events_json(unsigned events, bool *ok)
{
	struct json_object *array = json_new_array();

	for (unsigned event = 1; event <= events; event <<= 1)
		if ((events & event) != 0)
			*ok = json_append_text(array, event_name(event)) && *ok;
	*ok = array != NULL && *ok;
	return array;
}

/* The last characters of a secret, so that two can be told apart. */
static void
hint(const char *secret, char out[HINT_MAX])
{
	size_t len = strlen(secret);
	bool long_enough = len >= HINT_SECRET_LEAST;

	(void)snprintf(out, HINT_MAX, "%s...%s",
	    strncmp(secret, CHANNEL_SECRET_PREFIX, sizeof(CHANNEL_SECRET_PREFIX) - 1) == 0
		? CHANNEL_SECRET_PREFIX
		: "",
	    long_enough ? secret + len - HINT_END : "");
}

/* One setting as it may be shown; false: there is none. */
static bool
shown_setting(const struct channel *channel, const char *member, char out[HINT_MAX])
{
	const char *text = channel_setting(channel, member);
	size_t len;

	if (text[0] == '\0')
		return false;
	if (strcmp(member, "password") == 0) {
		(void)snprintf(out, HINT_MAX, "set");
	} else if (strcmp(member, "secret") == 0 || strcmp(member, "token") == 0) {
		hint(text, out);
	} else if (strcmp(member, "url") == 0 &&
		   (channel->kind == CHANNEL_SLACK || channel->kind == CHANNEL_TEAMS ||
		       channel->kind == CHANNEL_WEBHOOK)) {
		channel_url_origin(text, out, HINT_MAX - HINT_SECRET_LEAST);
		len = strlen(out);
		if (text[len] != '\0')
			hint(text + len, out + len);
		if (strcmp(channel->target, text) == 0)
			(void)snprintf(out, HINT_MAX, "%s", text);
	} else {
		(void)snprintf(out, HINT_MAX, "%s", text);
	}
	return true;
}

static const struct {
	const char *member;
	const char *head; /* for people */
} members[] = {{"url", "URL"}, {"user", "USER"}, {"password", "PASSWORD"}, {"from", "FROM"},
    {"to", "TO"}, {"token", "TOKEN"}, {"chat", "CHAT"}, {"secret", "SECRET"}, {"ca", "CA"}};
static const struct {
	const char *member;
	const char *head;
	const char *name; /* in JSON */
} flags[] = {{"plain", "PLAIN", "plain"}, {"private", "PRIVATE ALLOWED", "allowPrivate"}};
#define MEMBERS (sizeof(members) / sizeof(members[0]))
#define FLAGS (sizeof(flags) / sizeof(flags[0]))

static struct json_object *
settings_json(const struct channel *channel, bool *ok)
{
	struct json_object *object = json_new_object();
	char text[HINT_MAX];

	for (size_t i = 0; i < MEMBERS; i++)
		if (shown_setting(channel, members[i].member, text))
			*ok = json_set_text(object, members[i].member, text) && *ok;
	for (size_t i = 0; i < FLAGS; i++)
		if (channel_flag(channel, flags[i].member))
			*ok = json_set_bool(object, flags[i].name, true) && *ok;
	*ok = object != NULL && *ok;
	return object;
}

static bool
add_json(struct listing *l, const struct channel *channel, const struct delivery *last, bool found)
{
	struct json_object *object = json_new_object();
	struct json_object *keys = json_new_array();
	bool ok = object != NULL && keys != NULL &&
		  channels_each_key(l->db, channel->id, append_name, keys) == STATUS_OK;

	ok = json_set_text(object, "name", channel->name) && ok;
	ok = json_set_text(object, "id", channel->id) && ok;
	ok = json_set_text(object, "kind", channel_kind_name(channel->kind)) && ok;
	ok = json_set_text(object, "target", channel->target) && ok;
	ok = json_set_bool(object, "enabled", channel->enabled) && ok;
	ok = json_set_bool(object, "approver", channel->approver) && ok;
	ok = json_set(object, "events", events_json(channel->events, &ok)) && ok;
	ok = json_set_bool(object, "arguments", channel->show_args) && ok;
	ok = json_set_bool(object, "denyLink", channel->deny_link) && ok;
	ok = ctl_json_set_time(object, "createdAt", channel->created_ms) && ok;
	ok = json_set(object, "keys", keys) && ok;
	ok = json_set(object, "lastDelivery", found ? delivery_json(last, &ok) : NULL) && ok;
	if (channel->settings != NULL)
		ok = json_set(object, "settings", settings_json(channel, &ok)) && ok;
	return json_append(l->array, object) && ok;
}

static bool
add_row(struct listing *l, const struct channel *channel, const char *last)
{
	struct buf keys, events;
	bool ok;

	buf_init(&keys, KEYS_TEXT_MAX);
	buf_init(&events, 128);
	events_write(channel->events, &events);
	ok = channels_each_key(l->db, channel->id, add_name, &keys) == STATUS_OK &&
	     buf_status(&keys) == STATUS_OK;
	table_cell(&l->table, channel->name);
	table_cell(&l->table, channel_kind_name(channel->kind));
	table_cell(&l->table, channel->target);
	table_cell(&l->table, channel->enabled ? "enabled" : "disabled");
	table_cell(&l->table, channel->approver ? "approver" : "monitor");
	table_cell(&l->table, buf_str(&events));
	table_cell(&l->table, buf_str(&keys));
	table_cell(&l->table, last);
	buf_free(&keys);
	buf_free(&events);
	return ok;
}

static bool
add_channel(void *arg, const struct channel *channel)
{
	struct listing *l = arg;
	struct delivery last;
	char text[DELIVERY_TEXT_MAX];
	enum status status = outbox_last(l->db, channel->id, &last);

	if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
		l->code = ctl_failed("read the deliveries", status);
		return false;
	}
	delivery_text(&last, status == STATUS_OK, text);
	if (l->array != NULL)
		l->ok = add_json(l, channel, &last, status == STATUS_OK) && l->ok;
	else
		l->ok = add_row(l, channel, text) && l->ok;
	return l->ok;
}

static int
look(struct ctl *ctl, struct db *db, void *arg)
{
	struct listing *l = arg;
	struct secret_key seal;
	enum status status;

	l->db = db;
	if (l->only == NULL) {
		status = channels_each(db, add_channel, l);
		return status == STATUS_OK ? l->code : ctl_failed("list the channels", status);
	}
	l->code = channel_seal(ctl, &seal);
	if (l->code == CTL_DONE)
		l->code = channel_find(db, l->only, &seal, &l->one);
	secret_wipe(&seal, sizeof(seal));
	if (l->code == CTL_DONE)
		(void)add_channel(l, &l->one);
	return l->code;
}

static void
line(const char *name, const char *text)
{
	printf("%-17s%s\n", name, text);
}

/* One channel as lines `NAME: value`: the only row of the table, and what the table has no room for. */
static enum status
print_one(const struct listing *l)
{
	const struct table *table = &l->table;
	char text[HINT_MAX];

	for (size_t i = 0; i < table->columns && table->status == STATUS_OK; i++)
		line(table->cells[i], table->cells[table->columns + i]);
	line("ARGUMENTS", l->one.show_args ? "yes" : "no");
	line("DENY LINK", l->one.deny_link ? "yes" : "no");
	for (size_t i = 0; i < MEMBERS; i++)
		if (shown_setting(&l->one, members[i].member, text))
			line(members[i].head, text);
	for (size_t i = 0; i < FLAGS; i++)
		if (channel_flag(&l->one, flags[i].member))
			line(flags[i].head, "yes");
	table_time_text(l->one.created_ms, text);
	line("CREATED", text);
	return table->status;
}

static int
show(struct ctl *ctl, const char *only)
{
	static const char *const head[] = {
	    "NAME", "KIND", "TARGET", "STATE", "ROLE", "EVENTS", "KEYS", "LAST DELIVERY", NULL};
	struct listing l = {.only = only, .ok = true};
	enum status status = STATUS_OK;
	int code;

	table_init(&l.table, head);
	if (ctl->json) {
		l.array = json_new_array();
		l.ok = l.array != NULL;
	}
	code = ctl_look(ctl, look, &l);
	if (code == CTL_DONE && l.array != NULL) {
		struct json_object *one = only != NULL ? json_element(l.array, 0) : NULL;

		code = ctl_print_json(one != NULL ? json_share(one) : json_share(l.array), l.ok);
	} else if (code == CTL_DONE) {
		if (l.ok)
			status = only != NULL ? print_one(&l) : table_print(&l.table);
		code = status == STATUS_OK && l.ok ? ctl_output()
						   : ctl_failed("print", STATUS_NO_MEMORY);
	}
	channel_free(&l.one);
	table_free(&l.table);
	json_free(l.array);
	return code;
}

int
ctl_channel_list(struct ctl *ctl, int argc, char **argv)
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
ctl_channel_show(struct ctl *ctl, int argc, char **argv)
{
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 1, 1) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	code = show(ctl, operands.word[0]);
	ctl_close(ctl);
	return code;
}
