/* stdio_call.c - requests under way at the child of a host: ids and tokens of its own, cancellations, parks; see stdio_host.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mcp/state.h"
#include "secret.h"
#include "stdio_host.h"

#define HANDLE_RANDOM 32 /* characters: 190 bits */

struct call *
call_find(struct host *host, int64_t id)
{
	for (struct call *call = host->calls; call != NULL; call = call->next)
		if (call->id == id)
			return call;
	return NULL;
}

void
call_free(struct host *host, struct call *call)
{
	struct call **at = &host->calls;

	questions_drop(host, call);
	for (struct guest *guest = host->guests; guest != NULL; guest = guest->next)
		if (guest->call == call)
			guest->call = NULL;
	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	host->ncalls--;
	host->used_us = clock_us();
	json_free(call->own_id);
	json_free(call->own_token);
	buf_free(&call->waiting);
	buf_free(&call->returned);
	free(call);
}

/* The progress token in params._meta is ours from here on; the responder's is kept. */
static bool
replace_token(struct call *call, struct json_object *message)
{
	bool found;
	struct json_object *params = json_member(message, "params", &found);
	struct json_object *meta = json_member(params, "_meta", &found);
	struct json_object *token = json_member(meta, "progressToken", &found);
	struct json_object *new_params, *new_meta;

	if (!found)
		return true;
	call->own_token = json_share(token);
	new_params = rpc_copy(params);
	new_meta = rpc_copy(meta);
	if (new_params == NULL || new_meta == NULL ||
	    !json_set_integer(new_meta, "progressToken", call->id)) {
		json_free(new_params);
		json_free(new_meta);
		return false;
	}
	if (!json_set(new_params, "_meta", new_meta)) {
		json_free(new_params);
		return false;
	}
	return json_set(message, "params", new_params);
}

static bool
may_be_asked(const char *method)
{
	return strcmp(method, "tools/call") == 0 || strcmp(method, "prompts/get") == 0 ||
	       strcmp(method, "resources/read") == 0;
}

static enum status
tell_child(struct host *host, struct call *call, struct json_object *message)
{
	struct json_object *own = rpc_copy(message);
	enum status status = STATUS_NO_MEMORY;

	if (own != NULL && json_set_integer(own, "id", call->id) && replace_token(call, own))
		status = host_tell_child(host, own);
	json_free(own);
	return status;
}

static void
refuse(struct guest *guest, const char *reason)
{
	guest_say_lost(guest, reason, false);
	guest_leave(guest);
}

struct call *
call_begin(struct host *host, struct guest *guest, struct json_object *message)
{
	bool found;
	const char *method = json_text(json_member(message, "method", &found));
	struct call *call;

	if (method == NULL) {
		refuse(guest, "its host was given what is no request");
		return NULL;
	}
	if (host->ncalls >= HOST_CALLS_MAX) {
		refuse(guest, "it has too many requests under way; try again later");
		return NULL;
	}
	call = calloc(1, sizeof(*call));
	if (call == NULL) {
		refuse(guest, "its host is out of memory");
		return NULL;
	}
	call->id = ++host->next_id;
	call->own_id = json_share(json_member(message, "id", &found));
	call->guest = guest;
	call->askable = may_be_asked(method);
	call->mark = host->child.lines.queued;
	buf_init(&call->waiting, PARKED_BYTES_MAX);
	buf_init(&call->returned, PARKED_BYTES_MAX);
	call->next = host->calls;
	host->calls = call;
	host->ncalls++;
	host->used_us = clock_us();
	guest->call = call;
	if (tell_child(host, call, message) != STATUS_OK) {
		call_free(host, call);
		refuse(guest, "it takes nothing of what it is asked, or the request is too large");
		return NULL;
	}
	if (call->askable)
		questions_offer(host, call);
	return call;
}

/* Whether the child may have read any of it. */
static bool
was_sent(const struct host *host, const struct call *call)
{
	return host->child.lines.written > call->mark;
}

void
call_say(struct host *host, struct call *call, const char *name, struct json_object *value)
{
	struct json_object *object;

	if (call->guest != NULL) {
		guest_say(call->guest, name, value);
		return;
	}
	object = json_new_object();
	if (object == NULL)
		json_free(value);
	else if (json_set(object, name, value))
		json_write(object, &call->waiting);
	buf_char(&call->waiting, '\n');
	if (object == NULL || buf_status(&call->waiting) != STATUS_OK) {
		log_warn("upstream %s: what it says to a parked call is too much: given up",
		    host->upstream.name);
		call_cancel(host, call, "too much was said");
	}
	json_free(object);
}

