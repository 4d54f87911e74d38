/*
 * sender.h - messages on their way out by HTTP and SMTP, many at once in one thread; the owner of libcurl in shared/.
 *
 * The library is loaded when a sender is opened: linked, it would cost every responder that never sends 6 MB of memory.
 *
 * What is refused: redirects (an answer like any failure), certificates that do not verify, other protocols than https and
 * SMTP, proxies and .netrc of the environment, and addresses that are not public (address.h), looked at when a connection is
 * made, so that no name leads around it. The channel's setting `private` allows http and every address; SMTP may go to any
 * address, without TLS (`plain`) to loopback only. Answers are read up to a cap and dropped.
 *
 * What went wrong is told with the name of the host and libcurl's class of error or the status, never with an URL (that of
 * a chat's webhook is a secret) nor with what a server says.
 */
#ifndef ENFORGATE_SENDER_H
#define ENFORGATE_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "channels.h"
#include "notice.h"

#define SENDER_CONNECT_MS 10000
#define SENDER_WHOLE_MS 30000
#define SENDER_ANSWER_MAX ((size_t)64 << 10) /* bytes of an answer that are read */
#define SENDER_RETRY_MAX_MS 300000           /* of what a server may ask for with Retry-After */

struct sender;

/* STATUS_FAILED: the library cannot be loaded; `why` says what to install. */
enum status sender_open(struct sender **out, struct problem *why) MUST_USE;
/* Breaks off what is under way, without telling its end. Accepts NULL. */
void sender_close(struct sender *sender);

/*
 * Begins to send a message to a channel, whose settings are open. Both are borrowed until the end is told. The whole takes
 * `whole_ms` at most. `all`: a mail counts as sent only where every recipient is accepted, else where one is.
 */
enum status sender_start(struct sender *sender, const struct channel *channel,
    const struct outgoing *message, int64_t whole_ms, bool all, void *arg,
    struct problem *why) MUST_USE;

/* Lets everything move on for at most `most_ms`; returns early when something ended or `wake_fd` (-1: none) can be read. */
void sender_wait(struct sender *sender, int wake_fd, int64_t most_ms);

struct sender_end {
	void *arg;
	bool sent;
	int64_t retry_ms; /* what the server asked to wait before another try; 0: nothing */
	struct problem why;
};
/* The next one that ended; false: none. */
bool sender_next(struct sender *sender, struct sender_end *out);

#endif
