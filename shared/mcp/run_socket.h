/*
 * run_socket.h - sockets of the state directory's `run`: who may speak on them, and how that is proved.
 *
 * Responders hand each other posted answers there, and speak with the hosts of upstreams. The directory is 0700 and the
 * sockets are 0600, but the program of a stdio upstream runs as the same user, and no file permission or sandbox of older
 * kernels keeps it from connecting. So each connection begins with a challenge: the acceptor sends 32 random bytes, the
 * connector answers with their HMAC under a key derived from the installation's, which that program cannot read. Nothing a
 * connector says is looked at before. The other end's user is looked at too: this process's own, or root.
 */
#ifndef ENFORGATE_MCP_RUN_SOCKET_H
#define ENFORGATE_MCP_RUN_SOCKET_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "secret.h"

#define RUN_DIR "run" /* in the state directory */
#define RUN_NAME_MAX 80
#define RUN_GREET_MS 2000 /* for the answer to a challenge */

/* The key of challenges, of the installation's. */
enum status run_key(const struct secret_key *master, struct secret_key *out) MUST_USE;

/* The directory's path; made where it is missing. STATUS_FAILED: it is no directory of our own that is closed to others. */
enum status run_dir(const char *state_dir, char out[PATH_MAX], struct problem *why) MUST_USE;

/* Letters, digits, '-' and '_', then ".sock": nothing that leads elsewhere. */
bool run_name_valid(const char *name);

/*
 * Both take the path of a socket, however long it is; descriptors are non-blocking and closed on exec. A file of that name
 * is replaced: whoever listens makes sure that it is nobody else's. -1 with `why`.
 */
int run_listen(const char *path, struct problem *why) MUST_USE;
/*
 * Connects and answers the challenge. STATUS_NOT_FOUND: nobody listens there. STATUS_BUSY: the listener takes no more now, or said nothing
 * in time. STATUS_REFUSED: it is of another user. STATUS_FAILED with `why`.
 */
enum status run_connect(const char *path, const struct secret_key *key, int64_t until_us, int *fd,
    struct problem *why) MUST_USE;

/* One that has connected and has not yet proved anything. */
struct run_guest {
	int fd; /* the caller's to close, or to go on with */
	int64_t until_us;
	unsigned char expected[SECRET_BYTES];
	unsigned char answer[SECRET_BYTES];
	size_t got;
};
/*
 * Takes the next one and sends it its challenge; never waits. STATUS_NOT_FOUND: nobody is there. STATUS_REFUSED: one of another user was
 * dropped. STATUS_FAILED: accept() failed (errno).
 */
enum status run_accept(int listener, const struct secret_key *key, struct run_guest *out) MUST_USE;
/*
 * Once its descriptor can be read, or its time may be over. STATUS_OK: it knows the key, and what comes next is its
 * own. STATUS_BUSY: the answer is not complete. STATUS_REFUSED: wrong, gone or too late; close it.
 */
enum status run_guest_check(struct run_guest *guest) MUST_USE;
/* The same, waiting until RUN_GREET_MS are over: for threads that have nothing else to do. */
enum status run_guest_wait(struct run_guest *guest) MUST_USE;

#endif
