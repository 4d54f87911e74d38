/*
 * catalog_lists.c - lists as this process has them in memory: from the database, or fetched; see catalog_parts.h.
 *
 * What is in memory is used only where the database says that it is still the same: every process may have fetched it anew, and
 * pins change too.
 */
#include "mcp/catalog_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"

#define US_PER_MS 1000
#define NS_PER_MS 1000000

/* The place of one list. */
struct slot {
	char upstream_id[UPSTREAM_ID_MAX + 1];
	int64_t changed_ms; /* of the upstream's configuration */
	char view[SECRET_DIGEST_TEXT];
	enum list_kind kind;
	struct list *list; /* NULL: not in memory; as of the two that follow */
	int64_t fetched_ms;
	int64_t mark;
	bool fetching;           /* by some thread */
	int64_t failed_until_us; /* no other try before; 0: it did not fail */
	struct problem why;
	int64_t used;
	struct slot *next;
};

static struct slot **
bucket(struct slots *slots, const struct wanted *w)
{
	uint32_t hash = 2166136261u; /* FNV-1a; ids and digests are ours */

	for (const char *c = w->upstream->id; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	for (const char *c = w->digest; *c != '\0' && c < w->digest + 8; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	return &slots->buckets[(hash ^ (uint32_t)w->kind) % CATALOG_BUCKETS];
}

static void
drop_list(struct slots *slots, struct slot *slot)
{
	if (slot->list == NULL)
		return;
	slots->bytes -= slot->list->bytes;
	list_release(slot->list);
	slot->list = NULL;
}

void
slots_free(struct slots *slots)
{
	struct slot *slot;

	for (size_t i = 0; i < CATALOG_BUCKETS; i++)
		while ((slot = slots->buckets[i]) != NULL) {
			slots->buckets[i] = slot->next;
			drop_list(slots, slot);
			free(slot);
		}
}

/* The slot used longest ago whose list (or whose place) can be given up; NULL: all are at work. */
static struct slot **
oldest(struct slots *slots, bool with_list)
{
	struct slot **found = NULL;

	for (size_t i = 0; i < CATALOG_BUCKETS; i++)
		for (struct slot **at = &slots->buckets[i]; *at != NULL; at = &(*at)->next)
			if (!(*at)->fetching && (!with_list || (*at)->list != NULL) &&
			    (found == NULL || (*at)->used < (*found)->used))
				found = at;
	return found;
}

/* With the mutex held. NULL: out of memory, or all slots are at work. */
static struct slot *
slot_of(struct slots *slots, const struct wanted *w)
{
	struct slot **head = bucket(slots, w), **at, *slot;

	for (slot = *head; slot != NULL; slot = slot->next)
		if (slot->kind == w->kind && strcmp(slot->upstream_id, w->upstream->id) == 0 &&
		    slot->changed_ms == w->upstream->changed_ms &&
		    strcmp(slot->view, w->digest) == 0)
			break;
	if (slot == NULL && slots->count >= CATALOG_SLOTS_MAX) {
		at = oldest(slots, false);
		if (at == NULL)
			return NULL;
		slot = *at;
		*at = slot->next;
		drop_list(slots, slot);
		free(slot);
		slots->count--;
		slot = NULL;
	}
	if (slot == NULL) {
		slot = calloc(1, sizeof(*slot));
		if (slot == NULL)
			return NULL;
		(void)snprintf(slot->upstream_id, sizeof(slot->upstream_id), "%s", w->upstream->id);
		(void)snprintf(slot->view, sizeof(slot->view), "%s", w->digest);
		slot->changed_ms = w->upstream->changed_ms;
		slot->kind = w->kind;
		slot->next = *head;
		*head = slot;
		slots->count++;
	}
	slot->used = ++slots->uses;
	return slot;
}

/* With an owner for the caller; NULL: not in memory, or not as the database has it. */
static struct list *
recall(struct slots *slots, const struct wanted *w, const struct list_facts *facts)
{
	struct list *list = NULL;
	struct slot *slot;

	pthread_mutex_lock(&slots->mutex);
	slot = slot_of(slots, w);
	if (slot != NULL && slot->list != NULL && slot->fetched_ms == facts->fetched_ms &&
	    slot->mark == facts->mark) {
		list = slot->list;
		atomic_fetch_add(&list->owners, 1);
	}
	pthread_mutex_unlock(&slots->mutex);
	return list;
}

/* Into memory, with an owner of its own; what was used longest ago goes where there is too much. */
static void
remember(
    struct slots *slots, const struct wanted *w, const struct list_facts *facts, struct list *list)
{
	struct slot **at, *slot;

	pthread_mutex_lock(&slots->mutex);
	slot = slot_of(slots, w);
	if (slot != NULL) {
		drop_list(slots, slot);
		slot->list = list;
		slot->fetched_ms = facts->fetched_ms;
		slot->mark = facts->mark;
		atomic_fetch_add(&list->owners, 1);
		slots->bytes += list->bytes;
	}
	while (slots->bytes > CATALOG_BYTES_MAX && (at = oldest(slots, true)) != NULL)
		drop_list(slots, *at);
	pthread_mutex_unlock(&slots->mutex);
}

static bool
usable(const struct list_facts *facts, enum list_need need, int64_t now_ms)
{
	/* A clock that was put back must not keep a list for ever. */
	const bool timely = now_ms >= facts->fetched_ms;

	switch (need) {
	case LIST_NOW:
		return timely && now_ms < facts->fresh_ms;
	case LIST_KNOWN:
		return timely && facts->fresh_ms != 0 &&
		       (now_ms < facts->fresh_ms || now_ms - facts->fetched_ms < LIST_FRESH_MS);
	case LIST_ANY:
		return true;
	}
	return false;
}

enum status
list_take(struct mcp *mcp, struct db *db, const struct wanted *w, enum list_need need,
    struct list **out, struct list_facts *facts)
{
	struct slots *slots = &mcp->catalog->slots;
	const struct list_id id = {w->upstream->id, w->digest, w->kind};
	enum status status = list_find(db, &id, facts, NULL);
	struct pin_states states = {.count = 0};
	struct buf text;

	*out = NULL;
	if (status != STATUS_OK)
		return status;
	if (!usable(facts, need, clock_wall_ms()))
		return STATUS_NOT_FOUND;
	*out = recall(slots, w, facts);
	if (*out != NULL)
		return STATUS_OK;
	buf_init(&text, LIST_TEXT_MAX);
	status = list_find(db, &id, facts, &text);
	if (status == STATUS_OK && w->kind == LIST_TOOLS)
		status = pin_states_read(db, w->upstream, &states);
	if (status == STATUS_OK)
		status = list_render(w->upstream, w->kind, buf_str(&text), text.len,
		    w->kind == LIST_TOOLS ? &states : NULL, out);
	pin_states_free(&states);
	buf_free(&text);
	if (status == STATUS_OK)
		remember(slots, w, facts, *out);
	else if (status == STATUS_INVALID || status == STATUS_TOO_LARGE)
		status = STATUS_NOT_FOUND; /* damaged: fetched anew */
	return status;
}

/* In a transaction of its own. */
static enum status
look(struct mcp *mcp, const struct wanted *w, enum list_need need, struct list **out,
    struct list_facts *facts)
{
	struct db *db;
	enum status status = store_read(mcp->store, &db);

	*out = NULL;
	if (status != STATUS_OK)
		return status;
	status = list_take(mcp, db, w, need, out, facts);
	store_read_end(mcp->store, db);
	return status;
}

/* What a thread that wants a list is to do. */
enum turn {
	TURN_FETCH, /* it is to fetch it */
	TURN_LOOK,  /* another one did */
	TURN_FAILED /* another one could not, or will not be done in time */
};

static enum turn
take_turn(struct slots *slots, const struct wanted *w, int64_t until_us, struct problem *why)
{
	enum turn turn = TURN_FETCH;
	struct timespec until;
	struct slot *slot;
	int64_t left_us;

	pthread_mutex_lock(&slots->mutex);
	slot = slot_of(slots, w);
	if (slot == NULL) {
		problem_set(why, "too many lists are being fetched");
		turn = TURN_FAILED;
	} else if (slot->fetching) {
		turn = TURN_LOOK;
		while (slot != NULL && slot->fetching && turn == TURN_LOOK) {
			left_us = until_us - clock_us();
			(void)clock_gettime(CLOCK_REALTIME, &until);
			until.tv_nsec += 100 * NS_PER_MS;
			until.tv_sec += until.tv_nsec / (1000 * NS_PER_MS);
			until.tv_nsec %= 1000 * NS_PER_MS;
			if (left_us <= 0)
				turn = TURN_FAILED;
			else
				(void)pthread_cond_timedwait(
				    &slots->fetched, &slots->mutex, &until);
			/* It may be another one now. */
			slot = slot_of(slots, w);
		}
		if (turn == TURN_FAILED)
			problem_set(why, "upstream \"%s\" is slow", w->upstream->name);
		else if (slot == NULL || slot->failed_until_us > clock_us())
			turn = TURN_FAILED;
	} else if (slot->failed_until_us > clock_us()) {
		turn = TURN_FAILED;
	}
	if (turn == TURN_FAILED && slot != NULL && slot->failed_until_us > clock_us())
		*why = slot->why;
	if (turn == TURN_FETCH && slot != NULL)
		slot->fetching = true;
	pthread_mutex_unlock(&slots->mutex);
	return turn;
}

/* After a fetch. The list in memory stays where what was fetched is the same. */
static void
end_turn(struct mcp *mcp, const struct wanted *w, enum status status, bool same, int64_t took_us,
    const struct problem *why)
{
	struct slots *slots = &mcp->catalog->slots;
	const struct list_id id = {w->upstream->id, w->digest, w->kind};
	struct list_facts facts = {.fetched_ms = 0};
	struct slot *slot;
	struct db *db;

	if (status == STATUS_OK && same && store_read(mcp->store, &db) == STATUS_OK) {
		if (list_find(db, &id, &facts, NULL) != STATUS_OK)
			same = false;
		store_read_end(mcp->store, db);
	}
	pthread_mutex_lock(&slots->mutex);
	slot = slot_of(slots, w);
	if (slot != NULL) {
		slot->fetching = false;
		slot->failed_until_us =
		    status == STATUS_OK ? 0 : clock_us() + LIST_PAUSE_MS * US_PER_MS + took_us;
		if (status != STATUS_OK)
			slot->why = *why;
		if (status == STATUS_OK && same && slot->mark == facts.mark)
			slot->fetched_ms = facts.fetched_ms;
	}
	pthread_cond_broadcast(&slots->fetched);
	pthread_mutex_unlock(&slots->mutex);
}

/* One that calls may be waiting for must not keep them for minutes, whatever its own time is. */
static int64_t
deadline_us(const struct upstream *upstream)
{
	const int64_t own_ms =
	    upstream->timeout_ms < LIST_DEADLINE_MS ? upstream->timeout_ms : LIST_DEADLINE_MS;

	return clock_us() + (PEER_CONNECT_MS + own_ms) * US_PER_MS;
}

enum status
list_get(struct mcp *mcp, const struct wanted *w, enum list_need need, int64_t after_ms,
    struct list **out, struct list_facts *facts, struct problem *why)
{
	struct slots *slots = &mcp->catalog->slots;
	const int64_t until_us = deadline_us(w->upstream), began_us = clock_us();
	enum status status = look(mcp, w, need, out, facts);
	bool same = false;

	if (status == STATUS_OK && facts->fetched_ms >= after_ms)
		return STATUS_OK;
	list_release(*out);
	*out = NULL;
	problem_set(why, "upstream \"%s\" has given no list of its %s", w->upstream->name,
	    list_kind_name(w->kind));
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		goto out;
	switch (take_turn(slots, w, until_us, why)) {
	case TURN_FETCH:
		status = list_fetch(mcp, w, until_us, &same, why);
		end_turn(mcp, w, status, same, clock_us() - began_us, why);
		if (status != STATUS_OK)
			log_warn("%s", why->text);
		break;
	case TURN_LOOK:
	case TURN_FAILED:
		break;
	}
	/* What it gave last is better than nothing; its ttl is over then. */
	status = look(mcp, w, LIST_ANY, out, facts);
out:
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		problem_set(why, "the lists of upstream \"%s\" cannot be read: %s",
		    w->upstream->name, status_name(status));
	return status == STATUS_OK ? STATUS_OK : STATUS_FAILED;
}
