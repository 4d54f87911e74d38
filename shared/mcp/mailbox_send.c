/* mailbox_send.c - handing messages to the process that waits for them; see mailbox_parts.h. */
#include "mcp/mailbox_parts.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define YOUNG_S 10
#define ONE_MS 500 /* for one process of many that are told */

static int
left_ms(int64_t until_us)
{
	const int64_t left_us = until_us - clock_us();

	return left_us > 0 ? (int)(left_us / 1000 + 1) : 0;
}

static bool
send_all(int fd, const struct buf *message, int64_t until_us)
{
	struct pollfd polled = {.fd = fd, .events = POLLOUT};
	size_t done = 0;
	ssize_t sent;

	while (done < message->len) {
		sent = send(
		    fd, message->data + done, message->len - done, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent > 0)
			done += (size_t)sent;
		else if ((errno != EAGAIN && errno != EINTR) ||
			 poll(&polled, 1, left_ms(until_us)) == 0)
			return false;
	}
	return true;
}

/* Whether the other side says that somebody has taken it. */
static bool
is_taken(int fd, int64_t until_us)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	char said = MAILBOX_NOBODY;

	while (poll(&polled, 1, left_ms(until_us)) < 0 && errno == EINTR)
		continue;
	return recv(fd, &said, 1, MSG_DONTWAIT) == 1 && said == MAILBOX_TAKEN;
}

