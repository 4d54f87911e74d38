/* thread.c - threads of a responder; see thread.h. */
#include "thread.h"

#include <pthread.h>
#include <string.h>

#include "log.h"

#define STACK_BYTES ((size_t)256 << 10) /* sanitizers need more */
#define STACK_BYTES_SANITIZED ((size_t)2 << 20)

bool
thread_start(void *(*work)(void *arg), void *arg)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	const size_t stack = STACK_BYTES_SANITIZED;
#else
	const size_t stack = STACK_BYTES;
#endif
	pthread_attr_t attr;
	pthread_t thread;
	int error = pthread_attr_init(&attr);

	if (error == 0) {
		error = pthread_attr_setstacksize(&attr, stack);
		if (error == 0)
			error = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		if (error == 0)
			error = pthread_create(&thread, &attr, work, arg);
		(void)pthread_attr_destroy(&attr);
	}
	if (error != 0)
		log_warn("cannot start a thread: %s", strerror(error));
	return error == 0;
}
