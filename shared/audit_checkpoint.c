/* audit_checkpoint.c - rows of audit_checkpoint and their macs; see audit_checkpoint.h. */
#include "audit_checkpoint.h"

#include <inttypes.h>
#include <string.h>

#define HEADS_CAP ((size_t)15 << 20) /* as much as the store keeps in one text */

static const char walk_sql[] =
    "SELECT upto_seq, head_mac, created_ms, export_sha256, heads, mac FROM audit_checkpoint "
    "ORDER BY upto_seq";
#define WALK_TYPES "itittt"
static const char insert_sql[] =
    "INSERT INTO audit_checkpoint (upto_seq, head_mac, created_ms, export_sha256, heads, mac) "
    "VALUES (?, ?, ?, ?, ?, ?)";

void
audit_checkpoint_init(struct audit_checkpoint *checkpoint)
{
	*checkpoint = (struct audit_checkpoint){0};
	audit_head_init(&checkpoint->all);
	memcpy(checkpoint->mac, checkpoint->all.mac, sizeof(checkpoint->mac));
	buf_init(&checkpoint->heads, HEADS_CAP);
	buf_text(&checkpoint->heads, "[]");
}

void
audit_checkpoint_free(struct audit_checkpoint *checkpoint)
{
	buf_free(&checkpoint->heads);
}

/* The macs and the digest have a fixed length and the numbers end with a comma: nothing is ambiguous. */
static enum status
checkpoint_mac(const struct audit_keys *keys, const char *previous_mac,
    const struct audit_checkpoint *c, char out[SECRET_DIGEST_TEXT])
{
	unsigned char mac[SECRET_BYTES];
	struct buf head;
	enum status status;

	buf_init(&head, 1024);
	buf_printf(&head, "%s%" PRId64 ",%s%" PRId64 ",%s%zu,", previous_mac, c->upto_seq,
	    c->all.mac, c->created_ms, c->export_sha256, c->heads.len);
	status = buf_status(&head);
	if (status == STATUS_OK)
		status = secret_hmac(&keys->checkpoint, buf_str(&head), head.len,
		    buf_str(&c->heads), c->heads.len, mac);
	if (status == STATUS_OK)
		secret_hex(mac, sizeof(mac), out);
	buf_free(&head);
	return status;
}

/* A digest column; false where it is not one. */
static bool
take_digest(struct query *q, int column, char out[SECRET_DIGEST_TEXT])
{
	if (query_length(q, column) != SECRET_DIGEST_TEXT - 1)
		return false;
	memcpy(out, query_text(q, column), SECRET_DIGEST_TEXT);
	return true;
}

/* Reads a row and judges it. STATUS_REFUSED: forged. */
static enum status
take_row(struct query *q, const struct audit_keys *keys, const char *previous_mac,
    struct audit_checkpoint *c)
{
	char mac[SECRET_DIGEST_TEXT];
	enum status status;

	c->upto_seq = c->all.seq = query_integer(q, 0);
	c->created_ms = query_integer(q, 2);
	if (!query_types(q, WALK_TYPES) || !take_digest(q, 1, c->all.mac) ||
	    !take_digest(q, 3, c->export_sha256) || !take_digest(q, 5, c->mac))
		return STATUS_REFUSED;
	buf_reset(&c->heads);
	buf_add(&c->heads, query_text(q, 4), query_length(q, 4));
	status = buf_status(&c->heads);
	if (status == STATUS_OK)
		status = checkpoint_mac(keys, previous_mac, c, mac);
	if (status == STATUS_OK && !secret_equal(mac, c->mac, sizeof(mac)))
		status = STATUS_REFUSED;
	return status;
}

static void
swap(struct audit_checkpoint *a, struct audit_checkpoint *b)
{
	struct audit_checkpoint kept = *a;

	*a = *b;
	*b = kept;
}

enum status
audit_checkpoint_find(struct db *db, const struct audit_keys *keys, int64_t upto,
    struct audit_checkpoint *out, struct audit_checkpoint_count *count)
{
	struct audit_checkpoint row;
	struct query *q = query(db, walk_sql);
	char previous[SECRET_DIGEST_TEXT];
	enum status status = STATUS_OK;
	enum query_step step = QUERY_DONE;
	bool found = false;

	*count = (struct audit_checkpoint_count){.forged_seq = -1};
	audit_checkpoint_init(&row);
	memcpy(previous, row.mac, sizeof(previous));
	while (status == STATUS_OK && (step = query_step(q)) == QUERY_ROW) {
		count->rows++;
		status = take_row(q, keys, previous, &row);
		memcpy(previous, row.mac, sizeof(previous));
		if (status == STATUS_OK && row.upto_seq <= upto) {
			swap(out, &row);
			found = true;
		}
	}
	query_end(q);
	if (status == STATUS_REFUSED) {
		count->forged_seq = row.upto_seq;
		status = STATUS_OK;
	}
	audit_checkpoint_free(&row);
	if (status != STATUS_OK || step == QUERY_FAILED)
		return status != STATUS_OK ? status : STATUS_FAILED;
	return found ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status
audit_checkpoint_start(const struct audit_checkpoint *checkpoint, struct audit_state *state)
{
	state->all = checkpoint->all;
	return audit_state_read(state, buf_str(&checkpoint->heads), checkpoint->heads.len);
}

enum status
audit_checkpoint_write(struct db *db, const struct audit_checkpoint *previous,
    const struct audit_state *state, int64_t now_ms, const char *export_sha256)
{
	struct audit_checkpoint c;
	struct query *q;
	enum status status;

	audit_checkpoint_init(&c);
	c.upto_seq = state->all.seq;
	c.all = state->all;
	c.created_ms = now_ms;
	memcpy(c.export_sha256, export_sha256, sizeof(c.export_sha256));
	buf_reset(&c.heads);
	audit_state_write(state, &c.heads);
	status = buf_status(&c.heads);
	if (status == STATUS_OK)
		status = checkpoint_mac(state->keys, previous->mac, &c, c.mac);
	if (status == STATUS_OK) {
		q = query(db, insert_sql);
		query_bind_integer(q, 1, c.upto_seq);
		query_bind_text(q, 2, c.all.mac);
		query_bind_integer(q, 3, c.created_ms);
		query_bind_text(q, 4, c.export_sha256);
		query_bind_bytes(q, 5, buf_str(&c.heads), c.heads.len);
		query_bind_text(q, 6, c.mac);
		status = query_run(q, NULL);
	}
	audit_checkpoint_free(&c);
	return status;
}
