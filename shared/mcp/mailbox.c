/* mailbox.c - tickets, and what is delivered to them; see mailbox.h. */
#include "mcp/mailbox_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"
#include "secret.h"

/* Asked, and not taken yet. */
struct question {
	char id[MAILBOX_QUESTION_MAX + 1];
	bool answered;
	struct buf answer; /* the response as JSON */
	struct question *next;
};

struct ticket {
	struct mailbox *mailbox;
	char session[SESSION_ID_MAX + 1];
	struct buf id; /* canonical JSON */
	int fd;        /* an eventfd, made when it is asked for; -1: none */
	bool cancelled;
	void (*on_cancel)(void *arg);
	void *on_cancel_arg;
	struct question *questions; /* oldest first */
	struct ticket *before, *after;
};

enum status
mailbox_path(const struct mcp *mcp, const char *name, char out[PATH_MAX], struct problem *why)
{
	enum status status = run_dir(mcp->config->state_dir, out, why);
	size_t len;

	if (status != STATUS_OK)
		return status;
	len = strlen(out);
	if ((size_t)snprintf(out + len, PATH_MAX - len, "/" MAILBOX_PREFIX "%s" MAILBOX_SUFFIX,
		name) < PATH_MAX - len)
		return STATUS_OK;
	problem_set(why, "state_dir: the path is too long");
	return STATUS_FAILED;
}

enum status
mailbox_open(struct mcp *mcp, struct mailbox **out, struct problem *why)
{
	struct mailbox *mailbox = calloc(1, sizeof(*mailbox));

	*out = NULL;
	if (mailbox == NULL)
		return STATUS_NO_MEMORY;
	mailbox->mcp = mcp;
	mailbox->listen_fd = -1;
	mailbox->stop_fd = -1;
	secret_random_text(mailbox->name, MAILBOX_NAME_LEN);
	if (run_key(mcp->master, &mailbox->key) != STATUS_OK ||
	    pthread_mutex_init(&mailbox->mutex, NULL) != 0) {
		problem_set(why, "the mailbox: no key or no lock could be made");
		free(mailbox);
		return STATUS_FAILED;
	}
	*out = mailbox;
	return STATUS_OK;
}

void
mailbox_close(struct mailbox *mailbox)
{
	bool used;

	if (mailbox == NULL)
		return;
	mailbox_stop(mailbox);
	(void)pthread_mutex_lock(&mailbox->mutex);
	used = mailbox->tickets != NULL;
	(void)pthread_mutex_unlock(&mailbox->mutex);
	/* Requests that are under way while the process ends still look at it. */
	if (used)
		return;
	(void)pthread_mutex_destroy(&mailbox->mutex);
	free(mailbox);
}

struct ticket *
ticket_open(struct mailbox *mailbox, const char *session_id, const struct json_object *id)
{
	struct ticket *ticket = calloc(1, sizeof(*ticket));

	if (ticket == NULL)
		return NULL;
	ticket->mailbox = mailbox;
	ticket->fd = -1;
	buf_init(&ticket->id, MAILBOX_ID_MAX);
	json_write_canonical(id, &ticket->id);
	if (buf_status(&ticket->id) != STATUS_OK || strlen(session_id) > SESSION_ID_MAX) {
		buf_free(&ticket->id);
		free(ticket);
		return NULL;
	}
	memcpy(ticket->session, session_id, strlen(session_id) + 1);
	(void)pthread_mutex_lock(&mailbox->mutex);
	mailbox_start(mailbox);
	ticket->after = mailbox->tickets;
	if (ticket->after != NULL)
		ticket->after->before = ticket;
	mailbox->tickets = ticket;
	(void)pthread_mutex_unlock(&mailbox->mutex);
	return ticket;
}

/* Whether something has come that the ticket's owner has not seen. With the mutex. */
static bool
has_news(const struct ticket *ticket)
{
	for (const struct question *q = ticket->questions; q != NULL; q = q->next)
		if (q->answered)
			return true;
	return ticket->cancelled;
}

static void
wake(const struct ticket *ticket)
{
	if (ticket->fd >= 0)
		(void)eventfd_write(ticket->fd, 1);
}

int
ticket_fd(struct ticket *ticket)
{
	(void)pthread_mutex_lock(&ticket->mailbox->mutex);
	if (ticket->fd < 0) {
		ticket->fd = eventfd(has_news(ticket), EFD_CLOEXEC | EFD_NONBLOCK);
		if (ticket->fd < 0)
			log_warn("no descriptor for a request that may be cancelled or answered");
	}
	(void)pthread_mutex_unlock(&ticket->mailbox->mutex);
	return ticket->fd;
}

bool
ticket_cancelled(const struct ticket *ticket)
{
	bool cancelled;

	(void)pthread_mutex_lock(&ticket->mailbox->mutex);
	cancelled = ticket->cancelled;
	(void)pthread_mutex_unlock(&ticket->mailbox->mutex);
	return cancelled;
}

void
ticket_on_cancel(struct ticket *ticket, void (*cancelled)(void *arg), void *arg)
{
	(void)pthread_mutex_lock(&ticket->mailbox->mutex);
	ticket->on_cancel = cancelled;
	ticket->on_cancel_arg = arg;
	if (ticket->cancelled && cancelled != NULL)
		cancelled(arg);
	(void)pthread_mutex_unlock(&ticket->mailbox->mutex);
}

