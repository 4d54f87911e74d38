/* wires.c - connections that are kept for the next call; see wires.h. */
#include "mcp/wires.h"

#include <pthread.h>
#include <stdlib.h>

#include "clock.h"

struct wires {
	pthread_mutex_t mutex;             /* guards the rest */
	struct wire *idle[WIRES_IDLE_MAX]; /* the one left last at the end */
	size_t count;
};

enum status
wires_open(struct wires **out)
{
	struct wires *wires = calloc(1, sizeof(*wires));

	*out = NULL;
	if (wires == NULL)
		return STATUS_NO_MEMORY;
	if (pthread_mutex_init(&wires->mutex, NULL) != 0) {
		free(wires);
		return STATUS_FAILED;
	}
	*out = wires;
	return STATUS_OK;
}

void
wires_close(struct wires *wires)
{
	if (wires == NULL)
		return;
	for (size_t i = 0; i < wires->count; i++)
		wire_close(wires->idle[i]);
	(void)pthread_mutex_destroy(&wires->mutex);
	free(wires);
}

/* Takes out the wire at a place; the others keep their order. */
static struct wire *
take_out(struct wires *wires, size_t at)
{
	struct wire *wire = wires->idle[at];

	wires->count--;
	for (size_t i = at; i < wires->count; i++)
		wires->idle[i] = wires->idle[i + 1];
	return wire;
}

static bool
is_over(const struct wire *wire, int64_t now_us)
{
	int64_t idle_us = now_us - wire_left_us(wire);

	return idle_us >= wire_keep_us(wire) || idle_us >= (int64_t)WIRES_IDLE_MS * 1000;
}

/* Moves those that were idle for too long to `out`, to be closed without the lock; returns how many. */
static size_t
take_old(struct wires *wires, struct wire *out[WIRES_IDLE_MAX])
{
	int64_t now_us = clock_us();
	size_t count = 0;

	for (size_t i = 0; i < wires->count;)
		if (is_over(wires->idle[i], now_us))
			out[count++] = take_out(wires, i);
		else
			i++;
	return count;
}

static void
close_all(struct wire *const *wires, size_t count)
{
	for (size_t i = 0; i < count; i++)
		wire_close(wires[i]);
}

/* The wire to that upstream that was used last. NULL: none. */
static struct wire *
take_kept(struct wires *wires, const struct upstream *upstream)
{
	struct wire *old[WIRES_IDLE_MAX];
	struct wire *wire = NULL;
	size_t nold;

	pthread_mutex_lock(&wires->mutex);
	nold = take_old(wires, old);
	for (size_t i = wires->count; i > 0 && wire == NULL; i--)
		if (wire_leads_to(wires->idle[i - 1], upstream))
			wire = take_out(wires, i - 1);
	pthread_mutex_unlock(&wires->mutex);
	close_all(old, nold);
	return wire;
}

enum status
wires_take(struct wires *wires, const struct upstream *upstream, struct wire **out)
{
	struct wire *wire;
	enum status status;

	*out = NULL;
	while ((wire = take_kept(wires, upstream)) != NULL && !wire_alive(wire))
		wire_close(wire);
	if (wire == NULL)
		wire = wire_open(upstream);
	if (wire == NULL)
		return STATUS_NO_MEMORY;
	status = wire_prepare(wire, upstream);
	if (status == STATUS_OK)
		*out = wire;
	else
		wire_close(wire);
	return status;
}

void
wires_give(struct wires *wires, struct wire *wire, bool answered)
{
	struct wire *old[WIRES_IDLE_MAX + 1];
	size_t nold;

	if (wire == NULL)
		return;
	if (!wire_leave(wire, answered)) {
		wire_close(wire);
		return;
	}
	pthread_mutex_lock(&wires->mutex);
	nold = take_old(wires, old);
	if (wires->count == WIRES_IDLE_MAX)
		old[nold++] = take_out(wires, 0);
	wires->idle[wires->count++] = wire;
	pthread_mutex_unlock(&wires->mutex);
	close_all(old, nold);
}

void
wires_tidy(struct wires *wires)
{
	struct wire *old[WIRES_IDLE_MAX];
	size_t nold;

	pthread_mutex_lock(&wires->mutex);
	nold = take_old(wires, old);
	pthread_mutex_unlock(&wires->mutex);
	close_all(old, nold);
}

size_t
wires_idle(struct wires *wires)
{
	size_t count;

	pthread_mutex_lock(&wires->mutex);
	count = wires->count;
	pthread_mutex_unlock(&wires->mutex);
	return count;
}
