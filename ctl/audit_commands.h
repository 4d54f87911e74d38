/* audit_commands.h - the commands of enforgatectl audit; the table is in audit.c. */
#ifndef ENFORGATE_CTL_AUDIT_COMMANDS_H
#define ENFORGATE_CTL_AUDIT_COMMANDS_H

#include "args.h"
#include "audit_read.h"

/* The filter as options: --key --decision --tool --since --until --limit; values as they were given. */
struct audit_words {
	const char *key;
	const char *decision;
	const char *tool;
	const char *since;
	const char *until;
	const char *limit;
};
#define AUDIT_WORD_OPTIONS(words)                                                                  \
	{"--key", NULL, &(words).key, NULL}, {"--decision", NULL, &(words).decision, NULL},        \
	    {"--tool", NULL, &(words).tool, NULL}, {"--since", NULL, &(words).since, NULL},        \
	    {"--until", NULL, &(words).until, NULL},                                               \
	{                                                                                          \
		"--limit", NULL, &(words).limit, NULL                                              \
	}
/* False after printing what is wrong. `limit` is the default one, 0 for all. */
bool ctl_audit_filter(const struct audit_words *words, int64_t limit, struct audit_filter *filter);

int ctl_audit_export(struct ctl *ctl, int argc, char **argv);
int ctl_audit_verify(struct ctl *ctl, int argc, char **argv);
int ctl_audit_roll(struct ctl *ctl, int argc, char **argv);

#endif
