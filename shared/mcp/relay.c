/* relay.c - one request carried to an upstream and back: lines are opened and waited for; see relay.h. */
#include "mcp/relay_parts.h"

#include <poll.h>

#include "clock.h"
#include "log.h"

#define US_PER_MS INT64_C(1000)

bool
relay_say(struct relay *r, struct json_object *message)
{
	bool there = !r->stream_gone;

	if (message == NULL)
		return there;
	if (there) {
		there = r->client->send(r->client->arg, message);
		r->keep_us = clock_us() + RELAY_KEEP_MS * US_PER_MS;
		r->stream_gone = !there;
	}
	json_free(message);
	return there;
}

void
relay_hang_up(struct relay *r, const char *reason)
{
	if (r->line == NULL)
		return;
	line_cancel(r->line, reason);
	line_close(r->line);
	r->line = NULL;
}

/* The descriptors that are watched beside the line. */
enum watched { WATCH_END, WATCH_CLIENT, WATCH_TICKET, WATCH_COUNT };
_Static_assert(WATCH_COUNT <= LINE_WATCH_MAX, "line_next() takes them all");

struct watch {
	struct pollfd fds[WATCH_COUNT];
	enum watched which[WATCH_COUNT];
	nfds_t count;
};

static void
add_watch(struct watch *watch, enum watched which, int fd, short events)
{
	if (fd < 0)
		return;
	watch->fds[watch->count] = (struct pollfd){.fd = fd, .events = events};
	watch->which[watch->count++] = which;
}

static int64_t
sooner(int64_t a_us, int64_t b_us)
{
	return b_us != 0 && b_us < a_us ? b_us : a_us;
}

/* When the upstream's time is over; while the client is asked it is the client's turn. 0: no end. */
static int64_t
upstream_until(const struct relay *r)
{
	if (r->line == NULL || r->asked.count > 0)
		return 0;
	return r->word_us + r->call->upstream->timeout_ms * US_PER_MS;
}

static int64_t
answers_until(const struct relay *r)
{
	int64_t ms = RELAY_ANSWER_MS, first_us = 0;

	if (r->asked.count == 0 || r->gather_us != 0)
		return 0;
	/* Whoever lost the stream may still post the answer, but not for long. */
	if (r->stream_gone && r->call->upstream->timeout_ms < ms)
		ms = r->call->upstream->timeout_ms;
	for (size_t i = 0; i < r->asked.count; i++)
		if (first_us == 0 || r->asked.one[i].since_us < first_us)
			first_us = r->asked.one[i].since_us;
	return first_us + ms * US_PER_MS;
}

static int64_t
next_time(const struct relay *r)
{
	int64_t until_us = INT64_MAX;

	if (!r->stream_gone)
		until_us = sooner(until_us, r->keep_us);
	until_us = sooner(until_us, upstream_until(r));
	until_us = sooner(until_us, answers_until(r));
	until_us = sooner(until_us, r->gather_us);
	return sooner(until_us, r->again_us);
}

/* A modern client's end of the connection is a cancellation; a legacy one has only lost the stream. */
static void
client_is_gone(struct relay *r)
{
	r->stream_gone = true;
	if (r->client->era == ERA_MODERN)
		relay_cancel(r, "the client closed the connection");
	else
		log_info(
		    "the client lost its stream; the call goes on at %s", r->call->upstream->name);
}

static void
gateway_ends(struct relay *r)
{
	const bool sent = r->line != NULL && (r->resumed || line_sent(r->line));

	relay_hang_up(r, "the gateway is being restarted");
	if (sent)
		relay_refuse(r, RELAY_UNKNOWN,
		    "the gateway is being restarted; the call may have run, its outcome is unknown");
	else
		relay_refuse(
		    r, RELAY_NOT_SENT, "not executed: the gateway is being restarted; call again");
}

static void
see_watched(struct relay *r, const struct watch *watch)
{
	for (nfds_t i = 0; i < watch->count && !r->done; i++) {
		if (watch->fds[i].revents == 0)
			continue;
		switch (watch->which[i]) {
		case WATCH_END:
			gateway_ends(r);
			break;
		case WATCH_CLIENT:
			client_is_gone(r);
			break;
		case WATCH_TICKET:
			if (ticket_cancelled(r->ticket))
				relay_cancel(r, "the client cancelled it");
			else
				relay_take_answers(r);
			break;
		case WATCH_COUNT:
			break;
		}
	}
}

static void
see_time(struct relay *r)
{
	const int64_t now_us = clock_us();
	const int64_t upstream_us = upstream_until(r);

	if (!r->stream_gone && now_us >= r->keep_us) {
		r->keep_us = now_us + RELAY_KEEP_MS * US_PER_MS;
		if (!r->client->keep(r->client->arg))
			client_is_gone(r);
	}
	if (!r->done && upstream_us != 0 && now_us >= upstream_us) {
		relay_hang_up(r, "it took too long");
		relay_refuse(r, RELAY_UNKNOWN,
		    "upstream \"%s\" did not answer within %lld s; the call may have run, its "
		    "outcome is unknown",
		    r->call->upstream->name, (long long)(r->call->upstream->timeout_ms / 1000));
	}
	if (!r->done && answers_until(r) != 0 && now_us >= answers_until(r))
		relay_drop_late(r, now_us);
	if (!r->done && r->gather_us != 0 && now_us >= r->gather_us)
		relay_park(r);
	if (!r->done && r->again_us != 0 && now_us >= r->again_us) {
		r->again_us = 0;
		relay_send(r);
	}
}

