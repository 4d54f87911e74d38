/* listen.c - no more requests for this process; see listen.h. */
#include "listen.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENING 0
#define WAITING_MAX 1024 /* connections to ourselves */
#define WAIT_MS 30

/* Connects without waiting: a full queue means that no thread is without work. */
static int
connect_to(const struct sockaddr_storage *address, socklen_t len)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)address, len) != 0 || shutdown(fd, SHUT_WR) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

void
listen_end(int waiting)
{
	struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(address);
	struct pollfd last = {.fd = -1, .events = POLLIN};
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fd;

	if (nothing < 0 || getsockname(LISTENING, (struct sockaddr *)&address, &len) != 0)
		return;
	(void)dup2(nothing, LISTENING);
	for (int i = 0; i < waiting && i < WAITING_MAX; i++) {
		fd = connect_to(&address, len);
		if (fd < 0)
			break;
		if (last.fd >= 0)
			(void)close(last.fd);
		last.fd = fd;
	}
	/* The queue is in order: when the last of them is closed by its thread, all have been taken. */
	if (last.fd >= 0)
		(void)poll(&last, 1, WAIT_MS);
}
