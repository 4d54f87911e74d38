/* notice_aid.h - notices, channels, hostile texts, and what all forms have to hold. */
#ifndef TEST_NOTICE_AID_H
#define TEST_NOTICE_AID_H

#include "testing.h"

#include "json.h"
#include "notice.h"
#include "notice_words.h"

#define AID_NOW ((int64_t)1795458600123) /* 2026-11-23T18:30:00.123Z, a Monday */
#define AID_LINK                                                                                   \
	"https://gate.example.com/v1/approve/0123456789012345678901234567890123456789abc?action=approve"
#define AID_DENY_LINK                                                                              \
	"https://gate.example.com/v1/approve/0123456789012345678901234567890123456789abd?action=deny"

/* approval.created of "crawler", who wants mail/send_mail, 15 minutes before its end; with both links. */
struct notice aid_notice(void);
/* The others: resolved ("approved", ...), blocked, sample. */
struct notice aid_resolved(const char *state, const char *by, const char *duration);
struct notice aid_blocked(void);
struct notice aid_changed(void); /* a tool of an upstream */
struct notice aid_sample(void);

/* An enabled approver channel named "ops" that has all the settings of its kind; channel_free() it. */
struct channel aid_channel(enum channel_kind kind);
/* The same with these settings (JSON). */
struct channel aid_channel_with(enum channel_kind kind, const char *settings);

/* Texts that names and reasons may be, each valid as a name but for the length; NULL ends them. */
extern const char *const aid_hostile[];
/* `unit` repeated up to `len` bytes, whole units only; free() it. */
char *aid_repeat(const char *unit, size_t len);

/* Length as the chats count: UTF-16 units. */
size_t aid_units(const char *text);
/* Fails where the text has anything that hides, turns or ends the text around it. */
void aid_assert_plain(const char *text);

/* The text at a path such as "blocks.0.text.text"; fails where there is none. */
const char *aid_at(const struct json_object *root, const char *path);
/* The node, or NULL with *found false. */
struct json_object *aid_node(const struct json_object *root, const char *path, bool *found);
/* Fails when it has a member that is not in the list (NULL ends it). */
void aid_only_members(const struct json_object *object, const char *const *names);

/* Writes the form of this kind, but email; a failure is one of the test. The tree: json_free() it. */
struct json_object *aid_write(
    const struct notice *notice, const struct channel *channel, struct outgoing *out);
enum status aid_try(const struct notice *notice, const struct channel *channel,
    struct outgoing *out, struct problem *why);

#endif
