/*
 * policy_lint.h - what is allowed in a policy and yet hardly meant, for `enforgatectl policy lint`.
 */
#ifndef ENFORGATE_POLICY_LINT_H
#define ENFORGATE_POLICY_LINT_H

#include "policy.h"

/* Called once per warning, in the order of the rules; rule is -1 for one on the whole policy. */
typedef void policy_warning(void *arg, long rule, const char *text);

/* Returns the number of warnings. */
size_t policy_lint(const struct policy *policy, policy_warning *warn, void *arg);

#endif
