/* outbox.c - notifications that have to be sent; see outbox.h. */
#include "outbox.h"

#include <stdio.h>
#include <string.h>

#include "plain.h"

#define ID_RANDOM 20 /* characters: 119 bits */

/* The channels' own tables are read here, so that one statement finds who is to be told. */
static const char sql_channels[] =
    "SELECT c.id FROM key_channel kc JOIN channel c ON c.id = kc.channel_id "
    "WHERE kc.key_id = ?1 AND c.enabled = 1 "
    "AND (',' || c.events || ',' LIKE '%,' || ?2 || ',%' OR c.approver = 1 AND ?3 = 1) "
    "ORDER BY c.name";
/* The inner limit ends the count where it is enough. */
static const char sql_blocked[] =
    "SELECT COUNT(*) FROM (SELECT 1 FROM delivery WHERE state = 'due' AND event = 'call.blocked' "
    "AND key_id = ?1 LIMIT ?2) AS counted";
static const char sql_changed[] =
    "SELECT COUNT(*) FROM (SELECT 1 FROM delivery WHERE state = 'due' "
    "AND event = 'upstream.tool_changed' AND key_id = ?1 LIMIT ?2) AS counted";
static const char sql_add[] =
    "INSERT INTO delivery (id, channel_id, key_id, event, approval_id, call_id, server, tool, "
    "reason, state, created_ms, attempts, next_ms, holder, lease_ms, ended_ms, error) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'due', ?10, 0, ?10, ?11, ?12, NULL, '')";

#define DELIVERY_COLUMNS                                                                           \
	"d.id, d.channel_id, d.key_id, k.name, d.event, d.approval_id, d.call_id, d.server, "      \
	"d.tool, d.reason, d.state, d.created_ms, d.attempts, d.next_ms, d.lease_ms, "             \
	"COALESCE(d.ended_ms, 0), d.error"
#define DELIVERY_TABLES "delivery d JOIN api_key k ON k.id = d.key_id"

/* Nobody needs to decide any more: no link is made for what is decided or over. */
static const char sql_drop[] =
    "UPDATE delivery SET state = 'dropped', ended_ms = ?1 "
    "WHERE state = 'due' AND next_ms <= ?1 AND (lease_ms <= ?1 OR holder = ?2) "
    "AND event = 'approval.created' AND NOT EXISTS (SELECT 1 FROM approval a "
    "WHERE a.id = delivery.approval_id AND a.state = 'pending' AND a.expires_ms > ?1)";
static const char sql_due[] =
    "SELECT " DELIVERY_COLUMNS " FROM " DELIVERY_TABLES " "
    "WHERE d.state = 'due' AND d.next_ms <= ?1 AND (d.lease_ms <= ?1 OR d.holder = ?2) "
    "AND (CASE d.event WHEN 'approval.created' THEN 1 ELSE 0 END) = ?4 "
    "ORDER BY d.next_ms LIMIT ?3";
/* Asks again what was asked before: an engine with several writers may have let one in between. */
static const char sql_take[] =
    "UPDATE delivery SET holder = ?2, lease_ms = ?4, next_ms = ?4, attempts = attempts + 1 "
    "WHERE id = ?1 AND state = 'due' AND next_ms <= ?3 AND (lease_ms <= ?3 OR holder = ?2)";
static const char sql_next[] =
    "SELECT MIN(CASE WHEN holder = ?1 OR lease_ms < next_ms THEN next_ms ELSE lease_ms END) "
    "FROM delivery WHERE state = 'due'";
static const char sql_waiting[] = "SELECT COUNT(*) FROM delivery WHERE state = 'due'";
static const char sql_asking[] = "SELECT COUNT(*) FROM delivery WHERE approval_id = ?1 "
				 "AND state = 'due' AND event = 'approval.created'";
static const char sql_again[] = "UPDATE delivery SET next_ms = ?3, lease_ms = ?4, error = ?5 "
				"WHERE id = ?1 AND state = 'due' AND holder = ?2";
