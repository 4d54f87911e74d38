/* watch_listener.c - what streams want to hear, and which ears they share for it; see watch_ears.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "mcp/watch_parts.h"

#define CLOSE_WAIT_MS 500 /* for ears to end; one that is still connecting is left behind */

static void
signal_fd(int fd)
{
	/* It fails only where it counts very high already, and can be read then. */
	(void)eventfd_write(fd, 1);
}

void
heard_uris_free(struct heard_uri *uris, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(uris[i].uri);
		free(uris[i].own);
	}
	free(uris);
}

void
ear_free(struct ear *ear)
{
	if (ear->fd >= 0)
		(void)close(ear->fd);
	json_free(ear->capabilities);
	free(ear);
}

static struct ear *
make_ear(const struct listener *listener, const struct upstream *upstream)
{
	struct ear *ear = calloc(1, sizeof(*ear));

	if (ear == NULL)
		return NULL;
	ear->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ear->mcp = listener->mcp;
	ear->upstream = *upstream;
	ear->upstream.settings = NULL;
	(void)snprintf(ear->owner, sizeof(ear->owner), "%s", listener->owner);
	(void)snprintf(ear->digest, sizeof(ear->digest), "%s", listener->digest);
	ear->capabilities = json_copy(listener->capabilities);
	ear->park = listener->park;
	if (ear->fd >= 0 && (ear->capabilities != NULL || listener->capabilities == NULL))
		return ear;
	ear_free(ear);
	return NULL;
}

/* With the mutex held: one that does the same already, or a new one. NULL: none can be had. */
static struct ear *
attach(struct ears *ears, const struct listener *listener, const struct upstream *upstream)
{
	struct ear *ear;

	for (ear = ears->first; ear != NULL; ear = ear->next)
		if (ear->listeners > 0 && strcmp(ear->upstream.id, upstream->id) == 0 &&
		    ear->upstream.changed_ms == upstream->changed_ms &&
		    strcmp(ear->owner, listener->owner) == 0 &&
		    strcmp(ear->digest, listener->digest) == 0) {
			ear->listeners++;
			return ear;
		}
	if (ears->ending || ears->count >= EARS_MAX) {
		log_warn("upstream \"%s\" is not listened at: %d others are already",
		    upstream->name, EARS_MAX);
		return NULL;
	}
	ear = make_ear(listener, upstream);
	if (ear == NULL)
		return NULL;
	ear->listeners = 1;
	ear->next = ears->first;
	ears->first = ear;
	ears->count++;
	if (ear_start(ear))
		return ear;
	ears->first = ear->next;
	ears->count--;
	ear_free(ear);
	return NULL;
}

/* With the mutex held. */
static void
detach(struct ear *ear)
{
	ear->listeners--;
	ear->version++;
	signal_fd(ear->fd);
}

enum status
listener_open(struct mcp *mcp, const struct peer_view *view, struct listener **out)
{
	struct ears *ears = mcp->catalog->ears;
	struct listener *listener = calloc(1, sizeof(*listener));
	enum status status = STATUS_NO_MEMORY;

	*out = NULL;
	if (listener == NULL)
		return STATUS_NO_MEMORY;
	listener->mcp = mcp;
	listener->park = view->park;
	listener->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(void)snprintf(listener->owner, sizeof(listener->owner), "%s", view->owner);
	listener->capabilities = json_copy(view->capabilities);
	if (listener->fd >= 0 && (listener->capabilities != NULL || view->capabilities == NULL))
		status = peer_view_digest(view->capabilities, listener->digest);
	if (status != STATUS_OK) {
		if (listener->fd >= 0)
			(void)close(listener->fd);
		json_free(listener->capabilities);
		free(listener);
		return status;
	}
	pthread_mutex_lock(&ears->mutex);
	listener->next = ears->listeners;
	ears->listeners = listener;
	pthread_mutex_unlock(&ears->mutex);
	*out = listener;
	return STATUS_OK;
}

