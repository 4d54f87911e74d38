/* audit.c - enforgatectl audit: list and tail, and the table of the audit commands. */
#include "audit_commands.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "audit_render.h"
#include "clock.h"
#include "table.h"
#include "when.h"

#define LIST_DEFAULT 100
#define LIST_MOST 100000 /* a table is kept in memory to measure its columns */
#define TAIL_DEFAULT 10
#define TAIL_POLL_MS 500
#define LINE_CAP ((size_t)1 << 20)

/* What an entry can hold; with another word a list would be empty, as if nothing had happened. */
static bool
is_decision(const char *word)
{
	static const char *const all[] = {"allow", "deny", "require_approval", "approved", "denied",
	    "expired", "wrong_pin", "completed", "error", "blocked", "unknown"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(word, all[i]) == 0)
			return true;
	return false;
}

bool
ctl_audit_filter(const struct audit_words *words, int64_t limit, struct audit_filter *filter)
{
	int64_t now = clock_wall_ms();

	*filter = (struct audit_filter){.key_name = words->key,
	    .decision = words->decision,
	    .tool = words->tool,
	    .limit = limit};
	if (words->decision != NULL && !is_decision(words->decision)) {
		(void)ctl_error("--decision %s: must be allow, deny, require_approval, approved, "
				"denied, expired, wrong_pin, completed, error, blocked or unknown",
		    words->decision);
		return false;
	}
	if (words->since != NULL &&
	    when_read_or_age(words->since, now, &filter->since_ms) != STATUS_OK) {
		(void)ctl_error(
		    "--since %s: must be like 2h, 7d, 2026-11-23 or 2026-11-23T19:00:00Z",
		    words->since);
		return false;
	}
	if (words->until != NULL &&
	    when_read_or_age(words->until, now, &filter->until_ms) != STATUS_OK) {
		(void)ctl_error(
		    "--until %s: must be like 2h, 7d, 2026-11-23 or 2026-11-23T19:00:00Z",
		    words->until);
		return false;
	}
	if (words->limit != NULL &&
	    (!ctl_integer(words->limit, &filter->limit) || filter->limit < 1)) {
		(void)ctl_error("--limit %s: must be a number from 1 on", words->limit);
		return false;
	}
	return true;
}

struct listing {
	struct table table;
	struct buf line;
	bool any;
};

/* For an outcome or an administrative act the kind says more than an empty decision. */
static const char *
shown_decision(const struct audit_entry *entry)
{
	return entry->decision[0] != '\0' ? entry->decision : entry->kind;
}

static enum status
list_row(void *context, const struct audit_entry *entry)
{
	struct listing *l = context;

	table_integer(&l->table, entry->seq);
	table_time(&l->table, entry->time_ms, "");
	table_cell(&l->table, entry->key_name);
	table_cell(&l->table, entry->surface);
	table_cell(&l->table, entry->server);
	table_cell(&l->table, entry->tool);
	table_cell(&l->table, shown_decision(entry));
	table_cell(&l->table, entry->reason);
	return l->table.status;
}

/* One element of an array that may be long: written as it comes. */
static enum status
list_json(void *context, const struct audit_entry *entry)
{
	struct listing *l = context;

	buf_reset(&l->line);
	audit_render_json(entry, &l->line);
	if (buf_status(&l->line) != STATUS_OK)
		return buf_status(&l->line);
	printf("%s%.*s", l->any ? ",\n" : "[\n", (int)l->line.len - 1, buf_str(&l->line));
	l->any = true;
	return STATUS_OK;
}

