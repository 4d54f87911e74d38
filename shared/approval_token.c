/* approval_token.c - what goes into a link: tokens, and the digest that the page checks; see approval.h. */
#include "approval.h"

#include <string.h>

static const char sql_add[] = "INSERT INTO approval_token (hash, approval_id, channel, created_ms) "
			      "VALUES (?1, ?2, ?3, ?4)";
static const char sql_count[] = "SELECT COUNT(*) FROM approval_token WHERE approval_id = ?1";

/* Nobody without the key can tell the arguments from the digest by trying some. */
enum status
approval_salt(const struct secret_key *master, const char *id, char out[SECRET_DIGEST_TEXT])
{
	unsigned char salt[SECRET_BYTES];
	struct secret_key key;
	enum status status = secret_derive(master, "enforgate approval salt 1", &key);

	if (status == STATUS_OK)
		status = secret_hmac(&key, id, strlen(id), NULL, 0, salt);
	if (status == STATUS_OK)
		secret_hex(salt, sizeof(salt), out);
	secret_wipe(&key, sizeof(key));
	return status;
}

enum status
approval_shown_digest(
    const char *salt, const char *canonical, size_t len, char out[SECRET_DIGEST_TEXT])
{
	struct secret_sum sum;
	enum status status = secret_sum_start(&sum);

	if (status != STATUS_OK)
		return status;
	status = secret_sum_add(&sum, salt, strlen(salt));
	if (status == STATUS_OK)
		status = secret_sum_add(&sum, canonical, len);
	if (status != STATUS_OK) {
		(void)secret_sum_end(&sum, NULL);
		return status;
	}
	return secret_sum_end(&sum, out);
}

/* 43 characters of 62 are 256.03 bits. */
void
approval_token_make(char text[APPROVAL_TOKEN_LEN + 1])
{
	secret_random_text(text, APPROVAL_TOKEN_LEN);
}

bool
approval_token_valid(const char *text, size_t len)
{
	static const char base62[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	if (len != APPROVAL_TOKEN_LEN)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\0' || strchr(base62, text[i]) == NULL)
			return false;
	return true;
}

enum status
approval_token_hash(const char *text, size_t len, char out[SECRET_DIGEST_TEXT])
{
	unsigned char digest[SECRET_BYTES];
	enum status status = secret_sha256(text, len, digest);

	if (status == STATUS_OK)
		secret_hex(digest, sizeof(digest), out);
	return status;
}

enum status
approval_token_add(
    struct db *db, const char *approval_id, const char *hash, const char *channel, int64_t now_ms)
{
	struct query *q = query(db, sql_add);

	query_bind_text(q, 1, hash);
	query_bind_text(q, 2, approval_id);
	query_bind_text(q, 3, channel);
	query_bind_integer(q, 4, now_ms);
	return query_run(q, NULL);
}

enum status
approval_token_count(struct db *db, const char *approval_id, int64_t *count)
{
	struct query *q = query(db, sql_count);
	bool ok;

	query_bind_text(q, 1, approval_id);
	ok = query_step(q) == QUERY_ROW;
	*count = ok ? query_integer(q, 0) : 0;
	query_end(q);
	return ok ? STATUS_OK : STATUS_FAILED;
}
