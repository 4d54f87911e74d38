/*
 * audit.h - the append-only log of verdicts, outcomes and administrative acts.
 *
 * Every entry continues two chains of HMACs under the installation's key (design 3.6): that of its key
 * (or of the installation, for administrative acts), and the installation head over all entries. Entries are numbered without
 * gaps in both. The heads are rows; the installation head also goes to the anchor file, so that a log that was cut
 * off or put back is found as well.
 *
 * Appending is a group commit: entries are queued, and whoever finds nobody writing writes all that have queued in
 * one transaction (audit_queue.h).
 */
#ifndef ENFORGATE_AUDIT_H
#define ENFORGATE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"
#include "secret.h"
#include "store.h"

#define AUDIT_INSTALLATION "installation" /* chain of administrative acts */
#define AUDIT_ANCHOR_FILE "audit.anchor"  /* in the state directory */
#define AUDIT_ANCHOR_EVERY_MS 1000

/* All texts are borrowed during the append; NULL is written as ''. */
struct audit_entry {
	int64_t seq;       /* set by the append */
	int64_t chain_seq; /* set by the append */
	int64_t time_ms;   /* set by the append where it is 0 */
	const char *chain; /* id of the key, or AUDIT_INSTALLATION */
	const char *kind;  /* "verdict", "outcome", "admin", "checkpoint" */
	const char *call_id;
	const char *key_name;
	const char *surface;
	const char *server;
	const char *tool;
	const char *args_digest;
	const char *decision;
	const char *policy_id;
	const char *policy_name;
	int64_t policy_version;
	int64_t rule;
	const char *reason;
	int64_t latency_us;
	const char *approval_id;
	const char *mac; /* set when reading; ignored by the append */
};

struct audit;

/* `store` and `state_dir` must outlive it. The keys are derived from the installation's. */
enum status audit_open(struct store *store, const struct secret_key *master, const char *state_dir,
    struct audit **out) MUST_USE;
/* Writes the anchor where entries were appended since the last one. Other threads may still be appending. */
void audit_end(struct audit *audit);
/* The same, and frees it; accepts NULL. */
void audit_close(struct audit *audit);

/*
 * An append under way. Its memory, and what its entry borrows, stay with the audit log until `done` is called, by whichever
 * thread made the commit, with the result in `status`. STATUS_OK: durable; STATUS_STALE: the generation has moved,
 * nothing was written; STATUS_BUSY: no lock by the store's deadline, nothing was tried; STATUS_FAILED: the write failed
 * (logged), nothing was written.
 */
struct audit_append {
	struct audit_entry entry;
	int64_t generation; /* the one it was decided under; 0: any */
	/*
	 * Called in the write transaction right before the entry is appended, in whichever thread commits; NULL: nothing else
	 * belongs to it. It may change the entry. What it wrote is undone unless it returns STATUS_OK; STATUS_STALE: to be decided anew,
	 * anything else is STATUS_FAILED.
	 */
	enum status (*within)(struct audit_append *append, struct db *db);
	void (*done)(struct audit_append *append);
	enum status status;
	/* Private to the queue. */
	int64_t since_us; /* clock_us() when it queued */
	struct audit_append *next;
};

/* Queues it and returns. The thread must call audit_work() before it waits for anything. */
void audit_submit(struct audit *audit, struct audit_append *append);

/* Commits what is queued, and calls each `done`, unless another thread is at it. */
void audit_work(struct audit *audit);

/* The same inside the caller's write transaction, durable when that commits. */
enum status audit_append_in(struct audit *audit, struct db *db, struct audit_entry *entry) MUST_USE;

/* An administrative act in the chain of the installation: `act` as "key.add", `what` for people. */
enum status audit_admin(
    struct audit *audit, struct db *db, const char *act, const char *what) MUST_USE;

/* Writes the anchor where entries were appended since the last one. Called about once a second. */
void audit_anchor(struct audit *audit);

/* Ends what has queued past the store's deadline with STATUS_BUSY, as behind a disk that hangs. Called likewise. */
void audit_expire(struct audit *audit);

#endif
