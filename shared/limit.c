/* limit.c - counters per address in a mapped file; see limit.h. */
#include "limit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

#define SETS 4096
#define WAYS 4 /* places an address may have */

/*
 * One counter in one word, so that processes need no lock: 32 bits of the address' hash, 16 of the minute, 16 of the
 * count. A lost race loses one count.
 */
typedef _Atomic uint64_t counter;

struct limits {
	struct secret_key key;
	void *map;
	counter *counters; /* SETS * WAYS of them, in the map */
};

#define FILE_BYTES (SETS * WAYS * sizeof(counter))

/* Every block is there before the file is mapped: a full disk must be an error here, not a SIGBUS later. */
static bool
has_room(int fd)
{
	int error = posix_fallocate(fd, 0, (off_t)FILE_BYTES);

	errno = error;
	return error == 0;
}

enum status
limits_open(const char *state_dir, const struct secret_key *master, struct limits **out,
    struct problem *why)
{
	struct limits *limits = calloc(1, sizeof(*limits));
	char path[PATH_MAX];
	void *map = MAP_FAILED;
	int fd = -1;

	*out = NULL;
	if (limits == NULL ||
	    secret_derive(master, "enforgate limits 1", &limits->key) != STATUS_OK) {
		free(limits);
		return STATUS_NO_MEMORY;
	}
	if (snprintf(path, PATH_MAX, "%s/%s", state_dir, LIMIT_FILE) < PATH_MAX)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && has_room(fd))
		map = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		problem_set(why, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		free(limits);
		return STATUS_FAILED;
	}
	close(fd);
	limits->map = map;
	limits->counters = map;
	*out = limits;
	return STATUS_OK;
}

void
limits_close(struct limits *limits)
{
	if (limits == NULL)
		return;
	(void)munmap(limits->map, FILE_BYTES);
	secret_wipe(&limits->key, sizeof(limits->key));
	free(limits);
}

static uint64_t
hash_of(struct limits *limits, const char *purpose, const char *address)
{
	unsigned char digest[SECRET_BYTES];
	char v4[INET_ADDRSTRLEN];
	struct in6_addr v6;
	bool is_v6 = inet_pton(AF_INET6, address, &v6) == 1;
	uint64_t hash = 0;
	enum status status;

	/* All of IPv4 lies in one /64 there (RFC 4291 section 2.5.5.2). */
	if (is_v6 && IN6_IS_ADDR_V4MAPPED(&v6) &&
	    inet_ntop(AF_INET, &v6.s6_addr[12], v4, sizeof(v4)) != NULL) {
		address = v4;
		is_v6 = false;
	}
	if (is_v6)
		status = secret_hmac(&limits->key, purpose, strlen(purpose) + 1, &v6, 8, digest);
	else
		status = secret_hmac(
		    &limits->key, purpose, strlen(purpose) + 1, address, strlen(address), digest);
	if (status == STATUS_OK)
		memcpy(&hash, digest, sizeof(hash));
	return hash;
}

int
limits_count(struct limits *limits, const char *purpose, const char *address, int64_t most)
{
	int64_t now = clock_wall_ms() / 1000;
	uint64_t minute = (uint64_t)(now / LIMIT_WINDOW_S) & 0xffff;
	uint64_t hash = hash_of(limits, purpose, address);
	counter *set = limits->counters + hash % SETS * WAYS;
	uint64_t tag = hash >> 32;
	uint64_t value = 0, count;
	int place = 0;

	if (most <= 0)
		return 0;
	for (int i = 0; i < WAYS; i++) {
		value = atomic_load(&set[i]);
		if (value >> 32 == tag) {
			place = i;
			break;
		}
		/* Else the place whose minute is longest past, or whose count is least. */
		if ((value & 0xffffffff) < (atomic_load(&set[place]) & 0xffffffff))
			place = i;
	}
	value = atomic_load(&set[place]);
	count = value >> 32 == tag && (value >> 16 & 0xffff) == minute ? (value & 0xffff) : 0;
	if (count < 0xffff)
		count++;
	atomic_store(&set[place], tag << 32 | minute << 16 | count);
	return (int64_t)count > most ? (int)(LIMIT_WINDOW_S - now % LIMIT_WINDOW_S) : 0;
}
