/* peers.c - the upstreams that this process knows how to speak to; see peers.h. */
#include "mcp/peers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "mcp/peers_connect.h"
#include "mcp/peers_facts.h"
#include "mcp/peers_kept.h"
#include "mcp/wires.h"

#define VIEW_MAX ((size_t)64 << 10) /* bytes of capabilities */

struct peers {
	struct wires *wires;
	pthread_mutex_t mutex; /* guards the list and the state of what is in it */
	pthread_cond_t changed;
	struct known *first;
	size_t count;
};

static bool
prepare_waiting(struct peers *peers)
{
	pthread_condattr_t attr;
	bool fine = false;

	if (pthread_mutex_init(&peers->mutex, NULL) != 0)
		return false;
	if (pthread_condattr_init(&attr) == 0) {
		fine = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
		       pthread_cond_init(&peers->changed, &attr) == 0;
		(void)pthread_condattr_destroy(&attr);
	}
	if (!fine)
		(void)pthread_mutex_destroy(&peers->mutex);
	return fine;
}

enum status
peers_open(struct mcp *mcp, struct peers **out, struct problem *why)
{
	struct peers *peers = calloc(1, sizeof(*peers));
	enum status status;

	(void)mcp;
	*out = NULL;
	problem_set(why, "out of memory");
	if (peers == NULL)
		return STATUS_NO_MEMORY;
	status = wire_library_start(why);
	if (status == STATUS_OK) {
		status = wires_open(&peers->wires);
		if (status == STATUS_OK && !prepare_waiting(peers)) {
			wires_close(peers->wires);
			status = STATUS_FAILED;
		}
		if (status != STATUS_OK)
			wire_library_end();
	}
	if (status == STATUS_OK)
		*out = peers;
	else
		free(peers);
	return status;
}

struct wires *
peers_wires(struct peers *peers)
{
	return peers->wires;
}

void
peers_tidy(struct peers *peers)
{
	wires_tidy(peers->wires);
}

static struct known *
known_of(struct peer *peer)
{
	return (struct known *)peer;
}

static void
give_up(struct known *known)
{
	struct peer *peer = &known->peer;

	if (atomic_fetch_sub(&known->owners, 1) != 1)
		return;
	facts_free(peer);
	if (peer->session != NULL)
		secret_wipe(peer->session, strlen(peer->session));
	free(peer->session);
	upstream_free(&peer->upstream);
	free(known);
}

struct peer *
peer_keep(struct peer *peer)
{
	(void)atomic_fetch_add(&known_of(peer)->owners, 1);
	return peer;
}

void
peer_release(struct mcp *mcp, struct peer *peer)
{
	(void)mcp;
	if (peer != NULL)
		give_up(known_of(peer));
}

/* Under the lock. True: it was in the list, whose part in owning it is the caller's now. */
static bool
take_out(struct peers *peers, struct known *known)
{
	struct known **at = &peers->first;

	if (!known->linked)
		return false;
	while (*at != known)
		at = &(*at)->next;
	*at = known->next;
	peers->count--;
	known->linked = false;
	return true;
}

/* Under the lock. */
static void
unlink_known(struct peers *peers, struct known *known)
{
	if (take_out(peers, known))
		give_up(known);
}

void
peers_close(struct peers *peers)
{
	if (peers == NULL)
		return;
	while (peers->first != NULL)
		unlink_known(peers, peers->first);
	wires_close(peers->wires);
	wire_library_end();
	(void)pthread_cond_destroy(&peers->changed);
	(void)pthread_mutex_destroy(&peers->mutex);
	free(peers);
}

enum status
peer_view_digest(const struct json_object *capabilities, char out[SECRET_DIGEST_TEXT])
{
	unsigned char digest[SECRET_BYTES];
	struct json_object *empty = capabilities == NULL ? json_new_object() : NULL;
	struct buf text;
	enum status status;

	buf_init(&text, VIEW_MAX);
	json_write_canonical(capabilities != NULL ? capabilities : empty, &text);
	status = buf_status(&text);
	if (status == STATUS_OK)
		status = secret_sha256(buf_str(&text), text.len, digest);
	if (status == STATUS_OK)
		secret_hex(digest, sizeof(digest), out);
	buf_free(&text);
	json_free(empty);
	return status;
}

/* What a peer is found by. */
struct peer_key {
	const struct upstream *upstream;
	const char *owner;
	char view[SECRET_DIGEST_TEXT];
	bool park;
};

static bool
is_for(const struct known *known, const struct peer_key *key)
{
	return strcmp(known->asked_id, key->upstream->id) == 0 &&
	       known->asked_changed_ms == key->upstream->changed_ms && known->park == key->park &&
	       strcmp(known->peer.owner, key->owner) == 0 &&
	       strcmp(known->peer.view, key->view) == 0;
}

/* Under the lock. A failure is believed for as long as it took to find, so that what is slow to fail does not hold up every request. */
static struct known *
find(struct peers *peers, const struct peer_key *key)
{
	struct known *known = peers->first;

	while (known != NULL && !is_for(known, key))
		known = known->next;
	if (known != NULL && known->state == KNOWN_FAILED && clock_us() >= known->until_us) {
		unlink_known(peers, known);
		return NULL;
	}
	if (known != NULL) {
		known->used_us = clock_us();
		(void)peer_keep(&known->peer);
	}
	return known;
}

