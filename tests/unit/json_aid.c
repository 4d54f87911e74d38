/* json_aid.c - trees from texts that are JSON; see json_aid.h. */
#include "json_aid.h"

const struct json_limits aid_json_limits = {
    .bytes = (size_t)64 << 20, .nesting = 64, .members = 10000000};

struct json_object *
aid_json(const char *text)
{
	struct json_object *root = NULL;
	struct problem why = {""};

	if (json_parse(text, strlen(text), &aid_json_limits, &root, &why) != STATUS_OK)
		fail_msg("%.200s: %s", text, why.text);
	return root;
}

void
aid_json_is(const struct json_object *root, const char *expected, const char *what)
{
	struct buf text;

	buf_init(&text, aid_json_limits.bytes);
	json_write(root, &text);
	assert_status(buf_status(&text), STATUS_OK);
	if (strcmp(buf_str(&text), expected) != 0)
		fail_msg("%s: %s instead of %s", what, buf_str(&text), expected);
	buf_free(&text);
}

void
aid_json_was(struct json_object *root, const char *expected, const char *what)
{
	aid_json_is(root, expected, what);
	json_free(root);
}
