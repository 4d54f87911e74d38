/*
 * mailbox.h - handing posted messages to the process that waits for them (design 3.2).
 *
 * Each responder listens on a socket of its own in the directory `run` of the state directory (0700, sockets 0600). The id of
 * a question that a client is asked names the mailbox, so that its answer finds the way; a cancellation, whose id is the client's own, is told to
 * all. Nothing of it passes the database. A message is accepted only for the session it was expected from.
 */
#ifndef ENFORGATE_MCP_MAILBOX_H
#define ENFORGATE_MCP_MAILBOX_H

#include "mcp/mcp.h"
#include "mcp/rpc.h"

#define MAILBOX_WAIT_MS 2000

struct mailbox;
struct ticket; /* one request in this process that may be cancelled and be answered to */

enum status mailbox_open(struct mcp *mcp, struct mailbox **out, struct problem *why) MUST_USE;
void mailbox_close(struct mailbox *mailbox);

/*
 * From now on a cancellation of this request (session and id) reaches it, and what is expected by ticket_question(). NULL: out of memory.
 * The thread of the mailbox and its socket start with the first one.
 */
struct ticket *ticket_open(
    struct mailbox *mailbox, const char *session_id, const struct json_object *id);
/* Can be read when something has come, until ticket_take() has nothing more; -1: out of descriptors. Costs one. */
int ticket_fd(struct ticket *ticket);
bool ticket_cancelled(const struct ticket *ticket);
/*
 * Called in the mailbox's thread when it is cancelled, at most once, or at once where it is already; for requests that no thread waits
 * for (hold.h). It must be quick and call nothing of the mailbox. Once ticket_close() has returned it is not called any more.
 */
void ticket_on_cancel(struct ticket *ticket, void (*cancelled)(void *arg), void *arg);
/* A new id for a question to the client: a text that names this mailbox; owned by the caller. NULL: out of memory. */
struct json_object *ticket_question(struct ticket *ticket);
/* Nobody wants to know any more: an answer that comes is nobody's. */
void ticket_forget(struct ticket *ticket, const struct json_object *question);
/* An answer that has come: a whole response, owned by the caller; NULL: none. Its id is the question's. */
struct json_object *ticket_take(struct ticket *ticket);
void ticket_close(struct ticket *ticket); /* accepts NULL */

/*
 * Hands a response that a client posted to whoever asked, in whatever process. STATUS_NOT_FOUND: nobody waits for it (its process
 * died, or it was asked in another session): the client gets 202 all the same, as the protocol has no answer to an answer.
 */
enum status mailbox_answer(
    struct mcp *mcp, const char *session_id, struct json_object *response) MUST_USE;
/* Tells every process that this request of this session is cancelled. */
void mailbox_cancel(struct mcp *mcp, const char *session_id, const struct json_object *request_id);

/* Removes the sockets of processes that died. */
void mailbox_sweep(const struct mcp *mcp);

#endif