/* Under the lock: room for one more, where the oldest that nobody uses goes. */
static void
make_room(struct peers *peers)
{
	struct known *oldest = NULL;

	if (peers->count < PEERS_MAX)
		return;
	for (struct known *at = peers->first; at != NULL; at = at->next)
		if (atomic_load(&at->owners) == 1 &&
		    (oldest == NULL || at->used_us < oldest->used_us))
			oldest = at;
	if (oldest != NULL)
		unlink_known(peers, oldest);
}

/* Under the lock: a new one, in the list and with this thread as owner. */
static struct known *
add(struct peers *peers, const struct peer_key *key)
{
	struct known *known = calloc(1, sizeof(*known));

	if (known == NULL)
		return NULL;
	make_room(peers);
	*known = (struct known){.peers = peers,
	    .next = peers->first,
	    .asked_changed_ms = key->upstream->changed_ms,
	    .park = key->park,
	    .linked = true,
	    .owners = 2,
	    .used_us = clock_us()};
	memcpy(known->asked_id, key->upstream->id, sizeof(known->asked_id));
	(void)snprintf(known->peer.owner, sizeof(known->peer.owner), "%s", key->owner);
	memcpy(known->peer.view, key->view, sizeof(known->peer.view));
	peers->first = known;
	peers->count++;
	return known;
}

/* Under the lock: until the thread that connects has done so. */
static void
wait_for(struct peers *peers, struct known *known, int64_t until_us)
{
	const struct timespec until = {
	    .tv_sec = until_us / 1000000, .tv_nsec = (until_us % 1000000) * 1000};

	while (known->state == KNOWN_CONNECTING &&
	       pthread_cond_timedwait(&peers->changed, &peers->mutex, &until) == 0)
		continue;
}

/* In the thread that added it. */
static enum known_state
connect_known(struct mcp *mcp, struct known *known, const struct upstream *upstream,
    const struct peer_view *view, int64_t until_us)
{
	struct peers *peers = known->peers;
	int64_t begun_us = clock_us();
	int64_t most_us = begun_us + (int64_t)PEER_CONNECT_MS * 1000;
	struct problem why = {""};
	enum status status = known_connect(
	    mcp, known, upstream, view, until_us < most_us ? until_us : most_us, &why);

	pthread_mutex_lock(&peers->mutex);
	known->state = status == STATUS_OK ? KNOWN_OPEN : KNOWN_FAILED;
	known->why = why;
	known->until_us = clock_us() + (clock_us() - begun_us);
	/* Configured anew in the meantime: whoever comes next asks for that. */
	if (status == STATUS_OK && known->peer.upstream.changed_ms != known->asked_changed_ms)
		unlink_known(peers, known);
	(void)pthread_cond_broadcast(&peers->changed);
	pthread_mutex_unlock(&peers->mutex);
	return status == STATUS_OK ? KNOWN_OPEN : KNOWN_FAILED;
}

/* The one for this key, with the caller as owner; NULL: out of memory. *mine: the caller has to connect it; else *state is how it is. */
static struct known *
find_or_add(struct peers *peers, const struct peer_key *key, int64_t until_us, bool *mine,
    enum known_state *state)
{
	struct known *known;

	*mine = false;
	pthread_mutex_lock(&peers->mutex);
	known = find(peers, key);
	if (known != NULL) {
		wait_for(peers, known, until_us);
		*state = known->state;
	} else {
		known = add(peers, key);
		*mine = known != NULL;
	}
	pthread_mutex_unlock(&peers->mutex);
	return known;
}

enum status
peer_open(struct mcp *mcp, const struct upstream *upstream, const struct peer_view *view,
    int64_t until_us, struct peer **out, struct problem *why)
{
	struct peer_key key = {.upstream = upstream, .owner = view->owner, .park = view->park};
	struct known *known = NULL;
	enum known_state state = KNOWN_FAILED;
	bool mine = false;

	*out = NULL;
	if (peer_view_digest(view->capabilities, key.view) == STATUS_OK)
		known = find_or_add(mcp->peers, &key, until_us, &mine, &state);
	if (known == NULL) {
		problem_set(why, "upstream \"%s\" cannot be asked: out of memory", upstream->name);
		return STATUS_NO_MEMORY;
	}
	if (mine)
		state = connect_known(mcp, known, upstream, view, until_us);
	if (state == KNOWN_OPEN) {
		*out = &known->peer;
		return STATUS_OK;
	}
	/* A state that is not CONNECTING any more stays as it is, and so does what goes with it. */
	if (state == KNOWN_FAILED && why != NULL)
		*why = known->why;
	else
		problem_set(
		    why, "upstream \"%s\" is being connected to and is slow at it", upstream->name);
	give_up(known);
	return STATUS_FAILED;
}

void
peer_lost(struct mcp *mcp, struct peer *peer)
{
	struct known *known = known_of(peer);
	bool first;

	pthread_mutex_lock(&mcp->peers->mutex);
	first = take_out(mcp->peers, known);
	pthread_mutex_unlock(&mcp->peers->mutex);
	if (!first)
		return; /* others that used it have seen it too */
	if (peer->era == ERA_MODERN)
		kept_drop_era(mcp, peer, known->era_stamp_ms);
	else
		kept_drop_session(mcp, peer, known->session_stamp_ms);
	give_up(known);
}

void
peers_forget_owner(struct peers *peers, const char *owner)
{
	struct known *next;

	pthread_mutex_lock(&peers->mutex);
	for (struct known *at = peers->first; at != NULL; at = next) {
		next = at->next;
		if (strcmp(at->peer.owner, owner) == 0 && at->state != KNOWN_CONNECTING)
			unlink_known(peers, at);
	}
	pthread_mutex_unlock(&peers->mutex);
}
