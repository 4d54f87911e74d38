/* host_line.c - hosts cannot be used yet: everything that needs one says so. */
#include "mcp/host.h"

static enum status
say(struct problem *why)
{
	problem_set(why, "stdio upstreams cannot be used yet");
	return STATUS_FAILED;
}

enum status
host_find(struct mcp *mcp, const struct upstream *upstream, const struct peer_view *view,
    int64_t until_us, char out[PATH_MAX], struct json_object **hello, struct problem *why)
{
	(void)mcp;
	(void)upstream;
	(void)view;
	(void)until_us;
	out[0] = '\0';
	*hello = NULL;
	return say(why);
}

enum status
host_line_open(struct mcp *mcp, struct peer *peer, struct json_object *first,
    struct host_line **out, struct problem *why)
{
	(void)mcp;
	(void)peer;
	(void)first;
	*out = NULL;
	return say(why);
}

enum line_event
host_line_next(struct host_line *line, struct pollfd *watch, nfds_t nwatch, int64_t until_us,
    struct json_object **message, struct problem *why)
{
	(void)line;
	(void)watch;
	(void)nwatch;
	(void)until_us;
	*message = NULL;
	(void)say(why);
	return LINE_LOST;
}

bool
host_line_sent(const struct host_line *line)
{
	(void)line;
	return false;
}

enum status
host_line_send(struct host_line *line, struct json_object *message)
{
	(void)line;
	(void)message;
	return STATUS_FAILED;
}

void
host_line_cancel(struct host_line *line, const char *reason)
{
	(void)line;
	(void)reason;
}

enum status
host_line_park(struct host_line *line, char handle[LINE_HANDLE_MAX + 1])
{
	(void)line;
	handle[0] = '\0';
	return STATUS_FAILED;
}

enum status
host_line_resume(struct mcp *mcp, const char *handle, struct host_line **out, struct problem *why)
{
	(void)mcp;
	(void)handle;
	*out = NULL;
	return say(why);
}

void
host_line_close(struct host_line *line)
{
	(void)line;
}
