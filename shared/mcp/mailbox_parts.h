/*
 * mailbox_parts.h - what the pieces of the mailbox share: tickets and what is delivered to them (mailbox.c), the thread that takes messages
 * from other processes (mailbox_serve.c), and handing messages to them (mailbox_send.c).
 *
 * A message is one or two lines and comes alone on its connection:
 *
 *     answer SESSION QUESTION          cancel SESSION ID
 *     RESPONSE
 *
 * where RESPONSE is the posted message and ID the request's id as canonical JSON. An answer is answered with one byte, '+' where somebody
 * has taken it. Nothing is parsed as JSON here but by the thread that asked.
 */
#ifndef ENFORGATE_MCP_MAILBOX_PARTS_H
#define ENFORGATE_MCP_MAILBOX_PARTS_H

#include <pthread.h>

#include "mcp/mailbox.h"
#include "mcp/run_socket.h"
#include "mcp/sessions.h"

#define MAILBOX_NAME_LEN 16     /* base62 */
#define MAILBOX_QUESTION_MAX 63 /* "NAME.N-RANDOM" */
#define MAILBOX_QUESTION_RANDOM 22
#define MAILBOX_PREFIX "mcp-" /* of sockets: run/mcp-NAME.sock */
#define MAILBOX_SUFFIX ".sock"
#define MAILBOX_ID_MAX ((size_t)6 * RPC_ID_MAX + 2) /* canonical JSON of an id */
#define MAILBOX_HEAD_MAX                                                                           \
	(SESSION_ID_MAX + MAILBOX_ID_MAX + 32) /* the first line; a question is shorter */
#define MAILBOX_TAKEN '+'
#define MAILBOX_NOBODY '-'

struct mailbox {
	struct mcp *mcp; /* borrowed */
	char name[MAILBOX_NAME_LEN + 1];
	struct secret_key key;  /* run_key() */
	pthread_mutex_t mutex;  /* guards what follows, tickets with all that they hold included */
	struct ticket *tickets; /* doubly linked */
	int64_t asked;          /* questions so far */
	/* The thread, which starts with the first ticket. */
	bool tried;
	bool running;
	pthread_t thread;
	char path[PATH_MAX];
	int listen_fd;
	int stop_fd;
};

/* Starts the thread and its socket. With the mutex; a failure is logged: then only this process reaches its tickets. */
void mailbox_start(struct mailbox *mailbox);
/* Ends them. Without the mutex. */
void mailbox_stop(struct mailbox *mailbox);

/* What came for a ticket of this process. True: it is taken. `session` is that of whoever brought it. */
bool mailbox_deliver_answer(struct mailbox *mailbox, const char *session, const char *question,
    const char *response, size_t len);
bool mailbox_deliver_cancel(struct mailbox *mailbox, const char *session, const char *id);

/* The path of a mailbox's socket; the directory is made where it is missing. */
enum status mailbox_path(
    const struct mcp *mcp, const char *name, char out[PATH_MAX], struct problem *why) MUST_USE;

#endif
