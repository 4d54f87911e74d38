/* stop.c - the kill switch; see stop.h. */
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "generation.h"
#include "keys.h"

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
