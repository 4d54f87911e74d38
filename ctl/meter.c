/* meter.c - one line that says how far something is; see meter.h. */
#include "meter.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"

#define METER_EVERY_US 200000

bool
meter_wanted(void)
{
	return isatty(STDERR_FILENO);
}

void
meter_show(struct meter *meter, int64_t done, int64_t total)
{
	int64_t now = clock_us();

	if (now - meter->shown_us < METER_EVERY_US || !meter_wanted())
		return;
	meter->shown_us = now;
	meter->any = true;
	if (total > 0)
		(void)fprintf(stderr, "\r%s: %" PRId64 " of %" PRId64 " (%d %%)", meter->doing,
		    done, total, (int)((double)done * 100 / (double)total));
	else
		(void)fprintf(stderr, "\r%s: %" PRId64, meter->doing, done);
}

void
meter_end(struct meter *meter)
{
	if (meter->any)
		(void)fprintf(stderr, "\r\033[K");
	meter->any = false;
}
