/* keys.c - the keys of agents; see keys.h. */
#include "keys.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "generation.h"

#define ID_RANDOM 20 /* characters: 119 bits */

#define KEY_COLUMNS                                                                                \
	"id, name, prefix, created_ms, COALESCE(expires_ms, 0), COALESCE(revoked_ms, 0), "         \
	"approval_timeout_ms, allowances"

static const char sql_find_hash[] = "SELECT " KEY_COLUMNS " FROM api_key WHERE hash = ?1";
static const char sql_find_id[] = "SELECT " KEY_COLUMNS " FROM api_key WHERE id = ?1";
static const char sql_find_name[] = "SELECT " KEY_COLUMNS " FROM api_key WHERE name = ?1";
static const char sql_each[] = "SELECT " KEY_COLUMNS " FROM api_key ORDER BY name";
static const char sql_add[] =
    "INSERT INTO api_key (id, name, hash, prefix, created_ms, expires_ms, revoked_ms, "
    "approval_timeout_ms, allowances) VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7, ?8) "
    "ON CONFLICT (name) DO NOTHING";
static const char sql_update[] =
    "UPDATE api_key SET expires_ms = ?2, approval_timeout_ms = ?3, allowances = ?4 WHERE id = ?1";
static const char sql_revoke[] =
    "UPDATE api_key SET revoked_ms = ?2 WHERE id = ?1 AND revoked_ms IS NULL";
static const char sql_rotate[] = "UPDATE api_key SET hash = ?2, prefix = ?3 WHERE id = ?1";
static const char sql_drop_policies[] = "DELETE FROM key_policy WHERE key_id = ?1";
static const char sql_add_policy[] = "INSERT INTO key_policy (key_id, policy_id) VALUES (?1, ?2)";
static const char sql_policies[] =
    "SELECT p.name FROM key_policy kp JOIN policy p ON p.id = kp.policy_id "
    "WHERE kp.key_id = ?1 ORDER BY p.name";
static const char sql_of_policy[] =
    "SELECT k.name FROM key_policy kp JOIN api_key k ON k.id = kp.key_id "
    "WHERE kp.policy_id = ?1 ORDER BY k.name";
/* Reads the audit log's own table: a column of last use here would cost a write with every call. */
static const char sql_last_used[] = "SELECT time_ms FROM audit_head WHERE chain = ?1";

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

bool
key_name_valid(const char *name)
{
	size_t len =
	    strspn(name, "-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	return len > 0 && len <= KEY_NAME_MAX && name[len] == '\0' && name[0] != '.' &&
	       name[0] != '-';
}

const char *
key_state(const struct key *key, int64_t now_ms)
{
	if (key->revoked_ms != 0)
		return "revoked";
	return key->expires_ms != 0 && key->expires_ms <= now_ms ? "expired" : "active";
}

/* The 256-bit number is divided by 62 again and again; the digits come from the right. */
void
key_make(char text[KEY_TEXT_LEN + 1])
{
	unsigned char bytes[SECRET_BYTES];

	secret_random(bytes, sizeof(bytes));
	memcpy(text, KEY_PREFIX, sizeof(KEY_PREFIX) - 1);
	text[KEY_TEXT_LEN] = '\0';
	for (size_t at = KEY_TEXT_LEN; at > sizeof(KEY_PREFIX) - 1; at--) {
		unsigned rest = 0;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			unsigned part = rest << 8 | bytes[i];

			bytes[i] = (unsigned char)(part / 62);
			rest = part % 62;
		}
		text[at - 1] = base62[rest];
	}
	secret_wipe(bytes, sizeof(bytes));
}

bool
key_text_valid(const char *text, size_t len)
{
	if (len != KEY_TEXT_LEN || memcmp(text, KEY_PREFIX, sizeof(KEY_PREFIX) - 1) != 0)
		return false;
	for (size_t i = sizeof(KEY_PREFIX) - 1; i < len; i++)
		if (text[i] == '\0' || strchr(base62, text[i]) == NULL)
			return false;
	return true;
}

enum status
key_hash(const char *text, size_t len, char out[SECRET_DIGEST_TEXT])
{
	unsigned char digest[SECRET_BYTES];
	enum status status = secret_sha256(text, len, digest);

	if (status == STATUS_OK)
		secret_hex(digest, sizeof(digest), out);
	return status;
}

static void
read_row(struct query *q, struct key *out)
{
	*out = (struct key){.created_ms = query_integer(q, 3),
	    .expires_ms = query_integer(q, 4),
	    .revoked_ms = query_integer(q, 5),
	    .approval_timeout_ms = query_integer(q, 6),
	    .allowances = query_integer(q, 7) != 0};
	(void)snprintf(out->id, sizeof(out->id), "%s", query_text(q, 0));
	(void)snprintf(out->name, sizeof(out->name), "%s", query_text(q, 1));
	(void)snprintf(out->shown, sizeof(out->shown), "%s", query_text(q, 2));
}

