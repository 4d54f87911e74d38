/* mailbox_serve.c - the thread that takes messages of other processes; see mailbox_parts.h. */
#include "mcp/mailbox_parts.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define CONNECTIONS_MAX 16 /* read at once; more wait to be accepted */
#define READ_BYTES 16384
#define REST_MS 100                     /* after a failure to accept */
#define STACK_BYTES ((size_t)128 << 10) /* sanitizers need more */
#define STACK_BYTES_SANITIZED ((size_t)2 << 20)

struct incoming {
	struct run_guest guest; /* its descriptor is -1 where the place is free */
	bool proved;            /* it is one of us */
	int64_t until_us;
	struct buf message;
};

struct serving {
	struct mailbox *mailbox;
	struct incoming in[CONNECTIONS_MAX];
	int64_t rest_until_us;
	bool ending; /* the process is about to end, and its socket is removed */
};

static void
drop(struct incoming *in)
{
	(void)close(in->guest.fd);
	in->guest.fd = -1;
	buf_free(&in->message);
}

/* Where one more goes: a free place, or that of the one who has owed its proof for longest. NULL: all have proved who they are. */
static struct incoming *
place_for_one(struct serving *serving)
{
	struct incoming *found = NULL;

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct incoming *in = &serving->in[i];

		if (in->guest.fd < 0)
			return in;
		if (!in->proved && (found == NULL || in->until_us < found->until_us))
			found = in;
	}
	return found;
}

static void
take_connection(struct serving *serving, struct incoming *in)
{
	struct mailbox *mailbox = serving->mailbox;
	const size_t most = (size_t)mailbox->mcp->config->mcp_body_max * 2;
	struct run_guest guest;

	switch ((int)run_accept(mailbox->listen_fd, &mailbox->key, &guest)) {
	case STATUS_OK:
		break;
	case STATUS_FAILED:
		log_warn("mailbox: cannot accept: %s", strerror(errno));
		serving->rest_until_us = clock_us() + REST_MS * INT64_C(1000);
		return;
	default:
		return;
	}
	if (in->guest.fd >= 0)
		drop(in);
	*in = (struct incoming){
	    .guest = guest, .until_us = clock_us() + MAILBOX_WAIT_MS * INT64_C(1000)};
	buf_init(&in->message, most + MAILBOX_HEAD_MAX);
}

/* Ends a word of the first line and returns what comes after it; NULL: there is none. */
static char *
word_end(char *at)
{
	char *end = at != NULL ? strchr(at, ' ') : NULL;

	if (end == NULL)
		return NULL;
	*end = '\0';
	return end + 1;
}

