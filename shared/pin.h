/*
 * pin.h - the PIN that an approver of a key's calls has to know: the owner of the table approver_pin.
 *
 * Hashed with scrypt (libscrypt; RFC 7914), hashed anew when the parameters have risen. A check costs the same whether the PIN is
 * right, wrong or not given. Wrong ones are counted per key and day; at PIN_DAY_MAX approving by link is off until it is reset.
 */
#ifndef ENFORGATE_PIN_H
#define ENFORGATE_PIN_H

#include "keys.h"
#include "store.h"

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
/* Takes about 50 ms and 16 MB: never inside a transaction. */
enum status pin_hash(const char *text, char out[PIN_HASH_MAX]) MUST_USE;
/* Whether it is the PIN. `text` NULL or "" is wrong at the same cost. *stale: it should be hashed anew. */
bool pin_right(const struct pin *pin, const char *text, bool *stale);

/* STATUS_NOT_FOUND: the key needs none. */
enum status pin_find(struct db *db, const char *key_id, int64_t now_ms, struct pin *out) MUST_USE;
/* Sets or replaces it, and unlocks. NULL removes it. */
enum status pin_set(struct db *db, const char *key_id, const char *hash, int64_t now_ms) MUST_USE;
/* The same PIN under new parameters: only where the hash is still `old`. */
enum status pin_rehash(
    struct db *db, const char *key_id, const char *old, const char *hash) MUST_USE;
/* Counts a wrong one. *locked: it was one too many. */
enum status pin_failed(struct db *db, const char *key_id, int64_t now_ms, bool *locked) MUST_USE;
enum status pin_reset(struct db *db, const char *key_id) MUST_USE;

#endif
