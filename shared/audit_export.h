/*
 * audit_export.h - a file of entries as JSON lines, whole or not there.
 *
 * It is written under a temporary name, synced, and only then gets its own. It never replaces a file with other contents.
 */
#ifndef ENFORGATE_AUDIT_EXPORT_H
#define ENFORGATE_AUDIT_EXPORT_H

#include <limits.h>
#include <stdbool.h>

#include "audit.h"
#include "buf.h"

struct audit_export {
	int fd; /* -1: not open */
	char part[PATH_MAX];
	char path[PATH_MAX];             /* final name; set by audit_export_finish() */
	char sha256[SECRET_DIGEST_TEXT]; /* likewise */
	struct secret_sum sum;
	struct buf text;
};

/* Makes the directory where it is missing (0700) and the file (0600). */
enum status audit_export_begin(
    struct audit_export *file, const char *dir, struct problem *why) MUST_USE;
enum status audit_export_entry(
    struct audit_export *file, const struct audit_entry *entry, struct problem *why) MUST_USE;
/*
 * Syncs, names it DIR/STEM.jsonl (STEM-2.jsonl and so on where that is another file), syncs the directory. A file of
 * the same contents, left by a roll that was killed, is taken as it is.
 */
enum status audit_export_finish(
    struct audit_export *file, const char *dir, const char *stem, struct problem *why) MUST_USE;
/* Removes what was begun and not finished; safe after either. */
void audit_export_end(struct audit_export *file);

/* SHA-256 of a file as it reads now, in hex. */
enum status audit_export_sum(
    const char *path, char out[SECRET_DIGEST_TEXT], struct problem *why) MUST_USE;

#endif
