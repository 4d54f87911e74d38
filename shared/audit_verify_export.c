/* audit_verify_export.c - verification of an exported file; see audit_verify.h. */
#include "audit_verify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit_checkpoint.h"
#include "audit_render.h"
#include "clock.h"

#define PROGRESS_EVERY 4096 /* lines */

struct reading {
	struct audit *audit;
	const struct audit_progress *progress;
	struct audit_report *report;
	struct problem *why;
	struct audit_state state;
	struct secret_sum sum;
	FILE *file;
	int64_t bytes, size;
	char line[AUDIT_LINE_MAX + 2]; /* with newline and NUL */
};

/* The newest right checkpoint up to `upto`, which the caller frees. */
static enum status
find_checkpoint(struct reading *r, int64_t upto, struct audit_checkpoint *out)
{
	struct store *store = audit_store(r->audit);
	struct audit_checkpoint_count count;
	struct db *db;
	enum status status = store_read(store, &db);

	audit_checkpoint_init(out);
	if (status != STATUS_OK)
		return status;
	status = audit_checkpoint_find(db, audit_keys_of(r->audit), upto, out, &count);
	store_read_end(store, db);
	r->report->checkpoints = count.rows;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* The file must begin where the log does, or right behind a checkpoint. */
static enum status
begin_at(struct reading *r, int64_t seq)
{
	struct audit_checkpoint checkpoint;
	enum status status = find_checkpoint(r, seq > 0 ? seq - 1 : 0, &checkpoint);

	if (status == STATUS_OK)
		status = audit_checkpoint_start(&checkpoint, &r->state);
	if (status == STATUS_OK && checkpoint.upto_seq + 1 != seq)
		(void)audit_report_add(r->report, AUDIT_EXPORT_DIFFERS, seq,
		    "the file begins with entry %" PRId64
		    ", where no checkpoint ends: its beginning was cut off, or a filter was used",
		    seq);
	r->report->first_seq = seq;
	audit_checkpoint_free(&checkpoint);
	return status;
}

static enum status
take_entry(struct reading *r, const struct audit_entry *entry)
{
	int64_t previous;
	unsigned breaks;
	enum status status = STATUS_OK;

	if (r->report->entries == 0)
		status = begin_at(r, entry->seq);
	previous = r->state.all.seq;
	if (status == STATUS_OK)
		status = audit_state_step(&r->state, entry, false, &breaks);
	if (status == STATUS_OK && breaks != 0)
		audit_report_breaks(r->report, entry, previous, breaks);
	r->report->entries++;
	return status;
}

/* One line. *more is false at the end of what can be read as entries. */
static enum status
take_line(struct reading *r, bool *more)
{
	struct json_object *root;
	struct audit_entry entry;
	struct problem why;
	size_t len = strlen(r->line);
	enum status status = secret_sum_add(&r->sum, r->line, len);

	if (status != STATUS_OK)
		return status;
	r->bytes += (int64_t)len;
	*more = len > 0 && r->line[len - 1] == '\n';
	status = STATUS_INVALID;
	root = NULL;
	problem_set(&why, "cut off, too long, or with a NUL in it");
	if (*more)
		status = audit_parse_json(r->line, len - 1, &entry, &root, &why);
	if (status == STATUS_OK)
		status = take_entry(r, &entry);
	else if (status == STATUS_INVALID || status == STATUS_TOO_LARGE) {
		(void)audit_report_add(r->report, AUDIT_EXPORT_DIFFERS, r->state.all.seq + 1,
		    "line %" PRId64 ", behind entry %" PRId64 ", is not an entry: %.300s",
		    r->report->entries + 1, r->state.all.seq, why.text);
		*more = false;
		status = STATUS_OK;
	}
	json_free(root);
	return status;
}

static enum status
read_lines(struct reading *r)
{
	enum status status = STATUS_OK;
	bool more = true;

	while (status == STATUS_OK && more && fgets(r->line, sizeof(r->line), r->file) != NULL) {
		status = take_line(r, &more);
		if (r->progress->done != NULL && r->report->entries % PROGRESS_EVERY == 0)
			r->progress->done(r->progress->context, r->bytes, r->size);
	}
	if (ferror(r->file)) {
		problem_set(r->why, "the file cannot be read: %s", strerror(errno));
		return STATUS_FAILED;
	}
	return status;
}

static enum status
compare_end(struct reading *r)
{
	struct audit_checkpoint checkpoint;
	struct audit_chain *chain = NULL;
	int64_t last = r->state.all.seq;
	enum status status = secret_sum_end(&r->sum, r->report->export_sha256);

	if (status != STATUS_OK)
		return status;
	status = find_checkpoint(r, last, &checkpoint);
	if (status != STATUS_OK)
		goto out;
	while ((chain = audit_state_next(&r->state, chain)) != NULL)
		r->report->chains++;
	r->report->last_seq = last;
	if (r->report->entries == 0 || checkpoint.upto_seq != last)
		(void)audit_report_add(r->report, AUDIT_EXPORT_DIFFERS, last + 1,
		    "the file ends with entry %" PRId64
		    ", where no checkpoint is: its end was cut off, or it was not written by a roll that was "
		    "completed",
		    last);
	else if (!r->state.all_lost && strcmp(checkpoint.all.mac, r->state.all.mac) != 0)
		(void)audit_report_add(r->report, AUDIT_EXPORT_DIFFERS, 0,
		    "the entries are others than the checkpoint at entry %" PRId64 " saw", last);
	else if (strcmp(checkpoint.export_sha256, r->report->export_sha256) != 0)
		(void)audit_report_add(r->report, AUDIT_EXPORT_DIFFERS, 0,
		    "the file is another one than was exported: its SHA-256 is %s, the checkpoint has %s",
		    r->report->export_sha256, checkpoint.export_sha256);
out:
	audit_checkpoint_free(&checkpoint);
	return status;
}

static enum status
open_file(struct reading *r, const char *path)
{
	r->file = fopen(path, "re");
	if (r->file == NULL) {
		problem_set(r->why, "%s: %s", path, strerror(errno));
		return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_FAILED;
	}
	if (fseeko(r->file, 0, SEEK_END) != 0 || (r->size = ftello(r->file)) < 0 ||
	    fseeko(r->file, 0, SEEK_SET) != 0) {
		problem_set(r->why, "%s: not a file", path);
		return STATUS_INVALID;
	}
	return STATUS_OK;
}

enum status
audit_verify_export(struct audit *audit, const char *path, const struct audit_progress *progress,
    struct audit_report *report, struct problem *why)
{
	struct reading *r = calloc(1, sizeof(*r));
	int64_t began = clock_us();
	enum status status;

	*report = (struct audit_report){0};
	problem_set(why, "the file could not be verified");
	if (r == NULL)
		return STATUS_NO_MEMORY;
	r->audit = audit;
	r->progress = progress;
	r->report = report;
	r->why = why;
	audit_state_init(&r->state, audit_keys_of(audit));
	status = open_file(r, path);
	if (status == STATUS_OK)
		status = secret_sum_start(&r->sum);
	if (status == STATUS_OK)
		status = read_lines(r);
	if (status == STATUS_OK)
		status = compare_end(r);
	report->elapsed_us = clock_us() - began;
	(void)secret_sum_end(&r->sum, NULL);
	audit_state_free(&r->state);
	if (r->file != NULL)
		(void)fclose(r->file);
	free(r);
	return status;
}
