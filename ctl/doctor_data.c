/* doctor_data.c - key file, database, audit log, keys and kill switch; see doctor.h. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_chain.h"
#include "audit_read.h"
#include "channels.h"
#include "clock.h"
#include "doctor.h"
#include "key_commands.h"
#include "outbox.h"
#include "stop.h"
#include "table.h"

#define FUTURE_MS 60000                 /* clocks of one machine do not differ more */
#define CHECKED_MOST ((off_t)256 << 20) /* bytes of a database that is read whole */

struct counted {
	struct doctor *d;
	struct db *db;
	size_t active, policies;
	bool no_url; /* that base_url is missing was said; once is enough for all keys */
};

static bool
count_policy(void *arg, const char *name)
{
	struct counted *counted = arg;

	(void)name;
	counted->policies++;
	return true;
}

/* Whether people can decide what the key's policies leave to them. */
static void
look_at_approvals(struct counted *counted, const struct key *key)
{
	struct doctor *d = counted->d;
	bool asks = false, lacks = false;

	if (key_asks(counted->db, key->id, &asks) != STATUS_OK || !asks)
		return;
	if (d->ctl->config.base_url[0] == '\0' && !counted->no_url) {
		counted->no_url = true;
		doctor_fault(d, "approval-base-url",
		    "policies, those of the key %s first, ask for approval, and %s sets no base_url",
		    key->name, d->ctl->config.path);
	}
	if (key_lacks_approver(counted->db, key->id, &lacks) == STATUS_OK && lacks)
		doctor_fault_file(d, "key-approver", key->name,
		    "the policies of the key %s ask for approval, and it has no approver channel",
		    key->name);
}

static bool
look_at_key(void *arg, const struct key *key)
{
	struct counted *counted = arg;

	if (strcmp(key_state(key, clock_wall_ms()), "active") != 0)
		return true;
	counted->active++;
	counted->policies = 0;
	if (keys_each_policy(counted->db, key->id, count_policy, counted) == STATUS_OK &&
	    counted->policies == 0)
		doctor_fault_file(
		    counted->d, "key-policy", key->name, "the key %s has no policy", key->name);
	look_at_approvals(counted, key);
	return true;
}

static void
look_at_keys(struct doctor *d, struct db *db)
{
	struct counted counted = {.d = d, .db = db};

	if (keys_each(db, look_at_key, &counted) != STATUS_OK)
		return;
	if (counted.active == 0)
		doctor_fault(d, "keys-none", "no key is active");
	else
		doctor_fine(d, "keys", "active: %zu", counted.active);
}

/* An approver whose message does not arrive decides nothing. */
static bool
look_at_channel(void *arg, const struct channel *channel)
{
	struct counted *counted = arg;
	struct delivery last;

	if (channel->enabled && outbox_last(counted->db, channel->id, &last) == STATUS_OK &&
	    strcmp(last.state, "sent") != 0 && last.error[0] != '\0')
		doctor_fault_file(counted->d, "channel-failing", channel->name,
		    "the last message to the channel %s: %s", channel->name, last.error);
	return true;
}

static void
look_at_channels(struct doctor *d, struct db *db)
{
	struct counted counted = {.d = d, .db = db};

	if (channels_each(db, look_at_channel, &counted) != STATUS_OK)
		doctor_fault(d, "database-damaged", "the channels cannot be read");
}

static void
look_at_stop(struct doctor *d, struct db *db)
{
	const char *state = d->ctl->config.state_dir;
	int dir = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool row = false;

	if (dir >= 0 && stop_file_present(dir, NULL))
		doctor_fault(d, "stopped", "there is a file %s/%s", state, STOP_FILE);
	else if (stop_row_present(db, NULL, &row) == STATUS_OK && row)
		doctor_fault(d, "stopped", "the database says so");
	if (dir >= 0)
		close(dir);
}

struct newest {
	int64_t seq, time_ms;
};

static enum status
take_newest(void *context, const struct audit_entry *entry)
{
	struct newest *newest = context;

	newest->seq = entry->seq;
	newest->time_ms = entry->time_ms;
	return STATUS_OK;
}

struct anchor {
	enum status status;
	struct audit_head head;
};

static void
read_anchor(struct doctor *d, struct anchor *anchor)
{
	struct audit_keys keys;
	int64_t time_ms = 0;

	anchor->status = audit_keys_derive(&d->ctl->master, &keys);
	if (anchor->status == STATUS_OK)
		anchor->status =
		    audit_anchor_read(&keys, d->ctl->config.state_dir, &anchor->head, &time_ms);
	secret_wipe(&keys, sizeof(keys));
}

