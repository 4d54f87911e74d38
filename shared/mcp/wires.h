/*
 * wires.h - connections that are kept for the next call, of one process.
 *
 * Calls of all threads take one and give it back; a wire is with one thread at a time. No more than WIRES_IDLE_MAX are kept, each for
 * WIRES_IDLE_MS at most, or for as long as the server said.
 */
#ifndef ENFORGATE_MCP_WIRES_H
#define ENFORGATE_MCP_WIRES_H

#include "mcp/wire.h"

#define WIRES_IDLE_MAX 16
#define WIRES_IDLE_MS 60000

struct wires;

enum status wires_open(struct wires **out) MUST_USE;
void wires_close(struct wires *wires); /* accepts NULL */

/* One that leads to the upstream, kept or new, prepared for an exchange (wire_prepare()). */
enum status wires_take(
    struct wires *wires, const struct upstream *upstream, struct wire **out) MUST_USE;
/* Over, or not wanted any more; `answered`: all that was waited for has come. Accepts NULL. */
void wires_give(struct wires *wires, struct wire *wire, bool answered);
/* Closes those that were idle for too long. */
void wires_tidy(struct wires *wires);
/* How many are kept. */
size_t wires_idle(struct wires *wires);

#endif
