/* policy_aid.c - policies, calls and arguments from short texts; see policy_aid.h. */
#include "policy_aid.h"

struct policy *
aid_policy(const char *text, const char *name)
{
	struct policy *policy = NULL;
	struct problem why = {""};

	if (policy_read(text, strlen(text), &policy, &why) != STATUS_OK)
		fail_msg("%.200s: %s", text, why.text);
	(void)snprintf(policy->name, sizeof(policy->name), "%s", name);
	return policy;
}

struct call
aid_call(const char *server, const char *tool, struct json_object *args)
{
	struct call call = {.args = args};

	(void)snprintf(call.server, sizeof(call.server), "%s", server);
	(void)snprintf(call.tool, sizeof(call.tool), "%s", tool);
	return call;
}

void
aid_evaluate(const struct policy *policy, const struct call *call, struct verdict *got)
{
	policy_evaluate(&policy, 1, call, NULL, got);
}
