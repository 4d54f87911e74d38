/* pin.c - approvers' PINs with libscrypt, and how often a wrong one was given; see pin.h. */
#include "pin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libscrypt.h>

#include "log.h"

/* RFC 7914 section 2: 128 * N * r bytes, 16 MB, and about 50 ms. A PIN is guessed through tries, which are counted. */
#define COST_N 16384
#define COST_N_LOG2 14
#define COST_R 8
#define COST_P 1
#define DAY_MS ((int64_t)24 * 3600 * 1000)

_Static_assert(SCRYPT_MCF_LEN <= PIN_HASH_MAX, "PIN_HASH_MAX is too small");

static const char sql_find[] =
    "SELECT hash, locked, failures, day FROM approver_pin WHERE key_id = ?1";
static const char sql_set[] =
    "INSERT INTO approver_pin (key_id, hash, set_ms, day, failures, locked) "
    "VALUES (?1, ?2, ?3, 0, 0, 0) ON CONFLICT (key_id) DO UPDATE SET "
    "hash = excluded.hash, set_ms = excluded.set_ms, day = 0, failures = 0, locked = 0";
static const char sql_remove[] = "DELETE FROM approver_pin WHERE key_id = ?1";
static const char sql_rehash[] =
    "UPDATE approver_pin SET hash = ?3 WHERE key_id = ?1 AND hash = ?2";
static const char sql_try[] =
    "UPDATE approver_pin SET failures = CASE WHEN day = ?2 THEN failures + 1 ELSE 1 END, day = ?2 "
    "WHERE key_id = ?1 AND locked = 0 AND (day <> ?2 OR failures < ?3)";
static const char sql_untry[] = "UPDATE approver_pin SET failures = failures - 1 "
				"WHERE key_id = ?1 AND day = ?2 AND failures > 0";
static const char sql_lock_full[] =
    "UPDATE approver_pin SET locked = 1 "
    "WHERE key_id = ?1 AND locked = 0 AND day = ?2 AND failures >= ?3";
static const char sql_lock[] = "UPDATE approver_pin SET locked = 1 WHERE key_id = ?1";
static const char sql_reset[] =
    "UPDATE approver_pin SET day = 0, failures = 0, locked = 0 WHERE key_id = ?1";

bool
pin_valid(const char *text)
{
	size_t len = 0;

	for (; text[len] != '\0'; len++)
		if (text[len] < 0x20 || text[len] > 0x7e || len == PIN_LEN_MAX)
			return false;
	return len >= PIN_LEN_MIN;
}

enum status
pin_hash(const char *text, char out[PIN_HASH_MAX])
{
	if (!pin_valid(text))
		return STATUS_INVALID;
	if (libscrypt_hash(out, text, COST_N, COST_R, COST_P) > 0)
		return STATUS_OK;
	log_error("a PIN cannot be hashed: no memory, or no random bytes");
	return STATUS_FAILED;
}

/* Modular crypt format: "$s1$", then in hex one byte each log2(N), r and p. */
static bool
is_stale(const char *hash)
{
	unsigned long cost = strlen(hash) > 4 ? strtoul(hash + 4, NULL, 16) : 0;

	return cost >> 16 < COST_N_LOG2 || (cost >> 8 & 0xff) < COST_R || (cost & 0xff) < COST_P;
}

enum status
pin_check(const struct pin *pin, const char *text, bool *stale)
{
	char hash[PIN_HASH_MAX]; /* the library takes it to pieces */
	int result;

	memcpy(hash, pin->hash, sizeof(hash));
	*stale = is_stale(hash);
	/* A longer one cannot be right, and need not be hashed in full length. */
	if (text == NULL || !pin_valid(text))
		text = "";
	result = libscrypt_check(hash, text);
	secret_wipe(hash, sizeof(hash));
	if (result < 0) {
		log_error("a PIN cannot be compared: no memory, or its hash is damaged");
		return STATUS_FAILED;
	}
	return result > 0 && text[0] != '\0' ? STATUS_OK : STATUS_REFUSED;
}

enum status
pin_find(struct db *db, const char *key_id, int64_t now_ms, struct pin *out)
{
	struct query *q = query(db, sql_find);
	enum query_step step;

	query_bind_text(q, 1, key_id);
	step = query_step(q);
	if (step == QUERY_ROW) {
		bool today = query_integer(q, 3) == now_ms / DAY_MS;

		*out = (struct pin){.failures = today ? query_integer(q, 2) : 0};
		out->locked = query_integer(q, 1) != 0 || out->failures >= PIN_DAY_MAX;
		(void)snprintf(out->hash, sizeof(out->hash), "%s", query_text(q, 0));
	}
	query_end(q);
	if (step == QUERY_FAILED)
		return STATUS_FAILED;
	return step == QUERY_ROW ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status
pin_set(struct db *db, const char *key_id, const char *hash, int64_t now_ms)
{
	struct query *q = query(db, hash != NULL ? sql_set : sql_remove);

	query_bind_text(q, 1, key_id);
	if (hash != NULL) {
		query_bind_text(q, 2, hash);
		query_bind_integer(q, 3, now_ms);
	}
	return query_run(q, NULL);
}

/* STATUS_NOT_FOUND where no row was changed. */
static enum status
change(struct query *q)
{
	int64_t changed = 0;
	enum status status = query_run(q, &changed);

	return status == STATUS_OK && changed == 0 ? STATUS_NOT_FOUND : status;
}

enum status
pin_rehash(struct db *db, const char *key_id, const char *old, const char *hash)
{
	struct query *q = query(db, sql_rehash);

	query_bind_text(q, 1, key_id);
	query_bind_text(q, 2, old);
	query_bind_text(q, 3, hash);
	return query_run(q, NULL);
}

enum status
pin_try(struct db *db, const char *key_id, int64_t now_ms)
{
	struct query *q = query(db, sql_try);
	enum status status;

	query_bind_text(q, 1, key_id);
	query_bind_integer(q, 2, now_ms / DAY_MS);
	query_bind_integer(q, 3, PIN_DAY_MAX);
	status = change(q);
	if (status != STATUS_NOT_FOUND)
		return status;
	/* The tries of the day are used up, the last maybe by a process that died before it could lock. */
	q = query(db, sql_lock);
	query_bind_text(q, 1, key_id);
	status = change(q);
	return status == STATUS_OK ? STATUS_REFUSED : status;
}

enum status
pin_untry(struct db *db, const char *key_id, int64_t tried_ms)
{
	struct query *q = query(db, sql_untry);

	query_bind_text(q, 1, key_id);
	query_bind_integer(q, 2, tried_ms / DAY_MS);
	return query_run(q, NULL);
}

enum status
pin_failed(struct db *db, const char *key_id, int64_t tried_ms, bool *locked)
{
	struct query *q = query(db, sql_lock_full);
	enum status status;

	query_bind_text(q, 1, key_id);
	query_bind_integer(q, 2, tried_ms / DAY_MS);
	query_bind_integer(q, 3, PIN_DAY_MAX);
	status = change(q);
	*locked = status == STATUS_OK;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status
pin_reset(struct db *db, const char *key_id)
{
	struct query *q = query(db, sql_reset);

	query_bind_text(q, 1, key_id);
	return change(q);
}
