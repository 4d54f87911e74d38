/*
 * hold.h - requests that wait for a person's decision.
 *
 * A hold is a row in the database and an entry in a list here, not a thread: one thread of the process looks after all of them. It watches
 * the wake file (wake.h) for decisions of any process, with a slow look at the database behind it; it has the door send
 * a sign of life every HOLD_PIECE_MS, which keeps the silence timers of web servers from running out; and it watches the connections, as some web servers
 * close them when the client has left. The body of a held request is kept to be read again at its release: a call runs only inside a
 * request that carries its arguments.
 */
#ifndef ENFORGATE_HOLD_H
#define ENFORGATE_HOLD_H

#include "exchange.h"

#define HOLD_PIECE_MS 10000 /* design 6: the shortest silence timer is 15 s or more */
#define HOLD_TICK_MS 25     /* between looks at the wake file */
#define HOLD_SLOW_MS 1000   /* between looks at the database without a word from the wake file */
#define HOLD_BYTES_MAX ((size_t)16 << 20) /* bodies of held requests together */

struct holds;

/* Makes no thread yet. `service` is borrowed. */
enum status holds_open(struct service *service, struct holds **out, struct problem *why) MUST_USE;

/*
 * Takes over an exchange whose attempt the gate wants held, for exchange->wait_s: its end comes by the gate. `sign` sends a sign of
 * life, the first at once and behind the head of the reply; false: the client is gone. It ends early when exchange->cancelled is set. False: too many
 * wait already, or the process is ending.
 */
bool holds_add(
    struct holds *holds, struct exchange *exchange, bool (*sign)(struct exchange *exchange));

/* Ends all of them with what is recorded ("come again"), and takes no more. Accepts NULL. */
void holds_end(struct holds *holds);

#endif
