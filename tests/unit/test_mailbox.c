/* test_mailbox.c - answers and cancellations find the process that waits for them, and nobody else's. */
#include "json_aid.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "clock.h"
#include "mcp/mailbox_parts.h"
#include "secret.h"

#define SECOND_MS 1000

/* A process with a mailbox. */
struct place {
	struct config config;
	struct mcp mcp;
	char dir[TEST_PATH_MAX];
};

static void
open_mailbox(struct place *p)
{
	struct problem why;

	assert_status(mailbox_open(&p->mcp, &p->mcp.mailbox, &why), STATUS_OK);
}

static int
setup(void **state)
{
	static const struct secret_key master = {{4, 5, 6}};
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	(void)snprintf(p->dir, sizeof(p->dir), "%s", test_directory());
	(void)snprintf(p->config.state_dir, sizeof(p->config.state_dir), "%s", p->dir);
	p->config.mcp_body_max = 1 << 20;
	p->config.nesting_max = 64;
	p->config.members_max = 10000;
	p->mcp.config = &p->config;
	p->mcp.master = &master;
	p->mcp.end_fd = -1;
	open_mailbox(p);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	mailbox_close(p->mcp.mailbox);
	test_remove(p->dir);
	free(p);
	return 0;
}

static struct ticket *
open_ticket(struct place *p, const char *session, const char *id_text)
{
	struct json_object *id = aid_json(id_text);
	struct ticket *ticket = ticket_open(p->mcp.mailbox, session, id);

	json_free(id);
	assert_non_null(ticket);
	return ticket;
}

static bool
has_come(struct ticket *ticket, int wait_ms)
{
	struct pollfd polled = {.fd = ticket_fd(ticket), .events = POLLIN};

	assert_true(polled.fd >= 0);
	return poll(&polled, 1, wait_ms) == 1;
}

/* {"jsonrpc":"2.0","id":ID,"result":{"said":TEXT}} */
static struct json_object *
response_to(const char *id, const char *text)
{
	struct json_object *root = json_new_object(), *result = json_new_object();

	assert_true(json_set_text(root, "jsonrpc", "2.0"));
	assert_true(json_set_text(root, "id", id));
	assert_true(json_set_text(result, "said", text));
	assert_true(json_set(root, "result", result));
	return root;
}

static enum status
answer(struct place *p, const char *session, const char *id, const char *text)
{
	struct json_object *response = response_to(id, text);
	enum status status = mailbox_answer(&p->mcp, session, response);

	json_free(response);
	return status;
}

static void
cancel(struct place *p, const char *session, const char *id_text)
{
	struct json_object *id = aid_json(id_text);

	mailbox_cancel(&p->mcp, session, id);
	json_free(id);
}

/* A question's id; the next call writes over it. */
static const char *
ask(struct ticket *ticket)
{
	static char text[MAILBOX_QUESTION_MAX + 1];
	struct json_object *id = ticket_question(ticket);
	size_t len;

	assert_non_null(id);
	(void)snprintf(text, sizeof(text), "%s", json_string(id, &len));
	json_free(id);
	return text;
}

static void
assert_said(struct json_object *response, const char *text)
{
	bool found;
	size_t len;

	assert_non_null(response);
	assert_string_equal(
	    json_string(json_member(json_member(response, "result", &found), "said", &found), &len),
	    text);
	json_free(response);
}

static void
an_answer_reaches_who_asked(void **state)
{
	struct place *p = *state;
	struct ticket *ticket = open_ticket(p, "ses_1", "7");
	char first[MAILBOX_QUESTION_MAX + 1], second[MAILBOX_QUESTION_MAX + 1];

	(void)snprintf(first, sizeof(first), "%s", ask(ticket));
	(void)snprintf(second, sizeof(second), "%s", ask(ticket));
	assert_string_not_equal(first, second);
	assert_false(has_come(ticket, 0));
	assert_null(ticket_take(ticket));
	assert_status(answer(p, "ses_1", second, "two"), STATUS_OK);
	assert_true(has_come(ticket, SECOND_MS));
	assert_status(answer(p, "ses_1", first, "one"), STATUS_OK);
	assert_said(ticket_take(ticket), "one");
	assert_true(has_come(ticket, 0));
	assert_said(ticket_take(ticket), "two");
	assert_null(ticket_take(ticket));
	assert_false(has_come(ticket, 0));
	assert_false(ticket_cancelled(ticket));
	ticket_close(ticket);
}

