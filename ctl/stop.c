/* stop.c - enforgatectl stop and resume: the kill switch, as a row and as a file. */
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "clock.h"
#include "key_commands.h"
#include "log.h"

struct switching {
	const char *name; /* of one key; NULL: all */
	bool stop;
	struct key key;
	bool row; /* whether a row of this very scope or a wider one is left */
};

static bool
file_path(const struct ctl *ctl, const char *name, char out[PATH_MAX])
{
	int len = snprintf(out, PATH_MAX, "%s/%s%s%s", ctl->config.state_dir, STOP_FILE,
	    name != NULL ? "." : "", name != NULL ? name : "");

	if (len < PATH_MAX)
		return true;
	(void)ctl_error("%s: the path is too long", ctl->config.state_dir);
	return false;
}

/* The file works at once in every process, also where the database cannot be written. */
static int
make_file(const struct ctl *ctl, const char *name)
{
	static const char text[] = "Calls are refused as long as this file is here.\n";
	char path[PATH_MAX];
	int fd;

	if (!file_path(ctl, name, path))
		return CTL_COULD_NOT;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 && errno != EEXIST)
		return ctl_error("%s: %s", path, strerror(errno));
	/* Its being there is what counts. */
	if (fd >= 0 && write(fd, text, sizeof(text) - 1) < 0)
		ctl_note("%s is there, but empty: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return CTL_DONE;
}

static int
remove_file(const struct ctl *ctl, const char *name)
{
	char path[PATH_MAX];

	if (!file_path(ctl, name, path))
		return CTL_COULD_NOT;
	if (unlink(path) != 0 && errno != ENOENT)
		return ctl_error(
		    "%s: %s; calls stay refused until it is gone", path, strerror(errno));
	return CTL_DONE;
}

static int
change(struct ctl *ctl, struct db *db, void *arg)
{
	struct switching *s = arg;
	const char *id = s->name != NULL ? s->key.id : NULL;
	enum status status;

	status = s->stop ? stop_set(db, id, clock_wall_ms()) : stop_lift(db, id);
	if (status == STATUS_OK)
		status = stop_row_present(db, id, &s->row);
	if (status != STATUS_OK)
		return ctl_failed(
		    s->stop ? "record the stop in the database" : "lift the stop", status);
	return ctl_record(ctl, db, s->stop ? "stop" : "resume", "%s%s",
	    s->name != NULL ? "key " : "", s->name != NULL ? s->name : "all keys");
}

static int
look_key(struct ctl *ctl, struct db *db, void *arg)
{
	struct switching *s = arg;

	(void)ctl;
	return key_find(db, s->name, &s->key);
}

/* What holds now, which may be more than what this command did. */
static int
report(struct ctl *ctl, const struct switching *s)
{
	int fd = open(ctl->config.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool all = stop_file_present(fd, NULL);
	bool stopped = s->row || stop_file_present(fd, s->name);
	struct json_object *root;

	if (fd >= 0)
		close(fd);
	if (ctl->json) {
		root = json_new_object();
		return ctl_print_json(root, root != NULL && json_set_text(root, "key", s->name) &&
						json_set_bool(root, "stopped", stopped));
	}
	if (s->name == NULL)
		printf(
		    stopped
			? "stopped: every call is refused\n"
			: "running: calls are judged again (keys that are stopped by name stay so)\n");
	else
		printf("key \"%s\" %s%s\n", s->name,
		    stopped ? "stopped: its calls are refused" : "running",
		    stopped && !s->stop ? (all ? "; everything is stopped"
					       : "; a stop of everything is still in force")
					: "");
	return ctl_output();
}

/* Without a database the file still stops everything. */
static int
stop_without_database(struct ctl *ctl, const char *name)
{
	struct problem why = {""};

	if (config_read(config_find(NULL), &ctl->config, &why) != STATUS_OK ||
	    (name != NULL && !key_name_valid(name)) || make_file(ctl, name) != CTL_DONE)
		return CTL_COULD_NOT;
	ctl_note("stopped by a file in %s alone: the stop is in force, but not recorded",
	    ctl->config.state_dir);
	return CTL_COULD_NOT;
}

static int
switch_over(struct ctl *ctl, int argc, char **argv, bool stop)
{
	struct switching s = {.stop = stop};
	const struct ctl_option options[] = {
	    {"--key", NULL, &s.name, NULL}, {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	int code = CTL_DONE;

	if (!ctl_args(ctl, argc, argv, options, &operands, 0, 0))
		return CTL_COULD_NOT;
	if (ctl_open(ctl) != STATUS_OK)
		return stop ? stop_without_database(ctl, s.name) : CTL_COULD_NOT;
	if (s.name != NULL)
		code = ctl_look(ctl, look_key, &s);
	/* First the file when stopping, last when resuming: at no time does less hold than was said. */
	if (code == CTL_DONE && stop)
		code = make_file(ctl, s.name);
	if (code == CTL_DONE) {
		code = ctl_change(ctl, change, &s);
		if (code != CTL_DONE && stop)
			ctl_note("the stop is in force by its file, but not recorded");
	}
	if (code == CTL_DONE && !stop)
		code = remove_file(ctl, s.name);
	if (code == CTL_DONE)
		code = report(ctl, &s);
	ctl_close(ctl);
	return code;
}

static int
run_stop(struct ctl *ctl, int argc, char **argv)
{
	return switch_over(ctl, argc, argv, true);
}

static int
run_resume(struct ctl *ctl, int argc, char **argv)
{
	return switch_over(ctl, argc, argv, false);
}

const struct ctl_command ctl_stop_commands[] = {
    {"stop", NULL, "stop [--key NAME]",
	"Refuses every call, or every call of one key, from this moment on in every process.",
	run_stop},
    {"resume", NULL, "resume [--key NAME]",
	"Lifts a stop. Keys that are stopped by name stay so until they are resumed by name.",
	run_resume},
    {NULL, NULL, NULL, NULL, NULL}};
