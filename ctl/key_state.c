/* key_state.c - what belongs to a key besides its row; see key_commands.h. */
#include "key_commands.h"

#include <string.h>

#include "clock.h"
#include "pin.h"
#include "policies.h"

#define POLICIES_TEXT_MAX ((size_t)KEY_POLICIES_MAX * 80)
#define CHANNELS_TEXT_MAX ((size_t)CHANNELS_OF_KEY_MAX * 80)

static bool
add_name(void *arg, const char *name)
{
	struct buf *out = arg;

	if (out->len > 0)
		buf_text(out, ", ");
	buf_text(out, name);
	return true;
}

int
key_policies_text(struct db *db, const char *key_id, struct buf *out)
{
	enum status status;

	buf_init(out, POLICIES_TEXT_MAX);
	status = keys_each_policy(db, key_id, add_name, out);
	if (status == STATUS_OK)
		status = buf_status(out);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("read the policies of the key", status);
}

int
key_channels_text(struct db *db, const char *key_id, struct buf *out)
{
	enum status status;

	buf_init(out, CHANNELS_TEXT_MAX);
	status = keys_each_channel(db, key_id, add_name, out);
	if (status == STATUS_OK)
		status = buf_status(out);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("read the channels of the key", status);
}

int
key_pin_text(struct db *db, const char *key_id, const char **out)
{
	struct pin pin;
	enum status status = pin_find(db, key_id, clock_wall_ms(), &pin);

	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return ctl_failed("read the PIN of the key", status);
	*out = status == STATUS_NOT_FOUND ? "no" : pin.locked ? "locked" : "yes";
	secret_wipe(&pin, sizeof(pin));
	return CTL_DONE;
}

struct asking {
	bool default_seen; /* only the first one decides */
	bool asks;
	enum status status;
};

static bool
look_at_policy(void *arg, const struct policy_row *row)
{
	struct asking *asking = arg;
	struct policy *policy = NULL;

	if (!asking->default_seen && row->default_decision != DECISION_NONE) {
		asking->default_seen = true;
		asking->asks = row->default_decision == DECISION_REQUIRE_APPROVAL;
	}
	asking->status = policy_read(row->document, strlen(row->document), &policy, NULL);
	if (asking->status == STATUS_INVALID || asking->status == STATUS_TOO_LARGE)
		asking->status = STATUS_OK; /* it denies everything */
	else if (asking->status == STATUS_OK)
		asking->asks = asking->asks || policy_asks(policy);
	policy_free(policy);
	return asking->status == STATUS_OK && !asking->asks;
}

static bool
find_approver(void *arg, const struct channel *channel)
{
	bool *found = arg;

	*found = channel->approver;
	return !*found;
}

enum status
key_asks(struct db *db, const char *key_id, bool *out)
{
	struct asking asking = {.status = STATUS_OK};
	enum status status = policies_of_key(db, key_id, look_at_policy, &asking);

	if (status == STATUS_OK)
		status = asking.status;
	*out = status == STATUS_OK && asking.asks;
	return status;
}

enum status
key_lacks_approver(struct db *db, const char *key_id, bool *out)
{
	bool approver = false;
	enum status status = channels_of_key(db, key_id, find_approver, &approver);

	*out = false;
	return status != STATUS_OK || approver ? status : key_asks(db, key_id, out);
}

struct warning {
	const struct key *key;
	bool lacks;
};

static int
look(struct ctl *ctl, struct db *db, void *arg)
{
	struct warning *warning = arg;
	enum status status = key_lacks_approver(db, warning->key->id, &warning->lacks);

	(void)ctl;
	return status == STATUS_OK ? CTL_DONE : ctl_failed("read the policies of the key", status);
}

void
key_warn(struct ctl *ctl, const struct key *key)
{
	struct warning warning = {.key = key};

	if (ctl_look(ctl, look, &warning) == CTL_DONE && warning.lacks)
		ctl_note(
		    "its policies can ask for approval, but it has no approver channel: only "
		    "`enforgatectl approval` decides its calls; `enforgatectl key set %s --channel "
		    "NAME` changes that",
		    key->name);
}
