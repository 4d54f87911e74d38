/*
 * upstream_commands.h - what the commands on upstreams share, with each other and with `apply`.
 *
 * What somebody wants of an upstream, as options or as a member of a file, is a struct upstream_wish. Taking it checks every
 * setting and makes the settings that upstreams.h names.
 */
#ifndef ENFORGATE_CTL_UPSTREAM_COMMANDS_H
#define ENFORGATE_CTL_UPSTREAM_COMMANDS_H

#include "args.h"
#include "keys.h"
#include "mcp/upstreams.h"

#define UPSTREAM_TEXT_MAX 8192 /* bytes of one header, variable or argument, with its NUL */
#define UPSTREAM_PATHS_MAX 64  /* of --read, and of --write */
#define UPSTREAM_ENV_MAX 128
#define UPSTREAM_TIMEOUT_LEAST_MS ((int64_t)1000)
#define UPSTREAM_TIMEOUT_MOST_MS ((int64_t)86400 * 1000)
#define UPSTREAM_MEMORY_LEAST_MB 16
#define UPSTREAM_MEMORY_MOST_MB (1 << 20)
#define UPSTREAM_FILES_LEAST 16
#define UPSTREAM_FILES_MOST 65536
#define UPSTREAM_CHANGE_MAX 1000

/* Everything that is NULL or CHOICE_NONE stays as it is, or gets its default in a new upstream. Trees are arrays of texts, owned. */
struct upstream_wish {
	const char *url;
	bool url_hidden;                  /* it came from a file: only its origin is shown */
	struct json_object *headers;      /* "Name: value" */
	struct json_object *drop_headers; /* names */
	struct json_object *command;
	struct json_object *env; /* "NAME=value" */
	struct json_object *drop_env;
	bool
	    whole; /* headers and env replace what there was; else each takes the place of one of its name */
	struct json_object *read; /* these two always replace */
	struct json_object *write;
	const char *directory; /* "": one of its own */
	const char *ca;        /* "system": the system's */
	const char *pinning;
	const char *timeout;
	const char *memory;
	const char *files;
	const char *user; /* another one that the program runs as, where root starts it; "": none */
	enum choice required;
	enum choice prefix;
	enum choice private;
	enum choice trust;
};
/* Wipes it too. */
void upstream_wish_free(struct upstream_wish *wish);

/* Key, name and kind of a new upstream; everything else by defaults, no settings. */
void upstream_new(
    const char *key_id, const char *name, enum upstream_kind kind, struct upstream *out);
/*
 * `old` as it shall be; its settings are open (NULL for a new one). *out has settings of its own, upstream_free(). STATUS_INVALID: `why`
 * names the setting, what it must be and the way out, without secrets.
 */
enum status upstream_take(const struct config *config, const struct upstream *old,
    const struct upstream_wish *wish, struct upstream *out, struct problem *why) MUST_USE;

/* Checks of one setting: false with `why`. `out` gets it in its one spelling. */
bool upstream_check_url(
    const char *text, bool private, char out[UPSTREAM_TEXT_MAX], struct problem *why);
/* "Name: value". */
bool upstream_check_header(const char *text, char out[UPSTREAM_TEXT_MAX], struct problem *why);
/* "NAME=value". */
bool upstream_check_env(const char *text, struct problem *why);
/* A word behind a command. */
bool upstream_check_word(const char *text, struct problem *why);
/* A whole path: found along PATH where it has no slash. */
bool upstream_check_program(const char *word, char out[PATH_MAX], struct problem *why);
/* A path that a sandboxed program may use: neither the state directory nor the configuration is in it, nor it in them. */
bool upstream_check_path(const struct config *config, const char *text, bool directory,
    char out[PATH_MAX], struct problem *why);
bool upstream_check_ca(const char *text, char out[PATH_MAX], struct problem *why);
/* Whether a header or variable of that name (up to ':' or '=') is likely to hold a secret. */
bool upstream_looks_secret(const char *text);

/* All about an upstream but its settings, for the audit log and people. */
void upstream_describe(
    const struct upstream *upstream, const char *key_name, char out[UPSTREAM_CHANGE_MAX]);
/* What differs, ", " before each; "" for nothing. Both are open. */
void upstream_describe_change(
    const struct upstream *old, const struct upstream *new, char out[UPSTREAM_CHANGE_MAX]);

/* Prints that there is no such upstream or key, or that it failed. With `seal` it is open. */
int upstream_find(struct db *db, const struct key *key, const char *name,
    const struct secret_key *seal, struct upstream *out);
/* The same, open. */
int upstream_find_open(
    struct ctl *ctl, struct db *db, const struct key *key, const char *name, struct upstream *out);
/* Adds or updates in the write transaction, with the audit entry unless `dry`. Prints what is wrong. */
int upstream_add_in(
    struct ctl *ctl, struct db *db, const char *key_name, struct upstream *upstream, bool dry);
int upstream_update_in(struct ctl *ctl, struct db *db, const char *key_name,
    const struct upstream *old, struct upstream *upstream, bool dry);
int upstream_remove_in(struct ctl *ctl, struct db *db, const char *key_name,
    const struct upstream *upstream, bool dry);
/* What somebody who adds or changes it has to know. */
void upstream_warn(const struct upstream *upstream);

int ctl_upstream_list(struct ctl *ctl, int argc, char **argv);
int ctl_upstream_test(struct ctl *ctl, int argc, char **argv);
int ctl_upstream_repin(struct ctl *ctl, int argc, char **argv);

#endif
