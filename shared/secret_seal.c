/* secret_seal.c - texts that only this installation can read: AES-256-GCM with libcrypto; see secret.h. */
#include "secret.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#define SEAL_HEAD "1:" /* version of the form */
#define HEAD_LEN (sizeof(SEAL_HEAD) - 1)
#define NONCE_LEN 12 /* NIST SP 800-38D section 8.2.2: 96 random bits */
#define TAG_LEN 16
#define OVERHEAD (NONCE_LEN + TAG_LEN)
#define BASE64_LEN(bytes) (((bytes) + 2) / 3 * 4)

/* What binds a sealed text to its place. The NUL keeps "ab" of "c" apart from "a" of "bc". */
static bool
add_place(EVP_CIPHER_CTX *ctx, const char *purpose, const char *id, bool sealing)
{
	const char *const pieces[] = {purpose, id};
	int len;

	for (size_t i = 0; i < 2; i++) {
		const unsigned char *piece = (const unsigned char *)pieces[i];
		int size = (int)strlen(pieces[i]) + 1;

		if ((sealing ? EVP_EncryptUpdate(ctx, NULL, &len, piece, size)
			     : EVP_DecryptUpdate(ctx, NULL, &len, piece, size)) != 1)
			return false;
	}
	return true;
}

/* `out`: nonce, as many bytes as the plain text has, tag. */
static bool
encrypt(const struct secret_key *key, const char *purpose, const char *id,
    const unsigned char *plain, size_t plain_len, unsigned char *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char *text = out + NONCE_LEN;
	int len = 0, last = 0;
	bool ok;

	secret_random(out, NONCE_LEN);
	ok = ctx != NULL &&
	     EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->bytes, out) == 1 &&
	     add_place(ctx, purpose, id, true) &&
	     EVP_EncryptUpdate(ctx, text, &len, plain, (int)plain_len) == 1 &&
	     EVP_EncryptFinal_ex(ctx, text + len, &last) == 1 &&
	     (size_t)len + (size_t)last == plain_len &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN, text + plain_len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* False: altered, of another place, or of another key. */
static bool
decrypt(const struct secret_key *key, const char *purpose, const char *id, unsigned char *sealed,
    size_t plain_len, unsigned char *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char *text = sealed + NONCE_LEN;
	int len = 0, last = 0;
	bool ok;

	ok = ctx != NULL &&
	     EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->bytes, sealed) == 1 &&
	     add_place(ctx, purpose, id, false) &&
	     EVP_DecryptUpdate(ctx, out, &len, text, (int)plain_len) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, text + plain_len) == 1 &&
	     EVP_DecryptFinal_ex(ctx, out + len, &last) == 1 &&
	     (size_t)len + (size_t)last == plain_len;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

enum status
secret_seal(const struct secret_key *key, const char *purpose, const char *id, const char *plain,
    size_t len, struct buf *out)
{
	size_t size = len + OVERHEAD;
	unsigned char *bytes, *text;
	enum status status = STATUS_FAILED;

	if (len > SECRET_SEAL_MAX)
		return STATUS_TOO_LARGE;
	bytes = malloc(size);
	text = malloc(BASE64_LEN(size) + 1);
	if (bytes == NULL || text == NULL)
		status = STATUS_NO_MEMORY;
	else if (encrypt(key, purpose, id, (const unsigned char *)plain, len, bytes)) {
		(void)EVP_EncodeBlock(text, bytes, (int)size);
		buf_text(out, SEAL_HEAD);
		buf_text(out, (const char *)text);
		status = buf_status(out);
	}
	free(bytes);
	free(text);
	return status;
}

/*
 * Base64 of RFC 4648 section 4 in its one spelling: libcrypto's decoder also takes white space and bits behind the end,
 * so what it read is written again and compared. Returns the number of bytes, 0 for anything else. `again` has room for
 * the text.
 */
static size_t
decode(const char *text, size_t len, unsigned char *out, unsigned char *again)
{
	size_t size = len / 4 * 3;

	if (len < BASE64_LEN((size_t)OVERHEAD) || len % 4 != 0 ||
	    EVP_DecodeBlock(out, (const unsigned char *)text, (int)len) != (int)size)
		return 0;
	size -= (size_t)(text[len - 1] == '=') + (text[len - 2] == '=');
	(void)EVP_EncodeBlock(again, out, (int)size);
	return memcmp(again, text, len) == 0 ? size : 0;
}

enum status
secret_unseal(const struct secret_key *key, const char *purpose, const char *id, const char *sealed,
    struct buf *out)
{
	size_t len = strlen(sealed);
	unsigned char *bytes, *again;
	enum status status = STATUS_REFUSED;
	size_t size;

	if (len > HEAD_LEN + BASE64_LEN(SECRET_SEAL_MAX + OVERHEAD) ||
	    strncmp(sealed, SEAL_HEAD, HEAD_LEN) != 0)
		return STATUS_REFUSED;
	sealed += HEAD_LEN;
	len -= HEAD_LEN;
	bytes = malloc(len + 1);
	again = malloc(len + 1);
	if (bytes == NULL || again == NULL)
		status = STATUS_NO_MEMORY;
	else if ((size = decode(sealed, len, bytes, again)) >= OVERHEAD &&
		 decrypt(key, purpose, id, bytes, size - OVERHEAD, again)) {
		buf_add(out, again, size - OVERHEAD);
		status = buf_status(out);
	}
	if (again != NULL)
		secret_wipe(again, len + 1);
	free(bytes);
	free(again);
	return status;
}
