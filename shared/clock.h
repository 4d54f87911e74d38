/* clock.h - the two clocks: wall time for records, monotonic time for waits and measurements. */
#ifndef ENFORGATE_CLOCK_H
#define ENFORGATE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since 1970-01-01 UTC. */
static inline int64_t
clock_wall_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Microseconds since some fixed moment; never goes back. */
static inline int64_t
clock_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#define CLOCK_TEXT_MAX 32

/* "2026-11-23T19:00:00.123Z" (RFC 3339) for wall time in ms. `out` holds CLOCK_TEXT_MAX bytes. */
void clock_text(int64_t wall_ms, char *out);

#endif
