/*
 * stdio_sandbox.c - a process gives up what the program that it becomes may not reach; see sandbox.h.
 *
 * The order matters: first the other user, who needs the privileges that go next; then no new ones; then Landlock, and a look whether
 * it holds: what must stay closed is tried to be opened.
 */
#include "mcp/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "secret.h"
#include "stdio_child.h"
#include "store.h"

/* Of the kernel's interface (Documentation/userspace-api/landlock.rst), as the header of an older system does not have all of it. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif
#define RULE_PATH_BENEATH 1
#define FS_EXECUTE (UINT64_C(1) << 0)
#define FS_WRITE_FILE (UINT64_C(1) << 1)
#define FS_READ_FILE (UINT64_C(1) << 2)
#define FS_READ_DIR (UINT64_C(1) << 3)
#define FS_FIRST_ALL ((UINT64_C(1) << 13) - 1) /* what version 1 knows */
#define FS_REFER (UINT64_C(1) << 13)           /* version 2 */
#define FS_TRUNCATE (UINT64_C(1) << 14)        /* version 3 */
#define FS_IOCTL_DEV (UINT64_C(1) << 15)       /* version 5 */
#define FS_OF_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)
#define FS_READ (FS_EXECUTE | FS_READ_FILE | FS_READ_DIR)
#define FS_MAKE_DEVICES ((UINT64_C(1) << 6) | (UINT64_C(1) << 11)) /* character, block */
#define SCOPE_ALL UINT64_C(3) /* abstract sockets, signals: version 6 */

struct ruleset {
	uint64_t files;
	uint64_t network; /* version 4; left alone */
	uint64_t scoped;
};
struct rule {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

static const char *const system_places[] = {"/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin",
    "/sbin", "/etc", "/opt", "/proc", "/sys", "/nix/store", "/gnu/store", "/snap",
    "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/var/lib/ca-certificates",
    "/dev/random", "/dev/urandom", NULL};
static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/tty", NULL};

struct enclosure {
	const struct config *config;
	int ruleset;
	uint64_t handled;
	int error; /* errno of the first failure; 0: none */
};

/* Opens what is at an open path. */
static void
allow_fd(struct enclosure *e, int fd, uint64_t rights)
{
	struct rule rule = {.allowed = rights & e->handled, .parent_fd = fd};
	struct stat at;

	if (fstat(fd, &at) == 0 && !S_ISDIR(at.st_mode))
		rule.allowed &= FS_OF_FILES;
	if (syscall(SYS_landlock_add_rule, e->ruleset, RULE_PATH_BENEATH, &rule, 0U) != 0 &&
	    e->error == 0)
		e->error = errno;
}

/* One that is not there, or that this user cannot get to, needs not to be opened. */
static void
allow(struct enclosure *e, const char *path, uint64_t rights)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return;
	allow_fd(e, fd, rights);
	(void)close(fd);
}

static bool
holds_closed(const struct enclosure *e, const char *path)
{
	return sandbox_contains(path, e->config->state_dir) ||
	       sandbox_contains(path, e->config->path);
}

/* Opens a directory of the system; one that what is closed lies in is opened entry by entry. */
static void
allow_around(struct enclosure *e, const char *path, uint64_t rights)
{
	char below[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	if (sandbox_contains(e->config->state_dir, path))
		return;
	if (!holds_closed(e, path)) {
		allow(e, path, rights);
		return;
	}
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		struct stat at;

		/* What a symbolic link leads to counts, not the link. */
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) >= PATH_MAX ||
		    lstat(below, &at) != 0 || S_ISLNK(at.st_mode))
			continue;
		if (S_ISDIR(at.st_mode) || !holds_closed(e, below))
			allow_around(e, below, rights);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

/* What the administrator opens; sandbox_settings() has looked at it. */
static void
allow_each(struct enclosure *e, const struct json_object *paths, uint64_t rights)
{
	for (size_t i = 0; i < json_length(paths); i++) {
		const char *path = json_text(json_element(paths, i));

		if (path != NULL)
			allow(e, path, rights);
	}
}

static uint64_t
handled_by(int version)
{
	return FS_FIRST_ALL | (version >= 2 ? FS_REFER : 0) | (version >= 3 ? FS_TRUNCATE : 0) |
	       (version >= 5 ? FS_IOCTL_DEV : 0);
}

