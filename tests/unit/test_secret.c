/* test_secret.c - digests against published vectors, random text, key files. */
#include "testing.h"

#include <sys/stat.h>

#include "secret.h"

static void
assert_hex(const unsigned char *bytes, const char *expected)
{
	char text[SECRET_DIGEST_TEXT];

	secret_hex(bytes, SECRET_BYTES, text);
	assert_string_equal(text, expected);
}

/* FIPS 180-4, example of one block. */
static void
sha256_of_abc(void **state)
{
	unsigned char out[SECRET_BYTES];

	(void)state;
	assert_status(secret_sha256("abc", 3, out), STATUS_OK);
	assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* RFC 4231 sections 4.2 and 4.3; a key is padded with zeros, so ours of 32 bytes may end in them. */
static void
hmac_of_rfc_4231(void **state)
{
	struct secret_key key = {{0}};
	unsigned char out[SECRET_BYTES];

	(void)state;
	memset(key.bytes, 0x0b, 20);
	assert_status(secret_hmac(&key, "Hi ", 3, "There", 5, out), STATUS_OK);
	assert_hex(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	key = (struct secret_key){"Jefe"};
	assert_status(
	    secret_hmac(&key, "what do ya want for nothing?", 28, NULL, 0, out), STATUS_OK);
	assert_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* RFC 4231 sections 4.7 and 4.8: keys longer than a block. */
static void
hmac_under_long_keys_of_rfc_4231(void **state)
{
	static const char second[] =
	    "This is a test using a larger than block-size key and a larger than block-size data. "
	    "The key needs to be hashed before being used by the HMAC algorithm.";
	unsigned char key[131], out[SECRET_BYTES];

	(void)state;
	memset(key, 0xaa, sizeof(key));
	assert_status(
	    secret_hmac_text(key, sizeof(key),
		"Test Using Larger Than Block-Size Key - Hash Key First", 54, NULL, 0, out),
	    STATUS_OK);
	assert_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	assert_status(
	    secret_hmac_text(key, sizeof(key), second, 40, second + 40, strlen(second) - 40, out),
	    STATUS_OK);
	assert_hex(out, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

/* RFC 5869 appendix A.1: the first block of OKM. */
static void
derived_key_of_rfc_5869(void **state)
{
	struct secret_key prk, out;

	(void)state;
	assert_true(secret_unhex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
	    prk.bytes, SECRET_BYTES));
	assert_status(
	    secret_derive(&prk, "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9", &out), STATUS_OK);
	assert_hex(out.bytes, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

static void
random_text_uses_the_whole_alphabet_evenly(void **state)
{
	int seen[256] = {0};
	char text[62 * 1000 + 1];

	(void)state;
	secret_random_text(text, sizeof(text) - 1);
	assert_int_equal(strlen(text), sizeof(text) - 1);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		seen[(unsigned char)text[i]]++;
	for (int c = 0; c < 256; c++)
		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
			assert_in_range(seen[c], 800, 1200); /* 1,000 expected, deviation 31 */
		else
			assert_int_equal(seen[c], 0);
}

static void
hex_goes_both_ways_and_refuses_other_digits(void **state)
{
	unsigned char bytes[2];

	(void)state;
	assert_true(secret_unhex("0aff", bytes, 2));
	assert_int_equal(bytes[0], 0x0a);
	assert_int_equal(bytes[1], 0xff);
	assert_false(secret_unhex("0AFF", bytes, 2));
	assert_false(secret_unhex("0a", bytes, 2));
}

static void
key_file_is_private_and_never_replaced(void **state)
{
	char *dir = test_directory();
	char path[TEST_PATH_MAX];
	struct secret_key one, two;
	struct problem why = {""};
	struct stat st;

	(void)state;
	assert_true(snprintf(path, sizeof(path), "%s/key", dir) < (int)sizeof(path));
	assert_status(secret_key_read(path, &one, &why), STATUS_NOT_FOUND);
	assert_status(secret_key_create(path, &why), STATUS_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_status(secret_key_read(path, &one, &why), STATUS_OK);
	assert_status(secret_key_create(path, &why), STATUS_EXISTS);
	assert_status(secret_key_read(path, &two, &why), STATUS_OK);
	assert_memory_equal(one.bytes, two.bytes, SECRET_BYTES);
	test_remove(dir);
}

static void
key_file_that_others_can_read_or_that_is_damaged_is_refused(void **state)
{
	char *dir = test_directory();
	char path[TEST_PATH_MAX], link_path[TEST_PATH_MAX];
	struct secret_key key;
	struct problem why = {""};

	(void)state;
	assert_true(snprintf(path, sizeof(path), "%s/key", dir) < (int)sizeof(path));
	assert_true(
	    snprintf(link_path, sizeof(link_path), "%s/link", dir) < (int)sizeof(link_path));
	assert_status(secret_key_create(path, &why), STATUS_OK);
	assert_int_equal(symlink(path, link_path), 0);
	assert_int_not_equal(secret_key_read(link_path, &key, &why), STATUS_OK);
	assert_int_equal(chmod(path, 0640), 0);
	assert_status(secret_key_read(path, &key, &why), STATUS_REFUSED);
	assert_non_null(strstr(why.text, "chmod 600"));
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, 70), 0);
	assert_status(secret_key_read(path, &key, &why), STATUS_REFUSED);
	test_remove(dir);
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
	    cmocka_unit_test(sha256_of_abc),
	    cmocka_unit_test(hmac_of_rfc_4231),
	    cmocka_unit_test(hmac_under_long_keys_of_rfc_4231),
	    cmocka_unit_test(derived_key_of_rfc_5869),
	    cmocka_unit_test(random_text_uses_the_whole_alphabet_evenly),
	    cmocka_unit_test(hex_goes_both_ways_and_refuses_other_digits),
	    cmocka_unit_test(key_file_is_private_and_never_replaced),
	    cmocka_unit_test(key_file_that_others_can_read_or_that_is_damaged_is_refused),
	};

	return cmocka_run_group_tests_name("secret", tests, start, NULL);
}
