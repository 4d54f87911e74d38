/*
 * init.c - enforgatectl init: makes what is missing of an installation and keeps what is there.
 *
 * Where things go: --state names the state directory. Without it, a configuration file that is there or was named
 * (--conf, ENFORGATE_CONF) says it, else it is ./run. The configuration file is the one that was named, else
 * the installed default where that exists and no --state was given, else enforgate.conf in the state directory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "args.h"
#include "clock.h"
#include "log.h"

#define STANDARD_STATE "run"
#define CONF_FILE "enforgate.conf"
#define ID_RANDOM 20

static const char sql_installation[] = "SELECT id FROM installation";
static const char sql_install[] = "INSERT INTO installation (id, created_ms) VALUES (?1, ?2)";

struct init {
	char state[PATH_MAX]; /* as named, then absolute */
	char conf[PATH_MAX];
	bool conf_exists;
	bool made_state, made_conf, made_key, made_database;
};

static bool
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool
join(char out[PATH_MAX], const char *dir, const char *name)
{
	if (snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX)
		return true;
	(void)ctl_error("%s: the path is too long", dir);
	return false;
}

static bool
copy(char out[PATH_MAX], const char *path)
{
	if (snprintf(out, PATH_MAX, "%s", path) < PATH_MAX)
		return true;
	(void)ctl_error("the path is too long: %.100s...", path);
	return false;
}

/* Decides where things go, see above. `state` is the value of --state or NULL. */
static bool
choose_places(struct init *init, const char *state)
{
	const char *named = getenv("ENFORGATE_CONF");
	char dir[PATH_MAX];

	if (named != NULL && named[0] == '\0')
		named = NULL;
	if (named == NULL && state == NULL && exists(ENFORGATE_DEFAULT_CONF))
		named = ENFORGATE_DEFAULT_CONF;
	if (named != NULL && !copy(init->conf, named))
		return false;
	init->conf_exists = named != NULL && exists(named);
	if (state == NULL && named != NULL && !init->conf_exists)
		return copy(dir, named) && copy(init->state, dirname(dir));
	return copy(init->state, state != NULL ? state : STANDARD_STATE);
}