/* A whole message; in it the line ends are overwritten. */
static void
act(struct mailbox *mailbox, struct incoming *in, char *head_end)
{
	char *head = in->message.data, *body = head_end + 1;
	const size_t body_len = in->message.len - (size_t)(body - head);
	char *session, *rest, said;

	*head_end = '\0';
	session = word_end(head);
	rest = word_end(session);
	if (rest == NULL) {
		log_warn("mailbox: a message that is none");
	} else if (strcmp(head, "cancel") == 0) {
		(void)mailbox_deliver_cancel(mailbox, session, rest);
	} else if (strcmp(head, "answer") == 0 && body_len > 0) {
		said = mailbox_deliver_answer(mailbox, session, rest, body, body_len - 1)
			   ? MAILBOX_TAKEN
			   : MAILBOX_NOBODY;
		(void)send(in->guest.fd, &said, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	drop(in);
}

/* Acts on the message as soon as its last line has ended. */
static void
look(struct mailbox *mailbox, struct incoming *in)
{
	char *data = in->message.data, *head_end;

	if (data == NULL || in->message.len == 0)
		return;
	head_end = memchr(data, '\n', in->message.len);
	if (head_end == NULL) {
		if (in->message.len > MAILBOX_HEAD_MAX)
			drop(in);
		return;
	}
	if (strncmp(data, "answer ", 7) != 0 ||
	    (data[in->message.len - 1] == '\n' && head_end != data + in->message.len - 1))
		act(mailbox, in, head_end);
}

static void
read_some(struct mailbox *mailbox, struct incoming *in)
{
	char bytes[READ_BYTES];
	ssize_t got;
	enum status status;

	if (!in->proved) {
		status = run_guest_check(&in->guest);
		in->proved = status == STATUS_OK;
		if (status == STATUS_REFUSED) {
			log_refusal(
			    "mailbox: somebody without the installation's key was turned away");
			drop(in);
		}
		return;
	}
	got = recv(in->guest.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0)
		buf_add(&in->message, bytes, (size_t)got);
	if (got <= 0 || buf_status(&in->message) != STATUS_OK)
		drop(in);
	else
		look(mailbox, in);
}

enum { POLL_STOP = CONNECTIONS_MAX, POLL_LISTEN, POLL_END, POLL_COUNT };

/* Waits for the next thing, at most until a connection's time is over. False: the thread is to end. */
static bool
step(struct serving *serving)
{
	struct mailbox *mailbox = serving->mailbox;
	struct pollfd polled[POLL_COUNT];
	struct incoming *place;
	int64_t now_us = clock_us(), until_us = INT64_MAX;
	int wait_ms = -1;

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct incoming *in = &serving->in[i];

		if (in->guest.fd >= 0 && now_us >= in->until_us)
			drop(in);
		if (in->guest.fd >= 0 && in->until_us < until_us)
			until_us = in->until_us;
		polled[i] = (struct pollfd){.fd = in->guest.fd, .events = POLLIN};
	}
	place = place_for_one(serving);
	if (place != NULL && now_us < serving->rest_until_us && serving->rest_until_us < until_us)
		until_us = serving->rest_until_us;
	polled[POLL_STOP] = (struct pollfd){.fd = mailbox->stop_fd, .events = POLLIN};
	polled[POLL_LISTEN] = (struct pollfd){.fd = -1, .events = POLLIN};
	if (place != NULL && now_us >= serving->rest_until_us)
		polled[POLL_LISTEN].fd = mailbox->listen_fd;
	polled[POLL_END] =
	    (struct pollfd){.fd = serving->ending ? -1 : mailbox->mcp->end_fd, .events = POLLIN};
	if (until_us != INT64_MAX)
		wait_ms = (int)((until_us - now_us) / 1000 + 1);
	if (poll(polled, POLL_COUNT, wait_ms) <= 0)
		return true;
	if (polled[POLL_STOP].revents != 0)
		return false;
	/* Nobody closes the mailbox of a process that ends while requests are under way. */
	if (polled[POLL_END].revents != 0) {
		(void)unlink(mailbox->path);
		serving->ending = true;
	}
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (serving->in[i].guest.fd >= 0 && polled[i].revents != 0)
			read_some(mailbox, &serving->in[i]);
	/* Whoever would have had to go may have proved itself by now. */
	place = place_for_one(serving);
	if (polled[POLL_LISTEN].revents != 0 && place != NULL)
		take_connection(serving, place);
	return true;
}

static void *
work(void *arg)
{
	struct serving serving = {.mailbox = arg};

	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		serving.in[i].guest.fd = -1;
	while (step(&serving))
		continue;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (serving.in[i].guest.fd >= 0)
			drop(&serving.in[i]);
	return NULL;
}

static bool
start_thread(struct mailbox *mailbox)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	const size_t stack = STACK_BYTES_SANITIZED;
#else
	const size_t stack = STACK_BYTES;
#endif
	pthread_attr_t attr;
	int error = pthread_attr_init(&attr);

	if (error == 0) {
		error = pthread_attr_setstacksize(&attr, stack);
		if (error == 0)
			error = pthread_create(&mailbox->thread, &attr, work, mailbox);
		(void)pthread_attr_destroy(&attr);
	}
	if (error != 0)
		log_warn("cannot start the thread of the mailbox: %s", strerror(error));
	return error == 0;
}

static void
close_socket(struct mailbox *mailbox)
{
	(void)unlink(mailbox->path);
	if (mailbox->listen_fd >= 0)
		(void)close(mailbox->listen_fd);
	if (mailbox->stop_fd >= 0)
		(void)close(mailbox->stop_fd);
	mailbox->listen_fd = -1;
	mailbox->stop_fd = -1;
}

void
mailbox_start(struct mailbox *mailbox)
{
	struct problem why;

	if (mailbox->tried)
		return;
	mailbox->tried = true;
	if (mailbox_path(mailbox->mcp, mailbox->name, mailbox->path, &why) == STATUS_OK)
		mailbox->listen_fd = run_listen(mailbox->path, &why);
	if (mailbox->listen_fd < 0) {
		log_warn("answers and cancellations that reach other processes do not reach this "
			 "one: %s",
		    why.text);
		return;
	}
	mailbox->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	mailbox->running = mailbox->stop_fd >= 0 && start_thread(mailbox);
	if (!mailbox->running)
		close_socket(mailbox);
}

void
mailbox_stop(struct mailbox *mailbox)
{
	bool running;

	(void)pthread_mutex_lock(&mailbox->mutex);
	mailbox->tried = true;
	running = mailbox->running;
	mailbox->running = false;
	(void)pthread_mutex_unlock(&mailbox->mutex);
	if (!running)
		return;
	(void)eventfd_write(mailbox->stop_fd, 1);
	(void)pthread_join(mailbox->thread, NULL);
	close_socket(mailbox);
}
