/* test_audit_queue.c - who leads, who is done when, and what waits behind a writer that hangs. */
#include "testing.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "audit_queue.h"

#define APPENDS 200
#define THREADS 8

static struct audit_queue queue;
static sem_t writing, go_on;
static int batches, written_at_once;
static atomic_int leaders;

static struct audit_append *
write_at_once(void *arg, struct audit_queue *q)
{
	struct audit_append *taken;

	(void)arg;
	assert_int_equal(atomic_fetch_add(&leaders, 1), 0);
	taken = audit_queue_take(q);
	batches++;
	written_at_once = 0;
	for (struct audit_append *a = taken; a != NULL; a = a->next) {
		a->status = STATUS_OK;
		written_at_once++;
	}
	assert_int_equal(atomic_fetch_sub(&leaders, 1), 1);
	return taken;
}

/* Takes what has queued, says so, and hangs until it is told to go on. */
static struct audit_append *
write_slowly(void *arg, struct audit_queue *q)
{
	struct audit_append *taken = write_at_once(arg, q);

	assert_int_equal(sem_post(&writing), 0);
	while (sem_wait(&go_on) != 0)
		continue;
	return taken;
}

static void
count(struct audit_append *append)
{
	append->generation++;
}

static int
setup(void **state)
{
	(void)state;
	batches = 0;
	assert_int_equal(sem_init(&writing, 0, 0), 0);
	assert_int_equal(sem_init(&go_on, 0, 0), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	audit_queue_free(&queue);
	(void)sem_destroy(&writing);
	(void)sem_destroy(&go_on);
	return 0;
}

static void
all_that_has_queued_is_one_batch(void **state)
{
	struct audit_append appends[3] = {{.done = count}, {.done = count}, {.done = count}};

	(void)state;
	assert_status(audit_queue_init(&queue, write_at_once, NULL), STATUS_OK);
	for (int i = 0; i < 3; i++)
		audit_queue_add(&queue, &appends[i]);
	assert_int_equal(batches, 0);
	audit_queue_work(&queue);
	assert_int_equal(batches, 1);
	assert_int_equal(written_at_once, 3);
	for (int i = 0; i < 3; i++) {
		assert_status(appends[i].status, STATUS_OK);
		assert_int_equal(appends[i].generation, 1);
	}
	audit_queue_work(&queue);
	assert_int_equal(batches, 1);
}

static void
add_again(struct audit_append *append)
{
	if (append->generation++ == 0)
		audit_queue_add(&queue, append);
}

static void
entry_that_is_queued_again_when_it_is_done_is_written_again(void **state)
{
	struct audit_append append = {.done = add_again};

	(void)state;
	assert_status(audit_queue_init(&queue, write_at_once, NULL), STATUS_OK);
	audit_queue_add(&queue, &append);
	audit_queue_work(&queue);
	assert_int_equal(batches, 2);
	assert_int_equal(append.generation, 2);
}

static void *
work(void *arg)
{
	audit_queue_work(arg);
	return NULL;
}

static void
what_waits_behind_a_writer_that_hangs_is_busy_at_the_deadline(void **state)
{
	struct audit_append taken = {.done = count}, late = {.done = count},
			    fresh = {.done = count};
	const struct timespec pause = {0, 60000000L};
	pthread_t leader;

	(void)state;
	assert_status(audit_queue_init(&queue, write_slowly, NULL), STATUS_OK);
	audit_queue_add(&queue, &taken);
	assert_int_equal(pthread_create(&leader, NULL, work, &queue), 0);
	while (sem_wait(&writing) != 0)
		continue;
	audit_queue_add(&queue, &late);
	audit_queue_work(&queue); /* there is a leader: returns at once */
	assert_int_equal(late.generation, 0);
	(void)nanosleep(&pause, NULL);
	audit_queue_add(&queue, &fresh);
	audit_queue_expire(&queue, 50);
	assert_int_equal(late.generation, 1);
	assert_status(late.status, STATUS_BUSY);
	assert_int_equal(fresh.generation, 0);
	assert_int_equal(taken.generation, 0);
	assert_int_equal(sem_post(&go_on), 0);
	assert_int_equal(sem_post(&go_on), 0);
	assert_int_equal(pthread_join(leader, NULL), 0);
	assert_status(taken.status, STATUS_OK);
	assert_status(fresh.status, STATUS_OK);
	assert_int_equal(late.generation + taken.generation + fresh.generation, 3);
}

static void *
append_many(void *arg)
{
	struct audit_append *appends = arg;

	for (int i = 0; i < APPENDS; i++) {
		appends[i].done = count;
		audit_queue_add(&queue, &appends[i]);
		audit_queue_work(&queue);
	}
	return NULL;
}

static void
every_entry_of_many_threads_is_done_once(void **state)
{
	static struct audit_append appends[THREADS][APPENDS];
	pthread_t threads[THREADS];

	(void)state;
	assert_status(audit_queue_init(&queue, write_at_once, NULL), STATUS_OK);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, append_many, appends[i]), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < THREADS; i++)
		for (int k = 0; k < APPENDS; k++)
			assert_int_equal(appends[i][k].generation, 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(all_that_has_queued_is_one_batch),
	    T(entry_that_is_queued_again_when_it_is_done_is_written_again),
	    T(what_waits_behind_a_writer_that_hangs_is_busy_at_the_deadline),
	    T(every_entry_of_many_threads_is_done_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
