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
#include "secret.h"
#include "store.h"

enum { CTL_DONE = 0, CTL_NO = 1, CTL_COULD_NOT = 2 };

struct ctl {
	bool json;		  /* --json was given */
	struct config config;	  /* valid after ctl_open() */
	struct secret_key master; /* likewise */
	struct store *store;	  /* likewise */
	struct audit *audit;	  /* likewise */
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

/* Tables of commands, one array a file, each ending with a NULL name. */
extern const struct ctl_command ctl_init_commands[];
extern const struct ctl_command ctl_key_commands[];
extern const struct ctl_command ctl_policy_commands[];
extern const struct ctl_command ctl_audit_commands[];
extern const struct ctl_command ctl_stop_commands[];
extern const struct ctl_command ctl_apply_commands[];
extern const struct ctl_command ctl_backup_commands[];

#endif