void
listener_close(struct listener *listener)
{
	struct ears *ears;
	struct listener **at;

	if (listener == NULL)
		return;
	ears = listener->mcp->catalog->ears;
	pthread_mutex_lock(&ears->mutex);
	for (at = &ears->listeners; *at != listener; at = &(*at)->next)
		;
	*at = listener->next;
	for (size_t i = 0; i < listener->nears; i++)
		detach(listener->ears[i]);
	pthread_mutex_unlock(&ears->mutex);
	heard_uris_free(listener->uris, listener->nuris);
	for (size_t i = 0; i < listener->queued; i++)
		free(listener->queue[i]);
	json_free(listener->capabilities);
	(void)close(listener->fd);
	free(listener);
}

int
listener_fd(const struct listener *listener)
{
	return listener->fd;
}

enum status
listener_wants(
    struct listener *listener, const struct upstream_set *set, struct heard_uri *uris, size_t count)
{
	struct ears *ears = listener->mcp->catalog->ears;
	struct ear *before[UPSTREAMS_PER_KEY_MAX];
	size_t nbefore;
	bool all = true;

	pthread_mutex_lock(&ears->mutex);
	nbefore = listener->nears;
	memcpy(before, listener->ears, sizeof(before));
	listener->nears = 0;
	heard_uris_free(listener->uris, listener->nuris);
	listener->uris = uris;
	listener->nuris = count;
	for (size_t i = 0; i < set->count; i++) {
		struct ear *ear = attach(ears, listener, &set->items[i]);

		if (ear != NULL) {
			listener->ears[listener->nears++] = ear;
			ear->version++;
			signal_fd(ear->fd);
		}
		all = all && ear != NULL;
	}
	for (size_t i = 0; i < nbefore; i++)
		detach(before[i]);
	pthread_mutex_unlock(&ears->mutex);
	return all ? STATUS_OK : STATUS_FAILED;
}

bool
listener_ready(struct listener *listener)
{
	struct ears *ears = listener->mcp->catalog->ears;
	bool ready = true;

	pthread_mutex_lock(&ears->mutex);
	for (size_t i = 0; i < listener->nears && ready; i++)
		ready = listener->ears[i]->state != EAR_STARTING;
	pthread_mutex_unlock(&ears->mutex);
	return ready;
}

char *
listener_take(struct listener *listener)
{
	struct ears *ears = listener->mcp->catalog->ears;
	char *uri = NULL;
	eventfd_t ignored;

	pthread_mutex_lock(&ears->mutex);
	if (listener->queued > 0) {
		uri = listener->queue[0];
		listener->queued--;
		memmove(listener->queue, listener->queue + 1,
		    listener->queued * sizeof(listener->queue[0]));
	}
	if (listener->queued == 0)
		(void)eventfd_read(listener->fd, &ignored);
	pthread_mutex_unlock(&ears->mutex);
	return uri;
}

/* ---- For ears. ---- */

void
ears_set_state(struct ear *ear, enum ear_state state)
{
	struct ears *ears = ear->mcp->catalog->ears;

	pthread_mutex_lock(&ears->mutex);
	ear->state = state;
	for (struct listener *l = ears->listeners; l != NULL; l = l->next)
		for (size_t i = 0; i < l->nears; i++)
			if (l->ears[i] == ear)
				signal_fd(l->fd);
	pthread_mutex_unlock(&ears->mutex);
}

static bool
has_ear(const struct listener *listener, const struct ear *ear)
{
	for (size_t i = 0; i < listener->nears; i++)
		if (listener->ears[i] == ear)
			return true;
	return false;
}

static bool
holds_text(const struct json_object *array, const char *text)
{
	size_t len;

	for (size_t i = 0; i < json_length(array); i++)
		if (strcmp(json_string(json_element(array, i), &len), text) == 0)
			return true;
	return false;
}

bool
ears_wanted(struct ear *ear, uint64_t *version, struct json_object **uris)
{
	struct ears *ears = ear->mcp->catalog->ears;
	eventfd_t ignored;
	bool wanted;

	(void)eventfd_read(ear->fd, &ignored);
	if (uris != NULL)
		*uris = json_new_array();
	pthread_mutex_lock(&ears->mutex);
	wanted = ear->listeners > 0 && !ears->ending;
	*version = ear->version;
	for (struct listener *l = ears->listeners; l != NULL && uris != NULL; l = l->next) {
		if (!has_ear(l, ear))
			continue;
		for (size_t i = 0; i < l->nuris; i++)
			/* One for which there is no memory is not heard of. */
			if (strcmp(l->uris[i].upstream_id, ear->upstream.id) == 0 &&
			    !holds_text(*uris, l->uris[i].own))
				(void)json_append_text(*uris, l->uris[i].own);
	}
	pthread_mutex_unlock(&ears->mutex);
	return wanted;
}