/* The anchor is the witness of the log; without it, or with a shorter log, something was lost. */
static void
look_at_anchor(struct doctor *d, const struct anchor *anchor, int64_t last)
{
	const char *state = d->ctl->config.state_dir;

	if (anchor->status == STATUS_NOT_FOUND && last > 0)
		doctor_fault(d, "anchor-missing", "there is no %s/%s, and %lld entries in the log",
		    state, AUDIT_ANCHOR_FILE, (long long)last);
	else if (anchor->status == STATUS_REFUSED)
		doctor_fault(d, "anchor-damaged", "%s/%s is not one that this installation wrote",
		    state, AUDIT_ANCHOR_FILE);
	else if (anchor->status == STATUS_OK && anchor->head.seq > last)
		doctor_fault(d, "audit-cut",
		    "the anchor saw entry %lld, and the log ends at entry %lld",
		    (long long)anchor->head.seq, (long long)last);
	else if (anchor->status == STATUS_OK)
		doctor_fine(d, "audit",
		    "the anchor and the last of %lld entries; `audit verify` looks at all",
		    (long long)last);
}

static void
look_at_log(struct doctor *d)
{
	const struct audit_filter filter = {.limit = 1};
	struct newest newest = {0, 0};
	struct anchor anchor = {STATUS_FAILED, {.seq = 0}};
	char text[CLOCK_TEXT_MAX], now[CLOCK_TEXT_MAX];

	/* Before the log: responders write meanwhile, and a later anchor may name entries that were not there yet. */
	read_anchor(d, &anchor);
	if (audit_walk(d->ctl->store, &filter, take_newest, &newest, NULL) != STATUS_OK)
		return;
	if (newest.time_ms > clock_wall_ms() + FUTURE_MS) {
		table_time_text(newest.time_ms, text);
		table_time_text(clock_wall_ms(), now);
		doctor_fault(d, "clock-behind",
		    "the newest entry of the audit log is of %s, and it is %s now (UTC)", text,
		    now);
	}
	look_at_anchor(d, &anchor, newest.seq);
}

static void
tell_trigger(void *context, const char *name, const char *statement)
{
	(void)statement;
	doctor_fault(context, "triggers", "the trigger %s is gone or was changed", name);
}

static void
look_inside(struct doctor *d)
{
	struct problem why = {""};
	char path[PATH_MAX];
	struct stat st;
	struct db *db;

	(void)snprintf(path, sizeof(path), "%.4000s/%s", d->ctl->config.state_dir, STORE_FILE);
	if (stat(path, &st) != 0 || st.st_size > CHECKED_MOST)
		doctor_fine(d, "database",
		    "version %d; its pages were not read, as it is larger than %lld MiB",
		    store_version(d->ctl->store), (long long)(CHECKED_MOST >> 20));
	else if (store_check(d->ctl->store, &why) == STATUS_REFUSED)
		doctor_fault(d, "database-damaged", "%s", why.text);
	else
		doctor_fine(d, "database", "version %d, every page can be read",
		    store_version(d->ctl->store));
	if (store_missing_triggers(d->ctl->store, tell_trigger, d) != STATUS_OK)
		doctor_fault(d, "database-damaged", "%s: the triggers cannot be read", path);
	if (store_read(d->ctl->store, &db) == STATUS_OK) {
		look_at_keys(d, db);
		look_at_channels(d, db);
		look_at_stop(d, db);
		store_read_end(d->ctl->store, db);
	}
	if (d->has_key)
		look_at_log(d);
}

void
doctor_data(struct doctor *d)
{
	const struct config *config = &d->ctl->config;
	const struct store_options options = {.state_dir = config->state_dir,
	    .deadline_ms = config->database_deadline_ms,
	    .rollback_journal = config->database_rollback_journal,
	    .as_it_is = true};
	struct problem why = {"out of memory"};
	char path[PATH_MAX];
	enum status status;

	(void)snprintf(path, sizeof(path), "%.4000s/%s", config->state_dir, SECRET_KEY_FILE);
	d->has_key = secret_key_read(path, &d->ctl->master, &why) == STATUS_OK &&
		     probe_key(&d->ctl->master, &d->probe_key) == STATUS_OK;
	if (d->has_key)
		doctor_fine(d, "key-file", "%s can be read", path);
	else
		doctor_fault_file(d, "key-file", path, "%s", why.text);
	status = store_open(&options, &d->ctl->store, &why);
	if (status == STATUS_OK)
		look_inside(d);
	else if (status == STATUS_STALE)
		doctor_fault(d, "database-old", "%s", why.text);
	else
		doctor_fault(d, "database", "%s", why.text);
}
