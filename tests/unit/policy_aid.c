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

struct json_object *
aid_json(const char *text)
{
	static const struct json_limits wide = {(size_t)64 << 20, 64, 10000000, false};
	struct json_object *root = NULL;
	struct problem why = {""};

	if (json_parse(text, strlen(text), &wide, &root, &why) != STATUS_OK)
		fail_msg("%s", why.text);
	return root;
}

void
aid_evaluate(const struct policy *policy, const struct call *call, struct verdict *got)
{
	policy_evaluate(&policy, 1, call, NULL, got);
}
