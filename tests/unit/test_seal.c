/* test_seal.c - sealed texts: they open with their own key in their own place, unaltered, and not otherwise. */
#include "testing.h"

#include "secret.h"

#define TEXT "{\"password\":\"correct horse\"}"

static const struct secret_key key = {{1, 2, 3}};

static void
seal(const char *plain, size_t len, struct buf *out)
{
	buf_init(out, SECRET_SEAL_MAX * 2);
	assert_status(secret_seal(&key, "channel", "ch_1", plain, len, out), STATUS_OK);
}

static enum status
opened(const struct secret_key *with, const char *purpose, const char *id, const char *sealed)
{
	struct buf plain;
	enum status status;

	buf_init(&plain, SECRET_SEAL_MAX);
	status = secret_unseal(with, purpose, id, sealed, &plain);
	assert_int_equal(plain.len > 0, status == STATUS_OK);
	buf_free(&plain);
	return status;
}

static void
sealed_text_opens_again(void **state)
{
	static const size_t lengths[] = {0, 1, 2, 3, 15, 16, 17, 4000, SECRET_SEAL_MAX};
	char *text = calloc(1, SECRET_SEAL_MAX);
	struct buf sealed, plain;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < SECRET_SEAL_MAX; i++)
		text[i] = (char)i; /* NUL and every other byte */
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		seal(text, lengths[i], &sealed);
		buf_init(&plain, SECRET_SEAL_MAX);
		assert_status(
		    secret_unseal(&key, "channel", "ch_1", buf_str(&sealed), &plain), STATUS_OK);
		assert_int_equal(plain.len, lengths[i]);
		assert_memory_equal(buf_str(&plain), text, lengths[i]);
		buf_free(&plain);
		buf_free(&sealed);
	}
	free(text);
}

static void
sealed_text_has_a_version_and_is_another_each_time(void **state)
{
	struct buf a, b;

	(void)state;
	seal(TEXT, strlen(TEXT), &a);
	seal(TEXT, strlen(TEXT), &b);
	assert_memory_equal(buf_str(&a), "1:", 2);
	assert_string_not_equal(buf_str(&a), buf_str(&b));
	assert_null(strstr(buf_str(&a), "horse"));
	/* Nonce of 12 bytes and tag of 16, in base64. */
	assert_int_equal(a.len, 2 + (12 + strlen(TEXT) + 16 + 2) / 3 * 4);
	buf_free(&a);
	buf_free(&b);
}

/* Made with the node and cryptography.io libraries from nonce 00..0b: the form is AES-256-GCM and stays as it is. */
static void
text_sealed_elsewhere_opens(void **state)
{
	struct buf plain;

	(void)state;
	buf_init(&plain, SECRET_SEAL_MAX);
	assert_status(secret_unseal(&key, "channel", "ch_1",
			  "1:AAECAwQFBgcICQoL/u2h8Z3kNtra2/HlXDeFyEr71L2rFAT/lVlvPJnCbTVeCy04gYGu"
			  "Kw2LgEk=",
			  &plain),
	    STATUS_OK);
	assert_string_equal(buf_str(&plain), TEXT);
	buf_free(&plain);
}

static void
another_key_or_place_does_not_open_it(void **state)
{
	struct secret_key other = key;
	struct buf sealed;

	(void)state;
	seal(TEXT, strlen(TEXT), &sealed);
	other.bytes[31] ^= 1;
	assert_status(opened(&key, "channel", "ch_1", buf_str(&sealed)), STATUS_OK);
	assert_status(opened(&other, "channel", "ch_1", buf_str(&sealed)), STATUS_REFUSED);
	assert_status(opened(&key, "channel", "ch_2", buf_str(&sealed)), STATUS_REFUSED);
	assert_status(opened(&key, "upstream", "ch_1", buf_str(&sealed)), STATUS_REFUSED);
	assert_status(opened(&key, "channelc", "h_1", buf_str(&sealed)), STATUS_REFUSED);
	assert_status(opened(&key, "channe", "lch_1", buf_str(&sealed)), STATUS_REFUSED);
	buf_free(&sealed);
}

/* Also those bits of the last character that hold nothing: of one text there is one spelling. */
static void
every_flipped_bit_is_noticed(void **state)
{
	static const char *const texts[] = {TEXT, TEXT "2", TEXT "23"};
	struct buf sealed;

	(void)state;
	for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
		seal(texts[t], strlen(texts[t]), &sealed);
		for (size_t i = 0; i < sealed.len; i++)
			for (int bit = 0; bit < 8; bit++) {
				sealed.data[i] ^= (char)(1 << bit);
				assert_status(
				    opened(&key, "channel", "ch_1", sealed.data), STATUS_REFUSED);
				sealed.data[i] ^= (char)(1 << bit);
			}
		assert_status(opened(&key, "channel", "ch_1", sealed.data), STATUS_OK);
		buf_free(&sealed);
	}
}

static void
cut_or_lengthened_text_is_noticed(void **state)
{
	static const char *const tails[] = {"=", "A", "AAAA", "\n", " "};
	struct buf sealed, longer;

	(void)state;
	seal(TEXT, strlen(TEXT), &sealed);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		buf_init(&longer, SECRET_SEAL_MAX);
		buf_printf(&longer, "%s%s", buf_str(&sealed), tails[i]);
		assert_status(opened(&key, "channel", "ch_1", buf_str(&longer)), STATUS_REFUSED);
		buf_reset(&longer);
		buf_printf(&longer, "1:%s%s", tails[i], buf_str(&sealed) + 2);
		assert_status(opened(&key, "channel", "ch_1", buf_str(&longer)), STATUS_REFUSED);
		buf_free(&longer);
	}
	while (sealed.len > 0) {
		sealed.data[--sealed.len] = '\0';
		assert_status(opened(&key, "channel", "ch_1", sealed.data), STATUS_REFUSED);
	}
	buf_free(&sealed);
}

static void
size_is_bounded(void **state)
{
	char *text = calloc(1, SECRET_SEAL_MAX + 1);
	struct buf sealed, plain;

	(void)state;
	assert_non_null(text);
	buf_init(&sealed, SECRET_SEAL_MAX * 2);
	assert_status(
	    secret_seal(&key, "p", "i", text, SECRET_SEAL_MAX + 1, &sealed), STATUS_TOO_LARGE);
	assert_status(secret_seal(&key, "p", "i", text, 100, &sealed), STATUS_OK);
	buf_init(&plain, 99);
	assert_status(secret_unseal(&key, "p", "i", buf_str(&sealed), &plain), STATUS_TOO_LARGE);
	buf_free(&plain);
	buf_free(&sealed);
	free(text);
}

static int
start(void **state)
{
	(void)state;
	assert_status(secret_start(), STATUS_OK);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sealed_text_opens_again),
	    cmocka_unit_test(sealed_text_has_a_version_and_is_another_each_time),
	    cmocka_unit_test(text_sealed_elsewhere_opens),
	    cmocka_unit_test(another_key_or_place_does_not_open_it),
	    cmocka_unit_test(every_flipped_bit_is_noticed),
	    cmocka_unit_test(cut_or_lengthened_text_is_noticed),
	    cmocka_unit_test(size_is_bounded),
	};

	return cmocka_run_group_tests_name("seal", tests, start, NULL);
}
