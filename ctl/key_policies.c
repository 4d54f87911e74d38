/* key_policies.c - the policies in force of a key, compiled; see key_commands.h. */
#include <stdio.h>
#include <string.h>

#include "key_commands.h"
#include "policies.h"

struct reading {
	struct key_policies *out;
	struct problem *why;
	enum status status;
};

static bool
load(void *arg, const struct policy_row *row)
{
	struct reading *r = arg;
	struct policy *policy = NULL;
	struct problem why = {"too many policies"};

	r->status = STATUS_INVALID;
	if (r->out->count < KEY_POLICIES_MAX)
		r->status = policy_read(row->document, strlen(row->document), &policy, &why);
	if (r->status != STATUS_OK) {
		problem_set(r->why, "policy \"%s\" version %lld cannot be read: %s", row->name,
		    (long long)row->version, why.text);
		return false;
	}
	(void)snprintf(policy->id, sizeof(policy->id), "%s", row->id);
	(void)snprintf(policy->name, sizeof(policy->name), "%s", row->name);
	policy->version = row->version;
	policy->priority = row->priority;
	policy->default_decision = row->default_decision;
	r->out->owned[r->out->count] = policy;
	r->out->list[r->out->count++] = policy;
	return true;
}

enum status
key_policies_read(struct db *db, const char *key_id, struct key_policies *out, struct problem *why)
{
	struct reading r = {.out = out, .why = why, .status = STATUS_OK};
	enum status status;

	out->count = 0;
	status = policies_of_key(db, key_id, load, &r);
	return status == STATUS_OK ? r.status : status;
}

void
key_policies_free(struct key_policies *policies)
{
	for (size_t i = 0; i < policies->count; i++)
		policy_free(policies->owned[i]);
	policies->count = 0;
}