/* Whether a directory holds nothing. */
static bool
is_empty(const char *path)
{
	DIR *dir = opendir(path);
	bool empty = dir != NULL;
	struct dirent *entry;

	while (empty && (entry = readdir(dir)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (dir != NULL)
		(void)closedir(dir);
	return empty;
}

/* The state directory, 0700, and its absolute path. */
static int
make_state(struct init *init)
{
	char real[PATH_MAX];
	struct stat st;

	if (mkdir(init->state, 0700) == 0)
		init->made_state = true;
	else if (errno != EEXIST)
		return ctl_error("state directory %s: %s", init->state, strerror(errno));
	if (stat(init->state, &st) != 0 || realpath(init->state, real) == NULL)
		return ctl_error("state directory %s: %s", init->state, strerror(errno));
	memcpy(init->state, real, sizeof(real));
	if (!S_ISDIR(st.st_mode))
		return ctl_error("%s is no directory", real);
	if ((st.st_mode & 077) == 0)
		return CTL_DONE;
	/* A directory that somebody uses for something else is not closed to them unasked. */
	if (!is_empty(real))
		return ctl_error(
		    "state directory %s: others can look into it; `chmod 700 %s`, or name "
		    "another one with --state",
		    real, real);
	if (chmod(real, 0700) != 0)
		return ctl_error("state directory %s: %s", real, strerror(errno));
	return CTL_DONE;
}

/* A configuration that is there must mean the same state directory as --state. */
static int
check_conf(struct ctl *ctl, struct init *init, const char *state)
{
	struct problem why = {""};
	char named[PATH_MAX], meant[PATH_MAX];
	enum status status = config_read(init->conf, &ctl->config, &why);

	if (status != STATUS_OK)
		return ctl_error("%s", why.text[0] != '\0' ? why.text : status_name(status));
	if (state == NULL)
		return copy(init->state, ctl->config.state_dir) ? CTL_DONE : CTL_COULD_NOT;
	if (realpath(state, named) == NULL || realpath(ctl->config.state_dir, meant) == NULL ||
	    strcmp(named, meant) != 0)
		return ctl_error("%s says state_dir = %s, which is not %s; change one of them",
		    init->conf, ctl->config.state_dir, state);
	return CTL_DONE;
}

static int
write_conf(struct init *init)
{
	char dir[PATH_MAX], real[PATH_MAX];
	struct buf text;
	int fd, code = CTL_DONE;

	if (!copy(dir, init->conf))
		return CTL_COULD_NOT;
	if (realpath(dirname(dir), real) == NULL)
		return ctl_error("%s: %s", init->conf, strerror(errno));
	fd = open(init->conf, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ctl_error("%s: %s", init->conf, strerror(errno));
	buf_init(&text, CONFIG_FILE_MAX);
	config_write_sample(strcmp(real, init->state) == 0 ? "." : init->state, &text);
	if (buf_status(&text) != STATUS_OK ||
	    write(fd, buf_str(&text), text.len) != (ssize_t)text.len || fsync(fd) != 0) {
		code = ctl_error("%s: %s", init->conf, strerror(errno));
		(void)unlink(init->conf);
	}
	close(fd);
	buf_free(&text);
	init->made_conf = code == CTL_DONE;
	return code;
}

/*
 * A new key beside an old database could not read its log, and a new database beside an anchor would hide that the
 * log is gone: both mean that a part was lost, and only a person knows where the rest is.
 */
static int
make_key(struct init *init)
{
	char key[PATH_MAX], database[PATH_MAX], anchor[PATH_MAX];
	struct problem why = {""};

	if (!join(key, init->state, SECRET_KEY_FILE) || !join(database, init->state, STORE_FILE) ||
	    !join(anchor, init->state, AUDIT_ANCHOR_FILE))
		return CTL_COULD_NOT;
	init->made_database = !exists(database);
	if (init->made_database && exists(anchor))
		return ctl_error(
		    "%s is there but %s is not: the database was lost. Put a backup back, or "
		    "move the anchor away to begin anew",
		    anchor, database);
	if (exists(key))
		return CTL_DONE;
	if (!init->made_database)
		return ctl_error(
		    "%s is there but %s is not, and its audit log can be verified with that key "
		    "only. Put the key file back from its backup",
		    database, key);
	init->made_key = true;
	return secret_key_create(key, &why) == STATUS_OK ? CTL_DONE : ctl_error("%s", why.text);
}

static int
make_database(struct ctl *ctl)
{
	const struct store_options options = {.state_dir = ctl->config.state_dir,
	    .deadline_ms = ctl->config.database_deadline_ms,
	    .create = true,
	    .rollback_journal = ctl->config.database_rollback_journal};
	struct problem why = {""};
	struct store *store = NULL;
	enum status status = store_open(&options, &store, &why);

	store_close(store);
	if (status == STATUS_OK)
		return CTL_DONE;
	return ctl_error("%s", why.text[0] != '\0' ? why.text : status_name(status));
}

/* The row that names the installation. */
static int
install(struct ctl *ctl, struct db *db, void *arg)
{
	char id[sizeof("ins_") + ID_RANDOM] = "ins_";
	struct query *q = query(db, sql_installation);
	enum query_step step = query_step(q);
	enum status status;

	(void)arg;
	query_end(q);
	if (step != QUERY_DONE)
		return step == QUERY_ROW ? CTL_DONE
					 : ctl_failed("read the database", STATUS_FAILED);
	secret_random_text(id + 4, ID_RANDOM);
	q = query(db, sql_install);
	query_bind_text(q, 1, id);
	query_bind_integer(q, 2, clock_wall_ms());
	status = query_run(q, NULL);
	if (status != STATUS_OK)
		return ctl_failed("name the installation", status);
	return ctl_record(ctl, db, "init", "installation %s", id);
}

static int
report(struct ctl *ctl, const struct init *init)
{
	static const char *const did[] = {"kept", "made"};
	struct json_object *root;
	bool any = init->made_state || init->made_conf || init->made_key || init->made_database;

	if (ctl->json) {
		root = json_new_object();
		return ctl_print_json(
		    root, root != NULL && json_set_text(root, "stateDir", init->state) &&
			      json_set_text(root, "configuration", ctl->config.path) &&
			      json_set_bool(root, "changed", any));
	}
	printf("%s  state directory  %s\n", did[init->made_state], init->state);
	printf("%s  configuration    %s\n", did[init->made_conf], ctl->config.path);
	printf("%s  key file         %s/%s\n", did[init->made_key], init->state, SECRET_KEY_FILE);
	printf("%s  database         %s/%s\n", did[init->made_database], init->state, STORE_FILE);
	if (!any)
		printf("everything was there already; nothing is changed\n");
	else
		printf("Keep a copy of the key file away from the backups of the database.\n");
	if (strcmp(ctl->config.path, ENFORGATE_DEFAULT_CONF) != 0)
		printf("For the other commands: export ENFORGATE_CONF=%s\n", ctl->config.path);
	return ctl_output();
}

static int
make_all(struct ctl *ctl, struct init *init, const char *state)
{
	int code = CTL_DONE;

	if (init->conf_exists)
		code = check_conf(ctl, init, state);
	if (code == CTL_DONE)
		code = make_state(init);
	if (code == CTL_DONE && init->conf[0] == '\0') {
		if (!join(init->conf, init->state, CONF_FILE))
			return CTL_COULD_NOT;
		init->conf_exists = exists(init->conf);
	}
	if (code == CTL_DONE && !init->conf_exists)
		code = write_conf(init);
	if (code == CTL_DONE)
		code = check_conf(ctl, init, init->state);
	if (code == CTL_DONE)
		code = make_key(init);
	if (code == CTL_DONE)
		code = make_database(ctl);
	return code;
}

static int
run_init(struct ctl *ctl, int argc, char **argv)
{
	struct init init = {.conf_exists = false};
	const char *state = NULL;
	const struct ctl_option options[] = {
	    {"--state", NULL, &state, NULL}, {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, options, &operands, 0, 0) || !choose_places(&init, state))
		return CTL_COULD_NOT;
	if (secret_start() != STATUS_OK || log_open("enforgatectl", "stderr", NULL) != STATUS_OK)
		return ctl_error("cannot start: the digest library does not answer");
	code = make_all(ctl, &init, state);
	if (code != CTL_DONE)
		return code;
	if (setenv("ENFORGATE_CONF", init.conf, 1) != 0)
		return ctl_failed("open what was made", STATUS_NO_MEMORY);
	if (ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	code = ctl_change(ctl, install, NULL);
	if (code == CTL_DONE)
		code = report(ctl, &init);
	ctl_close(ctl);
	return code;
}

const struct ctl_command ctl_init_commands[] = {
    {"init", NULL, "init [--state DIR]",
	"Makes the state directory, the configuration, the key file and the database; what is there is kept.\n"
	"Without --state the state directory is the one that the configuration file names or lies in,\n"
	"and ./run where there is no configuration file. Run it as the user that the responders run as.",
	run_init},
    {NULL, NULL, NULL, NULL, NULL}};
