/* upstream_repin.c - enforgatectl upstream repin: what changed in the definitions of tools, and accepting it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "diff.h"
#include "key_commands.h"
#include "mcp/pins.h"
#include "table.h"
#include "upstream_commands.h"

#define TEXT_MAX ((size_t)64 << 20) /* bytes of everything that is shown */
#define ANSWER_MAX 16

/* A tool whose definition is not the pinned one. */
struct changed {
	char tool[PIN_TOOL_MAX + 1];
	char *pinned; /* owned */
	char *seen;   /* owned: what is shown, and alone may be accepted */
	bool quarantined;
	int64_t changed_ms;
};

struct repinning {
	const char *key_name, *name;
	const char *tool; /* NULL: all */
	bool yes;
	struct key key;
	struct upstream upstream;
	struct changed *items; /* owned */
	size_t count, room;
	bool known; /* the tool that was named has a pin */
	bool no_memory;
	size_t same; /* of those shown, how many are still as they were */
};

static void
free_items(struct repinning *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->items[i].pinned);
		free(r->items[i].seen);
	}
	free(r->items);
	upstream_free(&r->upstream);
}

static bool
keep(struct repinning *r, const struct pin *pin)
{
	struct changed *item;

	if (r->count == r->room) {
		size_t room = r->room > 0 ? 2 * r->room : 16;
		struct changed *more = realloc(r->items, room * sizeof(*more));

		if (more == NULL)
			return false;
		r->items = more;
		r->room = room;
	}
	item = &r->items[r->count++];
	*item = (struct changed){.pinned = strdup(pin->definition),
	    .seen = strdup(pin->seen),
	    .quarantined = pin->state == PIN_QUARANTINED,
	    .changed_ms = pin->changed_ms};
	memcpy(item->tool, pin->tool, sizeof(item->tool));
	return item->pinned != NULL && item->seen != NULL;
}

static bool
look_at(void *arg, const struct pin *pin)
{
	struct repinning *r = arg;

	if (r->tool != NULL && strcmp(r->tool, pin->tool) != 0)
		return true;
	r->known = true;
	if (pin->changed_ms == 0 || pin->seen[0] == '\0')
		return true;
	r->no_memory = !keep(r, pin);
	return !r->no_memory;
}

static int
look(struct ctl *ctl, struct db *db, void *arg)
{
	struct repinning *r = arg;
	enum status status;
	int code = key_find(db, r->key_name, &r->key);

	(void)ctl;
	if (code == CTL_DONE)
		code = upstream_find(db, &r->key, r->name, NULL, &r->upstream);
	if (code != CTL_DONE)
		return code;
	status = pins_each(db, r->upstream.id, look_at, r);
	if (status != STATUS_OK || r->no_memory)
		return ctl_failed(
		    "read the pinned tools", status != STATUS_OK ? status : STATUS_NO_MEMORY);
	if (r->tool != NULL && !r->known)
		return ctl_error("no tool \"%s\" of upstream \"%s\" was ever seen; `enforgatectl "
				 "upstream test %s %s` shows its tools",
		    r->tool, r->name, r->key_name, r->name);
	return CTL_DONE;
}

static enum status
show_one(const struct changed *item, struct buf *out)
{
	struct buf pinned, seen;
	char name[PIN_TOOL_MAX + 1], when[CLOCK_TEXT_MAX];
	enum status status;

	buf_init(&pinned, TEXT_MAX);
	buf_init(&seen, TEXT_MAX);
	(void)snprintf(name, sizeof(name), "%s", item->tool);
	table_clean(name);
	table_time_text(item->changed_ms, when);
	buf_printf(out, "tool %s, seen changed %s%s\n", name, when,
	    item->quarantined ? ", in quarantine" : ", in use all the same");
	status = diff_json(item->pinned, strlen(item->pinned), &pinned);
	if (status == STATUS_OK)
		status = diff_json(item->seen, strlen(item->seen), &seen);
	if (status == STATUS_OK)
		status = diff_lines(buf_str(&pinned), buf_str(&seen), out);
	buf_char(out, '\n');
	buf_free(&pinned);
	buf_free(&seen);
	return status;
}

static int
show_people(const struct repinning *r)
{
	enum status status = STATUS_OK;
	struct buf out;

	buf_init(&out, TEXT_MAX);
	for (size_t i = 0; i < r->count && status == STATUS_OK; i++)
		status = show_one(&r->items[i], &out);
	if (status == STATUS_OK)
		status = buf_status(&out);
	if (status == STATUS_OK)
		printf("%s", buf_str(&out));
	buf_free(&out);
	return status == STATUS_OK ? ctl_output() : ctl_failed("show the difference", status);
}

