/*
 * policy.h - rules and a call give a verdict. Pure: no I/O, no clock, no state.
 *
 * Order (enforgate-policy(5)): policies from the highest priority down; in each the rules from the
 * first down; the first rule that matches decides. Where no rule of any policy matches, the first defaultDecision in
 * the same order decides; where there is none, the engine denies. A condition that cannot be evaluated denies the call at
 * once (law 2), in whatever rule it stands: conditions are looked at in order, and one that does not hold ends its rule.
 */
#ifndef ENFORGATE_POLICY_H
#define ENFORGATE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "call.h"
#include "status.h"

enum decision { DECISION_NONE = 0, DECISION_ALLOW, DECISION_DENY, DECISION_REQUIRE_APPROVAL };

/* "allow", "deny", "require_approval"; "" for none. */
const char *decision_name(enum decision decision);
/* DECISION_NONE for any other text. */
enum decision decision_read(const char *text);

#define POLICY_NAME_MAX 64 /* [A-Za-z0-9._-], see policy_name_valid() */
#define POLICY_ID_MAX 40
#define POLICY_RULES_MAX 10000
#define POLICY_CONDITIONS_MAX 64 /* in one rule */
#define POLICY_PATH_SEGMENTS_MAX 32
#define POLICY_REASON_MAX 256 /* a rule's own reason, bytes */
#define POLICY_TEXT_MAX ((size_t)4 << 20)
#define VERDICT_REASON_MAX 640

struct policy_rule; /* private to policy.c and policy_read.c (policy_rules.h) */

struct policy {
	char id[POLICY_ID_MAX + 1];     /* set by whoever loaded it; "" from policy_read() */
	char name[POLICY_NAME_MAX + 1]; /* likewise */
	int64_t version;                /* likewise */
	int64_t priority;
	bool has_priority;              /* whether the document named one */
	enum decision default_decision; /* DECISION_NONE: not set */
	struct policy_rule *rules;
	size_t nrules;
};

struct verdict {
	enum decision decision;      /* never DECISION_NONE */
	const struct policy *policy; /* that decided; NULL: none did */
	long rule;                   /* index from 0; -1: no rule decided */
	bool unclear;                /* a condition could not be evaluated */
	const char *rule_reason;     /* the rule's own, of the policy; NULL: it has none */
	char reason[VERDICT_REASON_MAX];
};

bool policy_name_valid(const char *name);

/*
 * Reads a policy document: an object with `rules` (and, optionally, defaultDecision, priority, description) or a bare array of
 * rules. STATUS_INVALID: `why` names rule index, member and position, e.g.
 * `rule 3, where 0, member "matches": missing ) at offset 12`. Any unknown member is an error.
 * STATUS_OK: owned by the caller.
 */
enum status policy_read(
    const char *text, size_t len, struct policy **out, struct problem *why) MUST_USE;
void policy_free(struct policy *policy); /* accepts NULL */

/* Whether a rule of it says require_approval. Its default is not looked at: only the first one of a key's policies counts. */
bool policy_asks(const struct policy *policy);

/*
 * Whether a call of this tool is denied whatever its arguments: what comes first of the rules that match it, without conditions or in a
 * default, is a deny, and no rule before it could say anything else.
 */
bool policy_always_denies(
    const struct policy *const *policies, size_t count, const char *server, const char *tool);

/*
 * What the evaluation looked at, for `policy explain`. condition is -1 for a remark on the whole rule;
 * rule is -1 for a remark on the policy (its default). The text says why, without any argument's value.
 */
struct policy_trace {
	void (*note)(
	    void *arg, const struct policy *policy, long rule, long condition, const char *text);
	void *arg;
};

/* Policies in order of evaluation, highest priority first. `trace` may be NULL. Cannot fail. */
void policy_evaluate(const struct policy *const *policies, size_t count, const struct call *call,
    const struct policy_trace *trace, struct verdict *out);

#endif
