/* channels_keys.c - which channels hear of a key's calls; see channels.h. */
#include "channels.h"

#include "generation.h"

static const char sql_names_of_key[] =
    "SELECT c.name FROM key_channel kc JOIN channel c ON c.id = kc.channel_id "
    "WHERE kc.key_id = ?1 ORDER BY c.name";
static const char sql_keys[] =
    "SELECT k.name FROM key_channel kc JOIN api_key k ON k.id = kc.key_id "
    "WHERE kc.channel_id = ?1 ORDER BY k.name";
static const char sql_drop_of_key[] = "DELETE FROM key_channel WHERE key_id = ?1";
static const char sql_add_to_key[] = "INSERT INTO key_channel (key_id, channel_id) VALUES (?1, ?2)";

enum status
keys_each_channel(
    struct db *db, const char *key_id, bool (*each)(void *arg, const char *name), void *arg)
{
	return query_each_text(db, sql_names_of_key, key_id, each, arg);
}

enum status
channels_each_key(
    struct db *db, const char *channel_id, bool (*each)(void *arg, const char *key_name), void *arg)
{
	return query_each_text(db, sql_keys, channel_id, each, arg);
}

enum status
keys_set_channels(struct db *db, const char *key_id, const char *const *channel_ids, size_t count)
{
	struct query *q = query(db, sql_drop_of_key);
	enum status status;

	query_bind_text(q, 1, key_id);
	status = query_run(q, NULL);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		q = query(db, sql_add_to_key);
		query_bind_text(q, 1, key_id);
		query_bind_text(q, 2, channel_ids[i]);
		status = query_run(q, NULL);
	}
	return status == STATUS_OK ? generation_bump(db) : status;
}
