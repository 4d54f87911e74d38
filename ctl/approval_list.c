/* approval_list.c - enforgatectl approval list, and one approval as JSON. */
#include <inttypes.h>
#include <stdio.h>

#include "approval_commands.h"
#include "args.h"
#include "clock.h"
#include "outbox.h"
#include "table.h"

#define LIST_DEFAULT 100
#define LIST_MOST 100000 /* a table is kept in memory to measure its columns */
#define DELIVERIES_MOST 64
#define TOLD_MAX ((size_t)16 << 10)
#define SPAN_MAX 24

struct listing {
	struct ctl *ctl;
	struct db *db;
	int64_t now_ms;
	int64_t limit; /* of those that are over; 0: none of them */
	bool waiting;  /* the present walk is about those that wait for a person */
	struct table table;
	struct json_object *array; /* NULL: a table is wanted */
	enum status status;
};

/* "40s", "15m", "3h", "2d": what people want to know of a span of time. */
static void
span_text(int64_t ms, char out[SPAN_MAX])
{
	int64_t s = ms > 0 ? ms / 1000 : 0;

	if (s < 120)
		(void)snprintf(out, SPAN_MAX, "%" PRId64 "s", s);
	else if (s < 120 * 60)
		(void)snprintf(out, SPAN_MAX, "%" PRId64 "m", s / 60);
	else if (s < 48 * 3600)
		(void)snprintf(out, SPAN_MAX, "%" PRId64 "h", s / 3600);
	else
		(void)snprintf(out, SPAN_MAX, "%" PRId64 "d", s / 86400);
}

/* "phone sent, mail due: connection refused": whether people were asked. */
static bool
add_told(void *arg, const struct delivery *delivery, const char *channel)
{
	struct buf *out = arg;

	if (delivery->event != EVENT_APPROVAL_CREATED)
		return true;
	buf_printf(out, "%s%s %s", out->len > 0 ? ", " : "",
	    channel[0] != '\0' ? channel : delivery->channel_id, delivery->state);
	if (delivery->error[0] != '\0')
		buf_printf(out, ": %s", delivery->error);
	return true;
}

static void
add_row(struct listing *l, const struct approval *approval, enum approval_state state)
{
	bool open = state == APPROVAL_PENDING || state == APPROVAL_APPROVED;
	char age[SPAN_MAX], left[SPAN_MAX] = "";
	struct buf told;

	buf_init(&told, TOLD_MAX);
	l->status = outbox_each(l->db, approval->id, DELIVERIES_MOST, add_told, &told);
	span_text(l->now_ms - approval->created_ms, age);
	if (open)
		span_text(approval->expires_ms - l->now_ms, left);
	table_cell(&l->table, approval->id);
	table_cell(&l->table, approval_state_name(state));
	table_cell(&l->table, approval->key_name);
	table_cell(&l->table, approval->server);
	table_cell(&l->table, approval->tool);
	table_cell(&l->table, age);
	table_cell(&l->table, left);
	table_cell(&l->table, buf_str(&told));
	buf_free(&told);
}

static bool
add_approval(void *arg, const struct approval *approval)
{
	struct listing *l = arg;
	enum approval_state state = approval_state_at(approval, l->now_ms);
	bool over = state != APPROVAL_PENDING && state != APPROVAL_APPROVED;
	struct json_object *one;

	if (l->waiting != (state == APPROVAL_PENDING) || (over && l->limit == 0))
		return true;
	if (l->array == NULL) {
		add_row(l, approval, state);
	} else {
		one = approval_json(l->db, approval, l->now_ms);
		if (one == NULL || !json_append(l->array, one))
			l->status = STATUS_NO_MEMORY;
	}
	if (over)
		l->limit--;
	return l->status == STATUS_OK;
}

/* Who waits for a person comes first. */
static int
look(struct ctl *ctl, struct db *db, void *arg)
{
	struct listing *l = arg;
	bool all = l->limit > 0;
	enum status status;

	(void)ctl;
	l->db = db;
	l->waiting = true;
	status = approvals_each(db, true, INT64_MAX, add_approval, l);
	l->waiting = false;
	if (status == STATUS_OK && l->status == STATUS_OK)
		status = approvals_each(db, !all, INT64_MAX, add_approval, l);
	if (status == STATUS_OK)
		status = l->status;
	return status == STATUS_OK ? CTL_DONE : ctl_failed("list the approvals", status);
}

static bool
take_limit(const char *text, bool all, int64_t *limit)
{
	*limit = all || text != NULL ? LIST_DEFAULT : 0;
	if (text == NULL || (ctl_integer(text, limit) && *limit >= 1 && *limit <= LIST_MOST))
		return true;
	(void)ctl_error("--limit %s: must be a number from 1 to %d", text, LIST_MOST);
	return false;
}

int
ctl_approval_list(struct ctl *ctl, int argc, char **argv)
{
	static const char *const head[] = {
	    "ID", "STATE", "KEY", "SERVER", "TOOL", "AGE", "LEFT", "NOTIFIED", NULL};
	struct listing l = {.ctl = ctl, .now_ms = clock_wall_ms()};
	const char *limit = NULL;
	bool all = false;
	const struct ctl_option options[] = {
	    {"--all", &all, NULL, NULL}, {"--limit", NULL, &limit, NULL}, {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, options, &operands, 0, 0) ||
	    !take_limit(limit, all, &l.limit) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	table_init(&l.table, head);
	l.array = ctl->json ? json_new_array() : NULL;
	if (ctl->json && l.array == NULL)
		code = ctl_failed("list the approvals", STATUS_NO_MEMORY);
	else
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
