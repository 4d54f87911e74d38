/* approval_show.c - enforgatectl approval show: everything that is known about one. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "approval_commands.h"
#include "args.h"
#include "audit_read.h"
#include "audit_render.h"
#include "clock.h"
#include "outbox.h"
#include "table.h"

#define DELIVERIES_MOST 64
#define ENTRIES_MOST 100 /* an allowance may have many more */
/* The verdict that asked is a little older than the approval, the more so where the clock was set. */
#define BEFORE_MS ((int64_t)60 * 1000)
#define JSON_LINE_LIMITS                                                                           \
	{                                                                                          \
		.bytes = AUDIT_LINE_MAX, .nesting = 2, .members = 64                               \
	}

struct showing {
	struct ctl *ctl;
	const char *word;
	int64_t now_ms;
	struct approval approval;
	int64_t tokens;
	int64_t entries;
	struct table deliveries, audit;
	struct json_object *root, *array; /* for programs */
	struct buf line;
	bool ok;
};

static bool
add_delivery_json(void *arg, const struct delivery *delivery, const char *channel)
{
	struct json_object *object = json_new_object();
	bool named = channel[0] != '\0', tried = delivery->error[0] != '\0';
	bool ok = object != NULL;

	ok = json_set_text(object, "channel", named ? channel : NULL) && ok;
	ok = json_set_text(object, "channelId", delivery->channel_id) && ok;
	ok = json_set_text(object, "event", event_name(delivery->event)) && ok;
	ok = json_set_text(object, "state", delivery->state) && ok;
	ok = json_set_integer(object, "attempts", delivery->attempts) && ok;
	ok = ctl_json_set_time(object, "createdAt", delivery->created_ms) && ok;
	ok = ctl_json_set_time(object, "endedAt", delivery->ended_ms) && ok;
	ok = json_set_text(object, "error", tried ? delivery->error : NULL) && ok;
	return json_append(arg, object) && ok;
}

static bool
set_call(struct json_object *object, const struct approval *a)
{
	bool ok = json_set_text(object, "key", a->key_name);

	ok = json_set_text(object, "server", a->server) && ok;
	ok = json_set_text(object, "tool", a->tool) && ok;
	ok = json_set_text(object, "reason", a->reason) && ok;
	ok = json_set_text(object, "argsDigest", a->args_digest) && ok;
	ok = json_set_text(object, "shownDigest", a->shown_digest) && ok;
	ok = json_set_text(object, "policyId", a->policy_id) && ok;
	ok = json_set_text(object, "policyName", a->policy_name) && ok;
	ok = json_set_integer(object, "policyVersion", a->policy_version) && ok;
	ok = json_set_integer(object, "rule", a->rule) && ok;
	return json_set_text(object, "toolCallId", a->call_id) && ok;
}

static bool
set_decision(struct json_object *object, const struct approval *a)
{
	bool by = a->decided_by[0] != '\0', lasting = a->duration[0] != '\0';
	bool ok = ctl_json_set_time(object, "createdAt", a->created_ms);

	ok = ctl_json_set_time(object, "expiresAt", a->expires_ms) && ok;
	ok = ctl_json_set_time(object, "decidedAt", a->decided_ms) && ok;
	ok = json_set_text(object, "decidedBy", by ? a->decided_by : NULL) && ok;
	ok = json_set_text(object, "duration", lasting ? a->duration : NULL) && ok;
	ok = ctl_json_set_time(object, "endedAt", a->ended_ms) && ok;
	ok = ctl_json_set_time(object, "toldAt", a->told_ms) && ok;
	ok = ctl_json_set_time(object, "releasedBefore", a->released_ms) && ok;
	ok = json_set_bool(object, "allowances", a->allowances) && ok;
	ok = json_set_bool(object, "keyRevoked", a->key_revoked) && ok;
	return json_set_integer(object, "wrongPins", a->pin_failures) && ok;
}