/* The mailbox that a question's id names. False: it is no id of a question of ours. */
static bool
name_of(const char *question, size_t len, char name[MAILBOX_NAME_LEN + 1])
{
	static const char allowed[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	if (len > MAILBOX_QUESTION_MAX || strlen(question) != len ||
	    strspn(question, allowed) != MAILBOX_NAME_LEN || question[MAILBOX_NAME_LEN] != '.')
		return false;
	if (strspn(question + MAILBOX_NAME_LEN + 1, "0123456789") == 0 ||
	    question[strcspn(question, " \n")] != '\0')
		return false;
	memcpy(name, question, MAILBOX_NAME_LEN);
	name[MAILBOX_NAME_LEN] = '\0';
	return true;
}

/* The file of a process that died. One that is this young may not listen yet. */
static void
remove_dead(const char *path)
{
	struct stat at;

	if (lstat(path, &at) == 0 && S_ISSOCK(at.st_mode) &&
	    clock_wall_ms() / 1000 - (int64_t)at.st_mtime > YOUNG_S)
		(void)unlink(path);
}

/* Connects to a mailbox; STATUS_NOT_FOUND: its process has died. */
static enum status
reach(const struct mcp *mcp, const char *path, int64_t until_us, int *fd)
{
	struct secret_key key;
	struct problem why = {""};
	enum status status = run_key(mcp->master, &key);

	if (status == STATUS_OK)
		status = run_connect(path, &key, until_us, fd, &why);
	if (status == STATUS_NOT_FOUND)
		remove_dead(path);
	else if (status != STATUS_OK)
		log_warn("mailbox: %s: %s %s", path, status_name(status), why.text);
	return status;
}

static enum status
hand_over(const struct mcp *mcp, const char *name, const struct buf *message)
{
	const int64_t until_us = clock_us() + MAILBOX_WAIT_MS * INT64_C(1000);
	char path[PATH_MAX];
	struct problem why;
	enum status status = mailbox_path(mcp, name, path, &why);
	bool taken;
	int fd;

	if (status != STATUS_OK) {
		log_warn("mailbox: %s", why.text);
		return status;
	}
	status = reach(mcp, path, until_us, &fd);
	if (status != STATUS_OK)
		return status;
	taken = send_all(fd, message, until_us) && is_taken(fd, until_us);
	(void)close(fd);
	return taken ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status
mailbox_answer(struct mcp *mcp, const char *session_id, struct json_object *response)
{
	struct json_object *id;
	char name[MAILBOX_NAME_LEN + 1];
	struct buf message;
	const char *question;
	size_t len, head;
	enum status status;
	bool found;

	id = json_member(response, "id", &found);
	question = json_string(id, &len);
	if (question == NULL || !name_of(question, len, name))
		return STATUS_NOT_FOUND;
	buf_init(&message, (size_t)mcp->config->mcp_body_max * 2 + MAILBOX_HEAD_MAX);
	buf_printf(&message, "answer %s %s\n", session_id, question);
	head = message.len;
	json_write(response, &message);
	buf_char(&message, '\n');
	status = buf_status(&message);
	if (status == STATUS_OK && mcp->mailbox != NULL && strcmp(mcp->mailbox->name, name) == 0)
		status = mailbox_deliver_answer(mcp->mailbox, session_id, question,
			     message.data + head, message.len - head - 1)
			     ? STATUS_OK
			     : STATUS_NOT_FOUND;
	else if (status == STATUS_OK)
		status = hand_over(mcp, name, &message);
	buf_free(&message);
	return status;
}

/* Calls `each` with the socket of every mailbox but our own. */
static void
each_mailbox(const struct mcp *mcp,
    void (*each)(const struct mcp *mcp, const char *path, void *arg), void *arg)
{
	const size_t head = strlen(MAILBOX_PREFIX);
	char path[PATH_MAX];
	struct dirent *entry;
	struct problem why;
	size_t len;
	DIR *dir;

	if (run_dir(mcp->config->state_dir, path, &why) != STATUS_OK)
		return;
	dir = opendir(path);
	if (dir == NULL)
		return;
	len = strlen(path);
	while ((entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;

		if (strncmp(name, MAILBOX_PREFIX, head) != 0 || !run_name_valid(name))
			continue;
		if (mcp->mailbox != NULL &&
		    strncmp(name + head, mcp->mailbox->name, MAILBOX_NAME_LEN) == 0)
			continue;
		if ((size_t)snprintf(path + len, PATH_MAX - len, "/%s", name) < PATH_MAX - len)
			each(mcp, path, arg);
	}
	(void)closedir(dir);
}

struct telling {
	struct buf message;
	int64_t until_us; /* for all together */
};

static void
tell(const struct mcp *mcp, const char *path, void *arg)
{
	struct telling *telling = arg;
	const int64_t one_us = clock_us() + ONE_MS * INT64_C(1000);
	const int64_t until_us = one_us < telling->until_us ? one_us : telling->until_us;
	int fd;

	if (reach(mcp, path, until_us, &fd) != STATUS_OK)
		return;
	if (!send_all(fd, &telling->message, until_us))
		log_warn("mailbox: a cancellation did not reach %s", path);
	(void)close(fd);
}

void
mailbox_cancel(struct mcp *mcp, const char *session_id, const struct json_object *request_id)
{
	struct telling telling = {.until_us = clock_us() + MAILBOX_WAIT_MS * INT64_C(1000)};
	struct buf id;

	buf_init(&id, MAILBOX_ID_MAX);
	buf_init(&telling.message, MAILBOX_HEAD_MAX);
	json_write_canonical(request_id, &id);
	if (buf_status(&id) != STATUS_OK)
		goto out;
	if (mcp->mailbox != NULL)
		(void)mailbox_deliver_cancel(mcp->mailbox, session_id, buf_str(&id));
	buf_printf(&telling.message, "cancel %s %s\n", session_id, buf_str(&id));
	if (buf_status(&telling.message) == STATUS_OK)
		each_mailbox(mcp, tell, &telling);
out:
	buf_free(&id);
	buf_free(&telling.message);
}

static void
try_one(const struct mcp *mcp, const char *path, void *arg)
{
	int fd;

	(void)arg;
	if (reach(mcp, path, clock_us() + ONE_MS * INT64_C(1000), &fd) == STATUS_OK)
		(void)close(fd);
}

void
mailbox_sweep(const struct mcp *mcp)
{
	each_mailbox(mcp, try_one, NULL);
}