static enum status
enclose(const struct config *config, const struct json_object *settings, const char *own_directory,
    struct problem *why)
{
	const int version = sandbox_landlock();
	const struct ruleset attributes = {
	    .files = handled_by(version), .scoped = version >= 6 ? SCOPE_ALL : 0};
	const uint64_t all = attributes.files & ~FS_MAKE_DEVICES;
	struct enclosure e = {.config = config, .handled = attributes.files};
	const char *directory, *program;
	bool found;

	/* Older kernels know a shorter structure, and take a longer one whose rest is zero. */
	e.ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0U);
	if (e.ruleset < 0) {
		problem_set(why, "Landlock: %s", strerror(errno));
		return STATUS_FAILED;
	}
	for (size_t i = 0; system_places[i] != NULL; i++)
		allow_around(&e, system_places[i], FS_READ);
	for (size_t i = 0; devices[i] != NULL; i++)
		allow(&e, devices[i], FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV);
	/* The program itself, and nothing beside it. */
	program = json_text(json_element(json_member(settings, "command", &found), 0));
	if (program != NULL && !holds_closed(&e, program))
		allow(&e, program, FS_READ);
	allow_each(&e, json_member(settings, "read", &found), FS_READ);
	allow_each(&e, json_member(settings, "write", &found), all);
	allow(&e, own_directory, all);
	directory = json_text(json_member(settings, "directory", &found));
	if (directory != NULL && directory[0] != '\0')
		allow(&e, directory, all);
	if (e.error == 0 && syscall(SYS_landlock_restrict_self, e.ruleset, 0U) != 0)
		e.error = errno;
	(void)close(e.ruleset);
	if (e.error == 0)
		return STATUS_OK;
	problem_set(why, "Landlock: %s", strerror(e.error));
	return STATUS_FAILED;
}

static enum status
become_user(const char *name, struct problem *why)
{
	const struct passwd *user = getpwnam(name);

	if (user != NULL && initgroups(name, user->pw_gid) == 0 && setgid(user->pw_gid) == 0 &&
	    setuid(user->pw_uid) == 0 && geteuid() == user->pw_uid)
		return STATUS_OK;
	problem_set(why, "cannot become user \"%.64s\": %s", name,
	    user != NULL ? strerror(errno) : "there is none");
	return STATUS_FAILED;
}

/* Root's privileges go around permissions and into raw devices: a program that is run by root has none of them. */
static enum status
drop_privileges(struct problem *why)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{.effective = 0}};

	for (int i = 0; i <= 63; i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0 && errno == EINVAL)
			break; /* this kernel knows no more */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &head, none) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		return STATUS_OK;
	problem_set(why, "cannot give up privileges: %s", strerror(errno));
	return STATUS_FAILED;
}

static bool
can_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* Whatever the reason: where one of these can be read, the program must not be run. */
static enum status
try_closed(const struct config *config, struct problem *why)
{
	static const char *const names[] = {"", "/" SECRET_KEY_FILE, "/" STORE_FILE, NULL};
	char path[PATH_MAX];

	for (size_t i = 0; names[i] != NULL; i++) {
		if (snprintf(path, sizeof(path), "%s%s", config->state_dir, names[i]) < PATH_MAX &&
		    can_read(path)) {
			problem_set(why, "the sandbox does not close %.300s", path);
			return STATUS_FAILED;
		}
	}
	if (!can_read(config->path))
		return STATUS_OK;
	problem_set(why, "the sandbox does not close %.300s", config->path);
	return STATUS_FAILED;
}

enum status
sandbox_enter(const struct config *config, const struct json_object *settings,
    const char *own_directory, struct problem *why)
{
	bool found;
	const char *user = json_text(json_member(settings, "user", &found));
	const bool sockets = json_bool(json_member(settings, "sockets", &found));
	enum status status = STATUS_OK;

	if (user != NULL && user[0] != '\0')
		status = become_user(user, why);
	if (status == STATUS_OK)
		status = drop_privileges(why);
	if (status == STATUS_OK && sandbox_landlock() > 0)
		status = enclose(config, settings, own_directory, why);
	if (status == STATUS_OK)
		status = try_closed(config, why);
	if (status == STATUS_OK && !sockets)
		calls_restrict();
	return status;
}
