/*
 * ctl.h - what the subcommands of enforgatectl share.
 *
 * Exit codes: CTL_DONE; CTL_NO (a test, lint, verify or doctor that found something); CTL_COULD_NOT.
 * Errors go to standard error, name the thing and the way out. Tables for people, --json for programs.
 */
#ifndef ENFORGATE_CTL_H
#define ENFORGATE_CTL_H

#include <stdbool.h>
#include <stdio.h>

#include "audit.h"
#include "config.h"
#include "json.h"
#include "secret.h"
#include "store.h"

enum { CTL_DONE = 0, CTL_NO = 1, CTL_COULD_NOT = 2 };

struct ctl_command;

struct ctl {
	const struct ctl_command *command; /* the one that runs; its usage is shown with errors */
	bool json;                         /* --json was given */
	struct config config;              /* valid after ctl_open() */
	struct secret_key master;          /* likewise */
	struct store *store;               /* likewise */
	struct audit *audit;               /* likewise */
};

/* One subcommand; argv[0] is its own name, options already taken out are --json and --conf. */
struct ctl_command {
	const char *name; /* "key" */
	const char *verb; /* "add"; NULL for a command without verbs */
	const char *usage;
	const char *help;
	int (*run)(struct ctl *ctl, int argc, char **argv);
};

/* Reads the configuration and key file and opens database and audit log; prints why not. */
enum status ctl_open(struct ctl *ctl) MUST_USE;
void ctl_close(struct ctl *ctl);

/* `enforgatectl: ...` on standard error. Returns CTL_COULD_NOT, so that callers can `return ctl_error(...)`. */
int ctl_error(const char *format, ...) PRINTF_LIKE(1, 2);
/* A remark on standard error. */
void ctl_note(const char *format, ...) PRINTF_LIKE(1, 2);
/* The error of a status that the command has no better words for; `doing` as "add the key". */
int ctl_failed(const char *doing, enum status status);

/*
 * Runs `change` in one write transaction, between ctl_open() and ctl_close(). `change` returns CTL_DONE to
 * commit; with anything else, for which it has printed the error, it is rolled back. Returns the exit code.
 */
int ctl_change(
    struct ctl *ctl, int (*change)(struct ctl *ctl, struct db *db, void *arg), void *arg);
/* The same for reading. */
int ctl_look(struct ctl *ctl, int (*look)(struct ctl *ctl, struct db *db, void *arg), void *arg);
/* The audit entry of a change, in its transaction; `act` as "key.add", the rest for people. */
int ctl_record(struct ctl *ctl, struct db *db, const char *act, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Whatever waits in other processes looks again, behind a change that it waits for. */
void ctl_wake(const struct ctl *ctl);

/* A time as text, null where it is 0. */
bool ctl_json_set_time(struct json_object *object, const char *name, int64_t wall_ms);
/* Prints a tree that was built (ok) with an end of line, and frees it in any case. */
int ctl_print_json(struct json_object *root, bool ok);
/* Standard output is flushed and whole; otherwise prints why not. */
int ctl_output(void);

/* A whole file of at most `max` bytes, "-" is standard input; NUL-terminated, freed by the caller. Prints why not. */
enum status ctl_read_file(const char *path, size_t max, char **text, size_t *len) MUST_USE;

/* Tables of commands, one array a file, each ending with a NULL name. */
extern const struct ctl_command ctl_init_commands[];
extern const struct ctl_command ctl_key_commands[];
extern const struct ctl_command ctl_policy_commands[];
extern const struct ctl_command ctl_channel_commands[];
extern const struct ctl_command ctl_upstream_commands[];
extern const struct ctl_command ctl_approval_commands[];
extern const struct ctl_command ctl_grant_commands[];
extern const struct ctl_command ctl_session_commands[];
extern const struct ctl_command ctl_sweep_commands[];
extern const struct ctl_command ctl_audit_commands[];
extern const struct ctl_command ctl_stop_commands[];
extern const struct ctl_command ctl_apply_commands[];
extern const struct ctl_command ctl_backup_commands[];
extern const struct ctl_command ctl_deliver_commands[];
extern const struct ctl_command ctl_doctor_commands[];

#endif
