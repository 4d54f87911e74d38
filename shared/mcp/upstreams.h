/*
 * upstreams.h - the MCP servers behind a key, as the administrator has configured them.
 *
 * What a secret may be in (headers, environment, arguments of a command) is in `settings`, sealed in the database under the
 * installation's key for this row; lists and shows never open it. Functions that change something run inside the caller's write
 * transaction and bump the generation (generation.h), so that responders read it again; the caller adds the audit entry.
 */
#ifndef ENFORGATE_MCP_UPSTREAMS_H
#define ENFORGATE_MCP_UPSTREAMS_H

#include "json.h"
#include "mcp/names.h"
#include "secret.h"
#include "store.h"

#define UPSTREAM_ID_MAX 40
#define UPSTREAM_TARGET_MAX 255
#define UPSTREAMS_PER_KEY_MAX 64
#define UPSTREAM_HEADERS_MAX 32
#define UPSTREAM_ARGS_MAX 256
#define UPSTREAM_SETTINGS_MAX SECRET_SEAL_MAX /* bytes of JSON */
#define UPSTREAM_TIMEOUT_MS 60000 /* of one call, unless set: without a message for so long */

enum upstream_kind { UPSTREAM_HTTP, UPSTREAM_STDIO };
enum pinning { PINNING_OFF, PINNING_WARN, PINNING_QUARANTINE };

/*
 * Members of settings. http: url, headers (array of "Name: value"), private (boolean: http:// and private addresses other than
 * loopback are allowed; loopback always is), ca (a file). stdio: command (array of texts), env (object of texts),
 * directory (where it runs; "" for an empty one of its own), trust (boolean: no sandbox), read and write (arrays of paths the sandbox
 * leaves open), memory_mb, files, user (another user to run it as; root only).
 */
struct upstream {
	char id[UPSTREAM_ID_MAX + 1]; /* "ups_..." */
	char key_id[UPSTREAM_ID_MAX + 1];
	char name[UPSTREAM_NAME_MAX + 1];
	enum upstream_kind kind;
	char
	    target[UPSTREAM_TARGET_MAX +
		   1]; /* for people, without secrets: origin and path of the URL, or the program */
	int64_t position; /* order of configuration */
	bool required;
	bool prefix;
	enum pinning pinning;
	int64_t timeout_ms;
	int64_t created_ms;
	int64_t changed_ms; /* of its configuration; what was learnt before is forgotten */
	struct json_object *settings; /* owned; NULL unless asked for */
};
void upstream_free(
    struct upstream *upstream); /* frees the settings; accepts one that is all zero */

const char *pinning_name(enum pinning pinning); /* "off", "warn", "quarantine" */
bool pinning_read(const char *text, enum pinning *out);
const char *upstream_kind_name(enum upstream_kind kind); /* "http", "stdio" */

/* The key of sealed settings and of what is kept about sessions of upstreams. */
enum status upstream_seal_key(const struct secret_key *master, struct secret_key *out) MUST_USE;

/*
 * With `seal` the settings are opened. STATUS_NOT_FOUND; STATUS_REFUSED: the settings were sealed under another key, or altered.
 */
enum status upstreams_find(struct db *db, const char *key_id, const char *name,
    const struct secret_key *seal, struct upstream *out) MUST_USE;
enum status upstreams_find_id(
    struct db *db, const char *id, const struct secret_key *seal, struct upstream *out) MUST_USE;
/* Of one key in order of position; key_id NULL: of all, by key. Without `seal` without settings; `upstream` is borrowed. */
enum status upstreams_each(struct db *db, const char *key_id, const struct secret_key *seal,
    bool (*each)(void *arg, const struct upstream *upstream), void *arg) MUST_USE;
/* Sets id, position and times. STATUS_EXISTS; STATUS_TOO_LARGE: the key has UPSTREAMS_PER_KEY_MAX, or the settings are too many. */
enum status upstreams_add(struct db *db, const struct secret_key *seal, struct upstream *upstream,
    int64_t now_ms) MUST_USE;
/*
 * Everything but id, key, name and position; settings only where they are not NULL. Drops what was learnt, all but the pins: what stands behind
 * the same name afterwards is measured by them. Sets changed_ms, to a later time than it was. STATUS_NOT_FOUND.
 */
enum status upstreams_update(struct db *db, const struct secret_key *seal,
    struct upstream *upstream, int64_t now_ms) MUST_USE;
/* Where it stands among those of its key; nothing else changes. */
enum status upstreams_move(struct db *db, const char *id, int64_t position) MUST_USE;
/* With its pins, lists and sessions. STATUS_NOT_FOUND. */
enum status upstreams_remove(struct db *db, const char *id) MUST_USE;

#endif
