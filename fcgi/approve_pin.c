/* approve_pin.c - a PIN is tried: counted first, computed then, and what follows from it; see approve.h. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "approve.h"
#include "clock.h"

#define TURN_WAIT_US 1000000
#define TURN_LOOK_NS 5000000
#define WHY_MAX 128

/* A try under way. */
struct
try {
	int64_t at_ms;
	int64_t failures;         /* of the approval, this one included */
	char fresh[PIN_HASH_MAX]; /* the PIN under the present parameters; "": it is */
};

/* The turn of this visit, held by an open descriptor until it is closed. -1: others took too long. */
static int
take_turn(int state_dir_fd)
{
	const struct timespec look = {0, TURN_LOOK_NS};
	const int64_t until = clock_us() + TURN_WAIT_US;
	int fd = openat(state_dir_fd, PIN_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	while (fd >= 0) {
		/* Of the open file, not of the process: threads wait for each other as well. */
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

		if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
			return fd;
		if (clock_us() > until) {
			close(fd);
			return -1;
		}
		(void)nanosleep(&look, NULL);
	}
	log_error("%s cannot be opened", PIN_LOCK);
	return -1;
}

/* Denies within a transaction that goes on. */
static enum status
deny(struct visit *visit, struct db *db)
{
	struct resolution resolution = decide_resolution(visit, APPROVAL_DENIED);
	struct problem why = {""};
	enum status status;

	resolution.why = "five wrong PINs";
	status = decide_in(visit, db, &resolution, &why);
	return status == STATUS_EXISTS ? STATUS_OK : status;
}

/*
 * Counts a try. STATUS_REFUSED: there are none left, of the day or of the approval, which is denied then: whoever had the last one
 * died over it.
 */
static enum status
count(struct visit *visit, struct db *db, struct try *try)
{
	const char *id = visit->approval.id, *key_id = visit->approval.key_id;
	enum status status = pin_find(db, key_id, try->at_ms, &visit->pin);

	if (status != STATUS_OK)
		return status;
	status = approval_pin_failed(db, id, try->at_ms, &try->failures);
	if (status == STATUS_NOT_FOUND) {
		status = approval_find(db, id, &visit->approval);
		visit->state = approval_state_at(&visit->approval, try->at_ms);
		return status == STATUS_OK ? STATUS_EXISTS : STATUS_FAILED;
	}
	if (status == STATUS_OK && try->failures > APPROVAL_PIN_TRIES) {
		status = approval_pin_untry(db, id);
		if (status == STATUS_OK)
			status = deny(visit, db);
		return status == STATUS_OK ? STATUS_REFUSED : status;
	}
	if (status == STATUS_OK)
		status = pin_try(db, key_id, try->at_ms);
	if (status != STATUS_REFUSED)
		return status;
	case_lock(visit);
	status = approval_pin_untry(db, id);
	return status == STATUS_OK ? STATUS_REFUSED : status;
}

/* Takes the try back. */
static enum status
uncount(const struct visit *visit, struct db *db, const struct try *try)
{
	enum status status = approval_pin_untry(db, visit->approval.id);

	return status == STATUS_OK ? pin_untry(db, visit->approval.key_id, try->at_ms) : status;
}

static enum status
approve_in(struct visit *visit, struct db *db, const struct try *try, struct problem *why)
{
	struct resolution resolution = decide_resolution(visit, APPROVAL_APPROVED);
	enum status status = uncount(visit, db, try);

	if (status == STATUS_OK && try->fresh[0] != '\0')
		status = pin_rehash(db, visit->approval.key_id, visit->pin.hash, try->fresh);
	return status == STATUS_OK ? decide_in(visit, db, &resolution, why) : status;
}

/* The entry of a wrong PIN, in the chain of the key. */
static enum status
record(struct visit *visit, struct db *db, int64_t failures, bool locked)
{
	const struct approval *approval = &visit->approval;
	char reason[WHY_MAX + APPROVAL_BY_MAX];
	struct audit_entry entry = {.chain = approval->key_id,
	    .kind = "outcome",
	    .call_id = approval->call_id,
	    .key_name = approval->key_name,
	    .surface = "approve",
	    .server = approval->server,
	    .tool = approval->tool,
	    .args_digest = approval->args_digest,
	    .decision = "wrong_pin",
	    .policy_id = approval->policy_id,
	    .policy_name = approval->policy_name,
	    .policy_version = approval->policy_version,
	    .rule = approval->rule,
	    .reason = reason,
	    .approval_id = approval->id};

	(void)snprintf(reason, sizeof(reason), "wrong PIN, %lld of %d, by channel \"%s\"%s",
	    (long long)failures, APPROVAL_PIN_TRIES, visit->channel,
	    locked ? "; approving by link is off until the PIN is reset" : "");
	return audit_append_in(visit->exchange->service->audit, db, &entry);
}

static enum status
refuse_in(struct visit *visit, struct db *db, const struct try *try)
{
	bool locked = false;
	enum status status = pin_failed(db, visit->approval.key_id, try->at_ms, &locked);

	if (status == STATUS_OK)
		status = record(visit, db, try->failures, locked);
	if (status == STATUS_OK && try->failures >= APPROVAL_PIN_TRIES)
		status = deny(visit, db);
	if (status == STATUS_OK && locked)
		case_lock(visit);
	return status == STATUS_OK ? STATUS_REFUSED : status;
}

/* Whether what the transaction did is to be kept, with this result. */
static bool
is_kept(enum status status)
{
	return status == STATUS_OK || status == STATUS_REFUSED || status == STATUS_EXISTS ||
	       status == STATUS_INVALID;
}

static enum status
end(struct visit *visit, struct db *db, enum status status)
{
	struct store *store = visit->exchange->service->store;
	enum status committed;

	if (!is_kept(status)) {
		store_rollback(store, db);
		return status;
	}
	committed = store_commit(store, db);
	return committed == STATUS_OK ? status : committed;
}

/* The result of a comparison, written down. */
static enum status
conclude(struct visit *visit, enum status compared, const struct try *try, struct problem *why)
{
	struct db *db;
	enum status status = store_write(visit->exchange->service->store, &db);

	if (status != STATUS_OK)
		return status;
	visit->now_ms = clock_wall_ms();
	if (compared == STATUS_OK)
		status = approve_in(visit, db, try, why);
	else if (compared == STATUS_REFUSED)
		status = refuse_in(visit, db, try);
	else
		status = uncount(visit, db, try);
	status = end(visit, db, status);
	/* It could not be compared. */
	return status == STATUS_OK ? compared : status;
}

static enum status
try_pin(struct visit *visit, struct try *try, struct problem *why)
{
	struct db *db;
	enum status status = store_write(visit->exchange->service->store, &db);
	bool stale = false;

	if (status != STATUS_OK)
		return status;
	try->at_ms = clock_wall_ms();
	status = end(visit, db, count(visit, db, try));
	if (status != STATUS_OK)
		return status;
	status = pin_check(&visit->pin, visit->wish.pin, &stale);
	if (status == STATUS_OK && stale && pin_hash(visit->wish.pin, try->fresh) != STATUS_OK)
		try->fresh[0] = '\0';
	return conclude(visit, status, try, why);
}

enum status
pin_decide(struct visit *visit, int64_t *left, struct problem *why)
{
	struct try try = {.failures = 0};
	int turn = take_turn(visit->exchange->service->gate.stop_files.state_dir_fd);
	enum status status;

	if (turn < 0)
		return STATUS_BUSY;
	status = try_pin(visit, &try, why);
	close(turn);
	*left = APPROVAL_PIN_TRIES - try.failures;
	if (status == STATUS_OK || (status == STATUS_REFUSED && visit->state != APPROVAL_PENDING))
		decide_committed(visit);
	return status;
}
