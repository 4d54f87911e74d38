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
	ears_signal(ear->fd);
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
			ears_signal(ear->fd);
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
		ears_signal(ear->fd);
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
