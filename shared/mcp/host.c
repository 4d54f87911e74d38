/* host.c - finding the host of an upstream; see host.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "mcp/host_parts.h"

#define WRAP_BYTES ((size_t)256) /* of {"response": } around a message */
#define PAUSE_MS 15              /* between looks whether another process has started it */

size_t
host_line_most(const struct config *config)
{
	const size_t most = (size_t)(config->upstream_answer_max > config->mcp_body_max
					 ? config->upstream_answer_max
					 : config->mcp_body_max);

	return most + WRAP_BYTES < HOST_LINE_MAX ? most + WRAP_BYTES : HOST_LINE_MAX;
}

enum status
host_name(const struct upstream *upstream, const struct peer_view *view, char out[RUN_NAME_MAX + 1])
{
	char digest[SECRET_DIGEST_TEXT];
	struct secret_sum sum;
	struct buf text;
	enum status status;

	/* Each part ends with a NUL, so that no two sets of parts are the same text. */
	buf_init(&text, HOST_LINE_MAX);
	buf_printf(&text, "%s%c%lld%c%s%c", upstream->id, '\0', (long long)upstream->changed_ms,
	    '\0', view->owner, '\0');
	if (view->capabilities != NULL)
		json_write_canonical(view->capabilities, &text);
	status = buf_status(&text);
	if (status == STATUS_OK)
		status = secret_sum_start(&sum);
	if (status == STATUS_OK) {
		status = secret_sum_add(&sum, buf_str(&text), text.len);
		if (secret_sum_end(&sum, digest) != STATUS_OK && status == STATUS_OK)
			status = STATUS_FAILED;
	}
	buf_free(&text);
	if (status == STATUS_OK)
		(void)snprintf(
		    out, RUN_NAME_MAX + 1, HOST_PREFIX "%.*s.sock", HOST_DIGEST_CHARS, digest);
	return status;
}

enum status
host_lock_path(const char *socket_path, char out[PATH_MAX])
{
	const size_t stem = strlen(socket_path) - strlen(".sock");

	return snprintf(out, PATH_MAX, "%.*s.lock", (int)stem, socket_path) < PATH_MAX
		   ? STATUS_OK
		   : STATUS_FAILED;
}

/* Waits until the connection can be read; false: the time is over. */
static bool
wait_readable(int fd, int64_t until_us)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	const int64_t left_ms = (until_us - clock_us()) / 1000;

	return left_ms >= 0 && poll(&polled, 1, left_ms > 60000 ? 60000 : (int)left_ms + 1) > 0;
}

struct json_object *
host_receive(struct json_lines *lines, int64_t until_us, enum status *status)
{
	struct json_object *root;
	const char *line;
	size_t len;

	for (;;) {
		line = json_lines_next(lines, &len);
		if (line != NULL) {
			root = json_lines_parse(line, len);
			*status = root != NULL ? STATUS_OK : STATUS_FAILED;
			return root;
		}
		if (!wait_readable(lines->in_fd, until_us) && clock_us() >= until_us) {
			*status = STATUS_BUSY;
			return NULL;
		}
		*status = json_lines_read(lines);
		if (*status != STATUS_OK)
			return NULL;
	}
}

enum status
host_meet(const struct mcp *mcp, const char *path, int64_t until_us, struct json_lines *lines,
    struct json_object **hello, struct problem *why)
{
	struct json_object *root = NULL, *said;
	struct secret_key key;
	enum status status;
	bool found;
	int fd = -1;

	*hello = NULL;
	status = run_key(mcp->master, &key);
	if (status == STATUS_OK)
		status = run_connect(path, &key, until_us, &fd, why);
	secret_wipe(&key, sizeof(key));
	if (status != STATUS_OK)
		return status;
	json_lines_init(lines, fd, fd, host_line_most(mcp->config), HOST_QUEUE_MAX);
	root = host_receive(lines, until_us, &status);
	said = json_member(root, "hello", &found);
	if (root != NULL && json_type(said) == JSON_OBJECT) {
		*hello = json_share(said);
	} else if (root != NULL) {
		said = json_member(root, "failed", &found);
		problem_set(why, "%s",
		    json_text(said) != NULL ? json_text(said)
					    : "its host says nothing that is known");
		status = STATUS_FAILED;
	} else if (status == STATUS_FAILED)
		status = STATUS_NOT_FOUND; /* it ended just now */
	json_free(root);
	if (status == STATUS_OK)
		return STATUS_OK;
	json_lines_free(lines);
	(void)close(fd);
	return status;
}

/* A pause, or until the process is about to end: false then. */
static bool
pause_or_end(const struct mcp *mcp)
{
	struct pollfd polled = {.fd = mcp->end_fd, .events = POLLIN};

	return poll(&polled, 1, PAUSE_MS) <= 0;
}

enum status
host_find(struct mcp *mcp, const struct upstream *upstream, const struct peer_view *view,
    int64_t until_us, char out[PATH_MAX], struct json_object **hello, struct problem *why)
{
	char dir[PATH_MAX], name[RUN_NAME_MAX + 1];
	struct problem reason = {"it is still starting; try again in a moment"};
	struct json_lines lines;
	enum status status = run_dir(mcp->config->state_dir, dir, &reason);

	*hello = NULL;
	if (status == STATUS_OK)
		status = host_name(upstream, view, name);
	if (status == STATUS_OK && snprintf(out, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
		status = STATUS_FAILED;
	while (status == STATUS_OK || status == STATUS_BUSY || status == STATUS_NOT_FOUND) {
		status = host_meet(mcp, out, until_us, &lines, hello, &reason);
		if (status == STATUS_OK) {
			json_lines_free(&lines);
			(void)close(lines.in_fd);
			return STATUS_OK;
		}
		if (status == STATUS_NOT_FOUND)
			status = host_start(mcp, upstream, view, name, until_us, &reason);
		if (clock_us() >= until_us || (status == STATUS_BUSY && !pause_or_end(mcp)))
			break;
	}
	problem_set(why, "upstream \"%s\": %s", upstream->name, reason.text);
	return status == STATUS_NO_MEMORY ? status : STATUS_FAILED;
}

/* Removes the files of one host where its lock is nobody's. */
static void
sweep_one(int dir_fd, const char *lock_name)
{
	char name[RUN_NAME_MAX + 1];
	const size_t stem = strlen(lock_name) - strlen(".lock");
	int fd = openat(dir_fd, lock_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && stem + sizeof(".sock") <= sizeof(name)) {
		(void)snprintf(name, sizeof(name), "%.*s.sock", (int)stem, lock_name);
		(void)unlinkat(dir_fd, name, 0);
		(void)unlinkat(dir_fd, lock_name, 0);
	}
	(void)close(fd);
}

void
host_sweep(const struct mcp *mcp)
{
	char path[PATH_MAX];
	struct dirent *entry;
	struct problem why;
	DIR *dir = NULL;

	if (run_dir(mcp->config->state_dir, path, &why) == STATUS_OK)
		dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		const char *end = strrchr(entry->d_name, '.');

		if (strncmp(entry->d_name, HOST_PREFIX, strlen(HOST_PREFIX)) == 0 && end != NULL &&
		    strcmp(end, ".lock") == 0)
			sweep_one(dirfd(dir), entry->d_name);
	}
	if (dir != NULL)
		(void)closedir(dir);
}