struct json_object *
approval_json(struct db *db, const struct approval *approval, int64_t now_ms)
{
	struct json_object *object = json_new_object(), *array = json_new_array();
	enum approval_state state = approval_state_at(approval, now_ms);
	bool ok = object != NULL && array != NULL;

	ok = json_set_text(object, "id", approval->id) && ok;
	ok = json_set_text(object, "state", approval_state_name(state)) && ok;
	ok = set_call(object, approval) && ok;
	ok = set_decision(object, approval) && ok;
	if (ok)
		ok = outbox_each(db, approval->id, DELIVERIES_MOST, add_delivery_json, array) ==
		     STATUS_OK;
	ok = json_set(object, "notifications", array) && ok;
	if (ok)
		return object;
	json_free(object);
	return NULL;
}

static bool
add_delivery(void *arg, const struct delivery *delivery, const char *channel)
{
	struct table *table = arg;

	table_cell(table, channel[0] != '\0' ? channel : delivery->channel_id);
	table_cell(table, event_name(delivery->event));
	table_cell(table, delivery->state);
	table_integer(table, delivery->attempts);
	table_time(table, delivery->ended_ms, "");
	table_cell(table, delivery->error);
	return true;
}

static int
look(struct ctl *ctl, struct db *db, void *arg)
{
	struct showing *s = arg;
	int code = approval_lookup(db, s->word, &s->approval);
	enum status status;

	if (code != CTL_DONE)
		return code;
	status = approval_token_count(db, s->approval.id, &s->tokens);
	if (status == STATUS_OK && ctl->json) {
		s->root = approval_json(db, &s->approval, s->now_ms);
		status = s->root != NULL ? STATUS_OK : STATUS_NO_MEMORY;
	} else if (status == STATUS_OK)
		status =
		    outbox_each(db, s->approval.id, DELIVERIES_MOST, add_delivery, &s->deliveries);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("read the approval", status);
}

static enum status
entry_json(struct showing *s, const struct audit_entry *entry)
{
	const struct json_limits limits = JSON_LINE_LIMITS;
	struct json_object *object = NULL;
	enum status status;

	buf_reset(&s->line);
	audit_render_json(entry, &s->line);
	status = buf_status(&s->line);
	if (status == STATUS_OK)
		status = json_parse(buf_str(&s->line), s->line.len, &limits, &object, NULL);
	if (status == STATUS_OK && !json_append(s->array, object))
		status = STATUS_NO_MEMORY;
	return status;
}

/* The verdict that asked, the decision, the release, and calls that an allowance of it let through. */
static enum status
visit(void *arg, const struct audit_entry *entry)
{
	struct showing *s = arg;

	if (strcmp(entry->approval_id, s->approval.id) != 0 &&
	    strcmp(entry->call_id, s->approval.call_id) != 0)
		return STATUS_OK;
	if (++s->entries > ENTRIES_MOST)
		return STATUS_OK;
	if (s->array != NULL)
		return entry_json(s, entry);
	table_integer(&s->audit, entry->seq);
	table_time(&s->audit, entry->time_ms, "");
	table_cell(&s->audit, entry->kind);
	table_cell(&s->audit, entry->surface);
	table_cell(&s->audit, entry->decision);
	table_cell(&s->audit, entry->call_id);
	table_cell(&s->audit, entry->reason);
	return s->audit.status;
}

static void
line(struct table *table, const char *name, const char *text)
{
	table_cell(table, name);
	table_cell(table, text);
}

static void
line_time(struct table *table, const char *name, int64_t wall_ms)
{
	table_cell(table, name);
	table_time(table, wall_ms, "");
}

static void
line_number(struct table *table, const char *name, int64_t value)
{
	table_cell(table, name);
	table_integer(table, value);
}

