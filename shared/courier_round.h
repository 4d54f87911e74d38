/* courier_round.h - one round of the courier's work, in whichever thread does it; private to courier*.c. */
#ifndef ENFORGATE_COURIER_ROUND_H
#define ENFORGATE_COURIER_ROUND_H

#include "courier.h"
#include "courier_parcel.h"
#include "sender.h"

#define COURIER_REQUESTS_MAX 64 /* under way at once: requests for a decision, */
#define COURIER_OTHERS_MAX 16   /* and other notices, which must not keep those waiting */

struct courier_round {
	/* Borrowed. */
	const struct config *config;
	struct store *store;
	const struct lease *lease;
	struct courier_args *args;
	int wake_fd;
	struct secret_key seal; /* of the settings of channels */
	struct audit *audit;    /* NULL: it does not end approvals; borrowed */
	int decided_fd;         /* of wake.h, where it does */

	/* Private to courier_round.c and courier_look.c but for reading. */
	struct courier_counts counts;
	int64_t next_ms;    /* when something is due next, as was seen last; 0: nothing */
	enum status status; /* of the database, in the last round that used it */
	struct sender *sender;
	struct pages *pages;
	struct parcel *parcels; /* claimed; until their results are noted */
	int64_t look_us;        /* when to look into the outbox; 0: at once */
	int64_t active_us;      /* when something was claimed last */
	bool used;              /* something was claimed */
};

/* Whether an approval waits to be ended by this process. */
void courier_round_overdue(const struct courier_round *round, struct db *db, bool *overdue);
/* Starts what is due (where `claim` says so), waits at most `most_ms` for something to happen, and notes results. */
void courier_round(struct courier_round *round, bool claim, int64_t most_ms);
/* Whether anything is under way or has a result that is not noted. */
bool courier_round_busy(const struct courier_round *round);
/* Breaks off what is under way; it and what has still to be tried is everybody's. */
void courier_round_end(struct courier_round *round);
/* The counts, with those that are waiting. */
enum status courier_round_count(
    struct courier_round *round, struct courier_counts *counts) MUST_USE;

#endif
