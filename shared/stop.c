/* stop.c - the kill switch; see stop.h. */
#include "stop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "generation.h"
#include "keys.h"

#define SETTLED_AFTER_MS 3000
#define EVERY_KEY "" /* the scope of a stop of everything */

static const char sql_present[] = "SELECT 1 FROM stop WHERE scope = '' OR scope = ?1 LIMIT 1";
static const char sql_set[] =
    "INSERT INTO stop (scope, since_ms) VALUES (?1, ?2) ON CONFLICT (scope) DO NOTHING";
static const char sql_lift[] = "DELETE FROM stop WHERE scope = ?1";

/* Only "there is no such file" means no: whatever else stands in the way stops the call. */
static bool
file_present(int state_dir_fd, const char *name)
{
	struct stat st;

	return fstatat(state_dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

bool
stop_file_present(int state_dir_fd, const char *key_name)
{
	char name[sizeof(STOP_FILE ".") + KEY_NAME_MAX];
	struct stat st;

	/* In a directory that was removed nothing is ever found, so the directory itself is asked. */
	if (fstat(state_dir_fd, &st) != 0 || st.st_nlink == 0)
		return true;
	if (file_present(state_dir_fd, STOP_FILE))
		return true;
	if (key_name == NULL)
		return false;
	if ((size_t)snprintf(name, sizeof(name), STOP_FILE ".%s", key_name) >= sizeof(name))
		return true;
	return file_present(state_dir_fd, name);
}

/* Any file that may stop any key; true also where the directory cannot be read. */
static bool
any_stop_file(int state_dir_fd)
{
	int fd = openat(state_dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	bool found = false;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return true;
	}
	errno = 0;
	while (!found && (entry = readdir(dir)) != NULL)
		found = strncmp(entry->d_name, STOP_FILE, strlen(STOP_FILE)) == 0;
	found = found || errno != 0;
	(void)closedir(dir);
	return found;
}

bool
stop_files_present(struct stop_files *files, const char *key_name)
{
	struct stat st;
	int64_t changed_ns;

	if (fstat(files->state_dir_fd, &st) != 0 || st.st_nlink == 0)
		return true;
	changed_ns = st.st_ctim.tv_sec * INT64_C(1000000000) + st.st_ctim.tv_nsec;
	if (changed_ns == atomic_load(&files->none_ns))
		return false;
	/* A time that is still young may stand for one more change: the clock of files ticks in steps of some ms. */
	if (changed_ns != atomic_load(&files->some_ns) &&
	    clock_wall_ms() - changed_ns / 1000000 > SETTLED_AFTER_MS) {
		if (!any_stop_file(files->state_dir_fd)) {
			atomic_store(&files->none_ns, changed_ns);
			return false;
		}
		atomic_store(&files->some_ns, changed_ns);
	}
	return stop_file_present(files->state_dir_fd, key_name);
}

enum status
stop_row_present(struct db *db, const char *key_id, bool *out)
{
	struct query *q = query(db, sql_present);
	enum query_step step;

	query_bind_text(q, 1, key_id != NULL ? key_id : EVERY_KEY);
	step = query_step(q);
	query_end(q);
	*out = step != QUERY_DONE;
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}

static enum status
change(struct db *db, struct query *q)
{
	int64_t changed = 0;
	enum status status = query_run(q, &changed);

	return status == STATUS_OK && changed > 0 ? generation_bump(db) : status;
}

enum status
stop_set(struct db *db, const char *key_id, int64_t now_ms)
{
	struct query *q = query(db, sql_set);

	query_bind_text(q, 1, key_id != NULL ? key_id : EVERY_KEY);
	query_bind_integer(q, 2, now_ms);
	return change(db, q);
}

enum status
stop_lift(struct db *db, const char *key_id)
{
	struct query *q = query(db, sql_lift);

	query_bind_text(q, 1, key_id != NULL ? key_id : EVERY_KEY);
	return change(db, q);
}
