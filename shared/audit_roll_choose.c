/* audit_roll_choose.c - age and budget as an entry number; see audit_roll_choose.h. */
#include "audit_roll_choose.h"

#include "clock.h"

#define DAY_MS ((int64_t)86400000)
#define SAMPLES 64 /* places that are looked at for the average length */

/* The last entry before the first one that is young enough to stay. */
static enum status
choose_by_age(
    struct store *store, int64_t keep_days, struct audit_slice *slice, int64_t last, int64_t *upto)
{
	int64_t oldest_ms = clock_wall_ms() - keep_days * DAY_MS;
	enum status status;

	for (;;) {
		status = audit_slice_fetch(slice, store, *upto, last);
		if (status != STATUS_OK || slice->count == 0)
			return status;
		for (int i = 0; i < slice->count; i++) {
			if (slice->entries[i].time_ms >= oldest_ms)
				return STATUS_OK;
			*upto = slice->entries[i].seq;
		}
	}
}

/* So many of the last entries stay as fit into the budget by their average length. */
static enum status
choose_by_bytes(
    struct store *store, int64_t keep_bytes, struct audit_slice *slice, int64_t last, int64_t *upto)
{
	int64_t start = *upto, count = last - start, bytes = 0, rows = 0, fits;
	enum status status;

	for (int i = 0; i < SAMPLES; i++) {
		status = audit_slice_fetch(slice, store, start + count / SAMPLES * i, last);
		if (status != STATUS_OK)
			return status;
		bytes += (int64_t)slice->text.len;
		rows += slice->count;
	}
	if (rows == 0)
		return STATUS_OK;
	/* A text's closing NUL in the slice stands for the byte of length that the database keeps. */
	for (int i = 0; i < AUDIT_FIELDS; i++)
		bytes += audit_fields[i].type == 'i' ? rows * 8 : 0;
	fits = keep_bytes / (bytes / rows);
	if (fits < count)
		*upto = last - fits;
	return STATUS_OK;
}

enum status
audit_roll_choose(struct store *store, const struct audit_roll_options *options,
    struct audit_slice *slice, int64_t start, int64_t last, int64_t *upto)
{
	int64_t by_age = start, by_bytes = start;
	enum status status = STATUS_OK;

	if (options->keep_days > 0)
		status = choose_by_age(store, options->keep_days, slice, last, &by_age);
	if (status == STATUS_OK && options->keep_bytes > 0)
		status = choose_by_bytes(store, options->keep_bytes, slice, last, &by_bytes);
	*upto = by_age > by_bytes ? by_age : by_bytes;
	return status;
}
