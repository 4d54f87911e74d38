/* courier_round.c - claiming, sending, noting; see courier_round.h. */
#include "courier_look.h"

#include <malloc.h>
#include <poll.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define IDLE_MS 30000

static bool
has_ended(const struct parcel *parcel)
{
	return parcel->state != PARCEL_CLAIMED && parcel->state != PARCEL_UNDER_WAY;
}

static void
count_result(struct courier_round *round, const struct parcel *parcel)
{
	round->counts.sent += parcel->state == PARCEL_SENT;
	round->counts.failed += parcel->state == PARCEL_FAILED;
	round->counts.dropped += parcel->state == PARCEL_NEEDLESS;
}

/* Frees all whose result is noted: those that have ended, or every one. */
static void
free_parcels(struct courier_round *round, bool all)
{
	for (struct parcel **at = &round->parcels; *at != NULL;) {
		struct parcel *parcel = *at;

		if (!all && !has_ended(parcel)) {
			at = &parcel->next;
			continue;
		}
		*at = parcel->next;
		count_result(round, parcel);
		parcel_free(parcel);
	}
}

static enum status
note_each(struct courier_round *round, struct db *db, bool all)
{
	enum status status = STATUS_OK;
	int64_t now_ms = clock_wall_ms();

	for (struct parcel *p = round->parcels; p != NULL && status == STATUS_OK; p = p->next) {
		if (!all && !has_ended(p))
			continue;
		status = parcel_note(p, db, round->lease, now_ms);
		if (status == STATUS_NOT_FOUND) {
			log_warn("%s to channel %s: another process has taken it over meanwhile",
			    event_name(p->delivery.event), p->channel.name);
			status = STATUS_OK;
		}
	}
	return status;
}

/*
 * In one transaction; then it is time for another look. Where that fails, the parcels stay, and their results are noted in a
 * later round.
 */
static void
note_results(struct courier_round *round)
{
	const struct parcel *any = round->parcels;
	struct db *db;

	while (any != NULL && !has_ended(any))
		any = any->next;
	if (any == NULL)
		return;
	round->status = store_write(round->store, &db);
	if (round->status != STATUS_OK)
		return;
	round->status = note_each(round, db, false);
	if (round->status == STATUS_OK)
		round->status = store_commit(round->store, db);
	else
		store_rollback(round->store, db);
	if (round->status != STATUS_OK)
		return;
	free_parcels(round, false);
	round->look_us = 0;
}

static void
drain(struct courier_round *round)
{
	uint64_t count;

	if (read(round->wake_fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
		round->look_us = 0;
}

static void
wait_for_something(struct courier_round *round, int64_t most_ms)
{
	struct pollfd woken = {.fd = round->wake_fd, .events = POLLIN};
	int64_t until_look = (round->look_us - clock_us() + 999) / 1000;

	if (until_look < most_ms)
		most_ms = until_look > 0 ? until_look : 0;
	for (const struct parcel *p = round->parcels; p != NULL; p = p->next)
		if (has_ended(
			p)) /* as one for console.log, which needs no wait; or noting failed */
			most_ms = round->status == STATUS_OK ? 0 : COURIER_FAILURE_PAUSE_MS;
	if (round->sender != NULL)
		sender_wait(round->sender, round->wake_fd, most_ms);
	else
		(void)poll(&woken, 1, (int)most_ms);
}

static void
collect(struct courier_round *round)
{
	struct sender_end ended;

	while (round->sender != NULL && sender_next(round->sender, &ended)) {
		struct parcel *parcel = ended.arg;

		parcel->state = ended.sent ? PARCEL_SENT : PARCEL_FAILED;
		parcel->retry_ms = ended.retry_ms;
		parcel->why = ended.why;
	}
}

/* What sending took of memory is given back when there was nothing to send for a while. */
static void
rest(struct courier_round *round)
{
	if (round->sender == NULL || round->parcels != NULL ||
	    clock_us() - round->active_us < IDLE_MS * 1000)
		return;
	sender_close(round->sender);
	round->sender = NULL;
	pages_close(round->pages);
	round->pages = NULL;
	(void)malloc_trim(0);
}

void
courier_round(struct courier_round *round, bool claim, int64_t most_ms)
{
	drain(round);
	if (claim && clock_us() >= round->look_us)
		courier_round_look(round);
	wait_for_something(round, most_ms);
	collect(round);
	note_results(round);
	rest(round);
}

bool
courier_round_busy(const struct courier_round *round)
{
	return round->parcels != NULL;
}

void
courier_round_end(struct courier_round *round)
{
	enum status status;
	struct db *db;

	sender_close(round->sender);
	round->sender = NULL;
	if (round->used && store_write(round->store, &db) == STATUS_OK) {
		status = note_each(round, db, true);
		if (status == STATUS_OK)
			status = outbox_release(db, round->lease);
		if (status == STATUS_OK)
			status = store_commit(round->store, db);
		else
			store_rollback(round->store, db);
		if (status != STATUS_OK)
			log_warn("notifications of this process wait for the end of its lease");
	}
	free_parcels(round, true);
	pages_close(round->pages);
	round->pages = NULL;
}

enum status
courier_round_count(struct courier_round *round, struct courier_counts *counts)
{
	enum status status = round->status;
	struct db *db;

	*counts = round->counts;
	if (status == STATUS_OK)
		status = store_read(round->store, &db);
	if (status != STATUS_OK)
		return status;
	status = outbox_waiting(db, &counts->waiting);
	store_read_end(round->store, db);
	return status;
}
