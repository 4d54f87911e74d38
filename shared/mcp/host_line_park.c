/* host_line_park.c - a call that waits at its host without us, and how it is taken over; see host.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "mcp/host_parts.h"

/* Gives back what came before the park and was handed to nobody, and waits until it has arrived. */
static enum status
give_back(struct host_line *line, struct json_object *unread, int64_t until_us)
{
	const size_t count = json_length(unread);
	enum status status = STATUS_OK;

	if (count == 0)
		return STATUS_OK;
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = host_line_say(line, "return", json_share(json_element(unread, i)));
	if (status == STATUS_OK)
		status = host_line_say(line, "returned", json_new_text("", 0));
	while (status == STATUS_OK)
		json_free(host_receive(&line->lines, until_us, &status));
	return status == STATUS_NOT_FOUND ? STATUS_OK : STATUS_FAILED;
}

/* The handle, or what comes before it, which is kept in `unread`. */
static enum status
take_parked(struct json_object *root, struct json_object *unread, char handle[LINE_HANDLE_MAX + 1])
{
	bool found;
	const char *text = json_text(json_member(root, "parked", &found));

	if (!found)
		return json_append(unread, root) ? STATUS_BUSY : STATUS_NO_MEMORY;
	if (text != NULL && strlen(text) <= LINE_HANDLE_MAX)
		(void)snprintf(handle, LINE_HANDLE_MAX + 1, "%s", text);
	else
		text = NULL;
	json_free(root);
	return text != NULL ? STATUS_OK : STATUS_FAILED;
}

enum status
host_line_park(struct host_line *line, char handle[LINE_HANDLE_MAX + 1])
{
	const int64_t until_us = clock_us() + (int64_t)HOST_WRITE_MS * 1000;
	struct json_object *unread = json_new_array(), *yes = NULL, *root;
	enum status status = STATUS_NO_MEMORY, read;

	if (unread != NULL && (yes = json_new_object()) != NULL && json_set_bool(yes, "park", true))
		status = host_line_tell(line, yes) == STATUS_OK ? STATUS_BUSY : STATUS_FAILED;
	while (status == STATUS_BUSY) {
		root = host_receive(&line->lines, until_us, &read);
		status = root == NULL ? STATUS_FAILED : take_parked(root, unread, handle);
	}
	if (status == STATUS_OK)
		status = give_back(line, unread, until_us);
	json_free(unread);
	json_free(yes);
	line->over = true;
	return status == STATUS_NO_MEMORY ? status
	       : STATUS_FAILED == status  ? STATUS_FAILED
					  : STATUS_OK;
}

/* The path of the socket that a handle begins with. */
static enum status
path_of_handle(const struct mcp *mcp, const char *handle, char out[PATH_MAX])
{
	static const char end[] = ".sock.";
	const char *at = strstr(handle, end);
	char dir[PATH_MAX], name[RUN_NAME_MAX + 1];
	struct problem why;
	size_t len;

	if (at == NULL)
		return STATUS_NOT_FOUND;
	len = (size_t)(at - handle) + sizeof(end) - 2;
	if (len > RUN_NAME_MAX)
		return STATUS_NOT_FOUND;
	memcpy(name, handle, len);
	name[len] = '\0';
	if (!run_name_valid(name) || strncmp(name, HOST_PREFIX, strlen(HOST_PREFIX)) != 0 ||
	    run_dir(mcp->config->state_dir, dir, &why) != STATUS_OK)
		return STATUS_NOT_FOUND;
	return snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX ? STATUS_OK
								      : STATUS_NOT_FOUND;
}

/* Asks for the call; STATUS_OK: it is ours. */
static enum status
take_over(struct host_line *line, const char *handle, int64_t until_us)
{
	struct json_object *root = NULL;
	bool resumed = false;
	enum status status = host_line_say(line, "resume", json_new_text(handle, strlen(handle)));

	if (status == STATUS_OK)
		root = host_receive(&line->lines, until_us, &status);
	if (root != NULL)
		(void)json_member(root, "resumed", &resumed);
	json_free(root);
	if (status == STATUS_NO_MEMORY)
		return status;
	return resumed ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status
host_line_resume(struct mcp *mcp, const char *handle, struct host_line **out, struct problem *why)
{
	const int64_t until_us = clock_us() + (int64_t)PEER_CONNECT_MS * 1000;
	struct host_line *line = host_line_new("");
	struct json_object *hello = NULL;
	char path[PATH_MAX];
	enum status status;
	bool found;

	*out = NULL;
	if (line == NULL)
		return STATUS_NO_MEMORY;
	status = path_of_handle(mcp, handle, path);
	if (status == STATUS_OK) {
		status = host_meet(mcp, path, until_us, &line->lines, &hello, why);
		if (status != STATUS_OK)
			line->lines.in_fd = line->lines.out_fd = -1;
	}
	if (status == STATUS_OK) {
		const char *name = json_text(json_member(hello, "upstream", &found));

		(void)snprintf(
		    line->upstream, sizeof(line->upstream), "%s", name != NULL ? name : "");
		line->sent = true;
		status = take_over(line, handle, until_us);
	}
	json_free(hello);
	if (status == STATUS_OK) {
		*out = line;
		return STATUS_OK;
	}
	host_line_close(line);
	problem_set(why, "the call is not under way any more");
	return status == STATUS_NO_MEMORY ? status : STATUS_NOT_FOUND;
}
