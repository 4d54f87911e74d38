/* secret.c - randomness, digests and keys with libcrypto; see secret.h. */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#define RANDOM_POOL 512 /* bytes */
#define HMAC_BLOCK 64   /* bytes of a SHA-256 block, RFC 2104 section 2 */
#define KEY_FILE_HEAD "enforgate-key-1 "
#define KEY_FILE_LEN (sizeof(KEY_FILE_HEAD) - 1 + 2 * SECRET_BYTES + 1)

/* Fetched once: looking the algorithm up for each digest costs twice the digest itself. */
static EVP_MD *sha256;
/* One context a thread, freed by the key's destructor when the thread ends. */
static _Thread_local EVP_MD_CTX *thread_ctx;
static pthread_key_t thread_ctx_key;

static void
free_ctx(void *ctx)
{
	EVP_MD_CTX_free(ctx);
}

enum status
secret_start(void)
{
	if (sha256 != NULL)
		return STATUS_OK;
	if (pthread_key_create(&thread_ctx_key, free_ctx) != 0)
		return STATUS_FAILED;
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	return sha256 != NULL ? STATUS_OK : STATUS_FAILED;
}

void
secret_spare_settings(void)
{
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

static EVP_MD_CTX *
ctx_of_thread(void)
{
	if (thread_ctx == NULL) {
		thread_ctx = EVP_MD_CTX_new();
		(void)pthread_setspecific(thread_ctx_key, thread_ctx);
	}
	return thread_ctx;
}

void
secret_random(void *out, size_t len)
{
	unsigned char *at = out;

	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort();
		at += n;
		len -= (size_t)n;
	}
}

/* Bytes for texts, fetched a few requests ahead: a call of the kernel for each id would cost more than the rest of it. */
static _Thread_local unsigned char pool[RANDOM_POOL];
static _Thread_local size_t pool_left;

static unsigned char
random_byte(void)
{
	unsigned char byte;

	if (pool_left == 0) {
		secret_random(pool, sizeof(pool));
		pool_left = sizeof(pool);
	}
	byte = pool[--pool_left];
	pool[pool_left] = 0; /* nobody finds in memory what was given away */
	return byte;
}

void
secret_random_text(char *out, size_t len)
{
	static const char base62[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	unsigned char byte;

	while (len > 0) {
		byte = random_byte();
		/* 248 = 4 * 62: the bytes above would favour the first characters. */
		if (byte < 248) {
			*out++ = base62[byte % 62];
			len--;
		}
	}
	*out = '\0';
}

/* One digest over up to three pieces, in this thread's own context. */
static enum status
digest(const void *a, size_t alen, const void *b, size_t blen, const void *c, size_t clen,
    unsigned char out[SECRET_BYTES])
{
	unsigned int len = 0;
	EVP_MD_CTX *ctx = ctx_of_thread();

	if (ctx == NULL || EVP_DigestInit_ex2(ctx, sha256, NULL) != 1)
		return STATUS_FAILED;
	if (EVP_DigestUpdate(ctx, a, alen) != 1)
		return STATUS_FAILED;
	if (b != NULL && EVP_DigestUpdate(ctx, b, blen) != 1)
		return STATUS_FAILED;
	if (c != NULL && EVP_DigestUpdate(ctx, c, clen) != 1)
		return STATUS_FAILED;
	if (EVP_DigestFinal_ex(ctx, out, &len) != 1 || len != SECRET_BYTES)
		return STATUS_FAILED;
	return STATUS_OK;
}

enum status
secret_sha256(const void *bytes, size_t len, unsigned char out[SECRET_BYTES])
{
	return digest(bytes, len, NULL, 0, NULL, 0, out);
}

enum status
secret_sum_start(struct secret_sum *sum)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx != NULL && EVP_DigestInit_ex2(ctx, sha256, NULL) != 1) {
		EVP_MD_CTX_free(ctx);
		ctx = NULL;
	}
	sum->ctx = ctx;
	return ctx != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status
secret_sum_add(struct secret_sum *sum, const void *bytes, size_t len)
{
	if (sum->ctx == NULL || EVP_DigestUpdate(sum->ctx, bytes, len) != 1)
		return STATUS_FAILED;
	return STATUS_OK;
}

enum status
secret_sum_end(struct secret_sum *sum, char out[SECRET_DIGEST_TEXT])
{
	unsigned char bytes[SECRET_BYTES];
	unsigned int len = 0;
	enum status status = STATUS_FAILED;

	if (out != NULL && sum->ctx != NULL && EVP_DigestFinal_ex(sum->ctx, bytes, &len) == 1 &&
	    len == SECRET_BYTES) {
		secret_hex(bytes, sizeof(bytes), out);
		status = STATUS_OK;
	}
	EVP_MD_CTX_free(sum->ctx);
	sum->ctx = NULL;
	return status;
}

