/* audit_append.c - a waiting append; see audit_append.h. */
#include "audit_append.h"

#include <semaphore.h>
#include <stddef.h>

struct waiting {
	struct audit_append append;
	sem_t done;
};

static void
wake(struct audit_append *append)
{
	struct waiting *waiting =
	    (struct waiting *)((char *)append - offsetof(struct waiting, append));

	(void)sem_post(&waiting->done);
}

enum status
audit_append(struct audit *audit, struct audit_entry *entry, int64_t generation)
{
	struct waiting waiting = {
	    .append = {.entry = *entry, .generation = generation, .done = wake}};

	if (sem_init(&waiting.done, 0, 0) != 0)
		return STATUS_FAILED;
	audit_submit(audit, &waiting.append);
	audit_work(audit);
	while (sem_wait(&waiting.done) != 0)
		continue;
	(void)sem_destroy(&waiting.done);
	*entry = waiting.append.entry;
	return waiting.append.status;
}
