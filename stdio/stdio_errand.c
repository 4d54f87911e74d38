/* stdio_errand.c - requests under way at the child of a host: ids and tokens of its own, cancellations, parks; see stdio_host.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mcp/state.h"
#include "secret.h"
#include "stdio_host.h"

#define HANDLE_RANDOM 32 /* characters: 190 bits */

struct errand *
errand_find(struct host *host, int64_t id)
{
	for (struct errand *errand = host->errands; errand != NULL; errand = errand->next)
		if (errand->id == id)
			return errand;
	return NULL;
}

void
errand_free(struct host *host, struct errand *errand)
{
	struct errand **at = &host->errands;

	questions_drop(host, errand);
	for (struct guest *guest = host->guests; guest != NULL; guest = guest->next)
		if (guest->errand == errand)
			guest->errand = NULL;
	while (*at != errand)
		at = &(*at)->next;
	*at = errand->next;
	host->nerrands--;
	host->used_us = clock_us();
	json_free(errand->own_id);
	json_free(errand->own_token);
	buf_free(&errand->waiting);
	buf_free(&errand->returned);
	free(errand);
}

/* The progress token in params._meta is ours from here on; the responder's is kept. */
static bool
replace_token(struct errand *errand, struct json_object *message)
{
	bool found;
	struct json_object *params = json_member(message, "params", &found);
	struct json_object *meta = json_member(params, "_meta", &found);
	struct json_object *token = json_member(meta, "progressToken", &found);
	struct json_object *new_params, *new_meta;

	if (!found)
		return true;
	errand->own_token = json_share(token);
	new_params = rpc_copy(params);
	new_meta = rpc_copy(meta);
	if (new_params == NULL || new_meta == NULL ||
	    !json_set_integer(new_meta, "progressToken", errand->id)) {
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
tell_child(struct host *host, struct errand *errand, struct json_object *message)
{
	struct json_object *own = rpc_copy(message);
	enum status status = STATUS_NO_MEMORY;

	if (own != NULL && json_set_integer(own, "id", errand->id) && replace_token(errand, own))
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

struct errand *
errand_begin(struct host *host, struct guest *guest, struct json_object *message)
{
	bool found;
	const char *method = json_text(json_member(message, "method", &found));
	struct errand *errand;

	if (method == NULL) {
		refuse(guest, "its host was given what is no request");
		return NULL;
	}
	if (host->nerrands >= HOST_CALLS_MAX) {
		refuse(guest, "it has too many requests under way; try again later");
		return NULL;
	}
	errand = calloc(1, sizeof(*errand));
	if (errand == NULL) {
		refuse(guest, "its host is out of memory");
		return NULL;
	}
	errand->id = ++host->next_id;
	errand->own_id = json_share(json_member(message, "id", &found));
	errand->guest = guest;
	errand->askable = may_be_asked(method);
	errand->mark = host->child.lines.queued;
	buf_init(&errand->waiting, PARKED_BYTES_MAX);
	buf_init(&errand->returned, PARKED_BYTES_MAX);
	errand->next = host->errands;
	host->errands = errand;
	host->nerrands++;
	host->used_us = clock_us();
	guest->errand = errand;
	if (tell_child(host, errand, message) != STATUS_OK) {
		errand_free(host, errand);
		refuse(guest, "it takes nothing of what it is asked, or the request is too large");
		return NULL;
	}
	if (errand->askable)
		questions_offer(host, errand);
	return errand;
}

/* Whether the child may have read any of it. */
static bool
was_sent(const struct host *host, const struct errand *errand)
{
	return host->child.lines.written > errand->mark;
}

void
errand_say(struct host *host, struct errand *errand, const char *name, struct json_object *value)
{
	struct json_object *object;

	if (errand->guest != NULL) {
		guest_say(errand->guest, name, value);
		return;
	}
	object = json_new_object();
	if (object == NULL)
		json_free(value);
	else if (json_set(object, name, value))
		json_write(object, &errand->waiting);
	buf_char(&errand->waiting, '\n');
	if (object == NULL || buf_status(&errand->waiting) != STATUS_OK) {
		log_warn("upstream %s: what it says to a parked call is too much: given up",
		    host->upstream.name);
		errand_cancel(host, errand, "too much was said");
	}
	json_free(object);
}

/*
 * An errand that is answered stays until its guest has read that and closes, or takes it over and closes: it may be about to park it, and
 * gives back what it has not read.
 */
void
errand_answer(struct host *host, struct errand *errand, struct json_object *response)
{
	struct json_object *own;
	struct guest *guest = errand->guest;

	errand->answered = true;
	questions_drop(host, errand);
	if (guest != NULL && guest->state == GUEST_LISTENING) {
		guest_say_lost(guest, "it listens no more", true);
		return;
	}
	own = rpc_copy(response);
	if (own != NULL && errand->own_id != NULL)
		(void)json_set(own, "id", json_share(errand->own_id));
	errand_say(host, errand, "response", own);
}

void
errand_cancel(struct host *host, struct errand *errand, const char *reason)
{
	struct json_object *params = NULL, *message = NULL;

	if (!errand->answered && host->phase == PHASE_SERVING) {
		params = json_new_object();
		if (params != NULL && json_set_integer(params, "requestId", errand->id) &&
		    json_set_text(params, "reason", reason != NULL ? reason : "cancelled"))
			message = rpc_notification("notifications/cancelled", params);
		if (message == NULL || host_tell_child(host, message) != STATUS_OK)
			log_warn("upstream %s: a cancellation was not told", host->upstream.name);
	}
	json_free(message);
	json_free(params);
	errand_free(host, errand);
}

void
errand_park(struct host *host, struct guest *guest)
{
	struct errand *errand = guest->errand;
	const char *name = strrchr(host->socket, '/') + 1;
	char text[HANDLE_RANDOM + 1];

	secret_random_text(text, HANDLE_RANDOM);
	(void)snprintf(errand->handle, sizeof(errand->handle), "%s.%s", name, text);
	errand->until_us = clock_us() + (int64_t)STATE_LIFE_MS * 1000;
	errand->guest = NULL;
	guest->state = GUEST_RETURNING;
	guest_say(guest, "parked", json_new_text(errand->handle, strlen(errand->handle)));
}

/* What has come meanwhile goes to whoever has come for it. */
static bool
hand_over(struct errand *errand, struct guest *guest)
{
	const bool whole = buf_status(&errand->returned) == STATUS_OK;
	const enum status first =
	    json_lines_put_text(&guest->lines, buf_str(&errand->returned), errand->returned.len);
	const enum status second =
	    json_lines_put_text(&guest->lines, buf_str(&errand->waiting), errand->waiting.len);

	buf_free(&errand->returned);
	buf_free(&errand->waiting);
	return whole && first == STATUS_OK && second == STATUS_OK &&
	       json_lines_flush(&guest->lines) == STATUS_OK;
}

void
errand_resume(struct host *host, struct guest *guest, const char *handle)
{
	struct errand *errand = host->errands;

	while (
	    errand != NULL && (handle == NULL || errand->guest != NULL ||
				  errand->handle[0] == '\0' || strcmp(errand->handle, handle) != 0))
		errand = errand->next;
	if (errand == NULL) {
		guest_say_lost(guest, "the call is not under way any more", true);
		guest_leave(guest);
		return;
	}
	errand->handle[0] = '\0';
	for (struct guest *other = host->guests; other != NULL; other = other->next)
		if (other->errand == errand)
			other->errand = NULL; /* it had parked it */
	errand->guest = guest;
	guest->errand = errand;
	guest->state = GUEST_CALLING;
	guest_say(guest, "resumed", json_new_text("", 0));
	if (!hand_over(errand, guest))
		guest->gone = true;
}

void
errands_tidy(struct host *host, int64_t now_us)
{
	struct errand *errand = host->errands, *next;

	for (; errand != NULL; errand = next) {
		next = errand->next;
		if (errand->guest == NULL && now_us >= errand->until_us) {
			log_info("upstream %s: nobody came for a parked call", host->upstream.name);
			errand_cancel(host, errand, "nobody waits for it any more");
		}
	}
}

void
errands_lost(struct host *host, const char *reason)
{
	while (host->errands != NULL) {
		struct errand *errand = host->errands;
		struct guest *guest = errand->guest;

		if (guest != NULL) {
			if (!errand->answered)
				guest_say_lost(guest, reason, was_sent(host, errand));
			guest_leave(guest);
		}
		errand_free(host, errand);
	}
}