/* The resource itself, or one below it: 2026-07-28 Resources, Subscriptions. */
static bool
is_about(const char *wanted, const char *updated)
{
	const size_t len = strlen(wanted);

	return strncmp(wanted, updated, len) == 0 && (updated[len] == '\0' || updated[len] == '/');
}

/* With the mutex held. Takes over the text. */
static void
enqueue(struct listener *listener, char *uri)
{
	bool known = uri == NULL || listener->queued == LISTENER_QUEUE_MAX;

	for (size_t i = 0; i < listener->queued && !known; i++)
		known = strcmp(listener->queue[i], uri) == 0;
	if (known) {
		free(uri);
		return;
	}
	listener->queue[listener->queued++] = uri;
	signal_fd(listener->fd);
}

static char *
as_client_says(const struct heard_uri *wanted, const char *updated)
{
	const size_t begin = strlen(wanted->uri), rest = strlen(updated) - strlen(wanted->own);
	char *uri = malloc(begin + rest + 1);

	if (uri == NULL)
		return NULL;
	memcpy(uri, wanted->uri, begin);
	memcpy(uri + begin, updated + strlen(wanted->own), rest + 1);
	return uri;
}

void
ears_updated(struct ear *ear, const char *own_uri)
{
	struct ears *ears = ear->mcp->catalog->ears;

	pthread_mutex_lock(&ears->mutex);
	for (struct listener *l = ears->listeners; l != NULL; l = l->next) {
		if (!has_ear(l, ear))
			continue;
		for (size_t i = 0; i < l->nuris; i++)
			if (strcmp(l->uris[i].upstream_id, ear->upstream.id) == 0 &&
			    is_about(l->uris[i].own, own_uri)) {
				enqueue(l, as_client_says(&l->uris[i], own_uri));
				break;
			}
	}
	pthread_mutex_unlock(&ears->mutex);
}

static void
forget_ear(struct listener *listener, const struct ear *ear)
{
	for (size_t i = 0; i < listener->nears; i++)
		if (listener->ears[i] == ear) {
			listener->ears[i] = listener->ears[--listener->nears];
			return;
		}
}

void
ears_leave(struct ear *ear)
{
	struct ears *ears = ear->mcp->catalog->ears;
	struct ear **at;

	pthread_mutex_lock(&ears->mutex);
	for (at = &ears->first; *at != ear; at = &(*at)->next)
		;
	*at = ear->next;
	ears->count--;
	/* At the end of the process it may still have listeners. */
	for (struct listener *l = ears->listeners; l != NULL; l = l->next)
		forget_ear(l, ear);
	ear_free(ear);
	pthread_cond_broadcast(&ears->ended);
	pthread_mutex_unlock(&ears->mutex);
}

enum status
ears_open(struct catalog *catalog)
{
	catalog->ears = calloc(1, sizeof(*catalog->ears));
	if (catalog->ears == NULL)
		return STATUS_NO_MEMORY;
	(void)pthread_mutex_init(&catalog->ears->mutex, NULL);
	(void)pthread_cond_init(&catalog->ears->ended, NULL);
	return STATUS_OK;
}

bool
ears_close(struct catalog *catalog)
{
	struct ears *ears = catalog->ears;
	struct timespec until;
	bool none;

	if (ears == NULL)
		return true;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += CLOSE_WAIT_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&ears->mutex);
	ears->ending = true;
	for (struct ear *ear = ears->first; ear != NULL; ear = ear->next)
		signal_fd(ear->fd);
	while (ears->count > 0 && pthread_cond_timedwait(&ears->ended, &ears->mutex, &until) == 0)
		;
	none = ears->count == 0;
	pthread_mutex_unlock(&ears->mutex);
	if (!none)
		return false;
	pthread_cond_destroy(&ears->ended);
	pthread_mutex_destroy(&ears->mutex);
	free(ears);
	catalog->ears = NULL;
	return true;
}
