/* relay_task.c - ids of tasks; see relay_task.h. */
#include "mcp/relay_task.h"

#include <string.h>

#define KEY_LABEL "enforgate mcp task ids 1"
#define PLACE_MAX 256

static enum status
mark_of(const struct mcp *mcp, const char *key_id, const char *upstream_name, const char *id,
    char out[TASK_MARK_LEN + 1])
{
	unsigned char mac[SECRET_BYTES];
	struct secret_key key;
	struct buf place;
	enum status status;

	buf_init(&place, PLACE_MAX);
	/* Each piece ends with its NUL, so that none runs into the next. */
	buf_add(&place, key_id, strlen(key_id) + 1);
	buf_add(&place, upstream_name, strlen(upstream_name) + 1);
	status = buf_status(&place);
	if (status == STATUS_OK)
		status = secret_derive(mcp->master, KEY_LABEL, &key);
	if (status == STATUS_OK)
		status = secret_hmac(&key, place.data, place.len, id, strlen(id), mac);
	if (status == STATUS_OK)
		secret_hex(mac, TASK_MARK_LEN / 2, out);
	buf_free(&place);
	return status;
}

enum status
relay_task_join(const struct mcp *mcp, const char *key_id, const char *upstream_name,
    const char *id, struct buf *out)
{
	char mark[TASK_MARK_LEN + 1];
	enum status status = STATUS_TOO_LARGE;

	if (strlen(id) <= TASK_ID_MAX)
		status = mark_of(mcp, key_id, upstream_name, id, mark);
	if (status != STATUS_OK)
		return status;
	names_join(upstream_name, mark, out);
	buf_char(out, '-');
	buf_text(out, id);
	return buf_status(out);
}

enum status
relay_task_split(const struct mcp *mcp, const char *key_id, const char *text,
    char upstream_name[UPSTREAM_NAME_MAX + 1], const char **id)
{
	char mark[TASK_MARK_LEN + 1];
	const char *rest;
	enum status status;

	if (!names_split(text, upstream_name, &rest) || strlen(rest) <= TASK_MARK_LEN ||
	    rest[TASK_MARK_LEN] != '-' || strlen(rest) > TASK_MARK_LEN + 1 + TASK_ID_MAX)
		return STATUS_NOT_FOUND;
	*id = rest + TASK_MARK_LEN + 1;
	status = mark_of(mcp, key_id, upstream_name, *id, mark);
	if (status != STATUS_OK)
		return status;
	return secret_equal(mark, rest, TASK_MARK_LEN) ? STATUS_OK : STATUS_NOT_FOUND;
}
