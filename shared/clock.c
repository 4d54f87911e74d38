/* clock.c - wall time as text. */
#include "clock.h"

#include <stdio.h>

void
clock_text(int64_t wall_ms, char *out)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	char date[CLOCK_TEXT_MAX - 8];

	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		date[0] = '\0';
	(void)snprintf(out, CLOCK_TEXT_MAX, "%s.%03dZ", date, (int)(wall_ms % 1000));
}
