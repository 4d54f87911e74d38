/*
 * catalog_cursor.c - where the next page of a list begins, as a text that only we can make; see catalog_parts.h.
 *
 * It says the place, and proves that we said it to this key for a list of this kind. What changes between two pages moves the
 * places; the client is told of changes in any case.
 */
#include "mcp/catalog_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CURSOR_MAX 128
#define PROOF_BYTES 16
#define PLACE_MAX 64

/* "0.3.250" */
static int
write_place(char place[PLACE_MAX], enum list_kind kind, const struct cursor *cursor)
{
	return snprintf(place, PLACE_MAX, "%d.%zu.%zu", (int)kind, cursor->upstream, cursor->entry);
}

static enum status
prove(const struct secret_key *key, const char *key_id, const char *place,
    char out[2 * PROOF_BYTES + 1])
{
	unsigned char mac[SECRET_BYTES];
	enum status status =
	    secret_hmac(key, key_id, strlen(key_id) + 1, place, strlen(place), mac);

	if (status == STATUS_OK)
		secret_hex(mac, PROOF_BYTES, out);
	return status;
}

enum status
cursor_write(const struct secret_key *key, const char *key_id, enum list_kind kind,
    const struct cursor *cursor, struct buf *out)
{
	char place[PLACE_MAX], proof[2 * PROOF_BYTES + 1];
	enum status status;

	(void)write_place(place, kind, cursor);
	status = prove(key, key_id, place, proof);
	if (status != STATUS_OK)
		return status;
	buf_printf(out, "%s.%s", place, proof);
	return buf_status(out);
}

enum status
cursor_read(const struct secret_key *key, const char *key_id, enum list_kind kind, const char *text,
    struct cursor *out)
{
	char place[PLACE_MAX], proof[2 * PROOF_BYTES + 1];
	int written, of_kind = -1, used = 0;
	enum status status;

	if (strlen(text) >= CURSOR_MAX ||
	    sscanf(text, "%1d.%9zu.%9zu.%n", &of_kind, &out->upstream, &out->entry, &used) != 3 ||
	    used == 0 || of_kind != (int)kind)
		return STATUS_REFUSED;
	/* Written anew, so that one place has one text. */
	written = write_place(place, kind, out);
	if (used != written + 1 || strncmp(text, place, (size_t)written) != 0 ||
	    strlen(text + used) != 2 * PROOF_BYTES)
		return STATUS_REFUSED;
	status = prove(key, key_id, place, proof);
	if (status != STATUS_OK)
		return status;
	return secret_equal(proof, text + used, 2 * PROOF_BYTES) ? STATUS_OK : STATUS_REFUSED;
}
