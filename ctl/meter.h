/* meter.h - how far something is that takes long: one line on a terminal, nothing where standard error is none. */
#ifndef ENFORGATE_CTL_METER_H
#define ENFORGATE_CTL_METER_H

#include <stdbool.h>
#include <stdint.h>

struct meter {
	const char *doing;
	/* Private to meter.c. */
	int64_t shown_us;
	bool any;
};

/* Whether anybody looks. */
bool meter_wanted(void);
/* At most five times a second; `total` 0: it is not known how much there is. */
void meter_show(struct meter *meter, int64_t done, int64_t total);
/* Takes the line away. */
void meter_end(struct meter *meter);

#endif