static int
show_json(const struct repinning *r, bool accepted)
{
	struct json_object *root = json_new_object(), *tools = json_new_array();
	bool ok = tools != NULL && json_set_bool(root, "accepted", accepted);

	for (size_t i = 0; i < r->count && ok; i++) {
		struct json_object *tool = json_new_object();

		ok = json_set_text(tool, "tool", r->items[i].tool) &&
		     json_set_text(tool, "pinned", r->items[i].pinned) &&
		     json_set_text(tool, "seen", r->items[i].seen) &&
		     json_set_bool(tool, "quarantined", r->items[i].quarantined) &&
		     ctl_json_set_time(tool, "changedAt", r->items[i].changed_ms);
		ok = json_append(tools, tool) && ok;
	}
	ok = json_set(root, "tools", tools) && ok;
	return ctl_print_json(root, ok);
}

/* Whether the person wants it; CTL_NO: not. */
static int
confirm(const struct repinning *r)
{
	char answer[ANSWER_MAX] = "";

	if (r->yes)
		return CTL_DONE;
	if (isatty(STDIN_FILENO) != 1) {
		ctl_note("nothing was accepted; with --yes, %s above would be the definition%s "
			 "from now on",
		    r->count == 1 ? "what is shown" : "all that is shown",
		    r->count == 1 ? "" : "s");
		return CTL_NO;
	}
	fprintf(stderr, "accept %s [y/N]: ", r->count == 1 ? "this definition" : "all of them");
	if (fgets(answer, sizeof(answer), stdin) != NULL &&
	    (strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0))
		return CTL_DONE;
	ctl_note("nothing was accepted");
	return CTL_NO;
}

static bool
still_same(void *arg, const struct pin *pin)
{
	struct repinning *r = arg;

	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->items[i].tool, pin->tool) == 0 &&
		    strcmp(r->items[i].seen, pin->seen) == 0)
			r->same++;
	return true;
}

/* Only what the person has seen: an upstream may have changed it again meanwhile. */
static int
change_accept(struct ctl *ctl, struct db *db, void *arg)
{
	struct repinning *r = arg;
	int64_t count = 0;
	enum status status = pins_each(db, r->upstream.id, still_same, r);
	int code = CTL_DONE;

	if (status != STATUS_OK)
		return ctl_failed("read the pinned tools", status);
	if (r->same != r->count)
		return ctl_error(
		    "something changed again since it was shown; nothing was accepted. "
		    "Look once more");
	for (size_t i = 0; i < r->count && code == CTL_DONE; i++) {
		status = pins_accept(db, r->upstream.id, r->items[i].tool, clock_wall_ms(), &count);
		if (status != STATUS_OK || count != 1)
			return ctl_failed("accept the definition",
			    status != STATUS_OK ? status : STATUS_NOT_FOUND);
		code = ctl_record(ctl, db, "upstream.repin", "%s of key %s (%s): tool %s",
		    r->upstream.name, r->key.name, r->upstream.id, r->items[i].tool);
	}
	return code;
}

static int
repin(struct ctl *ctl, struct repinning *r)
{
	int code = ctl_look(ctl, look, r);
	int decided;

	if (code != CTL_DONE)
		return code;
	if (r->count == 0 && !ctl->json)
		ctl_note("nothing has changed: %s as pinned",
		    r->tool != NULL ? "the tool is" : "all tools are");
	if (r->count == 0)
		return ctl->json ? show_json(r, false) : CTL_DONE;
	if (!ctl->json && show_people(r) != CTL_DONE)
		return CTL_COULD_NOT;
	decided = ctl->json && !r->yes ? CTL_NO : confirm(r);
	if (decided == CTL_DONE) {
		code = ctl_change(ctl, change_accept, r);
		if (code == CTL_DONE) {
			ctl_wake(ctl);
			ctl_note("%zu definition%s accepted", r->count, r->count == 1 ? "" : "s");
		}
	}
	if (ctl->json && code == CTL_DONE)
		code = show_json(r, decided == CTL_DONE);
	return code == CTL_DONE ? decided : code;
}

int
ctl_upstream_repin(struct ctl *ctl, int argc, char **argv)
{
	struct repinning r = {.yes = false};
	const struct ctl_option options[] = {
	    {"--yes", &r.yes, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, options, &operands, 2, 3) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	r.key_name = operands.word[0];
	r.name = operands.word[1];
	r.tool = operands.count == 3 ? operands.word[2] : NULL;
	code = repin(ctl, &r);
	free_items(&r);
	ctl_close(ctl);
	return code;
}
