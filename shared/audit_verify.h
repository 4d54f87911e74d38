/*
 * audit_verify.h - whether the log is the one that was written.
 *
 * Compared are: checkpoints and their macs, the entries from the newest checkpoint (or the first entry)
 * without a gap, each chain's numbers and macs, the installation head over all entries, the head rows, the
 * anchor file, and the triggers. Responders may append and roll meanwhile: the end is looked up first, together with the heads, and where
 * a roll moves the beginning the walk starts again.
 *
 * What it cannot see: a rollback of both database and anchor to copies of one moment, or one that is
 * younger than the last anchor; whatever someone did who holds the key file. So keep copies of the anchor elsewhere.
 */
#ifndef ENFORGATE_AUDIT_VERIFY_H
#define ENFORGATE_AUDIT_VERIFY_H

#include "audit_report.h"

/* Told now and then how far it is; `done` NULL for silence. */
struct audit_progress {
	void (*done)(void *context, int64_t done, int64_t total);
	void *context;
};

/* STATUS_OK: all was looked at and *report says what was found. Anything else: it could not be. */
enum status audit_verify(struct audit *audit, const struct audit_progress *progress,
    struct audit_report *report) MUST_USE;

/*
 * Acknowledges a restored backup: appends an admin entry "audit.restore" that names the anchor's seq and mac, and
 * writes a new anchor. `report` is of a verification just made. STATUS_REFUSED where it has another finding than
 * the anchor's, or none.
 */
enum status audit_accept_restore(
    struct audit *audit, const struct audit_report *report, struct problem *why) MUST_USE;

/*
 * Verifies a file that audit_roll() exported: from the checkpoint before its first entry (or the beginning) to the
 * checkpoint at its last, and its SHA-256. STATUS_NOT_FOUND, STATUS_INVALID, STATUS_FAILED with `why`: the file cannot be read.
 */
enum status audit_verify_export(struct audit *audit, const char *path,
    const struct audit_progress *progress, struct audit_report *report,
    struct problem *why) MUST_USE;

#endif
