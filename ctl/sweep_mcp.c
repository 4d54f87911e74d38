/* sweep_mcp.c - what `enforgatectl sweep` ends and removes of MCP clients and upstreams; see sweep.h. */
#include "sweep.h"

#include <inttypes.h>

#include "mcp/continuation.h"
#include "mcp/host.h"
#include "mcp/mailbox.h"
#include "mcp/sessions.h"
#include "meter.h"

#define SESSIONS_MOST 50 /* ended by one transaction */
#define HOUR_MS ((int64_t)3600 * 1000)

static int
change_sessions(struct ctl *ctl, struct db *db, void *arg)
{
	struct sweeping *s = arg;
	enum status status = sessions_sweep(
	    db, ctl->config.session_idle_h * HOUR_MS, s->now_ms, SESSIONS_MOST, &s->portion);

	if (status == STATUS_OK)
		status = continuation_sweep(db, s->now_ms);
	s->more = s->portion == SESSIONS_MOST;
	return status == STATUS_OK ? CTL_DONE : ctl_failed("end sessions", status);
}

int
sweep_sessions(struct ctl *ctl, struct sweeping *s)
{
	struct meter meter = {.doing = "ending sessions"};
	int code;

	do {
		code = sweep_portion(ctl, s, change_sessions);
		if (code != CTL_DONE)
			break;
		s->sessions += s->portion;
		meter_show(&meter, s->sessions, 0);
	} while (s->more);
	meter_end(&meter);
	return code;
}

void
sweep_run_dir(struct ctl *ctl)
{
	const struct mcp mcp = {
	    .config = &ctl->config, .store = ctl->store, .master = &ctl->master};

	mailbox_sweep(&mcp);
	host_sweep(&mcp);
}