void
relay_lost(struct relay *r, bool sent, const char *why)
{
	line_close(r->line);
	r->line = NULL;
	relay_take_back_all(r);
	if (sent)
		relay_refuse(r, RELAY_UNKNOWN,
		    "the answer was lost; the call may have run, its outcome is unknown: %s", why);
	else if (relay_connect_anew(r))
		relay_send(r);
	else
		relay_refuse(r, RELAY_NOT_SENT, "not executed: %s", why);
}

static void
see_session_lost(struct relay *r, const struct problem *why)
{
	line_close(r->line);
	r->line = NULL;
	if (!r->resumed && relay_connect_anew(r))
		relay_send(r);
	else
		relay_refuse(r, r->resumed ? RELAY_UNKNOWN : RELAY_NOT_SENT,
		    "%s: upstream \"%s\" does not know its own session%s%s",
		    r->resumed ? "the call may have run, its outcome is unknown" : "not executed",
		    r->call->upstream->name, why->text[0] != '\0' ? ": " : "", why->text);
}

/* Between two rounds only the client and the clock are waited for. */
static enum line_event
wait_without_line(struct watch *watch, int64_t until_us)
{
	const int64_t left_us = until_us - clock_us();
	int wait_ms = left_us > 0 ? (int)(left_us / US_PER_MS + 1) : 0;

	if (wait_ms > RELAY_KEEP_MS)
		wait_ms = RELAY_KEEP_MS;
	return poll(watch->fds, watch->count, wait_ms) > 0 ? LINE_WATCHED : LINE_TIME;
}

static void
step(struct relay *r)
{
	const int64_t until_us = next_time(r);
	struct json_object *message = NULL;
	struct problem why = {""};
	struct watch watch = {.count = 0};
	enum line_event event;

	add_watch(&watch, WATCH_END, r->mcp->end_fd, POLLIN);
	if (!r->stream_gone)
		add_watch(&watch, WATCH_CLIENT, r->client->fd, POLLRDHUP);
	if (r->ticket != NULL)
		add_watch(&watch, WATCH_TICKET, ticket_fd(r->ticket), POLLIN);
	if (r->line != NULL)
		event = line_next(r->line, watch.fds, watch.count, until_us, &message, &why);
	else
		event = wait_without_line(&watch, until_us);
	switch (event) {
	case LINE_MESSAGE:
		r->word_us = clock_us();
		relay_hear(r, message);
		break;
	case LINE_RESPONSE:
		relay_response(r, message);
		break;
	case LINE_WATCHED:
		see_watched(r, &watch);
		break;
	case LINE_TIME:
		break;
	case LINE_LOST:
		relay_lost(r, r->resumed || line_sent(r->line), why.text);
		break;
	case LINE_SESSION:
		see_session_lost(r, &why);
		break;
	}
	if (!r->done)
		see_time(r);
}

static void
begin(struct relay *r)
{
	const struct relay_call *call = r->call;
	const struct relay_client *client = r->client;

	r->ticket = client->ticket;
	if (r->ticket == NULL && client->era == ERA_LEGACY && client->session_id != NULL &&
	    r->mcp->mailbox != NULL) {
		r->own_ticket = ticket_open(r->mcp->mailbox, client->session_id, client->id);
		r->ticket = r->own_ticket;
	}
	if (r->ticket != NULL && ticket_cancelled(r->ticket)) {
		relay_cancel(r, "the client cancelled it");
		return;
	}
	if (call->state != NULL && call->state->handle[0] != '\0') {
		relay_resume(r);
		return;
	}
	if (call->state != NULL && call->state->own != NULL)
		r->own_state = json_share(call->state->own);
	if (call->input_responses != NULL)
		r->responses = json_share(call->input_responses);
	relay_send(r);
}

void
relay_run(struct mcp *mcp, const struct relay_call *call, const struct relay_client *client,
    struct relay_answer *out)
{
	struct relay r = {.mcp = mcp,
	    .call = call,
	    .client = client,
	    .out = out,
	    .progress = client->progress_from > 0 ? client->progress_from : -1,
	    .word_us = clock_us(),
	    .keep_us = clock_us() + RELAY_KEEP_MS * US_PER_MS};

	*out = (struct relay_answer){.end = RELAY_UNKNOWN};
	begin(&r);
	while (!r.done)
		step(&r);
	relay_take_back_all(&r);
	line_close(r.line);
	ticket_close(r.own_ticket);
	peer_release(mcp, r.peer);
	json_free(r.token);
	json_free(r.definition);
	json_free(r.responses);
	json_free(r.own_state);
}
