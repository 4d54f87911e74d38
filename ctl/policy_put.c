/* policy_put.c - a policy's next version, for `policy put` and `apply`; see policy_commands.h. */
#include "policy_commands.h"

#include <stdio.h>
#include <string.h>

const char *
policy_default_text(enum decision decision)
{
	return decision == DECISION_NONE ? "none" : decision_name(decision);
}

int
policy_find(struct db *db, const char *name, int64_t version, struct policy_row *row)
{
	enum status status = policies_find(db, name, version, row);

	if (status == STATUS_NOT_FOUND && version != 0)
		return ctl_error(
		    "no version %lld of policy \"%s\"; `enforgatectl policy history %s` shows them",
		    (long long)version, name, name);
	if (status == STATUS_NOT_FOUND)
		return ctl_error("no policy \"%s\"; `enforgatectl policy list` shows them", name);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("read the policy", status);
}

/* Whether two documents say the same, however they are laid out. */
static bool
same_document(const char *a, const char *b)
{
	const struct json_limits limits = POLICY_JSON_LIMITS;
	struct json_object *left = NULL, *right = NULL;
	bool same = strcmp(a, b) == 0;

	if (!same && json_parse(a, strlen(a), &limits, &left, NULL) == STATUS_OK &&
	    json_parse(b, strlen(b), &limits, &right, NULL) == STATUS_OK)
		same = json_equal(left, right);
	json_free(left);
	json_free(right);
	return same;
}

/* Says what differs between the version in force and the next one; nothing where nothing does. */
static void
describe_change(struct policy_put *put, const struct policy_row *old, const struct policy_row *new)
{
	char *at = put->change;
	char *end = put->change + sizeof(put->change);

	if (old->priority != new->priority)
		at += snprintf(at, (size_t)(end - at), ", priority %lld -> %lld",
		    (long long)old->priority, (long long)new->priority);
	if (old->default_decision != new->default_decision)
		at += snprintf(at, (size_t)(end - at), ", default %s -> %s",
		    policy_default_text(old->default_decision),
		    policy_default_text(new->default_decision));
	if (!same_document(old->document, new->document))
		at += snprintf(at, (size_t)(end - at), ", document changed");
	put->changed = at != put->change;
}

static int
add_version(struct ctl *ctl, struct db *db, struct policy_put *put, struct policy_row *row,
    bool exists, size_t nrules)
{
	char what[POLICY_CHANGE_MAX];
	enum status status = policies_put(db, row);

	if (status != STATUS_OK)
		return ctl_failed("put the policy", status);
	if (exists)
		(void)snprintf(
		    what, sizeof(what), "version %lld%.200s", (long long)row->version, put->change);
	else
		(void)snprintf(what, sizeof(what), "new, version %lld, priority %lld, default %s",
		    (long long)row->version, (long long)row->priority,
		    policy_default_text(row->default_decision));
	(void)snprintf(put->change, sizeof(put->change), "%.300s, %zu rule%s%s", what, nrules,
	    nrules == 1 ? "" : "s", row->enabled ? "" : ", disabled");
	if (put->dry)
		return CTL_DONE;
	return ctl_record(ctl, db, "policy.put", "%s: %s", put->name, put->change);
}

int
policy_put_in(struct ctl *ctl, struct db *db, struct policy_put *put)
{
	struct policy_row old = {.document = NULL};
	struct policy_row row = {.document = put->text};
	struct policy *policy = NULL;
	struct problem why = {""};
	enum status status;
	size_t nrules;
	int code = CTL_DONE;

	if (!policy_name_valid(put->name))
		return ctl_error(
		    "\"%s\" is no name for a policy: 1 to %d of A-Z a-z 0-9 . _ -, the first "
		    "one no . or -",
		    put->name, POLICY_NAME_MAX);
	status = policy_read(put->text, put->len, &policy, &why);
	if (status == STATUS_INVALID || status == STATUS_TOO_LARGE)
		return ctl_error("%s: %s", put->origin, why.text);
	if (status != STATUS_OK)
		return ctl_failed("read the policy", status);
	(void)snprintf(row.name, sizeof(row.name), "%s", put->name);
	row.priority = put->has_priority      ? put->priority
		       : policy->has_priority ? policy->priority
					      : 0;
	row.default_decision = put->has_default ? put->default_decision : policy->default_decision;
	nrules = policy->nrules;
	policy_free(policy);

	status = policies_find(db, put->name, 0, &old);
	put->changed = true;
	if (status == STATUS_OK)
		describe_change(put, &old, &row);
	else if (status != STATUS_NOT_FOUND)
		return ctl_failed("read the policy", status);
	if (put->changed)
		code = add_version(ctl, db, put, &row, status == STATUS_OK, nrules);
	else
		(void)snprintf(put->change, sizeof(put->change), "unchanged, version %lld",
		    (long long)old.version);
	policy_row_free(&old);
	return code;
}

int
policy_enable_in(
    struct ctl *ctl, struct db *db, const char *name, bool enabled, bool dry, bool *changed)
{
	struct policy_row row;
	enum status status;
	int code = policy_find(db, name, 0, &row);

	if (code != CTL_DONE)
		return code;
	policy_row_free(&row);
	*changed = row.enabled != enabled;
	if (!*changed)
		return CTL_DONE;
	status = policies_enable(db, name, enabled);
	if (status != STATUS_OK)
		return ctl_failed("change the policy", status);
	if (dry)
		return CTL_DONE;
	return ctl_record(ctl, db, enabled ? "policy.enable" : "policy.disable", "%s", name);
}
