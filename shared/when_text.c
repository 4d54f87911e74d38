/* when_text.c - moments and spans for people; see when.h. */
#include "when.h"

#include <stdio.h>
#include <time.h>

#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

void
when_moment_text(int64_t wall_ms, char out[WHEN_TEXT_MAX])
{
	static const char *const months[] = {"January", "February", "March", "April", "May", "June",
	    "July", "August", "September", "October", "November", "December"};
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL)
		out[0] = '\0';
	else
		(void)snprintf(out, WHEN_TEXT_MAX, "%02d:%02d UTC on %d %s %d", tm.tm_hour,
		    tm.tm_min, tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900);
}

void
when_span_text(int64_t ms, char out[WHEN_TEXT_MAX])
{
	const char *unit = ms < 2 * HOUR_MS ? "minute" : ms < 2 * DAY_MS ? "hour" : "day";
	int64_t count = ms / (ms < 2 * HOUR_MS ? MINUTE_MS : ms < 2 * DAY_MS ? HOUR_MS : DAY_MS);

	if (ms < MINUTE_MS)
		(void)snprintf(out, WHEN_TEXT_MAX, "less than a minute");
	else if (ms / MINUTE_MS == 60)
		(void)snprintf(out, WHEN_TEXT_MAX, "1 hour");
	else
		(void)snprintf(
		    out, WHEN_TEXT_MAX, "%lld %s%s", (long long)count, unit, count == 1 ? "" : "s");
}
