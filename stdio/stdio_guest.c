/* stdio_guest.c - connections of responders to a host; see stdio_host.h and shared/mcp/host.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "mcp/host_parts.h"
#include "stdio_host.h"

#define ACCEPT_AT_ONCE 32

static void
guest_free(struct guest *guest)
{
	json_lines_free(&guest->lines);
	(void)close(guest->proof.fd);
	free(guest);
}

/* False: nobody else is there. */
static bool
accept_one(struct host *host)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	enum status status = STATUS_NO_MEMORY;

	if (guest != NULL)
		status = run_accept(host->listener, &host->run_key, &guest->proof);
	if (status != STATUS_OK) {
		free(guest);
		if (status == STATUS_REFUSED)
			log_refusal("upstream %s: a process of another user connected",
			    host->upstream.name);
		return status == STATUS_REFUSED;
	}
	json_lines_init(&guest->lines, guest->proof.fd, guest->proof.fd,
	    host_line_most(&host->config), HOST_QUEUE_MAX);
	guest->next = host->guests;
	host->guests = guest;
	host->nguests++;
	return true;
}

void
guests_accept(struct host *host)
{
	for (int i = 0; i < ACCEPT_AT_ONCE && host->nguests < GUESTS_MAX && accept_one(host); i++)
		continue;
}

void
guest_say(struct guest *guest, const char *name, struct json_object *value)
{
	struct json_object *object = json_new_object();
	enum status status = STATUS_NO_MEMORY;

	if (object == NULL)
		json_free(value);
	else if (json_set(object, name, value))
		status = json_lines_put(&guest->lines, object);
	if (status == STATUS_OK)
		status = json_lines_flush(&guest->lines);
	if (status == STATUS_TOO_LARGE)
		log_warn("a responder takes nothing of what an upstream says to it: given up");
	json_free(object);
	guest->gone = guest->gone || status != STATUS_OK;
}

void
guest_say_lost(struct guest *guest, const char *reason, bool sent)
{
	struct json_object *object = json_new_object();

	if (object == NULL || !json_set_text(object, "lost", reason) ||
	    !json_set_bool(object, "sent", sent) ||
	    json_lines_put(&guest->lines, object) != STATUS_OK ||
	    json_lines_flush(&guest->lines) != STATUS_OK)
		guest->gone = true;
	json_free(object);
}

void
guest_leave(struct guest *guest)
{
	guest->errand = NULL;
	guest->state = GUEST_LEAVING;
}

static void
greet(struct host *host, struct guest *guest)
{
	bool found;

	if (guest->state != GUEST_GREETED || guest->hello || host->hello == NULL)
		return;
	guest->hello = true;
	guest_say(guest, "hello", json_share(json_member(host->hello, "hello", &found)));
}

void
guests_greet(struct host *host)
{
	for (struct guest *guest = host->guests; guest != NULL; guest = guest->next)
		greet(host, guest);
}

static void
prove(struct host *host, struct guest *guest)
{
	const enum status status = run_guest_check(&guest->proof);

	if (status == STATUS_BUSY)
		return;
	if (status == STATUS_OK) {
		guest->state = GUEST_GREETED;
		greet(host, guest);
		return;
	}
	if (guest->proof.got > 0 || clock_us() >= guest->proof.until_us)
		log_refusal(
		    "upstream %s: a process connected that does not know the installation's "
		    "key",
		    host->upstream.name);
	guest->gone = true;
}

/* subscriptions/listen is a request of its own, whose answer is its end; a legacy child says what it says. */
static void
listen_begin(struct host *host, struct guest *guest, struct json_object *wanted)
{
	struct json_object *params = NULL, *meta = NULL, *message = NULL;

	guest->state = GUEST_LISTENING;
	if (host->era == ERA_LEGACY || wanted == NULL)
		return;
	params = json_new_object();
	meta = probe_meta(host);
	if (params != NULL && meta != NULL && json_set(params, "_meta", json_share(meta)) &&
	    json_set(params, "notifications", json_share(wanted)))
		message = rpc_request(NULL, "subscriptions/listen", params);
	if (message == NULL || errand_begin(host, guest, message) == NULL)
		guest->gone = true;
	json_free(message);
	json_free(meta);
	json_free(params);
}

