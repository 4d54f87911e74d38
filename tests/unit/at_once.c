/* at_once.c - see at_once.h. */
#include "at_once.h"

#include <pthread.h>

struct starter {
	void (*run)(void *item);
	void *item;
	pthread_barrier_t *barrier;
};

static void *
start(void *arg)
{
	struct starter *starter = arg;

	(void)pthread_barrier_wait(starter->barrier);
	starter->run(starter->item);
	return NULL;
}

void
at_once(void (*run)(void *item), void *items, size_t size, int count)
{
	struct starter starters[AT_ONCE_MAX];
	pthread_t threads[AT_ONCE_MAX];
	pthread_barrier_t barrier;

	assert_true(count <= AT_ONCE_MAX);
	assert_int_equal(pthread_barrier_init(&barrier, NULL, (unsigned)count), 0);
	for (int i = 0; i < count; i++) {
		starters[i] = (struct starter){run, (char *)items + (size_t)i * size, &barrier};
		assert_int_equal(pthread_create(&threads[i], NULL, start, &starters[i]), 0);
	}
	for (int i = 0; i < count; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	(void)pthread_barrier_destroy(&barrier);
}