static enum status
step_status(enum query_step step)
{
	if (step == QUERY_FAILED)
		return STATUS_FAILED;
	return step == QUERY_ROW ? STATUS_OK : STATUS_NOT_FOUND;
}

static enum status
find(struct db *db, const char *sql, const char *value, struct key *out)
{
	struct query *q = query(db, sql);
	enum status status;

	query_bind_text(q, 1, value);
	status = step_status(query_step(q));
	if (status == STATUS_OK)
		read_row(q, out);
	query_end(q);
	return status;
}

enum status
keys_find_hash(struct db *db, const char *hash, struct key *out)
{
	return find(db, sql_find_hash, hash, out);
}

enum status
keys_find_name(struct db *db, const char *name, struct key *out)
{
	return find(db, sql_find_name, name, out);
}

enum status
keys_find_id(struct db *db, const char *id, struct key *out)
{
	return find(db, sql_find_id, id, out);
}

enum status
keys_each(struct db *db, bool (*each)(void *arg, const struct key *key), void *arg)
{
	struct query *q = query(db, sql_each);
	enum query_step step;
	struct key key;

	while ((step = query_step(q)) == QUERY_ROW) {
		read_row(q, &key);
		if (!each(arg, &key))
			break;
	}
	query_end(q);
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}

enum status
keys_last_used(struct db *db, const char *id, int64_t *time_ms)
{
	struct query *q = query(db, sql_last_used);
	enum query_step step;

	query_bind_text(q, 1, id);
	step = query_step(q);
	*time_ms = step == QUERY_ROW ? query_integer(q, 0) : 0;
	query_end(q);
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}

static void
bind_expiry(struct query *q, int index, int64_t expires_ms)
{
	if (expires_ms == 0)
		query_bind_null(q, index);
	else
		query_bind_integer(q, index, expires_ms);
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

enum status
keys_add(struct db *db, struct key *key, const char *text)
{
	char hash[SECRET_DIGEST_TEXT];
	enum status status;
	struct query *q;

	if (key_hash(text, strlen(text), hash) != STATUS_OK)
		return STATUS_FAILED;
	memcpy(key->id, "key_", 4);
	secret_random_text(key->id + 4, ID_RANDOM);
	(void)snprintf(key->shown, sizeof(key->shown), "%s", text);
	if (key->created_ms == 0)
		key->created_ms = clock_wall_ms();
	q = query(db, sql_add);
	query_bind_text(q, 1, key->id);
	query_bind_text(q, 2, key->name);
	query_bind_text(q, 3, hash);
	query_bind_text(q, 4, key->shown);
	query_bind_integer(q, 5, key->created_ms);
	bind_expiry(q, 6, key->expires_ms);
	query_bind_integer(q, 7, key->approval_timeout_ms);
	query_bind_integer(q, 8, key->allowances);
	status = change_one(db, q);
	return status == STATUS_NOT_FOUND ? STATUS_EXISTS : status;
}

enum status
keys_update(struct db *db, const struct key *key)
{
	struct query *q = query(db, sql_update);

	query_bind_text(q, 1, key->id);
	bind_expiry(q, 2, key->expires_ms);
	query_bind_integer(q, 3, key->approval_timeout_ms);
	query_bind_integer(q, 4, key->allowances);
	return change_one(db, q);
}

enum status
keys_revoke(struct db *db, const char *id, int64_t now_ms)
{
	struct query *q = query(db, sql_revoke);

	query_bind_text(q, 1, id);
	query_bind_integer(q, 2, now_ms);
	return change_one(db, q);
}

enum status
keys_rotate(struct db *db, const char *id, const char *text)
{
	char hash[SECRET_DIGEST_TEXT];
	struct query *q;

	if (key_hash(text, strlen(text), hash) != STATUS_OK)
		return STATUS_FAILED;
	q = query(db, sql_rotate);
	query_bind_text(q, 1, id);
	query_bind_text(q, 2, hash);
	query_bind_bytes(q, 3, text, KEY_SHOWN);
	return change_one(db, q);
}

enum status
keys_set_policies(struct db *db, const char *id, const char *const *policy_ids, size_t count)
{
	struct query *q = query(db, sql_drop_policies);
	enum status status;

	query_bind_text(q, 1, id);
	status = query_run(q, NULL);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		q = query(db, sql_add_policy);
		query_bind_text(q, 1, id);
		query_bind_text(q, 2, policy_ids[i]);
		status = query_run(q, NULL);
	}
	return status == STATUS_OK ? generation_bump(db) : status;
}

enum status
keys_each_policy(
    struct db *db, const char *id, bool (*each)(void *arg, const char *name), void *arg)
{
	return query_each_text(db, sql_policies, id, each, arg);
}

enum status
keys_each_of_policy(
    struct db *db, const char *policy_id, bool (*each)(void *arg, const char *name), void *arg)
{
	return query_each_text(db, sql_of_policy, policy_id, each, arg);
}
