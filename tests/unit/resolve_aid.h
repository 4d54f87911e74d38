/* resolve_aid.h - decisions, for the tests of what follows from them. */
#ifndef TEST_RESOLVE_AID_H
#define TEST_RESOLVE_AID_H

#include "approval_aid.h"
#include "audit_place.h"

#include "resolve.h"

/* By the channel "ops", and by the end of time. */
struct resolution resolve_aid_approve(const struct approval *approval, const char *duration);
struct resolution resolve_aid_deny(const struct approval *approval);
struct resolution resolve_aid_expire(const struct approval *approval);
/* In a transaction of its own, which is committed. */
enum status resolve_aid_run(
    struct place *p, const struct resolution *resolution, int64_t now_ms, struct approval *out);
/* The last entry of the log has this column. */
void resolve_aid_entry(struct place *p, const char *column, const char *value);

#endif
