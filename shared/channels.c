/* channels.c - where people are told; see channels.h. */
#include "channels.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "generation.h"

#define ID_RANDOM 20 /* characters: 119 bits */
#define SEAL_PURPOSE "channel"
#define SEAL_LABEL "enforgate channel settings 1"
#define SETTINGS_NESTING 4
#define SETTINGS_MEMBERS 64
#define EVENTS_TEXT_MAX 256

#define CHANNEL_COLUMNS                                                                            \
	"c.id, c.name, c.kind, c.target, c.enabled, c.approver, c.show_args, c.deny_link, "        \
	"c.events, c.created_ms"
#define SETTINGS_COLUMN 10

static const char sql_find[] =
    "SELECT " CHANNEL_COLUMNS ", c.settings FROM channel c WHERE c.name = ?1";
static const char sql_find_id[] =
    "SELECT " CHANNEL_COLUMNS ", c.settings FROM channel c WHERE c.id = ?1";
static const char sql_each[] = "SELECT " CHANNEL_COLUMNS " FROM channel c ORDER BY c.name";
static const char sql_of_key[] =
    "SELECT " CHANNEL_COLUMNS " FROM key_channel kc JOIN channel c ON c.id = kc.channel_id "
    "WHERE kc.key_id = ?1 AND c.enabled = 1 ORDER BY c.name";
static const char sql_add[] =
    "INSERT INTO channel (id, name, kind, target, settings, enabled, approver, show_args, "
    "deny_link, events, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
    "ON CONFLICT (name) DO NOTHING";
static const char sql_update[] =
    "UPDATE channel SET target = ?2, settings = COALESCE(?3, settings), enabled = ?4, "
    "approver = ?5, show_args = ?6, deny_link = ?7, events = ?8 WHERE id = ?1";
static const char sql_unused[] = "DELETE FROM key_channel WHERE channel_id = ?1";
static const char sql_undelivered[] =
    "UPDATE delivery SET state = 'dropped', ended_ms = ?2, holder = '' "
    "WHERE channel_id = ?1 AND state = 'due'";
static const char sql_remove[] = "DELETE FROM channel WHERE id = ?1";

void
channel_free(struct channel *channel)
{
	json_free(channel->settings);
	channel->settings = NULL;
}

enum status
channel_seal_key(const struct secret_key *master, struct secret_key *out)
{
	return secret_derive(master, SEAL_LABEL, out);
}

/* False: of a kind or with events that this version does not know. */
static bool
read_row(struct query *q, struct channel *out)
{
	*out = (struct channel){.enabled = query_integer(q, 4) != 0,
	    .approver = query_integer(q, 5) != 0,
	    .show_args = query_integer(q, 6) != 0,
	    .deny_link = query_integer(q, 7) != 0,
	    .created_ms = query_integer(q, 9)};
	(void)snprintf(out->id, sizeof(out->id), "%s", query_text(q, 0));
	(void)snprintf(out->name, sizeof(out->name), "%s", query_text(q, 1));
	(void)snprintf(out->target, sizeof(out->target), "%s", query_text(q, 3));
	return channel_kind_read(query_text(q, 2), &out->kind) &&
	       events_read(query_text(q, 8), &out->events);
}

static enum status
unseal(const char *sealed, const struct secret_key *seal, struct channel *channel)
{
	const struct json_limits limits = {.bytes = CHANNEL_SETTINGS_MAX,
	    .nesting = SETTINGS_NESTING,
	    .members = SETTINGS_MEMBERS};
	struct buf plain;
	enum status status;

	buf_init(&plain, CHANNEL_SETTINGS_MAX);
	status = secret_unseal(seal, SEAL_PURPOSE, channel->id, sealed, &plain);
	if (status == STATUS_OK)
		status = json_parse(buf_str(&plain), plain.len, &limits, &channel->settings, NULL);
	if (status == STATUS_OK && json_type(channel->settings) != JSON_OBJECT)
		status = STATUS_REFUSED;
	if (plain.data != NULL)
		secret_wipe(plain.data, plain.len);
	buf_free(&plain);
	if (status == STATUS_OK)
		return STATUS_OK;
	channel_free(channel);
	return status == STATUS_NO_MEMORY ? status : STATUS_REFUSED;
}

static enum status
find(struct db *db, const char *sql, const char *value, const struct secret_key *seal,
    struct channel *out)
{
	struct query *q = query(db, sql);
	enum status status = STATUS_NOT_FOUND;
	enum query_step step;

	*out = (struct channel){.settings = NULL};
	query_bind_text(q, 1, value);
	step = query_step(q);
	if (step == QUERY_FAILED)
		status = STATUS_FAILED;
	else if (step == QUERY_ROW && !read_row(q, out))
		status = STATUS_REFUSED;
	else if (step == QUERY_ROW)
		status =
		    seal != NULL ? unseal(query_text(q, SETTINGS_COLUMN), seal, out) : STATUS_OK;
	query_end(q);
	return status;
}

enum status
channels_find(struct db *db, const char *name, const struct secret_key *seal, struct channel *out)
{
	return find(db, sql_find, name, seal, out);
}