static const char sql_end[] =
    "UPDATE delivery SET state = ?3, ended_ms = ?4, error = ?5, holder = '' "
    "WHERE id = ?1 AND state = 'due' AND holder = ?2";
static const char sql_release[] = "UPDATE delivery SET holder = '', lease_ms = 0 "
				  "WHERE state = 'due' AND holder = ?1";
static const char sql_each[] =
    "SELECT " DELIVERY_COLUMNS ", COALESCE(c.name, '') "
    "FROM " DELIVERY_TABLES " LEFT JOIN channel c ON c.id = d.channel_id "
    "ORDER BY d.created_ms DESC, d.id LIMIT ?1";
static const char sql_each_approval[] =
    "SELECT " DELIVERY_COLUMNS ", COALESCE(c.name, '') "
    "FROM " DELIVERY_TABLES " LEFT JOIN channel c ON c.id = d.channel_id "
    "WHERE d.approval_id = ?2 ORDER BY d.created_ms DESC, d.id LIMIT ?1";
static const char sql_last[] = "SELECT " DELIVERY_COLUMNS " FROM " DELIVERY_TABLES " "
			       "WHERE d.channel_id = ?1 ORDER BY d.created_ms DESC, d.id LIMIT 1";

void
lease_make(struct lease *out, int64_t ms)
{
	secret_random_text(out->holder, OUTBOX_HOLDER_LEN);
	out->ms = ms;
}

/* The number that a statement gives in its one row. */
static enum status
read_number(struct query *q, int64_t *number)
{
	enum query_step step = query_step(q);

	*number = step == QUERY_ROW ? query_integer(q, 0) : 0;
	query_end(q);
	return step == QUERY_ROW ? STATUS_OK : STATUS_FAILED;
}

/*
 * Notices of blocked calls come as fast as an agent can call, those of changed tools as fast as an upstream can think of some: a channel
 * that is down must not fill the disk.
 */
static enum status
too_many(struct db *db, const struct event *event, bool *full)
{
	const int64_t most = OUTBOX_NOTICES_MAX;
	int64_t count;
	struct query *q;
	enum status status;

	*full = false;
	if (event_of_approval(event->kind))
		return STATUS_OK;
	q = query(db, event->kind == EVENT_CALL_BLOCKED ? sql_blocked : sql_changed);
	query_bind_text(q, 1, event->key_id);
	query_bind_integer(q, 2, most);
	status = read_number(q, &count);
	*full = count >= most;
	return status;
}

