/* run_socket.c - sockets in the directory `run`, and the proof that a connector is one of us; see run_socket.h. */
#include "mcp/run_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"

#define KEY_LABEL "enforgate run socket 1"
#define BACKLOG 1024
#define NAME_END ".sock"

enum status
run_key(const struct secret_key *master, struct secret_key *out)
{
	return secret_derive(master, KEY_LABEL, out);
}

enum status
run_dir(const char *state_dir, char out[PATH_MAX], struct problem *why)
{
	struct stat at;

	if (snprintf(out, PATH_MAX, "%s/%s", state_dir, RUN_DIR) >= PATH_MAX) {
		problem_set(why, "state_dir: the path is too long");
		return STATUS_FAILED;
	}
	if (mkdir(out, 0700) != 0 && errno != EEXIST) {
		problem_set(why, "%s: %s", out, strerror(errno));
		return STATUS_FAILED;
	}
	if (lstat(out, &at) != 0 || !S_ISDIR(at.st_mode)) {
		problem_set(why, "%s is no directory", out);
		return STATUS_FAILED;
	}
	if ((at.st_mode & 077) != 0 || (at.st_uid != geteuid() && geteuid() != 0)) {
		problem_set(why,
		    "%s has to belong to the user of the gateway and to be closed to others: chmod 700",
		    out);
		return STATUS_FAILED;
	}
	return STATUS_OK;
}

bool
run_name_valid(const char *name)
{
	const size_t len = strlen(name), stem = strcspn(name, ".");

	return stem > 0 && len <= RUN_NAME_MAX && strcmp(name + stem, NAME_END) == 0 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
		   stem;
}

/*
 * The address of a path that may be longer than an address has room for: such a one is reached through a descriptor of its directory,
 * which is the caller's to close; -1 where none was needed.
 */
static bool
address_of(const char *path, struct sockaddr_un *address, int *dir_fd)
{
	const char *name = strrchr(path, '/');
	char dir[PATH_MAX];
	int n;

	*dir_fd = -1;
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	errno = ENAMETOOLONG;
	if (strlen(path) < sizeof(address->sun_path)) {
		memcpy(address->sun_path, path, strlen(path) + 1);
		return true;
	}
	if (name == NULL ||
	    snprintf(dir, sizeof(dir), "%.*s", (int)(name - path), path) >= PATH_MAX)
		return false;
	*dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*dir_fd < 0)
		return false;
	n = snprintf(
	    address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d%s", *dir_fd, name);
	errno = ENAMETOOLONG;
	return n > 0 && (size_t)n < sizeof(address->sun_path);
}

static void
close_kept(int fd)
{
	const int saved = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = saved;
}

static int
new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int
run_listen(const char *path, struct problem *why)
{
	struct sockaddr_un address;
	int fd = new_socket(), dir_fd = -1;
	bool done = false;

	if (fd >= 0 && address_of(path, &address, &dir_fd)) {
		/* The directory is closed to others, so nobody gets in between bind() and chmod(). */
		done = (unlink(path) == 0 || errno == ENOENT) &&
		       bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		       chmod(path, 0600) == 0 && listen(fd, BACKLOG) == 0;
	}
	close_kept(dir_fd);
	if (done)
		return fd;
	problem_set(why, "%s: %s", path, strerror(errno));
	close_kept(fd);
	return -1;
}

/* Whether the process at the other end is of our user, or root. */
static bool
peer_is_ours(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0 || geteuid() == 0);
}

/* Waits until the descriptor can be read; false: the time is over. */
static bool
wait_readable(int fd, int64_t until_us)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	int64_t left_us;

	while ((left_us = until_us - clock_us()) > 0) {
		if (poll(&polled, 1, (int)(left_us / 1000 > 60000 ? 60000 : left_us / 1000 + 1)) >
		    0)
			return true;
	}
	return false;
}

/* Reads the challenge and sends the answer. */
static enum status
answer_challenge(int fd, const struct secret_key *key, int64_t until_us)
{
	unsigned char challenge[SECRET_BYTES], answer[SECRET_BYTES];
	size_t got = 0;
	ssize_t n;

	while (got < sizeof(challenge)) {
		if (!wait_readable(fd, until_us))
			return STATUS_BUSY;
		n = recv(fd, challenge + got, sizeof(challenge) - got, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return STATUS_NOT_FOUND;
		got += n > 0 ? (size_t)n : 0;
	}
	if (secret_hmac(key, challenge, sizeof(challenge), NULL, 0, answer) != STATUS_OK)
		return STATUS_FAILED;
	/* The first bytes on a fresh connection: they always fit. */
	return send(fd, answer, sizeof(answer), MSG_NOSIGNAL) == (ssize_t)sizeof(answer)
		   ? STATUS_OK
		   : STATUS_NOT_FOUND;
}

static enum status
connect_status(int error, const char *path, struct problem *why)
{
	if (error == ENOENT || error == ECONNREFUSED)
		return STATUS_NOT_FOUND;
	if (error == EAGAIN)
		return STATUS_BUSY;
	problem_set(why, "%s: %s", path, strerror(error));
	return STATUS_FAILED;
}

enum status
run_connect(
    const char *path, const struct secret_key *key, int64_t until_us, int *out, struct problem *why)
{
	struct sockaddr_un address;
	enum status status = STATUS_OK;
	int fd = new_socket(), dir_fd = -1;

	*out = -1;
	if (fd < 0 || !address_of(path, &address, &dir_fd) ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		status = connect_status(errno, path, why);
	close_kept(dir_fd);
	if (status == STATUS_OK && !peer_is_ours(fd)) {
		problem_set(why, "%s: another user listens there", path);
		status = STATUS_REFUSED;
	}
	if (status == STATUS_OK)
		status = answer_challenge(fd, key, until_us);
	if (status == STATUS_OK)
		*out = fd;
	else
		close_kept(fd);
	return status;
}

enum status
run_accept(int listener, const struct secret_key *key, struct run_guest *out)
{
	unsigned char challenge[SECRET_BYTES];
	int fd;

	*out = (struct run_guest){.fd = -1};
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? STATUS_NOT_FOUND
										  : STATUS_FAILED;
	secret_random(challenge, sizeof(challenge));
	if (!peer_is_ours(fd) ||
	    secret_hmac(key, challenge, sizeof(challenge), NULL, 0, out->expected) != STATUS_OK ||
	    send(fd, challenge, sizeof(challenge), MSG_NOSIGNAL) != (ssize_t)sizeof(challenge)) {
		(void)close(fd);
		return STATUS_REFUSED;
	}
	out->fd = fd;
	out->until_us = clock_us() + (int64_t)RUN_GREET_MS * 1000;
	return STATUS_OK;
}

enum status
run_guest_check(struct run_guest *guest)
{
	ssize_t n;

	/* Never a byte beyond the answer: what follows is for whoever goes on with the connection. */
	n = recv(guest->fd, guest->answer + guest->got, sizeof(guest->answer) - guest->got, 0);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return STATUS_REFUSED;
	guest->got += n > 0 ? (size_t)n : 0;
	if (guest->got == sizeof(guest->answer))
		return secret_equal(guest->answer, guest->expected, sizeof(guest->expected))
			   ? STATUS_OK
			   : STATUS_REFUSED;
	return clock_us() < guest->until_us ? STATUS_BUSY : STATUS_REFUSED;
}

enum status
run_guest_wait(struct run_guest *guest)
{
	enum status status = STATUS_BUSY;

	while (status == STATUS_BUSY) {
		(void)wait_readable(guest->fd, guest->until_us);
		status = run_guest_check(guest);
	}
	return status;
}
