/* catalog.c - the catalog of a process, and its changes; see catalog.h. */
#include "mcp/catalog.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "generation.h"
#include "log.h"
#include "mcp/catalog_parts.h"
#include "mcp/watch_ears.h"
#include "wake.h"

#define CURSOR_LABEL "mcp cursor"
#define CHANGED_PAUSE_US                                                                           \
	50000 /* between changes: an upstream that never stops must not keep the database busy */
#define MARK_BITS 32 /* of a mark for changes of lists; above it the generation */

enum status
catalog_open(struct mcp *mcp, struct catalog **out, struct problem *why)
{
	struct catalog *catalog = calloc(1, sizeof(*catalog));
	enum status status = STATUS_NO_MEMORY;

	*out = NULL;
	if (catalog != NULL)
		status = secret_derive(mcp->master, CURSOR_LABEL, &catalog->cursor_key);
	if (status == STATUS_OK)
		status = ears_open(catalog);
	if (status != STATUS_OK) {
		problem_set(why, "cannot make the catalog: %s", status_name(status));
		free(catalog);
		return status;
	}
	(void)pthread_mutex_init(&catalog->slots.mutex, NULL);
	(void)pthread_cond_init(&catalog->slots.fetched, NULL);
	(void)pthread_mutex_init(&catalog->known_mutex, NULL);
	(void)pthread_mutex_init(&catalog->changed_mutex, NULL);
	*out = catalog;
	return STATUS_OK;
}

void
catalog_close(struct catalog *catalog)
{
	/* With a thread left behind the process is about to end. */
	if (catalog == NULL || !ears_close(catalog))
		return;
	slots_free(&catalog->slots);
	known_free(catalog);
	pthread_cond_destroy(&catalog->slots.fetched);
	pthread_mutex_destroy(&catalog->slots.mutex);
	pthread_mutex_destroy(&catalog->known_mutex);
	pthread_mutex_destroy(&catalog->changed_mutex);
	secret_wipe(&catalog->cursor_key, sizeof(catalog->cursor_key));
	free(catalog);
}

bool
list_kind_changed(const char *method, enum list_kind *out)
{
	static const struct {
		const char *method;
		enum list_kind kind;
	} methods[] = {
	    {"notifications/tools/list_changed", LIST_TOOLS},
	    {"notifications/prompts/list_changed", LIST_PROMPTS},
	    {"notifications/resources/list_changed", LIST_RESOURCES},
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(method, methods[i].method) == 0) {
			*out = methods[i].kind;
			return true;
		}
	return false;
}

/* One after the other, with a pause: this is the thread of whoever heard of it, and it hears no more meanwhile. */
static void
pause_between(struct catalog *catalog)
{
	int64_t wait_us;

	pthread_mutex_lock(&catalog->changed_mutex);
	wait_us = catalog->changed_us + CHANGED_PAUSE_US - clock_us();
	if (wait_us > 0 && wait_us <= CHANGED_PAUSE_US) {
		const struct timespec pause = {.tv_nsec = wait_us * 1000};

		(void)nanosleep(&pause, NULL);
	}
	catalog->changed_us = clock_us();
	pthread_mutex_unlock(&catalog->changed_mutex);
}

static enum status
forget(struct db *db, const char *upstream_id, enum list_kind kind)
{
	enum status status = list_forget(db, upstream_id, kind);

	if (status == STATUS_OK)
		status = list_mark_move(db, upstream_id, kind);
	return status;
}

void
catalog_changed(struct mcp *mcp, const char *upstream_id, enum list_kind kind)
{
	struct db *db;
	enum status status;

	pause_between(mcp->catalog);
	status = store_write(mcp->store, &db);
	if (status == STATUS_OK) {
		status = forget(db, upstream_id, kind);
		/* One notification is about both. */
		if (status == STATUS_OK && kind == LIST_RESOURCES)
			status = forget(db, upstream_id, LIST_TEMPLATES);
		if (status == STATUS_OK)
			status = store_commit(mcp->store, db);
		else
			store_rollback(mcp->store, db);
	}
	if (status == STATUS_OK)
		wake_all(mcp->wake_fd);
	else
		log_warn("a change of the %s of upstream %s cannot be noted: %s",
		    list_kind_name(kind), upstream_id, status_name(status));
}

enum status
catalog_mark_in(struct db *db, const char *key_id, enum list_kind kind, int64_t *out)
{
	int64_t generation, sum = 0, templates = 0;
	enum status status = generation_read(db, &generation);

	if (status == STATUS_OK)
		status = list_mark_sum(db, key_id, kind, &sum);
	if (status == STATUS_OK && kind == LIST_RESOURCES)
		status = list_mark_sum(db, key_id, LIST_TEMPLATES, &templates);
	/* Marks go with their upstream; the generation moves then. */
	if (status == STATUS_OK)
		*out = (int64_t)((uint64_t)generation << MARK_BITS |
				 (uint64_t)((sum + templates) & ((INT64_C(1) << MARK_BITS) - 1)));
	return status;
}

enum status
catalog_mark(struct mcp *mcp, const char *key_id, enum list_kind kind, int64_t *out)
{
	struct db *db;
	enum status status = store_read(mcp->store, &db);

	if (status != STATUS_OK)
		return status;
	status = catalog_mark_in(db, key_id, kind, out);
	store_read_end(mcp->store, db);
	return status;
}