static int
list_run(struct ctl *ctl, int argc, char **argv)
{
	static const char *const head[] = {
	    "SEQ", "TIME", "KEY", "SURFACE", "SERVER", "TOOL", "DECISION", "REASON", NULL};
	struct audit_words words = {NULL};
	const struct ctl_option options[] = {AUDIT_WORD_OPTIONS(words), {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	struct audit_filter filter;
	struct listing l = {.any = false};
	enum status status;

	if (!ctl_args(ctl, argc, argv, options, &operands, 0, 0) ||
	    !ctl_audit_filter(&words, LIST_DEFAULT, &filter))
		return CTL_COULD_NOT;
	if (filter.limit > LIST_MOST)
		return ctl_error("--limit %s: at most %d; `enforgatectl audit export` writes more",
		    words.limit, LIST_MOST);
	if (ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	table_init(&l.table, head);
	buf_init(&l.line, LINE_CAP);
	status = audit_walk(ctl->store, &filter, ctl->json ? list_json : list_row, &l, NULL);
	if (ctl->json && status == STATUS_OK)
		printf("%s\n", l.any ? "\n]" : "[]");
	else if (status == STATUS_OK)
		status = table_print(&l.table);
	table_free(&l.table);
	buf_free(&l.line);
	ctl_close(ctl);
	return status == STATUS_OK ? ctl_output() : ctl_failed("read the audit log", status);
}

/* Control characters would let a tool's name move the cursor of whoever looks. */
static void
print_safe(const char *text)
{
	if (*text == '\0')
		putchar('-');
	for (; *text != '\0'; text++)
		putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static enum status
tail_line(void *context, const struct audit_entry *entry)
{
	const char *const cells[] = {entry->key_name, entry->surface, entry->server, entry->tool,
	    shown_decision(entry), entry->reason};
	char time[CLOCK_TEXT_MAX];

	(void)context;
	table_time_text(entry->time_ms, time);
	printf("%lld  %s", (long long)entry->seq, time);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		printf("  ");
		print_safe(cells[i]);
	}
	putchar('\n');
	return STATUS_OK;
}

static enum status
tail_json(void *context, const struct audit_entry *entry)
{
	struct buf *line = context;

	buf_reset(line);
	audit_render_json(entry, line);
	if (buf_status(line) == STATUS_OK)
		printf("%s", buf_str(line));
	return buf_status(line);
}

static int
tail_run(struct ctl *ctl, int argc, char **argv)
{
	const struct timespec pause = {0, TAIL_POLL_MS * 1000000L};
	struct audit_words words = {NULL};
	bool follow = false, short_follow = false;
	const struct ctl_option options[] = {AUDIT_WORD_OPTIONS(words),
	    {"--follow", &follow, NULL, NULL}, {"-f", &short_follow, NULL, NULL},
	    {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	struct audit_filter filter;
	struct buf line;
	enum status status;
	int code = CTL_DONE;

	if (!ctl_args(ctl, argc, argv, options, &operands, 0, 0) ||
	    !ctl_audit_filter(&words, TAIL_DEFAULT, &filter) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	buf_init(&line, LINE_CAP);
	for (;;) {
		status = audit_walk(ctl->store, &filter, ctl->json ? tail_json : tail_line, &line,
		    &filter.after_seq);
		/* Busy is the rule rather than the end for somebody who only looks on. */
		if (status != STATUS_OK && ((!follow && !short_follow) || status != STATUS_BUSY))
			code = ctl_failed("read the audit log", status);
		else
			code = ctl_output();
		if (code != CTL_DONE || (!follow && !short_follow))
			break;
		filter.limit = 0;
		filter.since_ms = 0;
		(void)nanosleep(&pause, NULL);
	}
	buf_free(&line);
	ctl_close(ctl);
	return code;
}

const struct ctl_command ctl_audit_commands[] = {
    {"audit", "list",
	"audit list [--key NAME] [--decision D] [--tool T] [--since T] [--until T] [--limit N]",
	"Shows the last entries that match, 100 where no limit is given; times are UTC.\n"
	"T is a moment (2026-11-23, 2026-11-23T19:00:00Z) or an age (90s, 30m, 2h, 7d).\n"
	"D is a verdict (allow, deny, require_approval) or what became of an approval (approved,\n"
	"denied, expired, wrong_pin).",
	list_run},
    {"audit", "tail", "audit tail [-f] [--key NAME] [--decision D] [--tool T] [--limit N]",
	"Shows the last 10 entries that match; with -f goes on with new ones as they come.",
	tail_run},
    {"audit", "export", "audit export [--format jsonl|csv] [--output FILE] [--key NAME] ...",
	"Writes all entries that match, to standard output or a new file (mode 0600). The filters are\n"
	"those of audit list. JSON lines hold everything; in CSV a text that begins with = + - @ gets\n"
	"an apostrophe in front, so that no spreadsheet runs it.",
	ctl_audit_export},
    {"audit", "verify", "audit verify [--accept-restore | --export FILE]",
	"Tells whether entries were changed, removed, reordered or inserted, and names the first.\n"
	"--export FILE verifies a file that audit roll has written. --accept-restore acknowledges that\n"
	"the database is a restored backup, where nothing else is wrong.",
	ctl_audit_verify},
    {"audit", "roll", "audit roll [--keep-days N] [--keep-bytes N[K|M|G]]",
	"Exports entries past the limits to audit_export_dir, writes a checkpoint that the log goes on\n"
	"from, and only then removes them. A limit that is not given is that of the configuration.",
	ctl_audit_roll},
    {NULL, NULL, NULL, NULL, NULL},
};
