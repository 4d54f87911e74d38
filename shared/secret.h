/*
 * secret.h - randomness, digests and keys; the owner of libcrypto.
 *
 * The installation's key file (0600, beside the database) holds 32 random bytes. Each use has a key of
 * its own, derived with HKDF-Expand (RFC 5869 section 2.3) under the label of the use.
 */
#ifndef ENFORGATE_SECRET_H
#define ENFORGATE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "status.h"

#define SECRET_KEY_FILE "enforgate.key" /* in the state directory */
#define SECRET_BYTES 32
#define SECRET_DIGEST_TEXT (2 * SECRET_BYTES + 1) /* lower-case hex with its NUL */

struct secret_key {
	unsigned char bytes[SECRET_BYTES];
};

/* Once per process before any other call: fetches the digest so that no request pays for it. */
enum status secret_start(void) MUST_USE;

/*
 * Before secret_start(), in a program that makes no TLS connections: OpenSSL does not read the site's openssl.cnf, which takes
 * 0.8 MB of memory in each process and says nothing that counts for a digest.
 */
void secret_spare_settings(void);

/* Random bytes from the kernel; ends the process where it has none, as nothing may go on then. */
void secret_random(void *out, size_t len);
/* Random base62 text of exactly `len` characters and a NUL (5.95 bits a character, unbiased). */
void secret_random_text(char *out, size_t len);

/* SHA-256 (FIPS 180-4). */
enum status secret_sha256(const void *bytes, size_t len, unsigned char out[SECRET_BYTES]) MUST_USE;
/* SHA-256 of what comes in pieces. Every sum that was started is ended; `out` NULL drops it. */
struct secret_sum {
	void *ctx; /* private to secret.c */
};
enum status secret_sum_start(struct secret_sum *sum) MUST_USE;
enum status secret_sum_add(struct secret_sum *sum, const void *bytes, size_t len) MUST_USE;
enum status secret_sum_end(struct secret_sum *sum, char out[SECRET_DIGEST_TEXT]);
/* HMAC-SHA-256 (RFC 2104) over up to two pieces, the second may be NULL. */
enum status secret_hmac(const struct secret_key *key, const void *first, size_t first_len,
    const void *second, size_t second_len, unsigned char out[SECRET_BYTES]) MUST_USE;
/* The same under a key of any length, as others give one: longer than a block, its digest is the key. */
enum status secret_hmac_text(const void *key, size_t key_len, const void *first, size_t first_len,
    const void *second, size_t second_len, unsigned char out[SECRET_BYTES]) MUST_USE;
/* The key of one use. */
enum status secret_derive(
    const struct secret_key *master, const char *label, struct secret_key *out) MUST_USE;

void secret_hex(const unsigned char *bytes, size_t len, char *out); /* 2*len characters and a NUL */
bool secret_unhex(const char *text, unsigned char *out, size_t len);
/* Equality whose time does not depend on the contents. */
bool secret_equal(const void *a, const void *b, size_t len);
void secret_wipe(void *bytes, size_t len);

/*
 * Sealed text: AES-256-GCM (NIST SP 800-38D) with a random nonce, as "1:" (the version of this form) and base64. It opens
 * only under the same key and for the same place: `purpose` says what it is, `id` names the row. The result is
 * appended. STATUS_TOO_LARGE: more than SECRET_SEAL_MAX bytes, or than `out` takes.
 */
#define SECRET_SEAL_MAX ((size_t)64 << 10)
enum status secret_seal(const struct secret_key *key, const char *purpose, const char *id,
    const char *plain, size_t len, struct buf *out) MUST_USE;
/* STATUS_REFUSED: altered, of another place or key, or nothing of the kind. Wipe the bytes after use. */
enum status secret_unseal(const struct secret_key *key, const char *purpose, const char *id,
    const char *sealed, struct buf *out) MUST_USE;

/*
 * A key file: "enforgate-key-1 " and 64 hex digits. Reading refuses a file that others than its owner
 * can read, a symbolic link, and anything else in it; creating never replaces one.
 */
enum status secret_key_read(const char *path, struct secret_key *out, struct problem *why) MUST_USE;
enum status secret_key_create(const char *path, struct problem *why) MUST_USE;

#endif
