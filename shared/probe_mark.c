/* probe_mark.c - the mark of a request of doctor; see probe_mark.h. */
#include "probe_mark.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define VERSION "1."
#define DIGITS_MAX 15
#define MAC_HEX (2 * SECRET_BYTES)
#define SETTINGS_TEXT_MAX (6 * PATH_MAX)

enum status
probe_key(const struct secret_key *master, struct secret_key *out)
{
	return secret_derive(master, "enforgate probe 1", out);
}

static enum status
mac_of(const struct secret_key *key, const char *text, size_t len, char out[SECRET_DIGEST_TEXT])
{
	unsigned char mac[SECRET_BYTES];
	enum status status = secret_hmac(key, text, len, NULL, 0, mac);

	if (status == STATUS_OK)
		secret_hex(mac, sizeof(mac), out);
	return status;
}

enum status
probe_mark_write(const struct secret_key *key, struct probe *probe, char out[PROBE_MARK_MAX])
{
	char mac[SECRET_DIGEST_TEXT];
	enum status status;
	int len;

	secret_random_text(probe->nonce, PROBE_NONCE_LEN);
	len = snprintf(out, PROBE_MARK_MAX - MAC_HEX,
	    VERSION "%" PRId64 ".%s.%" PRId64 ".%" PRId64 ".%" PRId64 ".", probe->time_ms,
	    probe->nonce, probe->delay_ms, probe->pieces, probe->size);
	if (len < 0 || len >= PROBE_MARK_MAX - MAC_HEX)
		return STATUS_TOO_LARGE;
	status = mac_of(key, out, (size_t)len, mac);
	if (status == STATUS_OK)
		memcpy(out + len, mac, sizeof(mac));
	return status;
}

/* A number up to `most` and the point behind it. */
static bool
take_number(const char **at, int64_t most, int64_t *out)
{
	size_t digits = strspn(*at, "0123456789");

	if (digits == 0 || digits > DIGITS_MAX || (*at)[digits] != '.')
		return false;
	*out = strtoll(*at, NULL, 10);
	*at += digits + 1;
	return *out <= most;
}

enum status
probe_mark_read(const struct secret_key *key, const char *text, int64_t now_ms, struct probe *out)
{
	char mac[SECRET_DIGEST_TEXT];
	const char *last = strrchr(text, '.');
	const char *at = text + strlen(VERSION);

	if (last == NULL || last - text >= PROBE_MARK_MAX || strlen(last + 1) != MAC_HEX ||
	    strncmp(text, VERSION, strlen(VERSION)) != 0)
		return STATUS_REFUSED;
	if (mac_of(key, text, (size_t)(last + 1 - text), mac) != STATUS_OK ||
	    !secret_equal(mac, last + 1, MAC_HEX))
		return STATUS_REFUSED;
	if (!take_number(&at, INT64_MAX, &out->time_ms) || strcspn(at, ".") != PROBE_NONCE_LEN)
		return STATUS_REFUSED;
	memcpy(out->nonce, at, PROBE_NONCE_LEN);
	out->nonce[PROBE_NONCE_LEN] = '\0';
	at += PROBE_NONCE_LEN + 1;
	if (!take_number(&at, PROBE_DELAY_MAX_MS, &out->delay_ms) ||
	    !take_number(&at, PROBE_PIECES_MAX, &out->pieces) ||
	    !take_number(&at, PROBE_SIZE_MAX, &out->size) || at != last + 1)
		return STATUS_REFUSED;
	return llabs(now_ms - out->time_ms) <= PROBE_VALID_MS ? STATUS_OK : STATUS_REFUSED;
}

enum status
probe_place(const struct secret_key *key, const char *state_dir, char out[SECRET_DIGEST_TEXT])
{
	char text[64];
	struct stat st;
	int len;

	if (stat(state_dir, &st) != 0)
		return STATUS_FAILED;
	len = snprintf(
	    text, sizeof(text), "place %ju %ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return mac_of(key, text, (size_t)len, out);
}

enum status
probe_settings(
    const struct secret_key *key, const struct config *config, char out[SECRET_DIGEST_TEXT])
{
	char *text = malloc(SETTINGS_TEXT_MAX);
	enum status status;
	int len;

	if (text == NULL)
		return STATUS_NO_MEMORY;
	len = snprintf(text, SETTINGS_TEXT_MAX,
	    "settings %s\n%s\n%s\n%s\n%s\n%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
	    " %" PRId64 " %d %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64,
	    config->state_dir, config->base_url, config->log, config->templates_dir,
	    config->trusted_proxies, config->threads, config->body_max, config->nesting_max,
	    config->members_max, config->header_max, config->database_deadline_ms,
	    config->database_rollback_journal, config->failed_keys_per_minute,
	    config->approve_per_minute, config->approvals_per_key, config->wait_max_s,
	    config->held_max, config->delivery_lease_s);
	status = len < 0 || len >= SETTINGS_TEXT_MAX ? STATUS_TOO_LARGE
						     : mac_of(key, text, (size_t)len, out);
	free(text);
	return status;
}
