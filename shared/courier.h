/*
 * courier.h - the one thread of a process that sends notifications.
 *
 * It looks into the outbox when it is told to and every few seconds, takes what is due, mints a token for each link, stores the hash,
 * sends all at the same time (libcurl's multi interface), and notes the results. Arguments are known only to the process whose
 * call it is: they wait here in memory, bounded, until the approval is over.
 */
#ifndef ENFORGATE_COURIER_H
#define ENFORGATE_COURIER_H

#include "config.h"
#include "outbox.h"
#include "secret.h"
#include "store.h"

#define COURIER_ARGS_MAX                                                                           \
	((size_t)2 << 20)         /* bytes of arguments kept in memory, all approvals together */
#define COURIER_APPROVALS_MAX 256 /* approvals whose arguments are kept */
#define COURIER_LOOK_MS 5000      /* between looks into the outbox */

struct courier;

/* Makes no thread yet. Everything is borrowed. */
enum status courier_open(const struct config *config, struct store *store,
    const struct secret_key *master, struct courier **out, struct problem *why) MUST_USE;
/* For outbox_add(): what this process has deliveries by. */
const struct lease *courier_lease(const struct courier *courier);
/*
 * After the commit of an approval: its canonical arguments, for the links (copied; NULL: none, as for other events), and the thread
 * is started where it does not run, or woken.
 */
void courier_send(
    struct courier *courier, const char *approval_id, const char *canonical, size_t len);
/* Starts the thread, for a responder that picks up what others left. */
void courier_start(struct courier *courier);
/* Sends what is due, in this thread, until nothing is or `deadline_ms` is over: enforgatectl deliver. *sent and *failed count. */
enum status courier_run(
    struct courier *courier, int64_t deadline_ms, int64_t *sent, int64_t *failed) MUST_USE;
/* Ends the thread; what is on its way is broken off after `grace_ms` and stays due. */
void courier_end(struct courier *courier, int64_t grace_ms);

#endif
