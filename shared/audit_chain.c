/* audit_chain.c - macs of entries, heads and the anchor; see audit_chain.h. */
#include "audit_chain.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"

#define ENTRY_TEXT_MAX 8192 /* bytes of an entry as the mac sees it */
#define ANCHOR_LINE_MAX 256
#define ANCHOR_READ_TRIES 3
#define ANCHOR_HEAD "enforgate-anchor-1"

static const char head_read_sql[] = "SELECT seq, mac FROM audit_head WHERE chain = ?";
static const char head_write_sql[] =
    "INSERT INTO audit_head (chain, seq, mac, time_ms) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, mac = excluded.mac, time_ms = excluded.time_ms";

enum status
audit_keys_derive(const struct secret_key *master, struct audit_keys *out)
{
	enum status status = secret_derive(master, "enforgate audit entry 1", &out->entry);

	if (status == STATUS_OK)
		status = secret_derive(master, "enforgate audit head 1", &out->head);
	if (status == STATUS_OK)
		status = secret_derive(master, "enforgate audit anchor 1", &out->anchor);
	if (status == STATUS_OK)
		status = secret_derive(master, "enforgate audit checkpoint 1", &out->checkpoint);
	return status;
}

void
audit_head_init(struct audit_head *head)
{
	head->seq = 0;
	memset(head->mac, '0', sizeof(head->mac) - 1);
	head->mac[sizeof(head->mac) - 1] = '\0';
}

/* A growing text in a fixed buffer: this runs for every entry, so it neither allocates nor uses printf. */
struct text {
	char data[ENTRY_TEXT_MAX];
	size_t len;
	bool full;
};

static void
put_bytes(struct text *t, const char *bytes, size_t len)
{
	if (t->full || len > sizeof(t->data) - t->len) {
		t->full = true;
		return;
	}
	memcpy(t->data + t->len, bytes, len);
	t->len += len;
}

