/*
 * probe_mark.h - the mark by which a responder knows a request of `enforgatectl doctor`.
 *
 * It is the value of the header Enforgate-Probe:
 *     1.TIME.NONCE.DELAY.PIECES.SIZE.MAC
 * with the time in ms, a random text, what is asked of the answer, and the HMAC-SHA-256 in hex of all before it, under a
 * key that is derived from the installation's. So nobody makes one who cannot read the key file, and one that was overheard
 * is worth nothing after PROBE_VALID_MS. It is no key of an agent: it cannot give a verdict.
 */
#ifndef ENFORGATE_PROBE_MARK_H
#define ENFORGATE_PROBE_MARK_H

#include <stdint.h>

#include "config.h"
#include "secret.h"

#define PROBE_HEADER "Enforgate-Probe"
#define PROBE_LOCK "probe.lock" /* in the state directory; nothing is ever in it */
#define PROBE_VALID_MS 60000    /* before and after its time: clocks differ */
#define PROBE_DELAY_MAX_MS 240000
#define PROBE_PIECES_MAX 240
#define PROBE_SIZE_MAX ((int64_t)1 << 20)
#define PROBE_NONCE_LEN 22
#define PROBE_MARK_MAX 192 /* bytes of a mark with its NUL */

struct probe {
	int64_t time_ms; /* wall time */
	char nonce[PROBE_NONCE_LEN + 1];
	int64_t delay_ms; /* the answer ends so much later, ... */
	int64_t pieces;   /* ... in which time so many pieces of white space are sent; 0: silence */
	int64_t size;     /* bytes of white space in front of the answer's JSON */
};

/* The key of marks, from the installation's key. */
enum status probe_key(const struct secret_key *master, struct secret_key *out) MUST_USE;

/* The mark of a probe; probe->nonce is set here. */
enum status probe_mark_write(
    const struct secret_key *key, struct probe *probe, char out[PROBE_MARK_MAX]) MUST_USE;
/* STATUS_REFUSED: not a mark made under this key, or too old, or it asks for more than is given. */
enum status probe_mark_read(
    const struct secret_key *key, const char *text, int64_t now_ms, struct probe *out) MUST_USE;

/*
 * What tells installations and configurations apart and gives nothing away: digests under the key, hex, of the very
 * directory (device and inode), and of the settings in force.
 */
enum status probe_place(
    const struct secret_key *key, const char *state_dir, char out[SECRET_DIGEST_TEXT]) MUST_USE;
enum status probe_settings(const struct secret_key *key, const struct config *config,
    char out[SECRET_DIGEST_TEXT]) MUST_USE;

#endif
