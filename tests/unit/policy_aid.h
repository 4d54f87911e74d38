/* policy_aid.h - policies, calls and arguments from short texts. */
#ifndef TEST_POLICY_AID_H
#define TEST_POLICY_AID_H

#include "json_aid.h"

#include "buf.h"
#include "policy.h"

/* A policy that is read without complaint; policy_free() it. */
struct policy *aid_policy(const char *text, const char *name);
struct call aid_call(const char *server, const char *tool, struct json_object *args);
/* Judged by this policy alone. */
void aid_evaluate(const struct policy *policy, const struct call *call, struct verdict *got);

#endif