struct json_object *
ticket_question(struct ticket *ticket)
{
	struct mailbox *mailbox = ticket->mailbox;
	struct question *q = calloc(1, sizeof(*q)), **last = &ticket->questions;
	struct json_object *id;
	char random[MAILBOX_QUESTION_RANDOM + 1];

	if (q == NULL)
		return NULL;
	secret_random_text(random, MAILBOX_QUESTION_RANDOM);
	buf_init(&q->answer, (size_t)mailbox->mcp->config->mcp_body_max * 2);
	(void)pthread_mutex_lock(&mailbox->mutex);
	(void)snprintf(
	    q->id, sizeof(q->id), "%s.%lld-%s", mailbox->name, (long long)++mailbox->asked, random);
	id = json_new_text(q->id, strlen(q->id));
	while (*last != NULL)
		last = &(*last)->next;
	*last = q;
	(void)pthread_mutex_unlock(&mailbox->mutex);
	return id;
}

static void
free_question(struct question *q)
{
	if (q == NULL)
		return;
	buf_free(&q->answer);
	free(q);
}

void
ticket_forget(struct ticket *ticket, const struct json_object *question)
{
	const char *id = json_text(question);
	struct question **at = &ticket->questions, *found = NULL;

	(void)pthread_mutex_lock(&ticket->mailbox->mutex);
	while (*at != NULL && (id == NULL || strcmp((*at)->id, id) != 0))
		at = &(*at)->next;
	found = *at;
	if (found != NULL)
		*at = found->next;
	(void)pthread_mutex_unlock(&ticket->mailbox->mutex);
	free_question(found);
}

/* Takes the first question that is answered out of the list. */
static struct question *
next_answered(struct ticket *ticket)
{
	struct question **at = &ticket->questions, *found;
	eventfd_t drained;

	(void)pthread_mutex_lock(&ticket->mailbox->mutex);
	while (*at != NULL && !(*at)->answered)
		at = &(*at)->next;
	found = *at;
	if (found != NULL)
		*at = found->next;
	if (ticket->fd >= 0 && !has_news(ticket))
		(void)eventfd_read(ticket->fd, &drained);
	(void)pthread_mutex_unlock(&ticket->mailbox->mutex);
	return found;
}

struct json_object *
ticket_take(struct ticket *ticket)
{
	const struct config *config = ticket->mailbox->mcp->config;
	struct json_limits limits = {.nesting = (unsigned)config->nesting_max + 2,
	    .members = (size_t)config->members_max + 16};
	struct json_object *response = NULL;
	struct question *q;
	struct problem why;

	while (response == NULL && (q = next_answered(ticket)) != NULL) {
		limits.bytes = q->answer.len;
		/* It was read once by the process that it was posted to. */
		if (json_parse(buf_str(&q->answer), q->answer.len, &limits, &response, &why) !=
		    STATUS_OK)
			log_warn("an answer of a client was lost: %s", why.text);
		free_question(q);
	}
	return response;
}

void
ticket_close(struct ticket *ticket)
{
	struct question *q;

	if (ticket == NULL)
		return;
	(void)pthread_mutex_lock(&ticket->mailbox->mutex);
	if (ticket->before != NULL)
		ticket->before->after = ticket->after;
	else
		ticket->mailbox->tickets = ticket->after;
	if (ticket->after != NULL)
		ticket->after->before = ticket->before;
	(void)pthread_mutex_unlock(&ticket->mailbox->mutex);
	while ((q = ticket->questions) != NULL) {
		ticket->questions = q->next;
		free_question(q);
	}
	if (ticket->fd >= 0)
		(void)close(ticket->fd);
	buf_free(&ticket->id);
	free(ticket);
}

/* With the mutex. NULL: it was never asked in this session, or is answered already. */
static struct question *
find_open(struct mailbox *mailbox, const char *session, const char *id, struct ticket **owner)
{
	for (struct ticket *t = mailbox->tickets; t != NULL; t = t->after)
		for (struct question *q = t->questions; q != NULL; q = q->next)
			if (!q->answered && strcmp(q->id, id) == 0) {
				*owner = t;
				return strcmp(t->session, session) == 0 ? q : NULL;
			}
	return NULL;
}

bool
mailbox_deliver_answer(struct mailbox *mailbox, const char *session, const char *question,
    const char *response, size_t len)
{
	struct ticket *owner = NULL;
	struct question *q;

	(void)pthread_mutex_lock(&mailbox->mutex);
	q = find_open(mailbox, session, question, &owner);
	if (q != NULL) {
		buf_add(&q->answer, response, len);
		q->answered = buf_status(&q->answer) == STATUS_OK;
		if (q->answered)
			wake(owner);
		else
			buf_free(&q->answer);
	}
	(void)pthread_mutex_unlock(&mailbox->mutex);
	return q != NULL;
}

bool
mailbox_deliver_cancel(struct mailbox *mailbox, const char *session, const char *id)
{
	bool found = false;

	(void)pthread_mutex_lock(&mailbox->mutex);
	for (struct ticket *t = mailbox->tickets; t != NULL; t = t->after) {
		if (strcmp(t->session, session) != 0 || strcmp(buf_str(&t->id), id) != 0)
			continue;
		found = true;
		if (t->cancelled)
			continue;
		t->cancelled = true;
		wake(t);
		if (t->on_cancel != NULL)
			t->on_cancel(t->on_cancel_arg);
	}
	(void)pthread_mutex_unlock(&mailbox->mutex);
	return found;
}
