/* approve_case.c - the approval behind a link, and whether it can be approved here; see approve.h. */
#include "approve.h"

#include <string.h>

#include "stop.h"

static void
set_off(struct visit *visit, int status, const char *code, const char *sentence)
{
	visit->off_status = status;
	visit->off_code = code;
	problem_set(&visit->off, "%s", sentence);
}

void
case_lock(struct visit *visit)
{
	set_off(visit, 403, "pin_locked",
	    "Too many wrong PINs: approving by link is off for this agent until an administrator "
	    "resets its PIN.");
}

/* What would deny the call at its release, and what keeps a PIN from being tried: denying stays possible. */
static enum status
look_for_hindrance(struct visit *visit, struct db *db)
{
	struct service *service = visit->exchange->service;
	struct key key;
	bool stopped = false;
	enum status status = keys_find_name(db, visit->approval.key_name, &key);

	if (status == STATUS_OK)
		status = stop_row_present(db, visit->approval.key_id, &stopped);
	if (status != STATUS_OK)
		return status;
	if (key.revoked_ms != 0 || strcmp(key_state(&key, visit->now_ms), "active") != 0)
		set_off(visit, 410, "key_ended",
		    "The key of this agent was revoked or has expired, so the call can only be denied.");
	else if (stopped || stop_files_present(&service->gate.stop_files, key.name))
		set_off(visit, 410, "stopped",
		    "The gateway is stopped, so no call can be approved now.");
	else if (visit->has_pin && visit->pin.locked)
		case_lock(visit);
	return STATUS_OK;
}

static enum status
look(struct visit *visit, struct db *db, const char *hash)
{
	enum status status = approval_find_token(db, hash, &visit->approval, visit->channel);

	if (status != STATUS_OK)
		return status;
	visit->state = approval_state_at(&visit->approval, visit->now_ms);
	status = pin_find(db, visit->approval.key_id, visit->now_ms, &visit->pin);
	visit->has_pin = status == STATUS_OK;
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	status = look_for_hindrance(visit, db);
	return status == STATUS_NOT_FOUND ? STATUS_FAILED : status;
}

enum status
case_find(struct visit *visit, const char *hash)
{
	struct store *store = visit->exchange->service->store;
	struct db *db;
	enum status status = store_read(store, &db);

	if (status != STATUS_OK)
		return status;
	status = look(visit, db, hash);
	store_read_end(store, db);
	return status;
}
