/* approve_wish.c - what a visitor asks for: in the query, in a form, or in JSON; see approve.h. */
#include "approve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "approve_reply.h"
#include "form.h"

#define CALLS_DIGITS 7 /* of GRANT_CALLS_MAX */
#define NESTING_MAX 8
#define MEMBERS_MAX 64

static bool
take_action(struct wish *wish, const char *text)
{
	if (text == NULL)
		return false;
	if (strcmp(text, "approve") == 0)
		wish->action = ACTION_APPROVE;
	else if (strcmp(text, "deny") == 0)
		wish->action = ACTION_DENY;
	return wish->action != ACTION_NONE;
}

/* NULL: once. */
static bool
take_duration(struct wish *wish, const char *text)
{
	if (text == NULL)
		text = "once";
	if (strlen(text) > APPROVAL_DURATION_MAX || grant_duration_ms(text) < 0)
		return false;
	(void)snprintf(wish->duration, sizeof(wish->duration), "%s", text);
	return true;
}

static void
take_pin(struct wish *wish, const char *text)
{
	(void)snprintf(wish->pin, sizeof(wish->pin), "%s", text != NULL ? text : "");
}

/* Digits; an empty field of a form is any number. */
static bool
take_calls_text(struct wish *wish, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;

	if (len == 0)
		return true;
	if (len > CALLS_DIGITS || strspn(text, "0123456789") != len)
		return false;
	wish->calls = strtoll(text, NULL, 10);
	return wish->calls >= 1 && wish->calls <= GRANT_CALLS_MAX;
}

static enum status
refuse(struct problem *why, const char *what)
{
	problem_set(why, "%s", what);
	return STATUS_INVALID;
}

#define WHAT_ACTION "action must be approve or deny"
#define WHAT_DURATION "duration must be once, 1h, 8h or 24h"

static enum status
from_fields(struct wish *wish, const char *text, size_t len, struct problem *why)
{
	struct form form;
	enum status status = form_parse(text, len, &form, why);
	const char *these;

	if (status != STATUS_OK)
		goto out;
	these = form_value(&form, "these_args");
	take_pin(wish, form_value(&form, "pin"));
	if (!take_action(wish, form_value(&form, "action")))
		status = refuse(why, WHAT_ACTION);
	else if (!take_duration(wish, form_value(&form, "duration")))
		status = refuse(why, WHAT_DURATION);
	else if (these != NULL && strcmp(these, "1") != 0)
		status = refuse(why, "these_args must be 1, or not there");
	else if (!take_calls_text(wish, form_value(&form, "calls")))
		status = refuse(why, "calls must be a whole number from 1 to 1000000, or empty");
	wish->these_args = these != NULL;
out:
	form_free(&form);
	/* Within the size of a body, too much is malformed. */
	return status == STATUS_TOO_LARGE ? STATUS_INVALID : status;
}

/* The text of a member, which may be absent (NULL). False: it is something else, or holds a NUL. */
static bool
text_member(const struct json_object *body, const char *name, const char **out)
{
	struct json_object *node;
	bool found;
	size_t len = 0;

	node = json_member(body, name, &found);
	*out = found ? json_string(node, &len) : NULL;
	return !found || (*out != NULL && strlen(*out) == len);
}

static enum status
from_members(struct wish *wish, const struct json_object *body, struct problem *why)
{
	const char *action, *duration, *pin;
	struct json_object *node;
	bool found;

	if (json_type(body) != JSON_OBJECT)
		return refuse(why, "the body must be an object");
	if (!text_member(body, "action", &action) || !take_action(wish, action))
		return refuse(why, WHAT_ACTION);
	if (!text_member(body, "duration", &duration) || !take_duration(wish, duration))
		return refuse(why, WHAT_DURATION);
	if (!text_member(body, "pin", &pin))
		return refuse(why, "pin must be a string");
	take_pin(wish, pin);
	node = json_member(body, "argumentsOnly", &found);
	if (found && json_type(node) != JSON_BOOL)
		return refuse(why, "argumentsOnly must be true or false");
	wish->these_args = found && json_bool(node);
	node = json_member(body, "maxCalls", &found);
	if (found && json_type(node) != JSON_NULL &&
	    (!json_integer(node, &wish->calls) || wish->calls < 1 || wish->calls > GRANT_CALLS_MAX))
		return refuse(why, "maxCalls must be a whole number from 1 to 1000000, or null");
	return STATUS_OK;
}

static enum status
from_json(struct wish *wish, const char *text, size_t len, struct problem *why)
{
	static const struct json_limits limits = {.bytes = APPROVE_BODY_MAX,
	    .nesting = NESTING_MAX,
	    .members = MEMBERS_MAX,
	    .unique = true};
	struct json_object *body;
	enum status status = json_parse(text, len, &limits, &body, why);

	if (status == STATUS_OK)
		status = from_members(wish, body, why);
	json_free(body);
	return status == STATUS_TOO_LARGE ? STATUS_INVALID : status;
}

bool
wish_read(struct visit *visit)
{
	struct request *request = &visit->exchange->request;
	struct wish *wish = &visit->wish;
	struct problem why = {""};
	enum status status;

	if (strcmp(request->method, "POST") != 0) {
		/* A body means nothing here, but read to its end the connection can be closed at once. */
		(void)!request_read_body(request, APPROVE_BODY_MAX, &why);
		status = from_fields(wish, request->query, strcspn(request->query, "#"), &why);
	} else {
		status = request_read_body(request, APPROVE_BODY_MAX, &why);
		if (status == STATUS_OK && request_has_type(request, "application/json"))
			status = from_json(wish, buf_str(&request->body), request->body.len, &why);
		else if (status == STATUS_OK)
			status =
			    from_fields(wish, buf_str(&request->body), request->body.len, &why);
	}
	if (status != STATUS_OK)
		answer_unread(visit, status, &why);
	return status == STATUS_OK;
}

/* A PIN may be in both. */
void
wish_wipe(struct visit *visit)
{
	struct buf *body = &visit->exchange->request.body;

	secret_wipe(visit->wish.pin, sizeof(visit->wish.pin));
	if (body->data != NULL)
		secret_wipe(body->data, body->len);
}
