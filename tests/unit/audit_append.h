/* audit_append.h - appending one entry and waiting for the result, which no program needs but many tests do. */
#ifndef TEST_AUDIT_APPEND_H
#define TEST_AUDIT_APPEND_H

#include "audit.h"

/* Submits it, works and waits; sets what the append sets in the entry. */
enum status audit_append(
    struct audit *audit, struct audit_entry *entry, int64_t generation) MUST_USE;

#endif
