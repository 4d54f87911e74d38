/* host_line.c - a responder's side of a connection to a host; see host.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "mcp/host_parts.h"

#define IN_TURN_MAX 16 /* messages handed out before what is watched is looked at again */

struct host_line *
host_line_new(const char *upstream)
{
	struct host_line *line = calloc(1, sizeof(*line));

	if (line == NULL)
		return NULL;
	(void)snprintf(line->upstream, sizeof(line->upstream), "%s", upstream);
	line->lines.in_fd = line->lines.out_fd = -1;
	return line;
}

void
host_line_close(struct host_line *line)
{
	if (line == NULL)
		return;
	json_lines_free(&line->lines);
	if (line->lines.in_fd >= 0)
		(void)close(line->lines.in_fd);
	free(line);
}

/* Writes out what is queued, for so long. */
static enum status
flush(struct host_line *line)
{
	const int64_t until_us = clock_us() + (int64_t)HOST_WRITE_MS * 1000;
	struct pollfd polled = {.fd = line->lines.out_fd, .events = POLLOUT};
	enum status status;

	while ((status = json_lines_flush(&line->lines)) == STATUS_OK &&
	       json_lines_waiting(&line->lines) > 0) {
		if (clock_us() >= until_us)
			return STATUS_FAILED;
		(void)poll(&polled, 1, 100);
	}
	return status;
}

enum status
host_line_tell(struct host_line *line, const struct json_object *object)
{
	enum status status;

	if (line->gone || line->over)
		return STATUS_FAILED;
	status = json_lines_put(&line->lines, object);
	return status == STATUS_OK ? flush(line) : status;
}

enum status
host_line_say(struct host_line *line, const char *name, struct json_object *value)
{
	struct json_object *object = json_new_object();
	enum status status = STATUS_NO_MEMORY;

	if (object != NULL && json_set(object, name, value))
		status = host_line_tell(line, object);
	else if (object == NULL)
		json_free(value);
	json_free(object);
	return status;
}

enum status
host_line_open(struct mcp *mcp, struct peer *peer, struct json_object *first,
    struct host_line **out, struct problem *why)
{
	const int64_t until_us = clock_us() + (int64_t)PEER_CONNECT_MS * 1000;
	struct problem reason = {"its host does not answer"};
	struct json_object *hello = NULL;
	struct host_line *line = host_line_new(peer->upstream.name);
	enum status status;

	*out = NULL;
	if (line == NULL)
		return STATUS_NO_MEMORY;
	status = host_meet(mcp, peer->host, until_us, &line->lines, &hello, &reason);
	json_free(hello);
	if (status == STATUS_OK) {
		status = host_line_tell(line, first);
		line->sent = line->lines.written > 0;
		if (status == STATUS_FAILED && !line->sent)
			status = STATUS_NOT_FOUND;
	} else {
		line->lines.in_fd = line->lines.out_fd = -1;
	}
	if (status == STATUS_NOT_FOUND) {
		line->gone = true;
		status = STATUS_OK;
	}
	if (status != STATUS_OK) {
		problem_set(why, "upstream \"%s\": %s", peer->upstream.name,
		    status == STATUS_TOO_LARGE ? "the request is too large for its host"
					       : reason.text);
		host_line_close(line);
		return status == STATUS_NO_MEMORY ? status : STATUS_FAILED;
	}
	*out = line;
	return STATUS_OK;
}

static enum line_event
lost(struct host_line *line, struct problem *why, const char *reason)
{
	line->over = true;
	problem_set(why, "upstream \"%s\": %s", line->upstream, reason);
	return LINE_LOST;
}

/* A line of the host. False: none that is for the caller. */
static bool
take_line(struct host_line *line, struct json_object *root, enum line_event *event,
    struct json_object **message, struct problem *why)
{
	bool found;
	struct json_object *member = json_member(root, "message", &found);