void
call_answer(struct host *host, struct call *call, struct json_object *response)
{
	struct json_object *own;
	struct guest *guest = call->guest;
	const int64_t id = call->id;

	if (guest != NULL && guest->state == GUEST_LISTENING) {
		call->answered = true;
		guest_say_lost(guest, "it listens no more", true);
		call_free(host, call);
		guest_leave(guest);
		return;
	}
	own = rpc_copy(response);
	if (own != NULL && call->own_id != NULL)
		(void)json_set(own, "id", json_share(call->own_id));
	call->answered = true;
	call_say(host, call, "response", own);
	/* Whoever comes finds the answer of a parked call; its end may also have come from being too large. */
	call = call_find(host, id);
	if (guest == NULL || call == NULL)
		return;
	call_free(host, call);
	guest_leave(guest);
}

void
call_cancel(struct host *host, struct call *call, const char *reason)
{
	struct json_object *params = NULL, *message = NULL;

	if (!call->answered && host->phase == PHASE_SERVING) {
		params = json_new_object();
		if (params != NULL && json_set_integer(params, "requestId", call->id) &&
		    json_set_text(params, "reason", reason != NULL ? reason : "cancelled"))
			message = rpc_notification("notifications/cancelled", params);
		if (message == NULL || host_tell_child(host, message) != STATUS_OK)
			log_warn("upstream %s: a cancellation was not told", host->upstream.name);
	}
	json_free(message);
	json_free(params);
	call_free(host, call);
}

void
call_park(struct host *host, struct guest *guest)
{
	struct call *call = guest->call;
	const char *name = strrchr(host->socket, '/') + 1;
	char text[HANDLE_RANDOM + 1];

	secret_random_text(text, HANDLE_RANDOM);
	(void)snprintf(call->handle, sizeof(call->handle), "%s.%s", name, text);
	call->until_us = clock_us() + (int64_t)STATE_LIFE_MS * 1000;
	call->guest = NULL;
	guest->state = GUEST_RETURNING;
	guest_say(guest, "parked", json_new_text(call->handle, strlen(call->handle)));
}

/* What has come meanwhile goes to whoever has come for it. */
static bool
hand_over(struct call *call, struct guest *guest)
{
	const bool whole = buf_status(&call->returned) == STATUS_OK;
	const enum status first =
	    json_lines_put_text(&guest->lines, buf_str(&call->returned), call->returned.len);
	const enum status second =
	    json_lines_put_text(&guest->lines, buf_str(&call->waiting), call->waiting.len);

	buf_free(&call->returned);
	buf_free(&call->waiting);
	return whole && first == STATUS_OK && second == STATUS_OK &&
	       json_lines_flush(&guest->lines) == STATUS_OK;
}

void
call_resume(struct host *host, struct guest *guest, const char *handle)
{
	struct call *call = host->calls;

	while (call != NULL && (handle == NULL || call->guest != NULL || call->handle[0] == '\0' ||
				   strcmp(call->handle, handle) != 0))
		call = call->next;
	if (call == NULL) {
		guest_say_lost(guest, "the call is not under way any more", true);
		guest_leave(guest);
		return;
	}
	call->handle[0] = '\0';
	for (struct guest *other = host->guests; other != NULL; other = other->next)
		if (other->call == call)
			other->call = NULL; /* it had parked it */
	call->guest = guest;
	guest->call = call;
	guest->state = GUEST_CALLING;
	guest_say(guest, "resumed", json_new_text("", 0));
	if (!hand_over(call, guest))
		guest->gone = true;
	if (call->answered) {
		call_free(host, call);
		guest_leave(guest);
	}
}

void
calls_tidy(struct host *host, int64_t now_us)
{
	struct call *call = host->calls, *next;

	for (; call != NULL; call = next) {
		next = call->next;
		if (call->guest == NULL && now_us >= call->until_us) {
			log_info("upstream %s: nobody came for a parked call", host->upstream.name);
			call_cancel(host, call, "nobody waits for it any more");
		}
	}
}

void
calls_lost(struct host *host, const char *reason)
{
	while (host->calls != NULL) {
		struct call *call = host->calls;
		struct guest *guest = call->guest;

		if (guest != NULL) {
			guest_say_lost(guest, reason, was_sent(host, call));
			guest_leave(guest);
		}
		call_free(host, call);
	}
}