static enum status
subscribers(struct db *db, const struct event *event,
    char ids[CHANNELS_OF_KEY_MAX][CHANNEL_ID_MAX + 1], size_t *count)
{
	struct query *q = query(db, sql_channels);
	enum query_step step;

	*count = 0;
	query_bind_text(q, 1, event->key_id);
	query_bind_text(q, 2, event_name(event->kind));
	query_bind_integer(q, 3, event->kind == EVENT_APPROVAL_CREATED);
	while ((step = query_step(q)) == QUERY_ROW && *count < CHANNELS_OF_KEY_MAX)
		(void)snprintf(ids[(*count)++], CHANNEL_ID_MAX + 1, "%s", query_text(q, 0));
	query_end(q);
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static enum status
add_one(struct db *db, const struct event *event, const char *channel_id, const struct lease *lease,
    int64_t now_ms)
{
	char id[DELIVERY_ID_MAX + 1] = "dlv_";
	struct query *q = query(db, sql_add);

	secret_random_text(id + strlen(id), ID_RANDOM);
	query_bind_text(q, 1, id);
	query_bind_text(q, 2, channel_id);
	query_bind_text(q, 3, event->key_id);
	query_bind_text(q, 4, event_name(event->kind));
	query_bind_text(q, 5, or_empty(event->approval_id));
	query_bind_text(q, 6, or_empty(event->call_id));
	query_bind_text(q, 7, or_empty(event->server));
	query_bind_text(q, 8, or_empty(event->tool));
	query_bind_text(q, 9, or_empty(event->reason));
	query_bind_integer(q, 10, now_ms);
	query_bind_text(q, 11, lease != NULL ? lease->holder : "");
	query_bind_integer(q, 12, lease != NULL ? now_ms + lease->ms : 0);
	return query_run(q, NULL);
}

enum status
outbox_add(struct db *db, const struct event *event, const struct lease *lease, int64_t now_ms,
    int64_t *added)
{
	char ids[CHANNELS_OF_KEY_MAX][CHANNEL_ID_MAX + 1];
	size_t count = 0;
	bool full;
	enum status status = too_many(db, event, &full);

	if (status == STATUS_OK && !full)
		status = subscribers(db, event, ids, &count);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = add_one(db, event, ids[i], lease, now_ms);
	if (added != NULL)
		*added = status == STATUS_OK ? (int64_t)count : 0;
	return status;
}

enum status
outbox_add_tool_changed(struct db *db, const char *key_id, const char *upstream, const char *tool,
    const char *reason, const struct lease *lease, int64_t now_ms)
{
	char said[VERDICT_REASON_MAX];
	const struct event event = {.kind = EVENT_TOOL_CHANGED,
	    .key_id = key_id,
	    .server = upstream,
	    .tool = tool,
	    .reason = said};

	plain_copy(said, sizeof(said), reason, sizeof(said));
	return outbox_add(db, &event, lease, now_ms, NULL);
}

static void
read_row(struct query *q, struct delivery *out)
{
	*out = (struct delivery){.created_ms = query_integer(q, 11),
	    .attempts = query_integer(q, 12),
	    .next_ms = query_integer(q, 13),
	    .lease_ms = query_integer(q, 14),
	    .ended_ms = query_integer(q, 15)};
	(void)snprintf(out->id, sizeof(out->id), "%s", query_text(q, 0));
	(void)snprintf(out->channel_id, sizeof(out->channel_id), "%s", query_text(q, 1));
	(void)snprintf(out->key_id, sizeof(out->key_id), "%s", query_text(q, 2));
	(void)snprintf(out->key_name, sizeof(out->key_name), "%s", query_text(q, 3));
	if (!events_read(query_text(q, 4), &out->event))
		out->event = 0;
	(void)snprintf(out->approval_id, sizeof(out->approval_id), "%s", query_text(q, 5));
	(void)snprintf(out->call_id, sizeof(out->call_id), "%s", query_text(q, 6));
	(void)snprintf(out->server, sizeof(out->server), "%s", query_text(q, 7));
	(void)snprintf(out->tool, sizeof(out->tool), "%s", query_text(q, 8));
	(void)snprintf(out->reason, sizeof(out->reason), "%s", query_text(q, 9));
	(void)snprintf(out->state, sizeof(out->state), "%s", query_text(q, 10));
	(void)snprintf(out->error, sizeof(out->error), "%s", query_text(q, 16));
}

static enum status
drop_needless(struct db *db, const struct lease *lease, int64_t now_ms)
{
	struct query *q = query(db, sql_drop);

	query_bind_integer(q, 1, now_ms);
	query_bind_text(q, 2, lease->holder);
	return query_run(q, NULL);
}

static enum status
take(struct db *db, struct delivery *delivery, const struct lease *lease, int64_t now_ms,
    int64_t *taken)
{
	struct query *q = query(db, sql_take);

	query_bind_text(q, 1, delivery->id);
	query_bind_text(q, 2, lease->holder);
	query_bind_integer(q, 3, now_ms);
	query_bind_integer(q, 4, now_ms + lease->ms);
	delivery->attempts++;
	delivery->lease_ms = delivery->next_ms = now_ms + lease->ms;
	return query_run(q, taken);
}

enum status
outbox_claim(struct db *db, const struct lease *lease, int64_t now_ms, bool requests, int64_t most,
    struct delivery *out, int64_t *count)
{
	enum status status = requests ? drop_needless(db, lease, now_ms) : STATUS_OK;
	enum query_step step;
	int64_t found = 0, taken;
	struct query *q;

	*count = 0;
	if (status != STATUS_OK)
		return status;
	q = query(db, sql_due);
	query_bind_integer(q, 1, now_ms);
	query_bind_text(q, 2, lease->holder);
	query_bind_integer(q, 3, most);
	query_bind_integer(q, 4, requests);
	while ((step = query_step(q)) == QUERY_ROW && found < most)
		read_row(q, &out[found++]);
	query_end(q);
	if (step == QUERY_FAILED)
		return STATUS_FAILED;
	for (int64_t i = 0; i < found && status == STATUS_OK; i++) {
		taken = 0;
		status = take(db, &out[i], lease, now_ms, &taken);
		if (taken == 1)
			out[(*count)++] = out[i];
	}
	return status;
}

enum status
outbox_next(struct db *db, const struct lease *lease, int64_t *next_ms)
{
	struct query *q = query(db, sql_next);

	query_bind_text(q, 1, lease->holder);
	return read_number(q, next_ms);
}

enum status
outbox_waiting(struct db *db, int64_t *count)
{
	return read_number(query(db, sql_waiting), count);
}

enum status
outbox_asking(struct db *db, const char *approval_id, bool *asking)
{
	struct query *q = query(db, sql_asking);
	enum status status;
	int64_t count;

	query_bind_text(q, 1, approval_id);
	status = read_number(q, &count);
	*asking = count != 0;
	return status;
}

/* Runs what concerns exactly one delivery that is on this lease. */
static enum status
change_one(struct query *q)
{
	int64_t changed = 0;
	enum status status = query_run(q, &changed);

	return status == STATUS_OK && changed != 1 ? STATUS_NOT_FOUND : status;
}

enum status
outbox_sent(struct db *db, const char *id, const struct lease *lease, int64_t now_ms)
{
	return outbox_end(db, id, lease, "sent", now_ms, "");
}

enum status
outbox_again(
    struct db *db, const char *id, const struct lease *lease, int64_t next_ms, const char *error)
{
	struct query *q = query(db, sql_again);

	query_bind_text(q, 1, id);
	query_bind_text(q, 2, lease->holder);
	query_bind_integer(q, 3, next_ms);
	query_bind_integer(q, 4, next_ms + lease->ms);
	query_bind_text(q, 5, error);
	return change_one(q);
}

enum status
outbox_end(struct db *db, const char *id, const struct lease *lease, const char *state,
    int64_t now_ms, const char *error)
{
	struct query *q = query(db, sql_end);

	query_bind_text(q, 1, id);
	query_bind_text(q, 2, lease->holder);
	query_bind_text(q, 3, state);
	query_bind_integer(q, 4, now_ms);
	query_bind_text(q, 5, error);
	return change_one(q);
}

enum status
outbox_release(struct db *db, const struct lease *lease)
{
	struct query *q = query(db, sql_release);

	query_bind_text(q, 1, lease->holder);
	return query_run(q, NULL);
}

enum status
outbox_each(struct db *db, const char *approval_id, int64_t limit,
    bool (*each)(void *arg, const struct delivery *delivery, const char *channel_name), void *arg)
{
	struct query *q = query(db, approval_id != NULL ? sql_each_approval : sql_each);
	struct delivery delivery;
	enum query_step step;

	query_bind_integer(q, 1, limit);
	if (approval_id != NULL)
		query_bind_text(q, 2, approval_id);
	while ((step = query_step(q)) == QUERY_ROW) {
		read_row(q, &delivery);
		if (!each(arg, &delivery, query_text(q, 17)))
			break;
	}
	query_end(q);
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}

enum status
outbox_last(struct db *db, const char *channel_id, struct delivery *out)
{
	struct query *q = query(db, sql_last);
	enum query_step step;

	query_bind_text(q, 1, channel_id);
	step = query_step(q);
	if (step == QUERY_ROW)
		read_row(q, out);
	query_end(q);
	if (step == QUERY_FAILED)
		return STATUS_FAILED;
	return step == QUERY_ROW ? STATUS_OK : STATUS_NOT_FOUND;
}
