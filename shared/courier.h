/*
 * courier.h - the one thread of a process that sends notifications.
 *
 * It looks into the outbox when it is told to and every few seconds, takes what is due, mints a token for each link, stores the
 * hash in the transaction of the claim, sends all at the same time (sender.h), and notes the results. What fails is tried again
 * after 5 s, 10, 20 ... at most 5 minutes: requests for a decision until nobody has to decide any more, other notices 8 times. Where
 * the other end confirms and the process dies before it notes that, the message is sent once more by another process.
 *
 * Arguments are known only to the process whose call it is: they wait here in memory, bounded, until the requests are sent.
 */
#ifndef ENFORGATE_COURIER_H
#define ENFORGATE_COURIER_H

#include "audit.h"
#include "config.h"
#include "outbox.h"
#include "secret.h"
#include "store.h"

#define COURIER_ARGS_MAX                                                                           \
	((size_t)2 << 20)         /* bytes of arguments kept in memory, all approvals together */
#define COURIER_APPROVALS_MAX 256 /* approvals whose arguments are kept */
#define COURIER_LOOK_MS 5000      /* between looks into the outbox */
#define COURIER_CONSOLE                                                                            \
	"console.log" /* in the state directory: what goes to channels of kind console */

struct courier;

/* Makes no thread yet. Everything is borrowed but the key, of which others are derived. */
enum status courier_open(const struct config *config, struct store *store,
    const struct secret_key *master, struct courier **out, struct problem *why) MUST_USE;
/*
 * Before the first look: this process also ends approvals whose time is over, as nobody may come and ask. Both are borrowed; `wake_fd` is that of
 * wake.h.
 */
void courier_ends_overdue(struct courier *courier, struct audit *audit, int wake_fd);
/* For outbox_add(): what this process has deliveries by. */
const struct lease *courier_lease(const struct courier *courier);
/*
 * After the commit of an event: starts the thread where it does not run, or wakes it. `canonical` are the arguments of an
 * approval, for the links (copied; NULL: none, as for other events, whose `approval_id` may be NULL too).
 */
void courier_send(
    struct courier *courier, const char *approval_id, const char *canonical, size_t len);
/* Starts the thread, for a responder that picks up what others left. */
void courier_start(struct courier *courier);
/* From one thread, as often as it likes: starts the courier's where there is something to do, looking every COURIER_LOOK_MS. */
void courier_look(struct courier *courier);

struct courier_counts {
	int64_t sent;
	int64_t failed;  /* tries that did not get through */
	int64_t dropped; /* nobody needs them any more */
	int64_t under_way;
	int64_t
	    waiting; /* in the outbox, for another try or on lease to another process; at the end only */
};
/*
 * Sends what is due in this thread, for enforgatectl deliver, and what becomes due within `wait_ms`, unless nothing is left
 * before. `tell` (may be NULL) is called whenever the counts change. STATUS_FAILED, STATUS_BUSY: of the database.
 */
enum status courier_run(struct courier *courier, int64_t wait_ms,
    void (*tell)(void *arg, const struct courier_counts *counts), void *arg,
    struct courier_counts *counts) MUST_USE;
/*
 * Ends the thread: what is on its way is broken off after `grace_ms` and stays due, for other processes at once. False: the
 * thread has not ended after `most_ms`, as it is stuck in the database's lock; only the end of the process ends it.
 */
bool courier_end(struct courier *courier, int64_t grace_ms, int64_t most_ms);
/* After courier_end() gave true, when no other thread uses it. Accepts NULL. */
void courier_close(struct courier *courier);

/*
 * Sends a sample to a channel, whose settings are open, now and once: enforgatectl channel test. STATUS_OK: the other end took
 * it. Otherwise `why` says what happened, without secrets.
 */
enum status courier_sample(
    const struct config *config, const struct channel *channel, struct problem *why) MUST_USE;

#endif
