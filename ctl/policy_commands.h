/* policy_commands.h - what the commands on policies share, with each other and with `apply`. */
#ifndef ENFORGATE_CTL_POLICY_COMMANDS_H
#define ENFORGATE_CTL_POLICY_COMMANDS_H

#include "ctl.h"
#include "policies.h"

/* The largest document that is read here as JSON; policy_read() has its own, tighter rules. */
#define POLICY_JSON_LIMITS                                                                         \
	((struct json_limits){.bytes = POLICY_TEXT_MAX, .nesting = 64, .members = 4000000})

#define POLICY_CHANGE_MAX 400

struct policy_put {
	const char *name;
	const char *origin; /* named in errors: a file */
	const char *text;   /* NUL-terminated document */
	size_t len;
	bool has_priority; /* overrides the document's */
	int64_t priority;
	bool has_default; /* likewise */
	enum decision default_decision;
	bool dry; /* will be rolled back: no audit entry */
	/* Results. */
	bool changed;
	char change[POLICY_CHANGE_MAX]; /* what changed, for people */
};

/* Adds a version in the caller's write transaction, unless nothing changed. Prints what is wrong. */
int policy_put_in(struct ctl *ctl, struct db *db, struct policy_put *put);
/* Enables or disables; *changed tells whether it was otherwise before. Prints what is wrong. */
int policy_enable_in(
    struct ctl *ctl, struct db *db, const char *name, bool enabled, bool dry, bool *changed);

/* Finds the version in force or a given one; prints that there is none. */
int policy_find(struct db *db, const char *name, int64_t version, struct policy_row *row);
const char *policy_default_text(enum decision decision); /* "none" for none */

int ctl_policy_list(struct ctl *ctl, int argc, char **argv);
int ctl_policy_show(struct ctl *ctl, int argc, char **argv);
int ctl_policy_history(struct ctl *ctl, int argc, char **argv);
int ctl_policy_lint(struct ctl *ctl, int argc, char **argv);
int ctl_policy_test(struct ctl *ctl, int argc, char **argv);
int ctl_policy_explain(struct ctl *ctl, int argc, char **argv);

#endif
