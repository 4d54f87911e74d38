/*
 * pin.h - the PIN that an approver of a key's calls has to know: the owner of the table approver_pin.
 *
 * Hashed with scrypt (libscrypt; RFC 7914), hashed anew when the parameters have risen. A check costs the same whether the PIN is
 * right, wrong or not given. Wrong ones are counted per key and day; at PIN_DAY_MAX approving by link is off until it is reset.
 *
 * Whoever is to be told whether a PIN was right has paid before: pin_try() counts the try in a transaction of its own, pin_check()
 * computes outside of any, then pin_untry() gives it back or pin_failed() looks whether it was one too many. So neither
 * simultaneous tries nor the death of a process make more of them.
 */
#ifndef ENFORGATE_PIN_H
#define ENFORGATE_PIN_H

#include "keys.h"
#include "store.h"

#define PIN_LOCK                                                                                   \
	"pin.lock" /* in the state directory, held while a PIN is tried; nothing is in it */
#define PIN_LEN_MIN 4
#define PIN_LEN_MAX 64
#define PIN_HASH_MAX 256
#define PIN_DAY_MAX 20 /* wrong PINs of one key on one day (UTC) */

struct pin {
	char hash[PIN_HASH_MAX];
	bool locked;
	int64_t failures; /* on the present day */
};

bool pin_valid(const char *text); /* PIN_LEN_MIN to PIN_LEN_MAX bytes of printable ASCII */
/* Takes about 50 ms and 16 MB: never inside a transaction. STATUS_INVALID: not valid as above. */
enum status pin_hash(const char *text, char out[PIN_HASH_MAX]) MUST_USE;
/*
 * STATUS_OK: it is the PIN; *stale tells that it should be hashed anew. STATUS_REFUSED: it is not; `text` NULL or "" costs the same.
 * STATUS_FAILED: it cannot be told, for want of memory or since the hash is none (logged). As costly as pin_hash().
 */
enum status pin_check(const struct pin *pin, const char *text, bool *stale) MUST_USE;

/* STATUS_NOT_FOUND: the key needs none. */
enum status pin_find(struct db *db, const char *key_id, int64_t now_ms, struct pin *out) MUST_USE;
/* Sets or replaces it, and unlocks. NULL removes it. */
enum status pin_set(struct db *db, const char *key_id, const char *hash, int64_t now_ms) MUST_USE;
/* The same PIN under new parameters: only where the hash is still `old`. */
enum status pin_rehash(
    struct db *db, const char *key_id, const char *old, const char *hash) MUST_USE;
/* Counts a try before it is made. STATUS_REFUSED: approving by link is off; STATUS_NOT_FOUND: the key needs no PIN. */
enum status pin_try(struct db *db, const char *key_id, int64_t now_ms) MUST_USE;
/* It was right: takes the try of that moment back. */
enum status pin_untry(struct db *db, const char *key_id, int64_t tried_ms) MUST_USE;
/* It was wrong. *locked: one too many, approving by link is off from now on. */
enum status pin_failed(struct db *db, const char *key_id, int64_t tried_ms, bool *locked) MUST_USE;
/* Unlocks. STATUS_NOT_FOUND: the key needs no PIN. */
enum status pin_reset(struct db *db, const char *key_id) MUST_USE;

#endif
