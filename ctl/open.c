/* open.c - what every command needs: the installation opened, one transaction, output; see ctl.h. */
#include "ctl.h"

#include "clock.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "wake.h"

#define JSON_OUTPUT_MAX ((size_t)64 << 20)
#define RECORD_MAX 512

int
ctl_error(const char *format, ...)
{
	va_list args;

	(void)fflush(stdout);
	va_start(args, format);
	fputs("enforgatectl: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return CTL_COULD_NOT;
}

void
ctl_note(const char *format, ...)
{
	va_list args;

	(void)fflush(stdout);
	va_start(args, format);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

int
ctl_failed(const char *doing, enum status status)
{
	if (status == STATUS_BUSY)
		return ctl_error("cannot %s: another program holds the database; try again", doing);
	if (status == STATUS_NO_MEMORY)
		return ctl_error("cannot %s: out of memory", doing);
	return ctl_error("cannot %s: %s; the lines above say why", doing, status_name(status));
}

static enum status
read_master(struct ctl *ctl, struct problem *why)
{
	char path[PATH_MAX];
	enum status status;

	if (snprintf(path, sizeof(path), "%s/%s", ctl->config.state_dir, SECRET_KEY_FILE) >=
	    PATH_MAX) {
		problem_set(why, "state_dir: the path is too long");
		return STATUS_INVALID;
	}
	status = secret_key_read(path, &ctl->master, why);
	if (status == STATUS_NOT_FOUND)
		problem_set(why,
		    "there is no key file %.300s; put it back from its backup, or run "
		    "`enforgatectl init` where there never was one",
		    path);
	return status;
}

static enum status
open_state(struct ctl *ctl, struct problem *why)
{
	const struct store_options options = {.state_dir = ctl->config.state_dir,
	    .deadline_ms = ctl->config.database_deadline_ms,
	    .rollback_journal = ctl->config.database_rollback_journal};
	enum status status = read_master(ctl, why);

	if (status == STATUS_OK)
		status = store_open(&options, &ctl->store, why);
	if (status != STATUS_OK)
		return status;
	problem_set(why, "out of memory");
	return audit_open(ctl->store, &ctl->master, ctl->config.state_dir, &ctl->audit);
}

enum status
ctl_open(struct ctl *ctl)
{
	struct problem why = {"the digest library does not start"};
	enum status status;

	status = secret_start();
	if (status == STATUS_OK)
		status = log_open("enforgatectl", "stderr", &why);
	if (status == STATUS_OK)
		status = config_read(config_find(NULL), &ctl->config, &why);
	if (status == STATUS_NOT_FOUND) {
		(void)ctl_error(
		    "%s; name yours with --conf FILE or in ENFORGATE_CONF, or make one with "
		    "`enforgatectl init`",
		    why.text);
		return status;
	}
	if (status == STATUS_OK)
		status = open_state(ctl, &why);
	if (status == STATUS_OK)
		return status;
	(void)ctl_error("%s", why.text[0] != '\0' ? why.text : status_name(status));
	ctl_close(ctl);
	return status;
}

void
ctl_close(struct ctl *ctl)
{
	audit_close(ctl->audit);
	store_close(ctl->store);
	ctl->audit = NULL;
	ctl->store = NULL;
	secret_wipe(&ctl->master, sizeof(ctl->master));
}

int
ctl_change(struct ctl *ctl, int (*change)(struct ctl *ctl, struct db *db, void *arg), void *arg)
{
	struct db *db = NULL;
	enum status status = store_write(ctl->store, &db);
	int code;

	if (status != STATUS_OK)
		return ctl_failed("write", status);
	code = change(ctl, db, arg);
	if (code != CTL_DONE) {
		store_rollback(ctl->store, db);
		return code;
	}
	status = store_commit(ctl->store, db);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("write", status);
}

int
ctl_look(struct ctl *ctl, int (*look)(struct ctl *ctl, struct db *db, void *arg), void *arg)
{
	struct db *db = NULL;
	enum status status = store_read(ctl->store, &db);
	int code;

	if (status != STATUS_OK)
		return ctl_failed("read", status);
	code = look(ctl, db, arg);
	store_read_end(ctl->store, db);
	return code;
}

int
ctl_record(struct ctl *ctl, struct db *db, const char *act, const char *format, ...)
{
	char what[RECORD_MAX];
	enum status status;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	status = audit_admin(ctl->audit, db, act, what);
	return status == STATUS_OK ? CTL_DONE
				   : ctl_failed("record the change, so it is not made", status);
}

int
ctl_output(void)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return ctl_error("standard output: %s", strerror(errno));
	return CTL_DONE;
}

bool
ctl_json_set_time(struct json_object *object, const char *name, int64_t wall_ms)
{
	char text[CLOCK_TEXT_MAX];

	clock_text(wall_ms, text);
	return json_set_text(object, name, wall_ms != 0 ? text : NULL);
}

int
ctl_print_json(struct json_object *root, bool ok)
{
	struct buf out;
	enum status status;

	buf_init(&out, JSON_OUTPUT_MAX);
	if (ok)
		json_write_pretty(root, &out);
	json_free(root);
	status = ok ? buf_status(&out) : STATUS_NO_MEMORY;
	if (status == STATUS_OK)
		printf("%s\n", buf_str(&out));
	buf_free(&out);
	return status == STATUS_OK ? ctl_output() : ctl_failed("print", status);
}

enum status
ctl_read_file(const char *path, size_t max, char **text, size_t *len)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *file = standard ? stdin : fopen(path, "re");
	enum status status = STATUS_OK;
	char bytes[16384];
	struct buf b;
	size_t got;

	if (file == NULL) {
		(void)ctl_error("%s: %s", path, strerror(errno));
		return STATUS_NOT_FOUND;
	}
	buf_init(&b, max);
	buf_text(&b, "");
	while (buf_status(&b) == STATUS_OK && (got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buf_add(&b, bytes, got);
	status = buf_status(&b);
	if (status == STATUS_TOO_LARGE)
		(void)ctl_error("%s: larger than %zu bytes", path, max);
	else if (status != STATUS_OK)
		(void)ctl_failed("read the file", status);
	else if (ferror(file)) {
		(void)ctl_error("%s: %s", path, strerror(errno));
		status = STATUS_FAILED;
	}
	if (!standard)
		(void)fclose(file);
	if (status != STATUS_OK) {
		buf_free(&b);
		return status;
	}
	*text = b.data;
	*len = b.len;
	return STATUS_OK;
}

/* Without this they find out by themselves, a little later. */
void
ctl_wake(const struct ctl *ctl)
{
	struct problem why = {""};
	int fd = wake_open(ctl->config.state_dir, &why);

	if (fd < 0) {
		ctl_note("waiting calls hear of it a little later: %s", why.text);
		return;
	}
	wake_all(fd);
	(void)close(fd);
}
