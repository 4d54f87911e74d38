/* call.c - one tool call; see call.h. */
#include "call.h"

#include <string.h>
#include <strings.h>

#include "utf8.h"

bool
call_name_valid(const char *name, size_t len)
{
	size_t step;

	if (len == 0 || len > CALL_NAME_MAX)
		return false;
	for (size_t at = 0; at < len; at += step) {
		unsigned char c = (unsigned char)name[at];

		step = utf8_length(name + at, len - at);
		if (step == 0 || c < 0x20 || c == 0x7f)
			return false;
		/* U+0080 to U+009F are control characters as well. */
		if (c == 0xc2 && (unsigned char)name[at + 1] < 0xa0)
			return false;
	}
	return true;
}

/* Copies the name in that member; `out` has room for CALL_NAME_MAX bytes and a NUL. */
static enum status
read_name(const struct json_object *body, const char *member, char *out, struct problem *why)
{
	const struct json_object *node;
	const char *text;
	size_t len;
	bool found;

	node = json_member(body, member, &found);
	if (!found) {
		problem_set(why, "member \"%s\" is missing", member);
		return STATUS_INVALID;
	}
	text = json_string(node, &len);
	if (text == NULL) {
		problem_set(why, "member \"%s\" must be a string, not %s", member,
		    json_type_name(json_type(node)));
		return STATUS_INVALID;
	}
	if (!call_name_valid(text, len)) {
		problem_set(why, "member \"%s\" must have 1 to %d bytes and no control characters",
		    member, CALL_NAME_MAX);
		return STATUS_INVALID;
	}
	memcpy(out, text, len);
	out[len] = '\0';
	return STATUS_OK;
}

/*
 * Unknown members are ignored, but not one that was meant to be args: a call judged without its arguments could be allowed
 * where it should not be. MCP calls them `arguments`.
 */
static bool
misspelt_args(const struct json_object *body)
{
	struct json_walk walk = {0};

	while (json_next_member(body, &walk))
		if (strcasecmp(walk.name, "args") == 0 || strcasecmp(walk.name, "arguments") == 0)
			return true;
	return false;
}

static enum status
read_args(const struct json_object *body, struct call *call, struct problem *why)
{
	struct json_object *args;
	bool found;

	args = json_member(body, "args", &found);
	if (!found && misspelt_args(body)) {
		problem_set(why, "the arguments go in the member \"args\", spelled so");
		return STATUS_INVALID;
	}
	if (found && json_type(args) != JSON_OBJECT) {
		problem_set(why, "member \"args\" must be an object, not %s",
		    json_type_name(json_type(args)));
		return STATUS_INVALID;
	}
	call->args = json_share(args);
	return STATUS_OK;
}

static enum status
read_wait(const struct json_object *approval, struct call_wish *wish, struct problem *why)
{
	const struct json_object *wait;
	bool found;

	wait = json_member(approval, "waitSeconds", &found);
	if (!found)
		return STATUS_OK;
	if (!json_integer(wait, &wish->wait_s) || wish->wait_s < 0 ||
	    wish->wait_s > CALL_WAIT_MAX_S) {
		problem_set(why,
		    "member \"approval.waitSeconds\" must be a whole number from 0 to %d",
		    CALL_WAIT_MAX_S);
		return STATUS_INVALID;
	}
	if (wish->wait_s > 0 && !wish->request) {
		problem_set(
		    why, "member \"approval.waitSeconds\" needs \"approval.request\": true");
		return STATUS_INVALID;
	}
	return STATUS_OK;
}

static enum status
read_wish(const struct json_object *body, struct call_wish *wish, struct problem *why)
{
	const struct json_object *approval, *request;
	bool found;

	*wish = (struct call_wish){.request = false};
	approval = json_member(body, "approval", &found);
	if (!found)
		return STATUS_OK;
	if (json_type(approval) != JSON_OBJECT) {
		problem_set(why, "member \"approval\" must be an object, not %s",
		    json_type_name(json_type(approval)));
		return STATUS_INVALID;
	}
	request = json_member(approval, "request", &found);
	if (found && json_type(request) != JSON_BOOL) {
		problem_set(why, "member \"approval.request\" must be true or false, not %s",
		    json_type_name(json_type(request)));
		return STATUS_INVALID;
	}
	wish->request = json_bool(request);
	return read_wait(approval, wish, why);
}

static enum status
read_body(
    const struct json_object *body, struct call *call, struct call_wish *wish, struct problem *why)
{
	enum status status;

	if (json_type(body) != JSON_OBJECT) {
		problem_set(
		    why, "the body must be an object, not %s", json_type_name(json_type(body)));
		return STATUS_INVALID;
	}
	status = read_name(body, "serverName", call->server, why);
	if (status == STATUS_OK)
		status = read_name(body, "toolName", call->tool, why);
	if (status == STATUS_OK)
		status = read_args(body, call, why);
	return status == STATUS_OK ? read_wish(body, wish, why) : status;
}

enum status
call_read_check(const char *body, size_t len, const struct json_limits *limits, struct call *call,
    struct call_wish *wish, struct problem *why)
{
	struct json_object *root;
	enum status status;

	memset(call, 0, sizeof(*call));
	status = json_parse(body, len, limits, &root, why);
	if (status == STATUS_OK)
		status = read_body(root, call, wish, why);
	json_free(root);
	return status;
}

void
call_write_canonical(const struct call *call, struct buf *out)
{
	if (call->args != NULL)
		json_write_canonical(call->args, out);
	else
		buf_text(out, "{}");
}

enum status
call_digest(struct call *call, const struct secret_key *key)
{
	unsigned char digest[SECRET_BYTES];
	struct buf canonical;
	enum status status;

	buf_init(&canonical, CALL_CANONICAL_MAX);
	call_write_canonical(call, &canonical);
	status = buf_status(&canonical);
	if (status == STATUS_OK)
		status = secret_hmac(key, canonical.data, canonical.len, NULL, 0, digest);
	if (status == STATUS_OK)
		secret_hex(digest, sizeof(digest), call->digest);
	if (canonical.data != NULL)
		secret_wipe(canonical.data, canonical.len);
	buf_free(&canonical);
	return status;
}

void
call_free(struct call *call)
{
	json_free(call->args);
	call->args = NULL;
}
