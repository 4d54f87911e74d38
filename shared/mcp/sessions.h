/*
 * sessions.h - sessions of legacy clients. They are rows, so that they outlive every process and any process can serve them.
 *
 * Mcp-Session-Id is random text that only the client has; the database knows its hash. It is no authentication: a session is found
 * only together with the key that opened it (law 8).
 */
#ifndef ENFORGATE_MCP_SESSIONS_H
#define ENFORGATE_MCP_SESSIONS_H

#include "json.h"
#include "mcp/era.h"
#include "secret.h"
#include "store.h"

#define SESSION_ID_MAX 40
#define SESSION_ID_PREFIX "ses_"
#define SESSION_TOKEN_LEN 43 /* base62: 256 bits */
#define SESSION_LEVEL_MAX 16
#define SESSION_TOUCH_MS 60000        /* `used` is written no more often */
#define SESSION_CAPABILITIES_MAX 8192 /* bytes of JSON that are kept of a client's capabilities */
#define SESSION_SUBSCRIPTIONS_MAX 256 /* of one session */

struct session {
	char id[SESSION_ID_MAX + 1]; /* "ses_...": for people and logs, opens nothing */
	char key_id[SESSION_ID_MAX + 1];
	char version[MCP_VERSION_MAX];
	char log_level[SESSION_LEVEL_MAX]; /* "": none was set */
	char
	    client[128]; /* name and version as the client gives them, for people; cut, printable */
	struct json_object *capabilities; /* of the client, cut by convert_capabilities(); owned */
	int64_t created_ms;
	int64_t used_ms;
};
void session_free(struct session *session);

/*
 * A new one; `token` is what the client gets; id and times are set. STATUS_TOO_LARGE: the key has `most` already, after the idle ones
 * are ended. Capabilities of more than SESSION_CAPABILITIES_MAX count as none. What changes runs in the caller's write transaction.
 */
enum status sessions_open(struct db *db, struct session *session, int64_t most, int64_t idle_ms,
    int64_t now_ms, char token[SESSION_TOKEN_LEN + 1]) MUST_USE;
/* STATUS_NOT_FOUND: unknown, ended, idle for too long, or of another key. */
enum status sessions_find(struct db *db, const char *key_id, const char *token, int64_t idle_ms,
    int64_t now_ms, struct session *out) MUST_USE;
/* Whether `used` should be written again (SESSION_TOUCH_MS). */
bool session_stale(const struct session *session, int64_t now_ms);
enum status sessions_touch(struct db *db, const char *id, int64_t now_ms) MUST_USE;
enum status sessions_set_level(struct db *db, const char *id, const char *level) MUST_USE;
enum status sessions_subscribe(
    struct db *db, const char *id, const char *uri, bool on) MUST_USE; /* STATUS_TOO_LARGE */
enum status sessions_each_subscription(
    struct db *db, const char *id, bool (*each)(void *arg, const char *uri), void *arg) MUST_USE;
/* With everything that belongs to it; the hosts of its stdio upstreams see that it is gone. STATUS_NOT_FOUND. */
enum status sessions_end(struct db *db, const char *id) MUST_USE;
/* Not ended, and its key not revoked; also when that cannot be told. */
bool sessions_alive(struct db *db, const char *id);
/* How many a key has, idle ones too. */
enum status sessions_count(struct db *db, const char *key_id, int64_t *count) MUST_USE;
/* key_id NULL: of all keys. Oldest first; `session` without capabilities. */
enum status sessions_each(struct db *db, const char *key_id,
    bool (*each)(void *arg, const struct session *session), void *arg) MUST_USE;
/* Ends those idle for longer and those of revoked keys, at most `most`; *ended of them. */
enum status sessions_sweep(
    struct db *db, int64_t idle_ms, int64_t now_ms, int64_t most, int64_t *ended) MUST_USE;

#endif
