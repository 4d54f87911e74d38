/*
 * channels.h - where people are told: the owner of the tables channel and key_channel.
 *
 * All settings of a channel (addresses, URLs, passwords, tokens) are one JSON object, sealed with AES-256-GCM under a key derived from
 * the installation's and bound to the channel's id; `target` is what may be shown of them. Functions that change something
 * run inside the caller's write transaction and move the generation; the caller adds the audit entry.
 */
#ifndef ENFORGATE_CHANNELS_H
#define ENFORGATE_CHANNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "json.h"
#include "keys.h"
#include "secret.h"
#include "store.h"

#define CHANNEL_ID_MAX 40
#define CHANNEL_NAME_MAX 64
#define CHANNEL_TARGET_MAX 256
#define CHANNEL_SETTINGS_MAX ((size_t)16 << 10) /* bytes of JSON */
#define CHANNELS_OF_KEY_MAX 16

enum channel_kind {
	CHANNEL_EMAIL,
	CHANNEL_SLACK,
	CHANNEL_TEAMS,
	CHANNEL_TELEGRAM,
	CHANNEL_WEBHOOK,
	CHANNEL_CONSOLE,
	CHANNEL_KINDS
};
/* "email", "slack", "teams", "telegram", "webhook", "console". */
const char *channel_kind_name(enum channel_kind kind);
bool channel_kind_read(const char *text, enum channel_kind *out);

/* Bits of struct channel.events. */
enum {
	EVENT_CALL_BLOCKED = 1,
	EVENT_APPROVAL_CREATED = 2,
	EVENT_APPROVAL_RESOLVED = 4,
	EVENT_TOOL_CHANGED = 8,
};
#define EVENTS_ALL                                                                                 \
	(EVENT_CALL_BLOCKED | EVENT_APPROVAL_CREATED | EVENT_APPROVAL_RESOLVED | EVENT_TOOL_CHANGED)
/* "call.blocked", "approval.created", "approval.resolved", "upstream.tool_changed". */
const char *event_name(unsigned event);
/* Whether there is an approval that it tells of. */
bool event_of_approval(unsigned event);
/* A list with commas between; false: a name that is none. Empty is 0. */
bool events_read(const char *text, unsigned *out);
void events_write(unsigned events, struct buf *out);

/*
 * Settings by kind, all texts unless said:
 *   email     url ("smtps://host:465" or "smtp://host:587", the latter always with STARTTLS unless plain is true), user, password,
 *             from, to (addresses with commas between), plain (boolean: no TLS; for a server on loopback only), ca (a file)
 *   slack     url (incoming webhook)
 *   teams     url (workflow webhook)
 *   telegram  token (of the bot), chat, url (of the API; "https://api.telegram.org" unless set)
 *   webhook   url, secret ("whsec_" and random text)
 *   console   none
 * slack, teams, telegram and webhook also: private (boolean: private and loopback addresses are allowed), ca (a file with
 * certificates to trust instead of the system's).
 */
struct channel {
	char id[CHANNEL_ID_MAX + 1];
	char name[CHANNEL_NAME_MAX + 1]; /* as key_name_valid() */
	enum channel_kind kind;
	char target[CHANNEL_TARGET_MAX + 1];
	bool enabled;
	bool approver;  /* approval.created carries a link that approves */
	bool show_args; /* that link carries the arguments */
	bool deny_link; /* and there is one that denies at once */
	unsigned events;
	int64_t created_ms;
	struct json_object *settings; /* owned; NULL unless asked for */
};
void channel_free(struct channel *channel); /* frees the settings; accepts one that is all zero */

/* The key of sealed settings. */
enum status channel_seal_key(const struct secret_key *master, struct secret_key *out) MUST_USE;

/* STATUS_NOT_FOUND. With `seal` the settings are opened; STATUS_REFUSED: they were sealed under another key, or altered. */
enum status channels_find(
    struct db *db, const char *name, const struct secret_key *seal, struct channel *out) MUST_USE;
enum status channels_find_id(
    struct db *db, const char *id, const struct secret_key *seal, struct channel *out) MUST_USE;
/* In order of name, without settings. */
enum status channels_each(
    struct db *db, bool (*each)(void *arg, const struct channel *channel), void *arg) MUST_USE;
/* Enabled channels of a key, without settings. */
enum status channels_of_key(struct db *db, const char *key_id,
    bool (*each)(void *arg, const struct channel *channel), void *arg) MUST_USE;
/* Names of a key's channels, disabled ones too, in order of name. */
enum status keys_each_channel(struct db *db, const char *key_id,
    bool (*each)(void *arg, const char *name), void *arg) MUST_USE;
enum status channels_each_key(struct db *db, const char *channel_id,
    bool (*each)(void *arg, const char *key_name), void *arg) MUST_USE;

/* Sets id and created_ms. STATUS_EXISTS. */
enum status channels_add(
    struct db *db, const struct secret_key *seal, struct channel *channel) MUST_USE;
/* Everything but name and kind; settings only where they are not NULL. STATUS_NOT_FOUND. */
enum status channels_update(
    struct db *db, const struct secret_key *seal, const struct channel *channel) MUST_USE;
/* No key uses it any more, what is due to it is dropped. STATUS_NOT_FOUND. */
enum status channels_remove(struct db *db, const char *id, int64_t now_ms) MUST_USE;
/* The channels of a key: exactly those named replace what there was. */
enum status keys_set_channels(
    struct db *db, const char *key_id, const char *const *channel_ids, size_t count) MUST_USE;

#endif
