/* watch_told.c - what an ear hears, on its way to the streams that want to hear it; see watch_parts.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "mcp/watch_parts.h"

void
ears_signal(int fd)
{
	/* It fails only where it counts very high already, and can be read then. */
	(void)eventfd_write(fd, 1);
}

void
ears_set_state(struct ear *ear, enum ear_state state)
{
	struct ears *ears = ear->mcp->catalog->ears;

	pthread_mutex_lock(&ears->mutex);
	ear->state = state;
	for (struct listener *l = ears->listeners; l != NULL; l = l->next)
		for (size_t i = 0; i < l->nears; i++)
			if (l->ears[i] == ear)
				ears_signal(l->fd);
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
	ears_signal(listener->fd);
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