static void
put_number(struct text *t, int64_t value)
{
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	digits[--at] = ',';
	do {
		digits[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (value < 0)
		digits[--at] = '-';
	put_bytes(t, digits + at, sizeof(digits) - at);
}

/* Length, comma, bytes: nothing inside a field can look like the next one. */
static void
put_field(struct text *t, const char *field)
{
	size_t len = field != NULL ? strlen(field) : 0;

	put_number(t, (int64_t)len);
	if (len > 0)
		put_bytes(t, field, len);
}

enum status
audit_entry_mac(const struct audit_keys *keys, const char *previous,
    const struct audit_entry *entry, char out[SECRET_DIGEST_TEXT])
{
	unsigned char mac[SECRET_BYTES];
	struct text t;
	enum status status;

	t.len = 0;
	t.full = false;
	put_field(&t, previous);
	put_number(&t, entry->seq);
	put_field(&t, entry->chain);
	put_number(&t, entry->chain_seq);
	put_field(&t, entry->kind);
	put_number(&t, entry->time_ms);
	put_field(&t, entry->call_id);
	put_field(&t, entry->key_name);
	put_field(&t, entry->surface);
	put_field(&t, entry->server);
	put_field(&t, entry->tool);
	put_field(&t, entry->args_digest);
	put_field(&t, entry->decision);
	put_field(&t, entry->policy_id);
	put_field(&t, entry->policy_name);
	put_number(&t, entry->policy_version);
	put_number(&t, entry->rule);
	put_field(&t, entry->reason);
	put_number(&t, entry->latency_us);
	put_field(&t, entry->approval_id);
	if (t.full)
		return STATUS_TOO_LARGE;
	status = secret_hmac(&keys->entry, t.data, t.len, NULL, 0, mac);
	if (status == STATUS_OK)
		secret_hex(mac, sizeof(mac), out);
	return status;
}

enum status
audit_head_next(const struct audit_keys *keys, const struct audit_head *all, const char *entry_mac,
    struct audit_head *next)
{
	unsigned char mac[SECRET_BYTES];
	enum status status;

	/* Both are 64 digits: the second needs no length in front. */
	status = secret_hmac(
	    &keys->head, all->mac, SECRET_DIGEST_TEXT - 1, entry_mac, SECRET_DIGEST_TEXT - 1, mac);
	if (status != STATUS_OK)
		return status;
	next->seq = all->seq + 1;
	secret_hex(mac, sizeof(mac), next->mac);
	return STATUS_OK;
}

enum status
audit_head_read(struct db *db, const char *chain, struct audit_head *out)
{
	struct query *q = query(db, head_read_sql);
	enum status status = STATUS_OK;
	enum query_step step;

	audit_head_init(out);
	query_bind_text(q, 1, chain);
	step = query_step(q);
	if (step == QUERY_ROW) {
		out->seq = query_integer(q, 0);
		if (query_length(q, 1) == SECRET_DIGEST_TEXT - 1) {
			memcpy(out->mac, query_text(q, 1), SECRET_DIGEST_TEXT);
		} else {
			log_error(
			    "audit: the head of chain %s is damaged; run `enforgatectl audit verify`",
			    chain);
			status = STATUS_FAILED;
		}
	} else if (step == QUERY_FAILED) {
		status = STATUS_FAILED;
	}
	query_end(q);
	return status;
}

enum status
audit_head_write(struct db *db, const char *chain, const struct audit_head *head, int64_t time_ms)
{
	struct query *q = query(db, head_write_sql);

	query_bind_text(q, 1, chain);
	query_bind_integer(q, 2, head->seq);
	query_bind_text(q, 3, head->mac);
	query_bind_integer(q, 4, time_ms);
	return query_run(q, NULL);
}

/* Fills `line` up to the mac and appends that. */
static enum status
anchor_line(const struct audit_keys *keys, const struct audit_head *head, int64_t time_ms,
    char line[ANCHOR_LINE_MAX])
{
	unsigned char mac[SECRET_BYTES];
	int len = snprintf(line, ANCHOR_LINE_MAX, "%s %" PRId64 " %s %" PRId64 " ", ANCHOR_HEAD,
	    head->seq, head->mac, time_ms);
	enum status status = secret_hmac(&keys->anchor, line, (size_t)len, NULL, 0, mac);

	if (status == STATUS_OK) {
		secret_hex(mac, sizeof(mac), line + len);
		memcpy(line + len + 2 * sizeof(mac), "\n", 2);
	}
	return status;
}

/*
 * Overwritten in place and not synced: a line is within one sector, and an anchor that a power cut made older is still
 * true. A sync of a new file each second would hold up every commit meanwhile.
 */
enum status
audit_anchor_write(const struct audit_keys *keys, const char *state_dir,
    const struct audit_head *head, int64_t time_ms)
{
	char path[PATH_MAX], line[ANCHOR_LINE_MAX];
	enum status status = anchor_line(keys, head, time_ms, line);
	ssize_t len = (ssize_t)strlen(line);
	int fd;

	if (status != STATUS_OK)
		return status;
	if (snprintf(path, PATH_MAX, "%s/%s", state_dir, AUDIT_ANCHOR_FILE) >= PATH_MAX)
		return STATUS_INVALID;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || pwrite(fd, line, (size_t)len, 0) != len || ftruncate(fd, len) != 0) {
		log_error("audit: cannot write %s: %s", path, strerror(errno));
		status = STATUS_FAILED;
	}
	if (fd >= 0)
		close(fd);
	return status;
}

static enum status
anchor_read_once(
    const struct audit_keys *keys, const char *path, struct audit_head *head, int64_t *time_ms)
{
	char line[ANCHOR_LINE_MAX], expected[ANCHOR_LINE_MAX];
	ssize_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_FAILED;
	len = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (len < 0)
		return STATUS_FAILED;
	line[len] = '\0';
	if (sscanf(line, ANCHOR_HEAD " %" SCNd64 " %64[0-9a-f] %" SCNd64 " ", &head->seq, head->mac,
		time_ms) != 3)
		return STATUS_REFUSED;
	if (anchor_line(keys, head, *time_ms, expected) != STATUS_OK)
		return STATUS_FAILED;
	return strcmp(line, expected) == 0 ? STATUS_OK : STATUS_REFUSED;
}

enum status
audit_anchor_read(
    const struct audit_keys *keys, const char *state_dir, struct audit_head *head, int64_t *time_ms)
{
	char path[PATH_MAX];
	enum status status = STATUS_REFUSED;

	if (snprintf(path, PATH_MAX, "%s/%s", state_dir, AUDIT_ANCHOR_FILE) >= PATH_MAX)
		return STATUS_INVALID;
	/* A look in the middle of a write may find half a line: the next look does not. */
	for (int tries = 0; status == STATUS_REFUSED && tries < ANCHOR_READ_TRIES; tries++)
		status = anchor_read_once(keys, path, head, time_ms);
	return status;
}