enum status
channels_find_id(struct db *db, const char *id, const struct secret_key *seal, struct channel *out)
{
	return find(db, sql_find_id, id, seal, out);
}

/* Steps through a bound statement of rows and ends it. */
static enum status
each_row(struct query *q, bool (*each)(void *arg, const struct channel *channel), void *arg)
{
	enum query_step step;
	struct channel channel;

	while ((step = query_step(q)) == QUERY_ROW) {
		if (!read_row(q, &channel))
			step = QUERY_FAILED;
		if (step == QUERY_FAILED || !each(arg, &channel))
			break;
	}
	query_end(q);
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}

enum status
channels_each(struct db *db, bool (*each)(void *arg, const struct channel *channel), void *arg)
{
	return each_row(query(db, sql_each), each, arg);
}

enum status
channels_of_key(struct db *db, const char *key_id,
    bool (*each)(void *arg, const struct channel *channel), void *arg)
{
	struct query *q = query(db, sql_of_key);

	query_bind_text(q, 1, key_id);
	return each_row(q, each, arg);
}

/* Runs a change of exactly one row and moves the generation. */
static enum status
change_one(struct db *db, struct query *q)
{
	int64_t changed = 0;
	enum status status = query_run(q, &changed);

	if (status != STATUS_OK)
		return status;
	return changed == 1 ? generation_bump(db) : STATUS_NOT_FOUND;
}

/* The texts of a row that have to be made; freed with row_texts_free(). */
struct row_texts {
	struct buf settings; /* sealed */
	struct buf events;
};

static enum status
row_texts_make(
    const struct secret_key *seal, const struct channel *channel, struct row_texts *texts)
{
	struct buf plain;
	enum status status;

	buf_init(&plain, CHANNEL_SETTINGS_MAX);
	buf_init(&texts->settings, 2 * CHANNEL_SETTINGS_MAX);
	buf_init(&texts->events, EVENTS_TEXT_MAX);
	events_write(channel->events, &texts->events);
	status = buf_status(&texts->events);
	if (channel->settings != NULL && status == STATUS_OK) {
		json_write(channel->settings, &plain);
		status = buf_status(&plain);
	}
	if (channel->settings != NULL && status == STATUS_OK)
		status = secret_seal(
		    seal, SEAL_PURPOSE, channel->id, buf_str(&plain), plain.len, &texts->settings);
	if (plain.data != NULL)
		secret_wipe(plain.data, plain.len);
	buf_free(&plain);
	return status;
}

static void
row_texts_free(struct row_texts *texts)
{
	buf_free(&texts->settings);
	buf_free(&texts->events);
}

enum status
channels_add(struct db *db, const struct secret_key *seal, struct channel *channel)
{
	struct row_texts texts;
	enum status status;
	struct query *q;

	memcpy(channel->id, "ch_", 3);
	secret_random_text(channel->id + 3, ID_RANDOM);
	channel->created_ms = clock_wall_ms();
	status = row_texts_make(seal, channel, &texts);
	if (status == STATUS_OK) {
		q = query(db, sql_add);
		query_bind_text(q, 1, channel->id);
		query_bind_text(q, 2, channel->name);
		query_bind_text(q, 3, channel_kind_name(channel->kind));
		query_bind_text(q, 4, channel->target);
		query_bind_text(q, 5, buf_str(&texts.settings));
		query_bind_integer(q, 6, channel->enabled);
		query_bind_integer(q, 7, channel->approver);
		query_bind_integer(q, 8, channel->show_args);
		query_bind_integer(q, 9, channel->deny_link);
		query_bind_text(q, 10, buf_str(&texts.events));
		query_bind_integer(q, 11, channel->created_ms);
		status = change_one(db, q);
	}
	row_texts_free(&texts);
	return status == STATUS_NOT_FOUND ? STATUS_EXISTS : status;
}

enum status
channels_update(struct db *db, const struct secret_key *seal, const struct channel *channel)
{
	struct row_texts texts;
	enum status status = row_texts_make(seal, channel, &texts);
	struct query *q;

	if (status == STATUS_OK) {
		q = query(db, sql_update);
		query_bind_text(q, 1, channel->id);
		query_bind_text(q, 2, channel->target);
		query_bind_text(q, 3, channel->settings != NULL ? buf_str(&texts.settings) : NULL);
		query_bind_integer(q, 4, channel->enabled);
		query_bind_integer(q, 5, channel->approver);
		query_bind_integer(q, 6, channel->show_args);
		query_bind_integer(q, 7, channel->deny_link);
		query_bind_text(q, 8, buf_str(&texts.events));
		status = change_one(db, q);
	}
	row_texts_free(&texts);
	return status;
}

enum status
channels_remove(struct db *db, const char *id, int64_t now_ms)
{
	struct query *q = query(db, sql_unused);
	enum status status;

	query_bind_text(q, 1, id);
	status = query_run(q, NULL);
	if (status == STATUS_OK) {
		q = query(db, sql_undelivered);
		query_bind_text(q, 1, id);
		query_bind_integer(q, 2, now_ms);
		status = query_run(q, NULL);
	}
	if (status != STATUS_OK)
		return status;
	q = query(db, sql_remove);
	query_bind_text(q, 1, id);
	return change_one(db, q);
}