static void
first_line(struct host *host, struct guest *guest, const struct json_object *root)
{
	bool found;
	struct json_object *value = json_member(root, "request", &found);

	if (found) {
		guest->state = GUEST_CALLING;
		(void)errand_begin(host, guest, value);
		return;
	}
	value = json_member(root, "resume", &found);
	if (found) {
		errand_resume(host, guest, json_text(value));
		return;
	}
	value = json_member(root, "listen", &found);
	if (found)
		listen_begin(host, guest, value);
	else
		guest->gone = true;
}

static void
further_line(struct host *host, struct guest *guest, const struct json_object *root)
{
	bool found;
	struct json_object *value = json_member(root, "send", &found);

	if (found) {
		route_send(host, guest, value);
		return;
	}
	value = json_member(root, "cancel", &found);
	if (found && guest->errand != NULL) {
		errand_cancel(host, guest->errand, json_text(value));
		guest_leave(guest);
		return;
	}
	(void)json_member(root, "park", &found);
	if (found && guest->state == GUEST_CALLING && guest->errand != NULL)
		errand_park(host, guest);
}

/* What had come before the park and goes in front of what has come since. */
static void
return_line(struct guest *guest, const struct json_object *root)
{
	bool found, ended;
	struct json_object *value = json_member(root, "return", &found);

	if (!found || guest->errand == NULL) {
		guest->gone = true; /* "returned": it has all arrived */
		return;
	}
	json_write(value, &guest->errand->returned);
	buf_char(&guest->errand->returned, '\n');
	(void)json_member(value, "message", &ended);
	guest->errand->answered = guest->errand->answered || !ended;
}

static void
take_line(struct host *host, struct guest *guest, const char *line, size_t len)
{
	struct json_object *root = json_lines_parse(line, len);

	if (root == NULL) {
		log_error("a responder said what is no message to the host of upstream %s",
		    host->upstream.name);
		guest->gone = true;
		return;
	}
	switch (guest->state) {
	case GUEST_GREETED:
		first_line(host, guest, root);
		break;
	case GUEST_CALLING:
	case GUEST_LISTENING:
		further_line(host, guest, root);
		break;
	case GUEST_RETURNING:
		return_line(guest, root);
		break;
	case GUEST_PROVING:
	case GUEST_LEAVING:
		break;
	}
	json_free(root);
}

void
guest_serve(struct host *host, struct guest *guest, short revents)
{
	const char *line;
	size_t len;

	if (guest->state == GUEST_PROVING) {
		if (revents != 0 || clock_us() >= guest->proof.until_us)
			prove(host, guest);
		return;
	}
	if (revents != 0 && json_lines_flush(&guest->lines) != STATUS_OK)
		guest->gone = true;
	if ((revents & ~POLLOUT) == 0 || guest->gone)
		return;
	if (json_lines_read(&guest->lines) != STATUS_OK)
		guest->gone = true;
	while (!guest->gone && (line = json_lines_next(&guest->lines, &len)) != NULL)
		take_line(host, guest, line, len);
}

/* Its request goes with it, but not one that it has parked. */
static void
say_farewell(struct host *host, struct guest *guest)
{
	if (guest->errand != NULL && guest->errand->guest == guest)
		errand_cancel(host, guest->errand, "the client is gone");
	guest->errand = NULL;
}

void
guests_tidy(struct host *host)
{
	struct guest **at = &host->guests, *guest;

	while ((guest = *at) != NULL) {
		if (guest->state == GUEST_LEAVING && json_lines_waiting(&guest->lines) == 0)
			guest->gone = true;
		if (!guest->gone) {
			at = &guest->next;
			continue;
		}
		*at = guest->next;
		host->nguests--;
		say_farewell(host, guest);
		guest_free(guest);
	}
}
