/*
 * audit_roll.h - retention: older entries are exported, covered by a checkpoint, and only then removed.
 *
 * Order: export to a file, sync, read it back and compare; then checkpoint and an entry of kind "checkpoint" in one transaction;
 * then removal in short transactions, so that responders are not kept waiting. Ended anywhere, the next roll finishes or starts
 * over: without a checkpoint nothing is removed, with one only the removal is left. Entries are verified while they are
 * exported; a log that does not verify is never rolled, as that would remove the evidence.
 *
 * The anchor has its say first. Where it is missing though there are entries, damaged, of another installation or ahead of
 * the log's end, nothing is rolled; nor, before anything is removed, where it saw another entry than the log has at that
 * number. That holds until the restore is acknowledged (audit_accept_restore()). When the checkpoint is committed the
 * anchor moves on to it.
 *
 * The budget in bytes counts an entry as its texts plus 8 bytes a number, averaged over samples from the whole
 * log. The file of the database does not shrink: its free pages are used again for new entries.
 */
#ifndef ENFORGATE_AUDIT_ROLL_H
#define ENFORGATE_AUDIT_ROLL_H

#include <limits.h>

#include "audit.h"

#define AUDIT_ROLL_LOCK "audit.roll" /* in the state directory: one roll at a time */
#define AUDIT_ROLL_BATCH 1000        /* entries removed by one transaction */

enum audit_roll_step {
	AUDIT_ROLL_EXPORTING, /* again and again, with how far */
	AUDIT_ROLL_EXPORTED,  /* the file is whole and synced */
	AUDIT_ROLL_COMPARED,  /* and reads as it was written */
	AUDIT_ROLL_COVERED,   /* the checkpoint is committed */
	AUDIT_ROLL_REMOVING,  /* again and again, with how far */
};

struct audit_roll_options {
	int64_t keep_days;  /* 0 keeps all */
	int64_t keep_bytes; /* 0 keeps all */
	const char *export_dir;
	/* Told about each step; `step` NULL for silence. */
	void (*step)(void *context, enum audit_roll_step step, int64_t done, int64_t total);
	void *context;
};

struct audit_roll_result {
	int64_t first_seq, upto_seq; /* exported; 0: there was nothing to do */
	int64_t removed;             /* entries, also those that an earlier roll had left */
	char path[PATH_MAX];
	char sha256[SECRET_DIGEST_TEXT];
};

/*
 * STATUS_OK; STATUS_BUSY: another roll is under way, or responders kept the lock; STATUS_REFUSED: the log does not
 * verify; others: the export or the database failed. `why` says what and what was left as it was.
 */
enum status audit_roll(struct audit *audit, const struct audit_roll_options *options,
    struct audit_roll_result *result, struct problem *why) MUST_USE;

#endif
