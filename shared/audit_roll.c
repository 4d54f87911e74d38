/* audit_roll.c - export, checkpoint, removal; see audit_roll.h. */
#include "audit_roll.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "audit_checkpoint.h"
#include "audit_export.h"
#include "audit_read.h"
#include "audit_report.h"
#include "audit_roll_anchor.h"
#include "audit_roll_choose.h"
#include "clock.h"

#define STEM_MAX 80

static const char remove_sql[] = "DELETE FROM audit WHERE seq <= ?";

struct roll {
	struct audit *audit;
	const struct audit_roll_options *options;
	struct audit_roll_result *result;
	struct problem *why;
	struct audit_checkpoint previous;
	struct audit_slice slice;
	struct audit_state state;
	struct audit_export file;
	struct audit_roll_anchor anchor;
	int64_t first; /* entry that is there, also one that an earlier roll has left */
	int64_t last;  /* entry of the log */
	int64_t upto;
};

static void
tell(const struct roll *roll, enum audit_roll_step step, int64_t done, int64_t total)
{
	if (roll->options->step != NULL)
		roll->options->step(roll->options->context, step, done, total);
}

static enum status
read_start(struct roll *roll)
{
	struct store *store = audit_store(roll->audit);
	struct audit_checkpoint_count count;
	struct db *db;
	enum status status;

	/* Before the end of the log: an anchor is never ahead of a log that is looked at later. */
	audit_roll_anchor_read(&roll->anchor, roll->audit);
	status = store_read(store, &db);
	if (status != STATUS_OK)
		return status;
	status = audit_checkpoint_find(
	    db, audit_keys_of(roll->audit), AUDIT_CHECKPOINT_NEWEST, &roll->previous, &count);
	if (status == STATUS_NOT_FOUND)
		status = STATUS_OK;
	if (status == STATUS_OK)
		status = audit_first_seq(db, &roll->first);
	if (status == STATUS_OK)
		status = audit_last_seq(db, &roll->last);
	store_read_end(store, db);
	if (status == STATUS_OK && count.forged_seq >= 0) {
		problem_set(roll->why,
		    "the checkpoint at entry %" PRId64
		    " is forged; nothing was removed; run `enforgatectl audit verify`",
		    count.forged_seq);
		status = STATUS_REFUSED;
	}
	return status;
}

/* One transaction of the removal; *changed is 0 when there is no more. */
static enum status
remove_batch(struct roll *roll, int64_t upto, int64_t *changed)
{
	struct store *store = audit_store(roll->audit);
	struct query *q;
	struct db *db;
	int64_t first = 0;
	enum status status = store_write(store, &db);

	if (status != STATUS_OK)
		return status;
	status = audit_first_seq(db, &first);
	if (status == STATUS_OK) {
		q = query(db, remove_sql);
		query_bind_integer(
		    q, 1, first < upto - AUDIT_ROLL_BATCH ? first + AUDIT_ROLL_BATCH - 1 : upto);
		status = query_run(q, changed);
	}
	if (status == STATUS_OK)
		return store_commit(store, db);
	store_rollback(store, db);
	return status;
}

/* Removes what a checkpoint covers, also what an earlier roll has left. */
static enum status
remove_covered(struct roll *roll, int64_t upto, int64_t total)
{
	enum status status = STATUS_OK;
	int64_t changed = 1;

	while (status == STATUS_OK && changed > 0 && upto > 0) {
		status = remove_batch(roll, upto, &changed);
		if (status != STATUS_OK || changed == 0)
			break;
		roll->result->removed += changed;
		tell(roll, AUDIT_ROLL_REMOVING, roll->result->removed, total);
	}
	if (status != STATUS_OK)
		problem_set(roll->why,
		    "entries up to %" PRId64
		    " are exported and covered, but not all could be removed (%s); the next roll goes on",
		    upto, status_name(status));
	return status;
}

