/* failing_heap.h - memory that runs out when told to. To be included by the one file of a test program, as it holds malloc(). */
#ifndef TEST_FAILING_HEAP_H
#define TEST_FAILING_HEAP_H

#include <stdbool.h>

#include "testing.h"

#include <dlfcn.h>

/*
 * malloc() and its relatives of this program stand in front of those of the C library, for libraries
 * as well. They may run before a sanitizer is ready, hence the attribute.
 * valgrind puts its own in front unless told --soname-synonyms=somalloc=nouserintercepts.
 */
#define UNCHECKED __attribute__((no_sanitize("address", "thread", "undefined")))

static struct {
	bool armed;     /* count, and fail as told */
	bool exhausted; /* fail all from then on, not just one */
	long fail_at;   /* which allocation, from 1 */
	long count;
	long live; /* allocations less frees */
} heap;

static UNCHECKED bool
refused(void)
{
	if (!heap.armed)
		return false;
	heap.count++;
	return heap.count == heap.fail_at || (heap.exhausted && heap.count > heap.fail_at);
}

static UNCHECKED void *
counted(void *block, long blocks)
{
	if (heap.armed && block != NULL)
		heap.live += blocks;
	return block;
}

static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
	bool looking;
	bool found;
} next;

/* False while dlsym() is at work, which can do without memory. */
static UNCHECKED bool
found_next(void)
{
	if (next.looking || next.found)
		return next.found;
	next.looking = true;
	*(void **)&next.malloc = dlsym(RTLD_NEXT, "malloc");
	*(void **)&next.calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&next.realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&next.free = dlsym(RTLD_NEXT, "free");
	next.looking = false;
	next.found = true;
	return true;
}

UNCHECKED void *
malloc(size_t size)
{
	return !found_next() || refused() ? NULL : counted(next.malloc(size), 1);
}

UNCHECKED void *
calloc(size_t count, size_t size)
{
	return !found_next() || refused() ? NULL : counted(next.calloc(count, size), 1);
}

UNCHECKED void *
realloc(void *block, size_t size)
{
	if (!found_next() || refused())
		return NULL;
	return counted(next.realloc(block, size), block == NULL ? 1 : 0);
}

UNCHECKED void
free(void *block)
{
	if (found_next())
		next.free(counted(block, -1));
}

/* Whether there was an allocation left to fail since arm(). */
static bool
disarm(void)
{
	heap.armed = false;
	return heap.count >= heap.fail_at;
}

static void
arm(long fail_at, bool exhausted)
{
	heap.fail_at = fail_at;
	heap.exhausted = exhausted;
	heap.count = 0;
	heap.live = 0;
	heap.armed = true;
}

/* AddressSanitizer has a strdup() that does not come through here; it finds leaks by itself. */
static void
assert_nothing_lives(void)
{
#ifndef __SANITIZE_ADDRESS__
	assert_int_equal(heap.live, 0);
#endif
}

/* Runs a scenario with each of its allocations failing, alone and with all that follow, then with none. */
static void
fail_each_allocation(void (*scenario)(long fail_at, bool exhausted), long expected)
{
	for (int exhausted = 0; exhausted < 2; exhausted++) {
		long fail_at = 0;

		do
			scenario(++fail_at, exhausted != 0);
		while (heap.count >= fail_at);
		/* Else they did not come through here. */
		if (fail_at <= expected)
			fail_msg("only %ld allocations", fail_at - 1);
	}
}

#endif
