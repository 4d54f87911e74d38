/*
 * histogram.h - counts of whole numbers (here: microseconds) for exact percentiles at constant cost.
 *
 * Values below 2,048 are kept exactly, larger ones to one part in 1,024, values past 2^36 (19 hours)
 * count as 2^36. The layout is that of an HDR histogram: a linear scale inside each power of two.
 */
#ifndef ENFORGATE_BENCH_HISTOGRAM_H
#define ENFORGATE_BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS 1024 /* slots of one power of two */
#define HISTOGRAM_BITS 36
#define HISTOGRAM_SLOTS (HISTOGRAM_STEPS * (HISTOGRAM_BITS - 8))

struct histogram {
	uint64_t count;
	uint64_t max; /* exact */
	uint64_t slots[HISTOGRAM_SLOTS];
};

/* A zeroed struct is an empty histogram. */
void histogram_add(struct histogram *h, uint64_t value);
/* The smallest value that `share` (0 to 1) of all values do not pass; 0 when empty. */
uint64_t histogram_percentile(const struct histogram *h, double share);

#endif
