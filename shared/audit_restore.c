/* audit_restore.c - acknowledging a restored backup; see audit_verify.h. */
#include "audit_verify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "clock.h"

static void
describe(const struct audit_report *report, struct problem *out)
{
	if (report->has_anchor)
		problem_set(out,
		    "restored backup acknowledged: the log ended at entry %" PRId64
		    ", the anchor was at %" PRId64 " with mac %s",
		    report->last_seq, report->anchor.seq, report->anchor.mac);
	else
		problem_set(out,
		    "restored backup acknowledged: the log ended at entry %" PRId64
		    ", the anchor was missing or damaged",
		    report->last_seq);
}

/* The new anchor, under the lock that audit_anchor() takes too. */
static enum status
write_anchor(struct audit *audit, const struct audit_head *head)
{
	int dir = open(audit_state_dir(audit), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status status = STATUS_FAILED;

	if (dir >= 0 && flock(dir, LOCK_EX) == 0)
		status = audit_anchor_write(
		    audit_keys_of(audit), audit_state_dir(audit), head, clock_wall_ms());
	if (dir >= 0)
		close(dir);
	return status;
}

enum status
audit_accept_restore(struct audit *audit, const struct audit_report *report, struct problem *why)
{
	struct store *store = audit_store(audit);
	struct problem text;
	struct audit_head head;
	struct db *db;
	enum status status;

	if (!audit_report_only_anchor(report)) {
		problem_set(why, "%s",
		    report->nfindings == 0
			? "the log agrees with its anchor: there is nothing to acknowledge"
			: "the log has other findings than its anchor: they are not what a restored "
			  "backup looks like, and cannot be acknowledged");
		return STATUS_REFUSED;
	}
	describe(report, &text);
	status = store_write(store, &db);
	if (status != STATUS_OK) {
		problem_set(why, "the database cannot be written (%s)", status_name(status));
		return status;
	}
	status = audit_admin(audit, db, "audit.restore", text.text);
	if (status == STATUS_OK)
		status = audit_head_read(db, AUDIT_HEAD_ALL, &head);
	if (status == STATUS_OK)
		status = store_commit(store, db);
	else
		store_rollback(store, db);
	if (status == STATUS_OK)
		status = write_anchor(audit, &head);
	if (status != STATUS_OK)
		problem_set(why, "the restore could not be acknowledged (%s)", status_name(status));
	return status;
}
