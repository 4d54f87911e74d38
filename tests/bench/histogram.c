/* histogram.c - see histogram.h.   SPDX-License-Identifier: MIT */
#include "histogram.h"

#include <stddef.h>

#define STEP_BITS 10 /* 2^10 = HISTOGRAM_STEPS */

static size_t
slot_of(uint64_t value)
{
	unsigned int shift;

	if (value < 2 * HISTOGRAM_STEPS)
		return (size_t)value;
	shift = 63 - (unsigned int)__builtin_clzll(value) - STEP_BITS;
	return (size_t)shift * HISTOGRAM_STEPS + (size_t)(value >> shift);
}

/* The largest value that falls into a slot. */
static uint64_t
slot_end(size_t slot)
{
	size_t shift;

	if (slot < 2 * HISTOGRAM_STEPS)
		return slot;
	shift = slot / HISTOGRAM_STEPS - 1;
	return ((uint64_t)(slot - shift * HISTOGRAM_STEPS) + 1) * ((uint64_t)1 << shift) - 1;
}

void
histogram_add(struct histogram *h, uint64_t value)
{
	const uint64_t cap = (uint64_t)1 << HISTOGRAM_BITS;

	if (value > h->max)
		h->max = value;
	h->slots[slot_of(value < cap ? value : cap)]++;
	h->count++;
}

uint64_t
histogram_percentile(const struct histogram *h, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)h->count + 0.999999);
	uint64_t seen = 0;

	if (h->count == 0)
		return 0;
	if (wanted < 1)
		wanted = 1;
	for (size_t i = 0; i < HISTOGRAM_SLOTS; i++) {
		seen += h->slots[i];
		if (seen >= wanted)
			return slot_end(i) < h->max ? slot_end(i) : h->max;
	}
	return h->max;
}
