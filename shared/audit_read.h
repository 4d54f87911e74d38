/*
 * audit_read.h - reading the audit log: in slices, filtered, without holding a read transaction for long.
 *
 * A long read transaction keeps the write-ahead log from being reset, so entries are copied out in slices of a few
 * hundred, each in a transaction of its own. Entries never change, so that is consistent up to an end that was looked up
 * once. Entries that a checkpoint covers (audit_roll.h) are not shown, even while they are being removed.
 */
#ifndef ENFORGATE_AUDIT_READ_H
#define ENFORGATE_AUDIT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit.h"
#include "buf.h"

/* One member of an entry: its name in exports, its place in struct audit_entry. */
struct audit_field {
	const char *name;
	char type; /* 't' text, 'i' integer */
	size_t offset;
};
#define AUDIT_FIELDS 20
extern const struct audit_field audit_fields[AUDIT_FIELDS];
int64_t *audit_field_integer(struct audit_entry *entry, int field);
const char **audit_field_text(struct audit_entry *entry, int field);

#define AUDIT_SLICE_ROWS 256
struct audit_slice {
	struct audit_entry entries[AUDIT_SLICE_ROWS];
	bool damaged[AUDIT_SLICE_ROWS]; /* a column holds what no append ever writes */
	int count;                      /* 0: there are no more */
	struct buf text;                /* what the entries point into */
};
void audit_slice_init(struct audit_slice *slice);
void audit_slice_free(struct audit_slice *slice);
/* The next entries with after < seq <= upto, in that order; the memory of the last slice is used again. */
enum status audit_slice_read(
    struct audit_slice *slice, struct db *db, int64_t after, int64_t upto) MUST_USE;
/* The same in a read transaction of its own. */
enum status audit_slice_fetch(
    struct audit_slice *slice, struct store *store, int64_t after, int64_t upto) MUST_USE;

/* seq of the last entry that was appended, whatever the heads say; 0 for none. */
enum status audit_last_seq(struct db *db, int64_t *out) MUST_USE;
/* seq of the first entry that is still there, 0 for none. */
enum status audit_first_seq(struct db *db, int64_t *out) MUST_USE;
/* Entries up to this seq are covered by a checkpoint; 0 for none. */
enum status audit_covered_seq(struct db *db, int64_t *out) MUST_USE;

/* NULL and 0 ask for nothing in particular. */
struct audit_filter {
	const char *key_name;
	const char *decision;
	const char *tool;
	int64_t since_ms; /* first and ... */
	int64_t until_ms; /* ... last moment, both included */
	int64_t after_seq;
	int64_t limit; /* only the last so many that match */
};

/*
 * Looking back for `since_ms` or `limit` ends after so many older entries in a row: times follow the order of
 * entries except where the clock was set, and the whole of a long log takes seconds.
 */
#define AUDIT_OLDER_RUN 65536

bool audit_filter_matches(const struct audit_filter *filter, const struct audit_entry *entry);

/* Anything but STATUS_OK ends the walk and is what it returns. */
typedef enum status (*audit_visit)(void *context, const struct audit_entry *entry);

/*
 * Visits what matches in the order of seq, up to the last entry at the time of the call, outside of any
 * transaction. *last (may be NULL) is the seq to go on after.
 */
enum status audit_walk(struct store *store, const struct audit_filter *filter, audit_visit visit,
    void *context, int64_t *last) MUST_USE;

#endif
