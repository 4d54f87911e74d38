/* backup.c - enforgatectl backup: a consistent copy of the database while others go on writing. */
#include "args.h"

static int
record(struct ctl *ctl, struct db *db, void *arg)
{
	return ctl_record(ctl, db, "backup", "begun to %s", (const char *)arg);
}

/* Recorded first, so that the copy itself says that it was taken. */
static int
run_backup(struct ctl *ctl, int argc, char **argv)
{
	struct ctl_words operands;
	struct problem why = {""};
	enum status status;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 1, 1) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	code = ctl_change(ctl, record, (void *)(uintptr_t)operands.word[0]);
	if (code == CTL_DONE) {
		status = store_backup(ctl->store, operands.word[0], &why);
		if (status != STATUS_OK)
			code =
			    ctl_error("%s", why.text[0] != '\0' ? why.text : status_name(status));
	}
	if (code == CTL_DONE)
		ctl_note(
		    "%s holds the database. Keep a copy of %s/%s too, in another place: without it the "
		    "audit log cannot be verified and no stored secret be read.",
		    operands.word[0], ctl->config.state_dir, SECRET_KEY_FILE);
	ctl_close(ctl);
	return code;
}

const struct ctl_command ctl_backup_commands[] = {
    {"backup", NULL, "backup FILE",
	"Copies the database while it is in use; FILE must not exist. The key file is not in the copy.",
	run_backup},
    {NULL, NULL, NULL, NULL, NULL}};
