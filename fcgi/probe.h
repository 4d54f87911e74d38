/*
 * probe.h - the answer to `enforgatectl doctor`: what arrived of its request, as a responder sees it.
 *
 * A request with a valid mark (probe_mark.h) in the header Enforgate-Probe is answered here; without one the header is as if
 * it were not there. A probe gives no verdict, records nothing and reads no key of an agent. Two are served at once by
 * all processes of an installation together, so that even doctor cannot take the threads that calls need.
 *
 * The answer is 200 and JSON without anything secret: version, process, digests of state directory and settings, client
 * address, HTTPS, by which variable the Authorization header came, bytes and SHA-256 of the body. On request it comes late, in
 * pieces of white space before the JSON, or behind white space of a size. A body over the limit is 413, two
 * probes already 503.
 */
#ifndef ENFORGATE_PROBE_H
#define ENFORGATE_PROBE_H

#include "serve.h"

#define PROBES_AT_ONCE 2

/* True: this was a probe, and it is answered. `body_max` is the largest body the door takes. */
bool probe_answer(const char *program, size_t body_max, struct service *service,
    struct request *request, struct reply *reply);

#endif
