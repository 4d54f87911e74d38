/*
 * limit.h - counts per client address that hold across processes and cost no database write.
 *
 * The counters lie in a mapped file of fixed size in the state directory. An address is found by a keyed hash of it
 * (IPv6: of its /64, which one customer has to himself; ::ffff:192.0.2.1 is 192.0.2.1, as a server that listens on both
 * writes it), so that nobody can choose whose counter he shares. A full set of places forgets its oldest: a flood can
 * shorten memories, never grow anything.
 */
#ifndef ENFORGATE_LIMIT_H
#define ENFORGATE_LIMIT_H

#include "secret.h"
#include "status.h"

#define LIMIT_FILE "limits"
#define LIMIT_WINDOW_S 60

struct limits;

/* `purpose` separates counters of different kinds in the same file. */
enum status limits_open(const char *state_dir, const struct secret_key *master, struct limits **out,
    struct problem *why) MUST_USE;
void limits_close(struct limits *limits); /* accepts NULL */

/*
 * Counts one event of an address. Returns 0 while there were at most `most` in the present minute, else the seconds
 * until the next one begins (1 to 60). `most` 0 is no limit.
 */
int limits_count(struct limits *limits, const char *purpose, const char *address, int64_t most);

#endif