	if (found) {
		*event = LINE_MESSAGE;
		*message = json_share(member);
		return true;
	}
	member = json_member(root, "response", &found);
	if (found) {
		line->over = true;
		*event = LINE_RESPONSE;
		*message = json_share(member);
		return true;
	}
	member = json_member(root, "lost", &found);
	if (found) {
		line->sent = json_bool(json_member(root, "sent", &found));
		*event = lost(line, why,
		    json_text(member) != NULL ? json_text(member) : "its host lost the request");
		return true;
	}
	return false;
}

/* What is in the buffer. False: no whole line that is for the caller. */
static bool
take_read(struct host_line *line, enum line_event *event, struct json_object **message,
    struct problem *why)
{
	struct json_object *root;
	const char *text;
	bool taken = false;
	size_t len;

	while (!taken && (text = json_lines_next(&line->lines, &len)) != NULL) {
		root = json_lines_parse(text, len);
		if (root == NULL) {
			*event =
			    lost(line, why, "its host says what is no message, or memory ran out");
			return true;
		}
		taken = take_line(line, root, event, message, why);
		json_free(root);
	}
	return taken;
}

/* Waits for the host and for what is watched. LINE_MESSAGE: the host has something. */
static enum line_event
wait_for(struct host_line *line, struct pollfd *watch, nfds_t nwatch, int64_t until_us)
{
	struct pollfd polled[1 + LINE_WATCH_MAX] = {{.fd = line->lines.in_fd, .events = POLLIN}};
	int64_t left_us;
	int n;

	nwatch = nwatch < LINE_WATCH_MAX ? nwatch : LINE_WATCH_MAX;
	for (nfds_t i = 0; i < nwatch; i++)
		polled[1 + i] = watch[i];
	for (;;) {
		left_us = until_us - clock_us();
		if (left_us < 0)
			left_us = 0;
		n = poll(
		    polled, 1 + nwatch, left_us > 60000000 ? 60000 : (int)((left_us + 999) / 1000));
		for (nfds_t i = 0; i < nwatch; i++)
			watch[i].revents = n > 0 ? polled[1 + i].revents : 0;
		for (nfds_t i = 0; n > 0 && i < nwatch; i++)
			if (polled[1 + i].revents != 0)
				return LINE_WATCHED;
		if (n > 0)
			return LINE_MESSAGE;
		if (clock_us() >= until_us)
			return LINE_TIME;
	}
}

/* Whether something watched can be read, now and then also while one message follows the other. */
static bool
watched_in_turn(struct host_line *line, struct pollfd *watch, nfds_t nwatch)
{
	if (++line->in_turn <= IN_TURN_MAX || nwatch == 0)
		return false;
	line->in_turn = 0;
	return poll(watch, nwatch, 0) > 0;
}

enum line_event
host_line_next(struct host_line *line, struct pollfd *watch, nfds_t nwatch, int64_t until_us,
    struct json_object **message, struct problem *why)
{
	enum line_event event;
	enum status status;

	*message = NULL;
	if (line->gone)
		return LINE_SESSION;
	if (line->over)
		return lost(line, why, "the request is over");
	if (watched_in_turn(line, watch, nwatch))
		return LINE_WATCHED;
	for (;;) {
		if (take_read(line, &event, message, why))
			return event;
		event = wait_for(line, watch, nwatch, until_us);
		line->in_turn = 0;
		if (event != LINE_MESSAGE)
			return event;
		status = json_lines_read(&line->lines);
		if (status == STATUS_NOT_FOUND || status == STATUS_FAILED)
			return lost(line, why, "its host ended before it answered");
		if (status != STATUS_OK)
			return lost(line, why, "its answer is too large");
	}
}

bool
host_line_sent(const struct host_line *line)
{
	return line->sent;
}

enum status
host_line_send(struct host_line *line, struct json_object *message)
{
	return host_line_say(line, "send", json_share(message));
}

void
host_line_cancel(struct host_line *line, const char *reason)
{
	if (!line->gone && !line->over)
		(void)!host_line_say(line, "cancel", json_new_text(reason, strlen(reason)));
}
