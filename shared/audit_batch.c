/* audit_batch.c - entries and heads within one write transaction; see audit_batch.h. */
#include "audit_batch.h"

#include <string.h>

#include "clock.h"

static const char insert_sql[] =
    "INSERT INTO audit (seq, chain, chain_seq, kind, time_ms, call_id, key_name, surface, server, tool, "
    "args_digest, decision, policy_id, policy_name, policy_version, rule, reason, latency_us, approval_id, mac) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

enum status
audit_batch_begin(struct audit_batch *batch, const struct audit_keys *keys, struct db *db)
{
	enum status status;

	batch->db = db;
	batch->keys = keys;
	batch->nchains = 0;
	batch->broken = false;
	batch->time_ms = clock_wall_ms();
	status = audit_head_read(db, AUDIT_HEAD_ALL, &batch->all);
	batch->before = batch->all;
	return status;
}

enum status
audit_batch_write_heads(struct audit_batch *batch)
{
	enum status status = STATUS_OK;
	bool moved = false;

	for (int i = 0; i < batch->nchains && status == STATUS_OK; i++) {
		if (!batch->chains[i].moved)
			continue; /* its only entry failed */
		moved = true;
		status = audit_head_write(batch->db, batch->chains[i].chain, &batch->chains[i].head,
		    batch->chains[i].time_ms);
	}
	if (status == STATUS_OK && moved)
		status = audit_head_write(batch->db, AUDIT_HEAD_ALL, &batch->all, batch->time_ms);
	batch->nchains = 0;
	if (status != STATUS_OK)
		batch->broken = true;
	return status;
}

/* Index of a chain's head, read on first use; -1 on failure. */
static int
batch_chain(struct audit_batch *batch, const char *chain)
{
	int i;

	for (i = 0; i < batch->nchains; i++)
		if (strcmp(batch->chains[i].chain, chain) == 0)
			return i;
	if (batch->nchains == AUDIT_BATCH_CHAINS && audit_batch_write_heads(batch) != STATUS_OK)
		return -1;
	i = batch->nchains;
	batch->chains[i].chain = chain;
	batch->chains[i].time_ms = 0;
	batch->chains[i].moved = false;
	if (audit_head_read(batch->db, chain, &batch->chains[i].head) != STATUS_OK)
		return -1;
	batch->nchains++;
	return i;
}

static enum status
insert_entry(struct db *db, const struct audit_entry *e, const char *mac)
{
	const char *const texts[] = {e->call_id, e->key_name, e->surface, e->server, e->tool,
	    e->args_digest, e->decision, e->policy_id, e->policy_name};
	struct query *q = query(db, insert_sql);

	query_bind_integer(q, 1, e->seq);
	query_bind_text(q, 2, e->chain);
	query_bind_integer(q, 3, e->chain_seq);
	query_bind_text(q, 4, e->kind);
	query_bind_integer(q, 5, e->time_ms);
	for (int i = 0; i < (int)(sizeof(texts) / sizeof(texts[0])); i++)
		query_bind_text(q, 6 + i, texts[i] != NULL ? texts[i] : "");
	query_bind_integer(q, 15, e->policy_version);
	query_bind_integer(q, 16, e->rule);
	query_bind_text(q, 17, e->reason != NULL ? e->reason : "");
	query_bind_integer(q, 18, e->latency_us);
	query_bind_text(q, 19, e->approval_id != NULL ? e->approval_id : "");
	query_bind_text(q, 20, mac);
	return query_run(q, NULL);
}

/* A failed entry leaves the heads where they were, so that only its own request fails. */
enum status
audit_batch_append(struct audit_batch *batch, struct audit_entry *entry)
{
	char mac[SECRET_DIGEST_TEXT];
	struct audit_head all;
	struct audit_head *head;
	enum status status;
	int i = batch_chain(batch, entry->chain);

	if (i < 0)
		return STATUS_FAILED;
	head = &batch->chains[i].head;
	if (entry->time_ms == 0)
		entry->time_ms = batch->time_ms;
	entry->seq = batch->all.seq + 1;
	entry->chain_seq = head->seq + 1;
	status = audit_entry_mac(batch->keys, head->mac, entry, mac);
	if (status == STATUS_OK)
		status = audit_head_next(batch->keys, &batch->all, mac, &all);
	if (status == STATUS_OK)
		status = insert_entry(batch->db, entry, mac);
	if (status != STATUS_OK)
		return STATUS_FAILED;
	head->seq++;
	memcpy(head->mac, mac, sizeof(mac));
	batch->chains[i].time_ms = entry->time_ms;
	batch->chains[i].moved = true;
	batch->all = all;
	return STATUS_OK;
}
