/* courier_look.c - looking into the outbox, claiming what is due, and sending it off; see courier_look.h. */
#include "courier_look.h"

#include <stdlib.h>

#include "clock.h"
#include "log.h"
#include "resolve.h"
#include "wake.h"

#define COURIER_OVERDUE_MAX 64 /* approvals ended in one transaction */

static int64_t
whole_ms(const struct courier_round *round)
{
	int64_t half = round->lease->ms / 2;

	return half < SENDER_WHOLE_MS ? half : SENDER_WHOLE_MS;
}

static enum status
start(struct courier_round *round, struct parcel *parcel)
{
	enum status status = STATUS_OK;

	if (parcel->channel.kind == CHANNEL_CONSOLE) {
		status = parcel_append(round->config->state_dir, &parcel->message, &parcel->why);
		parcel->state = status == STATUS_OK ? PARCEL_SENT : PARCEL_FAILED;
		return status;
	}
	if (round->sender == NULL)
		status = sender_open(&round->sender, &parcel->why);
	if (status == STATUS_OK)
		status = sender_start(round->sender, &parcel->channel, &parcel->message,
		    whole_ms(round), false, parcel, &parcel->why);
	parcel->state = status == STATUS_OK ? PARCEL_UNDER_WAY : PARCEL_FAILED;
	return status;
}

/* Nothing is sent whose lease could end while it is on its way: it is claimed anew. */
static bool
lease_lasts(const struct courier_round *round, const struct parcel *parcel)
{
	return clock_wall_ms() + whole_ms(round) <= parcel->delivery.lease_ms;
}

static void
send_claimed(struct courier_round *round, struct parcel *parcel)
{
	if (parcel->channel.kind == CHANNEL_EMAIL && round->pages == NULL &&
	    pages_open(round->config->templates_dir, &round->pages, &parcel->why) != STATUS_OK) {
		parcel->state = PARCEL_FAILED;
		return;
	}
	parcel_write(parcel, round->config->base_url, round->args, round->pages, clock_wall_ms());
	if (parcel->state != PARCEL_CLAIMED)
		return;
	if (!lease_lasts(round, parcel)) {
		parcel->state = PARCEL_FAILED;
		problem_set(&parcel->why, "the database took too long");
		return;
	}
	(void)start(round, parcel);
}

static int64_t
room(const struct courier_round *round, bool requests)
{
	int64_t left = requests ? COURIER_REQUESTS_MAX : COURIER_OTHERS_MAX;

	for (const struct parcel *p = round->parcels; p != NULL; p = p->next)
		left -= (p->delivery.event == EVENT_APPROVAL_CREATED) == requests;
	return left > 0 ? left : 0;
}

/* Claimed ones come first in the list, before those of earlier rounds. */
static enum status
claim_kind(struct courier_round *round, struct db *db, bool requests, struct delivery *deliveries,
    int64_t now_ms)
{
	int64_t count = 0;
	enum status status = outbox_claim(
	    db, round->lease, now_ms, requests, room(round, requests), deliveries, &count);

	for (int64_t i = 0; i < count && status == STATUS_OK; i++) {
		struct parcel *parcel = parcel_new(&deliveries[i]);

		if (parcel == NULL)
			return STATUS_NO_MEMORY;
		parcel->next = round->parcels;
		round->parcels = parcel;
		status = parcel_prepare(parcel, db, &round->seal, now_ms);
	}
	return status;
}

static enum status
claim_due(struct courier_round *round, struct delivery *deliveries)
{
	struct parcel *before = round->parcels;
	int64_t now_ms;
	struct db *db;
	enum status status = store_write(round->store, &db);

	if (status != STATUS_OK)
		return status;
	now_ms = clock_wall_ms();
	status = claim_kind(round, db, true, deliveries, now_ms);
	if (status == STATUS_OK)
		status = claim_kind(round, db, false, deliveries, now_ms);
	if (status == STATUS_OK)
		status = store_commit(round->store, db);
	else
		store_rollback(round->store, db);
	while (status != STATUS_OK && round->parcels != before) {
		struct parcel *parcel = round->parcels;

		round->parcels = parcel->next;
		parcel_free(parcel);
	}
	if (status != STATUS_OK)
		return status;
	round->used = true;
	round->active_us = clock_us();
	for (struct parcel *p = round->parcels; p != before; p = p->next)
		if (p->state == PARCEL_CLAIMED)
			send_claimed(round, p);
	return STATUS_OK;
}

/* For courier_args_sweep(). */
static bool
still_asking(void *arg, const char *approval_id)
{
	bool asking = true;

	return outbox_asking(arg, approval_id, &asking) != STATUS_OK || asking;
}

static bool
see_one(void *arg, const char *id)
{
	bool *seen = arg;

	(void)id;
	*seen = true;
	return false;
}

void
courier_round_overdue(const struct courier_round *round, struct db *db, bool *overdue)
{
	*overdue = false;
	if (round->audit != NULL &&
	    approvals_overdue(db, clock_wall_ms(), 1, see_one, overdue) != STATUS_OK)
		*overdue = false;
}

/* Approvals whose time is over; each has its entry in the audit log, and its notices. */
static void
end_overdue(struct courier_round *round)
{
	int64_t ended = 0;
	struct db *db;

	round->status = store_write(round->store, &db);
	if (round->status != STATUS_OK)
		return;
	round->status =
	    resolve_overdue(db, round->audit, clock_wall_ms(), COURIER_OVERDUE_MAX, &ended);
	if (round->status == STATUS_OK)
		round->status = store_commit(round->store, db);
	else
		store_rollback(round->store, db);
	if (round->status == STATUS_OK && ended > 0)
		wake_all(round->decided_fd);
}

static enum status
look_next(struct courier_round *round, bool *overdue)
{
	struct db *db;
	enum status status = store_read(round->store, &db);

	if (status != STATUS_OK)
		return status;
	status = outbox_next(db, round->lease, &round->next_ms);
	courier_round_overdue(round, db, overdue);
	courier_args_sweep(round->args, still_asking, db);
	store_read_end(round->store, db);
	return status;
}

void
courier_round_look(struct courier_round *round)
{
	int64_t now_ms = clock_wall_ms(), wait = COURIER_LOOK_MS;
	struct delivery *deliveries;
	bool overdue = false;

	round->status = look_next(round, &overdue);
	if (round->status == STATUS_OK && overdue) {
		end_overdue(round);
		if (round->status == STATUS_OK)
			round->status = look_next(round, &overdue);
	}
	if (round->status == STATUS_OK && round->next_ms != 0 && round->next_ms <= now_ms) {
		deliveries = calloc(COURIER_REQUESTS_MAX, sizeof(*deliveries));
		round->status =
		    deliveries != NULL ? claim_due(round, deliveries) : STATUS_NO_MEMORY;
		free(deliveries);
		if (round->status == STATUS_OK)
			round->status = look_next(round, &overdue);
	}
	if (round->status != STATUS_OK)
		wait = COURIER_FAILURE_PAUSE_MS;
	else if (round->next_ms > now_ms && round->next_ms - now_ms < wait)
		wait = round->next_ms - now_ms;
	round->look_us = clock_us() + wait * 1000;
}