static void
an_answer_is_taken_once_and_from_its_session_only(void **state)
{
	struct place *p = *state;
	struct ticket *ticket = open_ticket(p, "ses_1", "7"), *other = open_ticket(p, "ses_2", "7");
	char id[MAILBOX_QUESTION_MAX + 1], wrong[MAILBOX_QUESTION_MAX + 1];

	(void)snprintf(id, sizeof(id), "%s", ask(ticket));
	(void)snprintf(wrong, sizeof(wrong), "%s", id);
	wrong[strlen(wrong) - 1] = wrong[strlen(wrong) - 1] == 'a' ? 'b' : 'a';
	assert_status(answer(p, "ses_2", id, "forged"), STATUS_NOT_FOUND);
	assert_status(answer(p, "ses_1", wrong, "guessed"), STATUS_NOT_FOUND);
	assert_false(has_come(ticket, 0));
	assert_status(answer(p, "ses_1", id, "real"), STATUS_OK);
	assert_status(answer(p, "ses_1", id, "again"), STATUS_NOT_FOUND);
	assert_said(ticket_take(ticket), "real");
	assert_null(ticket_take(ticket));
	assert_status(answer(p, "ses_1", id, "late"), STATUS_NOT_FOUND);
	assert_null(ticket_take(other));
	ticket_close(other);
	ticket_close(ticket);
	assert_status(answer(p, "ses_1", id, "to nobody"), STATUS_NOT_FOUND);
}

static void
a_question_that_is_forgotten_takes_no_answer(void **state)
{
	struct place *p = *state;
	struct ticket *ticket = open_ticket(p, "ses_1", "7");
	char first[MAILBOX_QUESTION_MAX + 1], second[MAILBOX_QUESTION_MAX + 1];
	struct json_object *id;

	(void)snprintf(first, sizeof(first), "%s", ask(ticket));
	(void)snprintf(second, sizeof(second), "%s", ask(ticket));
	id = json_new_text(first, strlen(first));
	ticket_forget(ticket, id);
	ticket_forget(ticket, id);
	ticket_forget(ticket, NULL);
	json_free(id);
	assert_status(answer(p, "ses_1", first, "late"), STATUS_NOT_FOUND);
	assert_status(answer(p, "ses_1", second, "real"), STATUS_OK);
	assert_said(ticket_take(ticket), "real");
	ticket_close(ticket);
}

