/*
 * stdio_host.h - the host process of one upstream, enforgate-stdio, and how its parts divide the work (shared/mcp/host.h says what it is for).
 *
 *   stdio.c        start-up, the loop, the end
 *   stdio_open.c   the installation, and everything that is looked at once a second
 *   stdio_guest.c  connections of responders
 *   stdio_errand.c   requests under way: ids, progress tokens, parks
 *   stdio_route.c  what the child says, and to whom it goes
 *   stdio_probe.c  which era the child is of, and its hello
 *   stdio_child.c  the child, its keeper and their end; stdio_keep.c is the keeper
 *   stdio_sandbox.c, stdio_calls.c  what the child may reach; which system calls it may not make
 *   stdio_noise.c  what it writes to standard error
 *
 * One thread, one loop, nothing that blocks but the database (for a moment, once a second).
 */
#ifndef ENFORGATE_STDIO_HOST_H
#define ENFORGATE_STDIO_HOST_H

#include "mcp/host.h"
#include "mcp/json_lines.h"
#include "stdio_child.h"
#include "store.h"

#define GUESTS_MAX 512
#define QUESTIONS_MAX 32  /* of the child that wait for an answer, all calls together */
#define QUESTION_MS 60000 /* that nobody can be asked waits so long */
#define PARKED_BYTES_MAX HOST_LINE_MAX /* that wait for one parked call */
#define HOST_OWNER_MAX 64

struct host;
struct guest;

/* A request under way at the child. */
struct errand {
	struct errand *next;           /* the newest first */
	int64_t id;                    /* towards the child */
	struct json_object *own_id;    /* of the responder; NULL: a listen of the host's */
	struct json_object *own_token; /* NULL: it wants no progress */
	struct guest *guest;           /* NULL: parked */
	bool askable;                  /* a request that may be asked back */
	int64_t mark;                  /* bytes queued for the child before it */
	/* Parked. */
	char handle[LINE_HANDLE_MAX + 1];
	int64_t until_us;
	struct buf waiting;  /* lines for whoever comes */
	struct buf returned; /* the same, of what was given back: they come first */
	bool answered;       /* its end was said, or is among them */
};

/* A request of the child. */
struct question {
	struct json_object *id;
	int64_t errand;              /* that it was given to; 0: it waits for one */
	struct json_object *message; /* while it waits */
	int64_t until_us;
};

enum guest_state {
	GUEST_PROVING,
	GUEST_GREETED,
	GUEST_CALLING,
	GUEST_LISTENING,
	GUEST_RETURNING,
	GUEST_LEAVING
};

/* A connection. */
struct guest {
	struct guest *next;
	struct run_guest proof;
	struct json_lines lines;
	enum guest_state state;
	bool hello; /* it was sent its hello */
	bool gone;
	struct errand
	    *errand; /* calling, or what is given back to; of listening towards a modern child */
};

enum host_phase { PHASE_PROBING, PHASE_SERVING, PHASE_ENDING };

struct host {
	struct config config;
	struct store *store;
	struct secret_key master, run_key;
	struct upstream upstream; /* with settings */
	char key_name[65];
	int state_fd;
	int64_t generation;
	char owner[HOST_OWNER_MAX];
	struct json_object *capabilities;
	char socket[PATH_MAX], lock[PATH_MAX];
	int listener, signal_fd;
	bool reported; /* to whoever started this */

	enum host_phase phase;
	char ending[PROBLEM_MAX]; /* why: for the log, and for those who wait */
	enum era era;
	struct json_object *hello; /* {"hello": ...} */

	struct child child;
	int64_t probe_id;      /* of server/discover; 0: not sent */
	int64_t initialize_id; /* 0: not sent */
	int64_t probe_until_us, start_until_us;
	bool probe_died;                /* the child ended on the probe: it is not probed again */
	struct json_object *discovered; /* came after initialize was sent */

	struct guest *guests;
	size_t nguests;
	struct errand *errands;
	size_t nerrands;
	int64_t next_id;
	struct question questions[QUESTIONS_MAX];
	size_t nquestions;
	int64_t used_us;   /* when the last request ended or began */
	int64_t looked_us; /* at the database */
	struct buf noise;  /* the beginning of a line */
	int64_t noise_minute_us;
	int noise_lines, noise_dropped;
};

/* stdio_open.c */
/* Opens what the arguments name; log, database, settings, lock and socket. */
enum status host_open(struct host *host, char *const argv[], struct problem *why) MUST_USE;
/* Once a second: whether there is any use for it still. Ends it where not. */
void host_look(struct host *host);
void host_close(struct host *host);
/* The host ends; the first reason counts. */
void host_end(struct host *host, const char *format, ...) PRINTF_LIKE(2, 3);

/* stdio_guest.c */
void guests_accept(struct host *host);
/* After poll(): revents of its descriptor. */
void guest_serve(struct host *host, struct guest *guest, short revents);
/* Sends the hello to all that wait for it. */
void guests_greet(struct host *host);
/* {NAME: value}; takes over the value. A guest that does not take it is gone. */
void guest_say(struct guest *guest, const char *name, struct json_object *value);
void guest_say_lost(struct guest *guest, const char *reason, bool sent);
/* Nothing more is heard from it; it is closed once it has everything. */
void guest_leave(struct guest *guest);
/* Closes those that are gone or have left. Their requests are cancelled. */
void guests_tidy(struct host *host);

/* stdio_errand.c */
/* A request for the child; shares the message. NULL: refused, the guest was told. */
struct errand *errand_begin(struct host *host, struct guest *guest, struct json_object *message);
struct errand *errand_find(struct host *host, int64_t id);
/* Hands it {NAME: value}, or keeps that where it is parked; takes over the value. */
void errand_say(
    struct host *host, struct errand *errand, const char *name, struct json_object *value);
/* Its response has come, or nothing will. */
void errand_answer(struct host *host, struct errand *errand, struct json_object *response);
/* Tells the child, and forgets whoever waited. */
void errand_cancel(struct host *host, struct errand *errand, const char *reason);
void errand_free(struct host *host, struct errand *errand);
void errand_park(struct host *host, struct guest *guest);
void errand_resume(struct host *host, struct guest *guest, const char *handle);
/* Parks that are over. */
void errands_tidy(struct host *host, int64_t now_us);
/* The child has died. */
void errands_lost(struct host *host, const char *reason);

/* stdio_route.c */
void route_line(struct host *host, const char *line, size_t len);
/* An answer of a responder to a question of the child, or a notification for it. */
void route_send(struct host *host, struct guest *guest, struct json_object *message);
/* A call has begun that may be asked: it gets what waits. */
void questions_offer(struct host *host, struct errand *errand);
/* What was asked of a call that is over is answered by nobody else. */
void questions_drop(struct host *host, const struct errand *errand);
void questions_tidy(struct host *host, int64_t now_us);

/* stdio_probe.c */
void probe_start(struct host *host);
/* _meta of a modern request of the host's own; NULL: out of memory. */
struct json_object *probe_meta(const struct host *host);
/* Takes an answer while probing. */
void probe_answer(struct host *host, const struct rpc_message *message);
void probe_tick(struct host *host, int64_t now_us);

/* stdio_noise.c */
void noise_read(struct host *host);
void noise_line(struct host *host, const char *what, const char *text, size_t len);

/* stdio.c: a message for the child. Ends the host where it takes nothing any more. */
enum status host_tell_child(struct host *host, const struct json_object *message);

#endif
