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
#define OUTBOX_LEASE_MS 60000  /* a process that died gives its deliveries up after this */
#define OUTBOX_BLOCKED_MAX 100 /* due notices of blocked calls of one key; more are not told */

/* What happened. Texts are borrowed. */
struct event {
	unsigned kind; /* EVENT_... */
	const char *key_id;
	const char *approval_id; /* NULL for call.blocked */
	const char *call_id;
	const char *server; /* of a blocked call, else NULL; likewise the next two */
	const char *tool;
	const char *reason;
};

/*
 * One delivery for each enabled channel of the key that subscribed to it, in the caller's write transaction; an approver
 * channel always gets approval.created. `holder` has them on lease from the start (NULL: anybody). *added counts them (may be NULL).
 */
enum status outbox_add(struct db *db, const struct event *event, const char *holder, int64_t now_ms,
    int64_t *added) MUST_USE;

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
	char state[8 + 1]; /* "due", "sent", "failed", "dropped" */
	int64_t created_ms;
	int64_t attempts;
	int64_t next_ms;
	int64_t lease_ms;
	int64_t ended_ms;
	char error[DELIVERY_ERROR_MAX + 1];
};

/*
 * Takes what is due and free, or on lease to `holder` and due, for `holder`: at most `most`, into `out`. The lease is
 * OUTBOX_LEASE_MS from now. *count says how many.
 */
enum status outbox_claim(struct db *db, const char *holder, int64_t now_ms, int64_t most,
    struct delivery *out, int64_t *count) MUST_USE;
/* Whether anything is due or will be, for whom, and when next; a cheap look before a claim. *next_ms 0: nothing is. */
enum status outbox_next(
    struct db *db, const char *holder, int64_t now_ms, int64_t *next_ms) MUST_USE;
/* The results. STATUS_NOT_FOUND: it is on lease to somebody else meanwhile. */
enum status outbox_sent(struct db *db, const char *id, const char *holder, int64_t now_ms) MUST_USE;
enum status outbox_again(
    struct db *db, const char *id, const char *holder, int64_t next_ms, const char *error) MUST_USE;
enum status outbox_end(struct db *db, const char *id, const char *holder, const char *state,
    int64_t now_ms, const char *error) MUST_USE;

/* Deliveries of an approval (or of all, NULL), newest first. */
enum status outbox_each(struct db *db, const char *approval_id, int64_t limit,
    bool (*each)(void *arg, const struct delivery *delivery, const char *channel_name),
    void *arg) MUST_USE;
/* The last one of a channel, for `channel list`. STATUS_NOT_FOUND: there was none. */
enum status outbox_last(struct db *db, const char *channel_id, struct delivery *out) MUST_USE;

#endif