/* RFC 2104: H((K ^ opad) || H((K ^ ipad) || text)). */
enum status
secret_hmac_text(const void *key, size_t key_len, const void *first, size_t first_len,
    const void *second, size_t second_len, unsigned char out[SECRET_BYTES])
{
	unsigned char pad[HMAC_BLOCK] = {0};
	unsigned char inner[SECRET_BYTES];
	enum status status = STATUS_OK;

	if (key_len > HMAC_BLOCK)
		status = secret_sha256(key, key_len, pad);
	else
		memcpy(pad, key, key_len);
	for (size_t i = 0; i < HMAC_BLOCK; i++)
		pad[i] ^= 0x36;
	if (status == STATUS_OK)
		status = digest(pad, sizeof(pad), first, first_len, second, second_len, inner);
	for (size_t i = 0; i < HMAC_BLOCK; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	if (status == STATUS_OK)
		status = digest(pad, sizeof(pad), inner, sizeof(inner), NULL, 0, out);
	secret_wipe(pad, sizeof(pad));
	return status;
}

enum status
secret_hmac(const struct secret_key *key, const void *first, size_t first_len, const void *second,
    size_t second_len, unsigned char out[SECRET_BYTES])
{
	return secret_hmac_text(
	    key->bytes, SECRET_BYTES, first, first_len, second, second_len, out);
}

/* HKDF-Expand of one block: T(1) = HMAC(PRK, info || 0x01). */
enum status
secret_derive(const struct secret_key *master, const char *label, struct secret_key *out)
{
	return secret_hmac(master, label, strlen(label), "\x01", 1, out->bytes);
}

void
secret_hex(const unsigned char *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool
secret_unhex(const char *text, unsigned char *out, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high = hex_value(text[2 * i]);
		int low = high < 0 ? -1 : hex_value(text[2 * i + 1]);

		if (low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

bool
secret_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void
secret_wipe(void *bytes, size_t len)
{
	OPENSSL_cleanse(bytes, len);
}

enum status
secret_key_read(const char *path, struct secret_key *out, struct problem *why)
{
	char text[KEY_FILE_LEN + 1];
	struct stat st;
	ssize_t len = -1;
	int fd;

	/* O_NONBLOCK: opening a named pipe would wait for somebody who writes. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0) {
		problem_set(why, "key file %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_FAILED;
	}
	if (S_ISREG(st.st_mode) && (st.st_mode & 077) == 0)
		len = read(fd, text, sizeof(text));
	close(fd);
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0) {
		problem_set(why, "key file %s: must be a regular file of mode 0600 (chmod 600 %s)",
		    path, path);
		return STATUS_REFUSED;
	}
	if (len != (ssize_t)KEY_FILE_LEN || text[KEY_FILE_LEN - 1] != '\n' ||
	    memcmp(text, KEY_FILE_HEAD, sizeof(KEY_FILE_HEAD) - 1) != 0 ||
	    !secret_unhex(text + sizeof(KEY_FILE_HEAD) - 1, out->bytes, SECRET_BYTES)) {
		problem_set(why,
		    "key file %s: not a key file of this program; restore it from your backup",
		    path);
		secret_wipe(text, sizeof(text));
		return STATUS_REFUSED;
	}
	secret_wipe(text, sizeof(text));
	return STATUS_OK;
}

enum status
secret_key_create(const char *path, struct problem *why)
{
	char text[KEY_FILE_LEN + 1];
	unsigned char bytes[SECRET_BYTES];
	enum status status = STATUS_OK;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		problem_set(why, "key file %s: %s", path, strerror(errno));
		return errno == EEXIST ? STATUS_EXISTS : STATUS_FAILED;
	}
	secret_random(bytes, sizeof(bytes));
	memcpy(text, KEY_FILE_HEAD, sizeof(KEY_FILE_HEAD) - 1);
	secret_hex(bytes, sizeof(bytes), text + sizeof(KEY_FILE_HEAD) - 1);
	text[KEY_FILE_LEN - 1] = '\n';
	if (write(fd, text, KEY_FILE_LEN) != (ssize_t)KEY_FILE_LEN || fsync(fd) != 0) {
		problem_set(why, "key file %s: %s", path, strerror(errno));
		(void)unlink(path);
		status = STATUS_FAILED;
	}
	close(fd);
	secret_wipe(text, sizeof(text));
	secret_wipe(bytes, sizeof(bytes));
	return status;
}
