/*
 * mcp_run.h - threads for calls that cannot be carried by the thread which serves their request, and how many calls a key may have under way.
 *
 * A few of the threads that serve requests may carry calls too, which saves a switch; the others go on accepting, so that a client's
 * answer to a question of its call always finds one. Threads come on demand, up to the setting `threads`, and go when idle.
 */
#ifndef ENFORGATE_MCP_RUN_H
#define ENFORGATE_MCP_RUN_H

#include "config.h"
#include "keys.h"

struct runs;

/* One call that waits for a thread. */
struct run {
	char key_id[KEY_ID_MAX + 1];
	bool waits;  /* for a place too; else it comes without one where its key has none left */
	bool placed; /* it has a place */
	void (*work)(struct run *run);
	struct run *next; /* private */
};

enum status runs_open(const struct config *config, struct runs **out, struct problem *why) MUST_USE;

/* Whether the thread that asks may carry a call itself. What was true has to be followed by runs_end_here(). */
bool runs_begin_here(struct runs *runs);
void runs_end_here(struct runs *runs);

/* A place among the calls of its key that are under way: sets run->placed. */
void runs_take(struct runs *runs, struct run *run);
void runs_give(struct runs *runs, struct run *run); /* where it has one */

/* Has its work done by another thread, the sooner come the sooner. */
void runs_later(struct runs *runs, struct run *run);

#endif
