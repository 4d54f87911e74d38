/* courier_look.h - looking into the outbox, claiming what is due, and sending it off; private to courier*.c. */
#ifndef ENFORGATE_COURIER_LOOK_H
#define ENFORGATE_COURIER_LOOK_H

#include "courier_round.h"

#define COURIER_FAILURE_PAUSE_MS 500 /* of the database */

/* One look, with all that follows from it; sets the time of the next one, and the round's status. */
void courier_round_look(struct courier_round *round);

#endif