static enum status
print_approval(const struct showing *s)
{
	const struct approval *a = &s->approval;
	const char *const head[] = {"ID", a->id, NULL};
	char policy[POLICY_NAME_MAX + 64];
	struct table t;

	(void)snprintf(policy, sizeof(policy), "%s, version %" PRId64 ", %s %" PRId64,
	    a->policy_name, a->policy_version, a->rule < 0 ? "default decision" : "rule", a->rule);
	if (a->rule < 0)
		policy[strlen(policy) - strlen(" -1")] = '\0';
	table_init(&t, head);
	line(&t, "STATE", approval_state_name(approval_state_at(a, s->now_ms)));
	line(&t, "KEY", a->key_name);
	line(&t, "SERVER", a->server);
	line(&t, "TOOL", a->tool);
	line(&t, "REASON", a->reason);
	line(&t, "POLICY", policy);
	line(&t, "ARGUMENTS", a->args_digest);
	line(&t, "SHOWN", a->shown_digest);
	line(&t, "TOOL CALL", a->call_id);
	line_time(&t, "CREATED", a->created_ms);
	line_time(&t, "EXPIRES", a->expires_ms);
	line_time(&t, "DECIDED", a->decided_ms);
	line(&t, "DECIDED BY", a->decided_by);
	line(&t, "DURATION", a->duration);
	line_time(&t, "ENDED", a->ended_ms);
	line_time(&t, "CALLER TOLD", a->told_ms);
	line_time(&t, "RELEASED BEFORE", a->released_ms);
	line_number(&t, "WRONG PINS", a->pin_failures);
	line_number(&t, "LINKS SENT", s->tokens);
	return table_print(&t);
}

static int
print_people(struct showing *s)
{
	enum status status = print_approval(s);

	if (status == STATUS_OK && s->deliveries.count > s->deliveries.columns) {
		printf("\n");
		status = table_print(&s->deliveries);
	}
	if (status == STATUS_OK && s->entries > 0) {
		printf("\n");
		status = table_print(&s->audit);
	}
	if (status == STATUS_OK && s->entries > ENTRIES_MOST)
		printf("and %" PRId64 " more entries\n", s->entries - ENTRIES_MOST);
	return status == STATUS_OK ? ctl_output() : ctl_failed("print", status);
}

static int
print_json(struct showing *s)
{
	struct json_object *root = s->root, *array = s->array;
	bool ok = json_set_integer(root, "tokens", s->tokens);

	s->root = NULL;
	s->array = NULL;
	ok = json_set_integer(root, "auditEntries", s->entries) && ok;
	ok = json_set(root, "audit", array) && ok;
	return ctl_print_json(root, ok);
}

static int
show(struct ctl *ctl, struct showing *s)
{
	struct audit_filter filter = {.key_name = s->approval.key_name};
	enum status status;
	int code = ctl_look(ctl, look, s);

	if (code != CTL_DONE)
		return code;
	filter.since_ms = s->approval.created_ms - BEFORE_MS;
	if (ctl->json && (s->array = json_new_array()) == NULL)
		return ctl_failed("print", STATUS_NO_MEMORY);
	status = audit_walk(ctl->store, &filter, visit, s, NULL);
	if (status != STATUS_OK)
		return ctl_failed("read the audit log", status);
	return ctl->json ? print_json(s) : print_people(s);
}

int
ctl_approval_show(struct ctl *ctl, int argc, char **argv)
{
	static const char *const told[] = {
	    "CHANNEL", "EVENT", "STATE", "TRIES", "ENDED", "LAST ERROR", NULL};
	static const char *const entries[] = {
	    "SEQ", "TIME", "KIND", "SURFACE", "DECISION", "TOOL CALL", "REASON", NULL};
	struct showing s = {.ctl = ctl, .now_ms = clock_wall_ms()};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 1, 1) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	s.word = operands.word[0];
	table_init(&s.deliveries, told);
	table_init(&s.audit, entries);
	buf_init(&s.line, AUDIT_LINE_MAX);
	code = show(ctl, &s);
	table_free(&s.deliveries);
	table_free(&s.audit);
	buf_free(&s.line);
	json_free(s.root);
	json_free(s.array);
	ctl_close(ctl);
	return code;
}