static enum status
refuse_entry(struct roll *roll, const struct audit_entry *entry, int64_t previous, unsigned breaks)
{
	struct audit_report report = {.nfindings = 0};

	audit_report_breaks(&report, entry, previous, breaks);
	problem_set(roll->why, "%.300s; nothing was removed; run `enforgatectl audit verify`",
	    report.findings[0].text.text);
	return STATUS_REFUSED;
}

static enum status
export_slice(struct roll *roll)
{
	enum status status = STATUS_OK;
	unsigned breaks;

	for (int i = 0; i < roll->slice.count && status == STATUS_OK; i++) {
		const struct audit_entry *entry = &roll->slice.entries[i];
		int64_t previous = roll->state.all.seq;

		status = audit_state_step(&roll->state, entry, roll->slice.damaged[i], &breaks);
		if (status == STATUS_OK && breaks != 0)
			status = refuse_entry(roll, entry, previous, breaks);
		if (status == STATUS_OK)
			status = audit_export_entry(&roll->file, entry, roll->why);
	}
	return status;
}

static enum status
export_entries(struct roll *roll)
{
	int64_t start = roll->previous.upto_seq;
	enum status status = audit_checkpoint_start(&roll->previous, &roll->state);

	while (status == STATUS_OK && roll->state.all.seq < roll->upto) {
		status = audit_slice_fetch(
		    &roll->slice, audit_store(roll->audit), roll->state.all.seq, roll->upto);
		if (status == STATUS_OK && roll->slice.count == 0) {
			problem_set(roll->why,
			    "entries from %" PRId64
			    " on are missing; nothing was removed; run `enforgatectl audit verify`",
			    roll->state.all.seq + 1);
			status = STATUS_REFUSED;
		}
		if (status == STATUS_OK)
			status = export_slice(roll);
		tell(roll, AUDIT_ROLL_EXPORTING, roll->state.all.seq - start, roll->upto - start);
	}
	return status;
}

/* Date of today and the entries in it, so that files sort and never collide. */
static void
file_stem(const struct roll *roll, char out[STEM_MAX])
{
	char time[CLOCK_TEXT_MAX];

	clock_text(clock_wall_ms(), time);
	(void)snprintf(out, STEM_MAX, "audit-%.4s%.2s%.2s-%" PRId64 "-%" PRId64, time, time + 5,
	    time + 8, roll->previous.upto_seq + 1, roll->upto);
}

/* Exports, and looks at what the disk gives back. */
static enum status
export_file(struct roll *roll)
{
	char stem[STEM_MAX], sha256[SECRET_DIGEST_TEXT];
	const char *dir = roll->options->export_dir;
	enum status status = audit_export_begin(&roll->file, dir, roll->why);

	if (status == STATUS_OK)
		status = export_entries(roll);
	file_stem(roll, stem);
	if (status == STATUS_OK)
		status = audit_export_finish(&roll->file, dir, stem, roll->why);
	if (status != STATUS_OK)
		return status;
	tell(roll, AUDIT_ROLL_EXPORTED, roll->upto, roll->upto);
	status = audit_export_sum(roll->file.path, sha256, roll->why);
	if (status == STATUS_OK && strcmp(sha256, roll->file.sha256) != 0) {
		problem_set(roll->why,
		    "%s does not read as it was written; nothing was removed; check the disk",
		    roll->file.path);
		status = STATUS_FAILED;
	}
	if (status == STATUS_OK)
		tell(roll, AUDIT_ROLL_COMPARED, roll->upto, roll->upto);
	return status;
}

static enum status
write_checkpoint(struct roll *roll)
{
	struct store *store = audit_store(roll->audit);
	struct audit_entry entry = {.chain = AUDIT_INSTALLATION,
	    .kind = "checkpoint",
	    .surface = "ctl",
	    .tool = "audit.roll",
	    .rule = -1};
	struct problem reason;
	struct db *db;
	enum status status = store_write(store, &db);

	if (status != STATUS_OK)
		return status;
	problem_set(&reason, "entries %" PRId64 " to %" PRId64 " exported, SHA-256 %s",
	    roll->previous.upto_seq + 1, roll->upto, roll->file.sha256);
	entry.reason = reason.text;
	status = audit_checkpoint_write(
	    db, &roll->previous, &roll->state, clock_wall_ms(), roll->file.sha256);
	if (status == STATUS_OK)
		status = audit_append_in(roll->audit, db, &entry);
	if (status == STATUS_OK)
		status = store_commit(store, db);
	else
		store_rollback(store, db);
	if (status == STATUS_OK)
		audit_anchor(roll->audit);
	return status;
}

