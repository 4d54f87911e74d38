/* sweep.h - what the parts of `enforgatectl sweep` share. */
#ifndef ENFORGATE_CTL_SWEEP_H
#define ENFORGATE_CTL_SWEEP_H

#include "audit_roll.h"
#include "ctl.h"

struct sweeping {
	int64_t now_ms;
	int64_t portion; /* of the present transaction */
	bool more;       /* there is something left for another one */
	int64_t expired, purged, sessions;
	int wake_fd; /* -1: none */
	bool rolled;
	struct audit_roll_result roll;
};

/*
 * One portion, and then as long a pause: the lock that writers queue for goes to whoever comes first, which would be this
 * program again and again.
 */
int sweep_portion(
    struct ctl *ctl, struct sweeping *s, int (*change)(struct ctl *ctl, struct db *db, void *arg));

/* Ends sessions that were idle for too long and those of revoked keys; removes rounds of calls whose time is over. */
int sweep_sessions(struct ctl *ctl, struct sweeping *s);
/* Sockets and locks in the state directory's `run` whose process has died. */
void sweep_run_dir(struct ctl *ctl);

#endif
