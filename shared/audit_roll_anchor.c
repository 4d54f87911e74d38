/* audit_roll_anchor.c - the anchor before a roll; see audit_roll_anchor.h. */
#include "audit_roll_anchor.h"

#include <inttypes.h>

#include "audit_anchor.h"

#define SEE_VERIFY "; nothing was removed; run `enforgatectl audit verify`"

void
audit_roll_anchor_read(struct audit_roll_anchor *anchor, const struct audit *audit)
{
	int64_t time_ms;

	anchor->status = audit_anchor_read(
	    audit_keys_of(audit), audit_state_dir(audit), &anchor->head, &time_ms);
}

enum status
audit_roll_anchor_judge(const struct audit_roll_anchor *anchor, int64_t last, struct problem *why)
{
	if (anchor->status == STATUS_NOT_FOUND && last == 0)
		return STATUS_OK;
	if (anchor->status == STATUS_NOT_FOUND)
		problem_set(why,
		    "there is no anchor (%s): whether an old database was put back cannot be "
		    "told" SEE_VERIFY,
		    AUDIT_ANCHOR_FILE);
	else if (anchor->status == STATUS_REFUSED)
		problem_set(why,
		    "the anchor (%s) was changed or is of another installation" SEE_VERIFY,
		    AUDIT_ANCHOR_FILE);
	else if (anchor->status != STATUS_OK)
		return anchor->status;
	else if (anchor->head.seq > last)
		problem_set(why,
		    "the log ends at entry %" PRId64 ", but the anchor saw entry %" PRId64
		    ": its end was cut off, or an old database put back" SEE_VERIFY,
		    last, anchor->head.seq);
	else
		return STATUS_OK;
	return STATUS_REFUSED;
}

enum status
audit_roll_anchor_compare(const struct audit_roll_anchor *anchor, const struct audit *audit,
    const struct audit_head *start, struct problem *why)
{
	enum status status;

	if (anchor->status == STATUS_NOT_FOUND)
		return STATUS_OK;
	status =
	    audit_anchor_compare(audit_store(audit), audit_keys_of(audit), &anchor->head, start);
	if (status == STATUS_REFUSED)
		problem_set(why,
		    "the log is another one than the anchor saw at entry %" PRId64
		    ", or entries are missing" SEE_VERIFY,
		    anchor->head.seq);
	return status;
}