static void
ids_that_are_none_of_ours_lead_nowhere(void **state)
{
	static const char *const ids[] = {"", "1", "abc", "../../../../tmp/x.1-a",
	    "0123456789abcdef", "0123456789abcdef.", "0123456789abcdef.x", "0123456789abcdef.1-a b",
	    "0123456789abcdef.1-a\nanswer", "0123456789abcdef.1-never",
	    "0123456789abcdef.1-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	struct place *p = *state;
	struct json_object *number = aid_json("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}");

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_status(answer(p, "ses_1", ids[i], "x"), STATUS_NOT_FOUND);
	assert_status(mailbox_answer(&p->mcp, "ses_1", number), STATUS_NOT_FOUND);
	json_free(number);
}

static void
count(void *arg)
{
	(*(int *)arg)++;
}

static void
a_cancellation_is_of_its_session_and_request(void **state)
{
	struct place *p = *state;
	struct ticket *number = open_ticket(p, "ses_1", "7");
	struct ticket *text = open_ticket(p, "ses_1", "\"7\"");
	struct ticket *other = open_ticket(p, "ses_2", "7");
	int called = 0, called_late = 0;

	ticket_on_cancel(number, count, &called);
	cancel(p, "ses_1", "7.0");
	cancel(p, "ses_1", "7");
	assert_true(ticket_cancelled(number));
	assert_true(has_come(number, 0));
	assert_null(ticket_take(number));
	assert_true(has_come(number, 0));
	assert_int_equal(called, 1);
	ticket_on_cancel(number, count, &called_late);
	assert_int_equal(called_late, 1);
	assert_false(ticket_cancelled(text));
	assert_false(ticket_cancelled(other));
	assert_false(has_come(text, 0));
	cancel(p, "ses_1", "\"7\"");
	assert_true(ticket_cancelled(text));
	assert_true(has_come(text, 0));
	ticket_close(number);
	ticket_close(text);
	ticket_close(other);
}

static int
count_sockets(struct place *p)
{
	char path[TEST_PATH_MAX];
	struct dirent *entry;
	DIR *dir;
	int n = 0;

	test_path(path, p->dir, RUN_DIR);
	dir = opendir(path);
	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void
its_socket_is_private_and_there_while_it_is_needed(void **state)
{
	struct place *p = *state;
	struct ticket *ticket;
	struct stat st;

	assert_int_equal(count_sockets(p), 0);
	ticket = open_ticket(p, "ses_1", "1");
	assert_int_equal(count_sockets(p), 1);
	assert_int_equal(stat(p->mcp.mailbox->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	ticket_close(ticket);
	mailbox_close(p->mcp.mailbox);
	assert_int_equal(count_sockets(p), 0);
	open_mailbox(p);
}

static void
its_socket_goes_when_the_process_is_about_to_end(void **state)
{
	struct place *p = *state;
	struct ticket *ticket;

	mailbox_close(p->mcp.mailbox);
	p->mcp.end_fd = eventfd(0, EFD_CLOEXEC);
	open_mailbox(p);
	ticket = open_ticket(p, "ses_1", "1");
	assert_int_equal(count_sockets(p), 1);
	assert_int_equal(eventfd_write(p->mcp.end_fd, 1), 0);
	for (int i = 0; i < 100 && count_sockets(p) > 0; i++)
		usleep(10000);
	assert_int_equal(count_sockets(p), 0);
	ticket_close(ticket);
	mailbox_close(p->mcp.mailbox);
	close(p->mcp.end_fd);
	p->mcp.end_fd = -1;
	open_mailbox(p);
}

/* What another process tells the test: the id of its question, then what it took. */
struct told {
	char question[MAILBOX_QUESTION_MAX + 1];
	char said[64];
	bool cancelled;
};

static void
be_the_other_process(struct place *p, int to, bool wait)
{
	struct told told = {.question = ""};
	struct json_object *response;
	struct ticket *ticket;
	bool found;
	size_t len;

	open_mailbox(p);
	ticket = open_ticket(p, "ses_1", "\"r 1\"");
	(void)snprintf(told.question, sizeof(told.question), "%s", ask(ticket));
	assert_int_equal(write(to, &told, sizeof(told)), sizeof(told));
	while (
	    wait && !(told.said[0] != '\0' && told.cancelled) && has_come(ticket, 5 * SECOND_MS)) {
		response = ticket_take(ticket);
		if (response != NULL)
			(void)snprintf(told.said, sizeof(told.said), "%s",
			    json_string(json_member(json_member(response, "result", &found), "said",
					    &found),
				&len));
		json_free(response);
		told.cancelled = ticket_cancelled(ticket);
	}
	assert_int_equal(write(to, &told, sizeof(told)), sizeof(told));
	ticket_close(ticket);
	if (wait)
		mailbox_close(p->mcp.mailbox);
	_exit(0);
}

/* Before this process has any thread. */
static pid_t
start_other(struct place *p, bool wait, int *from, struct told *told)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		be_the_other_process(p, ends[1], wait);
	close(ends[1]);
	*from = ends[0];
	assert_int_equal(read(*from, told, sizeof(*told)), sizeof(*told));
	return pid;
}

static void
another_process_is_reached(void **state)
{
	struct place *p = *state;
	struct told told;
	int from, status;
	const pid_t pid = start_other(p, true, &from, &told);

	assert_status(answer(p, "ses_2", told.question, "forged"), STATUS_NOT_FOUND);
	assert_status(answer(p, "ses_1", told.question, "real"), STATUS_OK);
	assert_status(answer(p, "ses_1", told.question, "again"), STATUS_NOT_FOUND);
	cancel(p, "ses_2", "\"r 1\"");
	cancel(p, "ses_1", "\"r 2\"");
	cancel(p, "ses_1", "\"r 1\"");
	assert_int_equal(read(from, &told, sizeof(told)), sizeof(told));
	assert_string_equal(told.said, "real");
	assert_true(told.cancelled);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(count_sockets(p), 0);
	close(from);
}

/* As if it lay there for a minute. */
static void
age_sockets(struct place *p)
{
	const struct timespec times[2] = {{.tv_sec = time(NULL) - 60}, {.tv_sec = time(NULL) - 60}};
	char path[TEST_PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	test_path(path, p->dir, RUN_DIR);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			assert_int_equal(
			    utimensat(dirfd(dir), entry->d_name, times, AT_SYMLINK_NOFOLLOW), 0);
	closedir(dir);
}

static void
answer_late(struct place *p, const char *question)
{
	assert_status(answer(p, "ses_1", question, "late"), STATUS_NOT_FOUND);
}

static void
cancel_late(struct place *p, const char *question)
{
	(void)question;
	cancel(p, "ses_1", "1");
}

static void
sweep(struct place *p, const char *question)
{
	(void)question;
	mailbox_sweep(&p->mcp);
}

static void
sockets_of_the_dead_are_removed(void **state)
{
	static void (*const ways[])(struct place * p, const char *question) = {
	    answer_late, cancel_late, sweep};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct told told;
		int from, status;
		const pid_t pid = start_other(p, false, &from, &told);

		assert_int_equal(waitpid(pid, &status, 0), pid);
		close(from);
		ways[i](p, told.question);
		assert_int_equal(count_sockets(p), 1);
		age_sockets(p);
		ways[i](p, told.question);
		assert_int_equal(count_sockets(p), 0);
	}
}

static int
connect_to(struct place *p, const char *question, const struct secret_key *key)
{
	char name[MAILBOX_NAME_LEN + 1], path[PATH_MAX];
	struct problem why;
	int fd;

	(void)snprintf(name, sizeof(name), "%s", question);
	assert_status(mailbox_path(&p->mcp, name, path, &why), STATUS_OK);
	assert_status(
	    run_connect(path, key, clock_us() + SECOND_MS * INT64_C(1000), &fd, &why), STATUS_OK);
	return fd;
}

/* More of them than are listened to at once. */
static void
peers_that_say_nothing_or_nonsense_do_not_block(void **state)
{
	static const char *const nonsense[] = {
	    "\n", "answer\n\n", "answer ses_1\n{}\n", "cancel ses_1\n", "take ses_1 1\n"};
	static const struct secret_key wrong = {{1}};
	struct place *p = *state;
	const int64_t start_us = clock_us();
	struct secret_key key;
	struct told told;
	int from, status, fds[24];
	const pid_t pid = start_other(p, true, &from, &told);

	assert_status(run_key(p->mcp.master, &key), STATUS_OK);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		fds[i] = connect_to(p, told.question, i < 15 ? &key : &wrong);
		if (i < sizeof(nonsense) / sizeof(nonsense[0]))
			assert_true(write(fds[i], nonsense[i], strlen(nonsense[i])) > 0);
	}
	cancel(p, "ses_1", "\"r 1\"");
	assert_status(answer(p, "ses_1", told.question, "real"), STATUS_OK);
	assert_true(clock_us() - start_us < SECOND_MS * INT64_C(1000));
	assert_int_equal(read(from, &told, sizeof(told)), sizeof(told));
	assert_string_equal(told.said, "real");
	assert_true(told.cancelled);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		close(fds[i]);
	close(from);
}

/* Connected, with the challenge read and not yet answered. */
static int
connect_half(struct place *p, const char *question, const struct secret_key *key,
    unsigned char answer[SECRET_BYTES])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char name[MAILBOX_NAME_LEN + 1], path[PATH_MAX];
	unsigned char challenge[SECRET_BYTES];
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct problem why;

	(void)snprintf(name, sizeof(name), "%s", question);
	assert_status(mailbox_path(&p->mcp, name, path, &why), STATUS_OK);
	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (answer == NULL)
		return fd;
	assert_int_equal(recv(fd, challenge, sizeof(challenge), MSG_WAITALL), sizeof(challenge));
	assert_status(secret_hmac(key, challenge, sizeof(challenge), NULL, 0, answer), STATUS_OK);
	return fd;
}

static void
the_last_place_is_proved_while_one_more_comes(void **state)
{
	struct place *p = *state;
	unsigned char proof[SECRET_BYTES];
	struct secret_key key;
	struct told told;
	int from, status, fds[17];
	const pid_t pid = start_other(p, true, &from, &told);

	assert_status(run_key(p->mcp.master, &key), STATUS_OK);
	for (int i = 0; i < 15; i++)
		fds[i] = connect_to(p, told.question, &key);
	fds[15] = connect_half(p, told.question, &key, proof);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(send(fds[15], proof, sizeof(proof), 0), sizeof(proof));
	fds[16] = connect_half(p, told.question, &key, NULL);
	assert_int_equal(kill(pid, SIGCONT), 0);
	usleep(100000);
	for (int i = 0; i < 17; i++)
		close(fds[i]);
	assert_status(answer(p, "ses_1", told.question, "real"), STATUS_OK);
	cancel(p, "ses_1", "\"r 1\"");
	assert_int_equal(read(from, &told, sizeof(told)), sizeof(told));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(from);
}

static void
a_stranger_s_message_counts_for_nothing(void **state)
{
	static const struct secret_key wrong = {{1}};
	struct place *p = *state;
	struct ticket *ticket = open_ticket(p, "ses_1", "7");
	const int fd = connect_to(p, ask(ticket), &wrong);
	char byte;

	(void)send(fd, "cancel ses_1 7\n", 15, MSG_NOSIGNAL);
	for (int i = 0; i < 100 && recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN; i++)
		usleep(10000);
	assert_false(ticket_cancelled(ticket));
	close(fd);
	ticket_close(ticket);
}

static void
a_large_answer_arrives_whole(void **state)
{
	const size_t len = 700000;
	struct place *p = *state;
	struct ticket *ticket = open_ticket(p, "ses_1", "1");
	struct mcp elsewhere = p->mcp;
	struct json_object *response;
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, 'x', len);
	text[len] = '\0';
	response = response_to(ask(ticket), text);
	/* As another process sends it. */
	elsewhere.mailbox = NULL;
	assert_status(mailbox_answer(&elsewhere, "ses_1", response), STATUS_OK);
	json_free(response);
	assert_true(has_come(ticket, SECOND_MS));
	assert_said(ticket_take(ticket), text);
	free(text);
	ticket_close(ticket);
}

#define MAILBOX_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	/* Those that fork come first. */
	const struct CMUnitTest tests[] = {
	    MAILBOX_TEST(another_process_is_reached),
	    MAILBOX_TEST(sockets_of_the_dead_are_removed),
	    MAILBOX_TEST(the_last_place_is_proved_while_one_more_comes),
	    MAILBOX_TEST(peers_that_say_nothing_or_nonsense_do_not_block),
	    MAILBOX_TEST(an_answer_reaches_who_asked),
	    MAILBOX_TEST(an_answer_is_taken_once_and_from_its_session_only),
	    MAILBOX_TEST(a_question_that_is_forgotten_takes_no_answer),
	    MAILBOX_TEST(ids_that_are_none_of_ours_lead_nowhere),
	    MAILBOX_TEST(a_cancellation_is_of_its_session_and_request),
	    MAILBOX_TEST(its_socket_is_private_and_there_while_it_is_needed),
	    MAILBOX_TEST(its_socket_goes_when_the_process_is_about_to_end),
	    MAILBOX_TEST(a_large_answer_arrives_whole),
	    MAILBOX_TEST(a_stranger_s_message_counts_for_nothing),
	};

	assert_status(secret_start(), STATUS_OK);
	return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
