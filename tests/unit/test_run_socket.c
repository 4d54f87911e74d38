/* test_run_socket.c - sockets of the directory `run`: only who knows the installation's key is heard. */
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "mcp/run_socket.h"

#define NAME "/a.sock"

struct place {
	char dir[PATH_MAX - 64];
	char run[PATH_MAX];
	char path[PATH_MAX + sizeof(NAME)];
	struct secret_key key;
	int listener;
	/* What the acceptor's thread found, and the one it is about. */
	enum status found;
	struct run_guest guest;
};

static void
place_open(struct place *p, const char *below)
{
	const struct secret_key master = {{1}};
	struct problem why;
	char dir[sizeof(p->dir) / 2];

	(void)snprintf(dir, sizeof(dir), "/tmp/enforgate-run.XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(p->dir, sizeof(p->dir), "%s%s", dir, below);
	assert_true(below[0] == '\0' || mkdir(p->dir, 0700) == 0);
	assert_int_equal(secret_start(), STATUS_OK);
	assert_int_equal(run_key(&master, &p->key), STATUS_OK);
	assert_int_equal(run_dir(p->dir, p->run, &why), STATUS_OK);
	(void)snprintf(p->path, sizeof(p->path), "%s%s", p->run, NAME);
	p->listener = run_listen(p->path, &why);
	assert_true(p->listener >= 0);
	p->guest.fd = -1;
}

static void
place_close(struct place *p)
{
	if (p->guest.fd >= 0)
		(void)close(p->guest.fd);
	(void)close(p->listener);
	assert_int_equal(unlink(p->path), 0);
	assert_int_equal(rmdir(p->run), 0);
	assert_int_equal(rmdir(p->dir), 0);
	*strrchr(p->dir, '/') = '\0';
	(void)rmdir(p->dir); /* where there was one below it */
}

static int64_t
soon(int ms)
{
	return clock_us() + (int64_t)ms * 1000;
}

static void *
accept_one(void *arg)
{
	struct place *p = arg;
	struct pollfd polled = {.fd = p->listener, .events = POLLIN};

	(void)poll(&polled, 1, 5000);
	p->found = run_accept(p->listener, &p->key, &p->guest);
	if (p->found == STATUS_OK)
		p->found = run_guest_wait(&p->guest);
	if (p->found == STATUS_REFUSED) {
		(void)close(p->guest.fd); /* as acceptors do */
		p->guest.fd = -1;
	}
	return NULL;
}

static void
test_meets(void **state)
{
	static const char long_name[] =
	    "/a-directory-whose-name-is-so-long-that-no-address-of-a-socket-has-room-for-it-and-for-"
	    "the-name-of-the-socket";
	static const char *const below[] = {"", long_name};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct place p = {0};
		struct problem why = {""};
		struct stat at;
		pthread_t thread;
		char byte = 0;
		int fd;

		place_open(&p, below[i]);
		assert_int_equal(pthread_create(&thread, NULL, accept_one, &p), 0);
		assert_int_equal(run_connect(p.path, &p.key, soon(5000), &fd, &why), STATUS_OK);
		/* Sent together with the answer, it is left for whoever goes on. */
		assert_int_equal(send(fd, "x", 1, 0), 1);
		(void)pthread_join(thread, NULL);
		assert_int_equal(p.found, STATUS_OK);
		(void)poll(&(struct pollfd){.fd = p.guest.fd, .events = POLLIN}, 1, 5000);
		assert_int_equal(recv(p.guest.fd, &byte, 1, 0), 1);
		assert_int_equal(byte, 'x');
		assert_int_equal(stat(p.path, &at), 0);
		assert_int_equal(at.st_mode & 0777, 0600);
		assert_int_equal(stat(p.run, &at), 0);
		assert_int_equal(at.st_mode & 0777, 0700);
		(void)close(fd);
		place_close(&p);
	}
}

static void
test_wrong_key(void **state)
{
	struct place p = {0};
	const struct secret_key other = {{2}};
	struct problem why;
	pthread_t thread;
	char byte;
	int fd;

	(void)state;
	place_open(&p, "");
	assert_int_equal(pthread_create(&thread, NULL, accept_one, &p), 0);
	assert_int_equal(run_connect(p.path, &other, soon(5000), &fd, &why), STATUS_OK);
	(void)pthread_join(thread, NULL);
	assert_int_equal(p.found, STATUS_REFUSED);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	(void)close(fd);
	place_close(&p);
}

/* Raw connections: what they say instead of the answer. */
static void
test_no_answer(void **state)
{
	static const struct {
		const char *bytes;
		bool leaves;
	} cases[] = {
	    {"", true},
	    {"{\"request\":{}}\n", true},
	    {"{\"request\":{}}\n", false}, /* silent then: given up after RUN_GREET_MS */
	    {"a line that is longer than the thirty-two bytes of an answer\n", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct place p = {0};
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		pthread_t thread;
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		const size_t len = strlen(cases[i].bytes);

		place_open(&p, "");
		(void)snprintf(address.sun_path, sizeof(address.sun_path), "%.90s", p.path);
		assert_int_equal(pthread_create(&thread, NULL, accept_one, &p), 0);
		assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
		assert_int_equal(send(fd, cases[i].bytes, len, MSG_NOSIGNAL), len);
		if (cases[i].leaves)
			(void)shutdown(fd, SHUT_WR);
		(void)pthread_join(thread, NULL);
		assert_int_equal(p.found, STATUS_REFUSED);
		(void)close(fd);
		place_close(&p);
	}
}

static void
test_nobody_there(void **state)
{
	struct place p = {0};
	struct problem why;
	char missing[PATH_MAX + 64];
	int fd;

	(void)state;
	place_open(&p, "");
	(void)snprintf(missing, sizeof(missing), "%s/b.sock", p.run);
	assert_int_equal(run_connect(missing, &p.key, soon(1000), &fd, &why), STATUS_NOT_FOUND);
	assert_int_equal(run_accept(p.listener, &p.key, &p.guest), STATUS_NOT_FOUND);
	/* One that listens and says nothing. */
	assert_int_equal(run_connect(p.path, &p.key, soon(50), &fd, &why), STATUS_BUSY);
	assert_int_equal(fd, -1);
	/* Its process has died, the file is left. */
	(void)close(p.listener);
	assert_int_equal(run_connect(p.path, &p.key, soon(1000), &fd, &why), STATUS_NOT_FOUND);
	p.listener = run_listen(p.path, &why); /* another takes the name over */
	assert_true(p.listener >= 0);
	place_close(&p);
}

static void
test_open_directory(void **state)
{
	struct place p = {0};
	struct problem why = {""};
	char out[PATH_MAX];

	(void)state;
	place_open(&p, "");
	assert_int_equal(chmod(p.run, 0750), 0);
	assert_int_equal(run_dir(p.dir, out, &why), STATUS_FAILED);
	assert_non_null(strstr(why.text, "chmod 700"));
	place_close(&p);
}

static void
test_names(void **state)
{
	static const struct {
		const char *name;
		bool valid;
	} cases[] = {
	    {"h_0a.sock", true},
	    {"m-7.sock", true},
	    {".sock", false},
	    {"h.sock.x", false},
	    {"../h.sock", false},
	    {"a/h.sock", false},
	    {"h", false},
	    {"", false},
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	     "aa.sock",
		false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(run_name_valid(cases[i].name), cases[i].valid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_meets),
	    cmocka_unit_test(test_wrong_key),
	    cmocka_unit_test(test_no_answer),
	    cmocka_unit_test(test_nobody_there),
	    cmocka_unit_test(test_open_directory),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
