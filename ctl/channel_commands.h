/*
 * channel_commands.h - what the commands on channels share, with each other and with `apply`.
 *
 * What somebody wants of a channel, as options or as a member of a file, is a struct channel_wish. Taking it checks every
 * setting and makes the settings that channels.h names.
 */
#ifndef ENFORGATE_CTL_CHANNEL_COMMANDS_H
#define ENFORGATE_CTL_CHANNEL_COMMANDS_H

#include "args.h"
#include "channels.h"

#define CHANNEL_TEXT_MAX 1536    /* bytes of one setting, with its NUL */
#define CHANNEL_SECRET_RANDOM 43 /* characters of a webhook's secret: 256 bits */
#define CHANNEL_SECRET_LEAST 16  /* of one that was brought */
#define CHANNEL_SECRET_PREFIX "whsec_"
#define CHANNEL_CHANGE_MAX 800

/* Settings that are texts, by the names of their options and members. */
enum channel_text {
	TEXT_SMTP,
	TEXT_USER,
	TEXT_PASSWORD,
	TEXT_FROM,
	TEXT_TO,
	TEXT_URL,
	TEXT_TOKEN,
	TEXT_CHAT,
	TEXT_API,
	TEXT_SECRET,
	TEXT_CA,
	TEXTS
};

/* Everything that is NULL or CHOICE_NONE stays as it is, or gets its default in a new channel. */
struct channel_wish {
	const char *text[TEXTS]; /* borrowed */
	const char *events;      /* with commas between */
	bool url_hidden;         /* the url came from a file: only its host is shown */
	bool no_login;           /* user and password go */
	enum choice plain;
	enum choice private;
	enum choice approver;
	enum choice show_args;
	enum choice deny_link;
	enum choice enabled;
};

/* Kind and name of a new channel; everything else by defaults, no settings. */
void channel_new(const char *name, enum channel_kind kind, struct channel *out);
/* Whether this wish has to bring the secret of a new webhook. */
bool channel_needs_secret(const struct channel *channel, const struct channel_wish *wish);
/*
 * `old` as it shall be; its settings are open (NULL for a new one). *out has settings of its own, channel_free(). STATUS_INVALID: `why` names
 * the setting, what it must be and the way out, without secrets.
 */
enum status channel_take(const struct channel *old, const struct channel_wish *wish,
    struct channel *out, struct problem *why) MUST_USE;

/* Checks of one setting; *why as above. `out`, CHANNEL_TEXT_MAX bytes, gets it in its one spelling. */
struct channel_check {
	const struct channel *channel;
	bool private; /* private and loopback addresses are allowed */
	bool plain;
	struct problem *why;
};
bool channel_check_smtp(const struct channel_check *check, const char *text, char *out);
bool channel_check_address(const struct channel_check *check, const char *text, char *out);
bool channel_check_addresses(const struct channel_check *check, const char *text, char *out);
bool channel_check_url(const struct channel_check *check, const char *text, char *out);
bool channel_check_ca(const struct channel_check *check, const char *text, char *out);
bool channel_check_token(const struct channel_check *check, const char *text, char *out);
bool channel_check_chat(const struct channel_check *check, const char *text, char *out);
bool channel_check_secret(const struct channel_check *check, const char *text, char *out);
bool channel_check_text(const struct channel_check *check, const char *text, char *out);
/* "https://hooks.example.com" of a longer url. */
void channel_url_origin(const char *url, char *out, size_t size);

/* A setting of an open channel, "" for none; for a flag. */
const char *channel_setting(const struct channel *channel, const char *name);
bool channel_flag(const struct channel *channel, const char *name);

/* All about a channel but its secrets, for the audit log and people. */
void channel_describe(const struct channel *channel, char out[CHANNEL_CHANGE_MAX]);
/* What differs, ", " before each; "" for nothing. Both are open. */
void channel_describe_change(
    const struct channel *old, const struct channel *new, char out[CHANNEL_CHANGE_MAX]);

/* The key of sealed settings; prints why not. Wipe it after use. */
int channel_seal(struct ctl *ctl, struct secret_key *seal);
/* Prints that there is no such channel, or that it failed. With `seal` it is open. */
int channel_find(
    struct db *db, const char *name, const struct secret_key *seal, struct channel *out);
/* Adds or updates in the write transaction, with the audit entry unless `dry`. Prints what is wrong. */
int channel_add_in(struct ctl *ctl, struct db *db, struct channel *channel, bool dry);
int channel_update_in(struct ctl *ctl, struct db *db, const struct channel *old,
    const struct channel *channel, bool dry);

int ctl_channel_list(struct ctl *ctl, int argc, char **argv);
int ctl_channel_show(struct ctl *ctl, int argc, char **argv);
int ctl_channel_test(struct ctl *ctl, int argc, char **argv);

#endif
