/* approval_commands.h - what the commands on approvals share. */
#ifndef ENFORGATE_CTL_APPROVAL_COMMANDS_H
#define ENFORGATE_CTL_APPROVAL_COMMANDS_H

#include "approval.h"
#include "ctl.h"

/* By its id, whole or shortened (shorten.h). Prints why not. */
int approval_lookup(struct db *db, const char *word, struct approval *out);
/* One approval and what became of its notifications, for programs; NULL: no memory, or the database failed. */
struct json_object *approval_json(struct db *db, const struct approval *approval, int64_t now_ms);

int ctl_approval_list(struct ctl *ctl, int argc, char **argv);
int ctl_approval_show(struct ctl *ctl, int argc, char **argv);

#endif
