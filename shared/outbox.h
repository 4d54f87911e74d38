/*
 * outbox.h - notifications that have to be sent: the owner of the table delivery.
 *
 * A row says which event of which approval goes to which channel; it holds no token and no argument. It is written in the
 * transaction of the event, leased to one process at a time, and tried until it is sent or nobody needs it any more.
 */
#ifndef ENFORGATE_OUTBOX_H
#define ENFORGATE_OUTBOX_H

#include "channels.h"
#include "approval.h"

#define DELIVERY_ID_MAX 40
#define DELIVERY_ERROR_MAX 255
#define OUTBOX_HOLDER_LEN 22
/* Due notices of one key and event, where agents or upstreams can make as many as they like; more are not told. */
#define OUTBOX_NOTICES_MAX 100

/* What a process has deliveries by: its name, made anew by each, and how long its death keeps them from others. */
struct lease {
	char holder[OUTBOX_HOLDER_LEN + 1];
	int64_t ms;
};
void lease_make(struct lease *out, int64_t ms);

/* What happened. Texts are borrowed. */
struct event {
	unsigned kind; /* EVENT_... */
	const char *key_id;
	const char *approval_id; /* NULL where event_of_approval() is false */
	const char *call_id;     /* NULL for upstream.tool_changed */
	const char *server;      /* where there is no approval, else NULL; likewise the next two */
	const char *tool;
	const char *reason;
};

/*
 * One delivery for each enabled channel of the key that subscribed to it, in the caller's write transaction; an approver
 * channel always gets approval.created. They are on `lease` from the start (NULL: anybody may take them). *added counts them
 * (may be NULL).
 */
enum status outbox_add(struct db *db, const struct event *event, const struct lease *lease,
    int64_t now_ms, int64_t *added) MUST_USE;

/*
 * upstream.tool_changed: the definition of a tool is not what it was when it was pinned. `reason` is one sentence that says what changed and what
 * follows from it; longer than VERDICT_REASON_MAX it is cut.
 */
enum status outbox_add_tool_changed(struct db *db, const char *key_id, const char *upstream,
    const char *tool, const char *reason, const struct lease *lease, int64_t now_ms) MUST_USE;

struct delivery {
	char id[DELIVERY_ID_MAX + 1];
	char channel_id[CHANNEL_ID_MAX + 1];
	char key_id[KEY_ID_MAX + 1];
	char key_name[KEY_NAME_MAX + 1]; /* read only */
	unsigned event;
	char approval_id[APPROVAL_ID_MAX + 1];
	char call_id[APPROVAL_CALL_ID_MAX + 1];
	char server[CALL_NAME_MAX + 1];
	char tool[CALL_NAME_MAX + 1];
	char reason[VERDICT_REASON_MAX];
	char state[8 + 1]; /* "due", "sent", "failed" (given up), "dropped" (nobody needs it) */
	int64_t created_ms;
	int64_t attempts;
	int64_t next_ms;
	int64_t lease_ms;
	int64_t ended_ms;
	char error[DELIVERY_ERROR_MAX + 1];
};

/*
 * In the caller's write transaction: takes what is due and on nobody else's lease, at most `most` into `out`, and counts an
 * attempt: `requests` for a decision, or all the rest, which must not keep those waiting. A delivery is due again
 * when the lease ends, for this process too, unless a result is noted before. Requests for a decision that is made or whose time
 * is over are dropped instead. *count says how many were taken.
 */
enum status outbox_claim(struct db *db, const struct lease *lease, int64_t now_ms, bool requests,
    int64_t most, struct delivery *out, int64_t *count) MUST_USE;
/* When this process can take something next, perhaps a time that is past; 0: nothing is waiting. A cheap look before a claim. */
enum status outbox_next(struct db *db, const struct lease *lease, int64_t *next_ms) MUST_USE;
/* How many are due or will be, for whomever. */
enum status outbox_waiting(struct db *db, int64_t *count) MUST_USE;
/* Whether the request for this decision has still to be sent to somebody. */
enum status outbox_asking(struct db *db, const char *approval_id, bool *asking) MUST_USE;
/*
 * The results of an attempt, in the caller's write transaction. STATUS_NOT_FOUND: it is over, or on somebody else's lease.
 * `error` holds no secret. outbox_again() keeps the lease until `next_ms` and for its length after it.
 */
enum status outbox_sent(
    struct db *db, const char *id, const struct lease *lease, int64_t now_ms) MUST_USE;
enum status outbox_again(struct db *db, const char *id, const struct lease *lease, int64_t next_ms,
    const char *error) MUST_USE;
/* `state`: "failed" or "dropped". */
enum status outbox_end(struct db *db, const char *id, const struct lease *lease, const char *state,
    int64_t now_ms, const char *error) MUST_USE;
/* A process ends: others may have what it had, each at its time. */
enum status outbox_release(struct db *db, const struct lease *lease) MUST_USE;

/* Deliveries of an approval (or of all, NULL), newest first. */
enum status outbox_each(struct db *db, const char *approval_id, int64_t limit,
    bool (*each)(void *arg, const struct delivery *delivery, const char *channel_name),
    void *arg) MUST_USE;
/* The newest one of a channel, for `channel list`. STATUS_NOT_FOUND: there was none. */
enum status outbox_last(struct db *db, const char *channel_id, struct delivery *out) MUST_USE;

#endif
