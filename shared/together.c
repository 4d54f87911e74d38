/* together.c - several slow things at the same time; see together.h. */
#include "together.h"

#include <pthread.h>
#include <stdatomic.h>

#define STACK_BYTES ((size_t)256 << 10) /* as those of a responder; sanitizers need more */
#define STACK_BYTES_SANITIZED ((size_t)2 << 20)

struct run {
	size_t count;
	void (*work)(void *arg, size_t index);
	void *arg;
	atomic_size_t next;
};

static void *
take_part(void *arg)
{
	struct run *run = arg;
	size_t index;

	while ((index = atomic_fetch_add(&run->next, 1)) < run->count)
		run->work(run->arg, index);
	return NULL;
}

static size_t
start_threads(struct run *run, pthread_t *threads, size_t wanted)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	const size_t stack = STACK_BYTES_SANITIZED;
#else
	const size_t stack = STACK_BYTES;
#endif
	pthread_attr_t attr;
	size_t started = 0;

	if (pthread_attr_init(&attr) != 0)
		return 0;
	if (pthread_attr_setstacksize(&attr, stack) == 0)
		while (started < wanted &&
		       pthread_create(&threads[started], &attr, take_part, run) == 0)
			started++;
	(void)pthread_attr_destroy(&attr);
	return started;
}

void
together(size_t count, void (*work)(void *arg, size_t index), void *arg)
{
	struct run run = {.count = count, .work = work, .arg = arg};
	pthread_t threads[TOGETHER_MAX - 1];
	size_t started;

	atomic_init(&run.next, 0);
	/* This thread takes part, so there is one less to start, and none for a single thing. */
	started = start_threads(&run, threads,
	    count < 2              ? 0
	    : count < TOGETHER_MAX ? count - 1
				   : TOGETHER_MAX - 1);
	(void)take_part(&run);
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
}