static enum status
cover(struct roll *roll)
{
	enum status status = export_file(roll);

	if (status != STATUS_OK)
		return status;
	status = write_checkpoint(roll);
	if (status != STATUS_OK) {
		problem_set(roll->why,
		    "the checkpoint could not be written (%s); nothing was removed; the export stays in %s",
		    status_name(status), roll->file.path);
		return status;
	}
	tell(roll, AUDIT_ROLL_COVERED, roll->upto, roll->upto);
	roll->result->first_seq = roll->previous.upto_seq + 1;
	roll->result->upto_seq = roll->upto;
	memcpy(roll->result->path, roll->file.path, PATH_MAX);
	memcpy(roll->result->sha256, roll->file.sha256, SECRET_DIGEST_TEXT);
	return STATUS_OK;
}

static enum status
roll_locked(struct roll *roll)
{
	enum status status = read_start(roll);
	int64_t start = roll->previous.upto_seq;

	if (status == STATUS_OK)
		status = audit_roll_anchor_judge(
		    &roll->anchor, roll->last > start ? roll->last : start, roll->why);
	if (status == STATUS_OK)
		status = audit_roll_choose(audit_store(roll->audit), roll->options, &roll->slice,
		    start, roll->last, &roll->upto);
	if (status == STATUS_OK && (roll->upto > start || roll->first <= start))
		status = audit_roll_anchor_compare(
		    &roll->anchor, roll->audit, &roll->previous.all, roll->why);
	if (status == STATUS_OK)
		status = remove_covered(roll, start, 0);
	if (status != STATUS_OK || roll->upto <= start)
		return status;
	status = cover(roll);
	if (status == STATUS_OK)
		status =
		    remove_covered(roll, roll->upto, roll->result->removed + roll->upto - start);
	return status;
}

static enum status
lock(struct audit *audit, int *fd, struct problem *why)
{
	char path[PATH_MAX];

	if (snprintf(path, PATH_MAX, "%s/%s", audit_state_dir(audit), AUDIT_ROLL_LOCK) >= PATH_MAX)
		return STATUS_INVALID;
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd >= 0 && flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return STATUS_OK;
	if (*fd >= 0 && errno == EWOULDBLOCK) {
		problem_set(why, "another roll of the audit log is under way");
		return STATUS_BUSY;
	}
	problem_set(why, "%s: %s", path, strerror(errno));
	return STATUS_FAILED;
}

enum status
audit_roll(struct audit *audit, const struct audit_roll_options *options,
    struct audit_roll_result *result, struct problem *why)
{
	struct roll *roll = calloc(1, sizeof(*roll));
	enum status status;
	int fd = -1;

	*result = (struct audit_roll_result){0};
	problem_set(why, "%s", "");
	if (roll == NULL)
		return STATUS_NO_MEMORY;
	roll->audit = audit;
	roll->options = options;
	roll->result = result;
	roll->why = why;
	roll->file.fd = -1;
	audit_checkpoint_init(&roll->previous);
	audit_slice_init(&roll->slice);
	audit_state_init(&roll->state, audit_keys_of(audit));
	status = lock(audit, &fd, why);
	if (status == STATUS_OK)
		status = roll_locked(roll);
	if (status != STATUS_OK && why->text[0] == '\0')
		problem_set(why, "the audit log could not be rolled: %s", status_name(status));
	if (fd >= 0)
		close(fd);
	audit_export_end(&roll->file);
	audit_state_free(&roll->state);
	audit_slice_free(&roll->slice);
	audit_checkpoint_free(&roll->previous);
	free(roll);
	return status;
}
