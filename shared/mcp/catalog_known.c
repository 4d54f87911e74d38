/* catalog_known.c - the upstreams of each key as this process has read them; see catalog.h. */
#include "mcp/catalog_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generation.h"

struct known {
	char key_id[UPSTREAM_ID_MAX + 1];
	int64_t generation; /* they were read under */
	int owners;         /* guarded, as is the list, by the catalog's mutex; the list is one */
	size_t count;
	struct upstream *items;
	struct known *next;
};

/* With the mutex held. */
static void
release(struct known *known)
{
	if (--known->owners > 0)
		return;
	free(known->items);
	free(known);
}

void
known_free(struct catalog *catalog)
{
	struct known *known;

	while ((known = catalog->known) != NULL) {
		catalog->known = known->next;
		release(known);
	}
}

static bool
collect(void *arg, const struct upstream *upstream)
{
	struct known *known = arg;

	if (known->count == UPSTREAMS_PER_KEY_MAX)
		return false;
	known->items[known->count] = *upstream;
	known->items[known->count++].settings = NULL;
	return true;
}

static enum status
read_known(struct store *store, const char *key_id, struct known **out)
{
	struct known *known = calloc(1, sizeof(*known));
	enum status status = STATUS_NO_MEMORY;
	struct db *db;

	*out = NULL;
	if (known != NULL)
		known->items = calloc(UPSTREAMS_PER_KEY_MAX, sizeof(*known->items));
	if (known == NULL || known->items == NULL)
		goto out;
	(void)snprintf(known->key_id, sizeof(known->key_id), "%s", key_id);
	known->owners = 1;
	status = store_read(store, &db);
	if (status != STATUS_OK)
		goto out;
	status = generation_read(db, &known->generation);
	if (status == STATUS_OK)
		status = upstreams_each(db, key_id, NULL, collect, known);
	store_read_end(store, db);
	if (status == STATUS_OK) {
		struct upstream *fitting =
		    realloc(known->items, (known->count + 1) * sizeof(*known->items));

		if (fitting != NULL)
			known->items = fitting;
		*out = known;
		return STATUS_OK;
	}
out:
	if (known != NULL)
		free(known->items);
	free(known);
	return status;
}

/* With the mutex held; one more owner. NULL: none, or an older one. */
static struct known *
find(struct catalog *catalog, const char *key_id, int64_t generation)
{
	for (struct known *k = catalog->known; k != NULL; k = k->next)
		if (k->generation >= generation && strcmp(k->key_id, key_id) == 0) {
			k->owners++;
			return k;
		}
	return NULL;
}

/* With the mutex held: in front of the list, in the place of what there was of this key, or of the oldest one. */
static void
keep(struct catalog *catalog, struct known *known)
{
	struct known **at = &catalog->known, *k;

	while ((k = *at) != NULL) {
		if (strcmp(k->key_id, known->key_id) == 0 ||
		    (k->next == NULL && catalog->nknown >= CATALOG_KEYS_MAX)) {
			*at = k->next;
			catalog->nknown--;
			release(k);
		} else {
			at = &k->next;
		}
	}
	known->next = catalog->known;
	catalog->known = known;
	catalog->nknown++;
	known->owners++;
}

enum status
catalog_upstreams(struct mcp *mcp, const char *key_id, int64_t generation, struct upstream_set *out)
{
	struct catalog *catalog = mcp->catalog;
	enum status status = STATUS_OK;
	struct known *known;

	*out = (struct upstream_set){.count = 0};
	pthread_mutex_lock(&catalog->known_mutex);
	known = find(catalog, key_id, generation);
	pthread_mutex_unlock(&catalog->known_mutex);
	if (known == NULL) {
		status = read_known(mcp->store, key_id, &known);
		if (status != STATUS_OK)
			return status;
		pthread_mutex_lock(&catalog->known_mutex);
		keep(catalog, known);
		pthread_mutex_unlock(&catalog->known_mutex);
	}
	*out = (struct upstream_set){.count = known->count, .items = known->items, .known = known};
	return STATUS_OK;
}

void
catalog_upstreams_end(struct mcp *mcp, struct upstream_set *set)
{
	if (set->known == NULL)
		return;
	pthread_mutex_lock(&mcp->catalog->known_mutex);
	release(set->known);
	pthread_mutex_unlock(&mcp->catalog->known_mutex);
	*set = (struct upstream_set){.count = 0};
}
