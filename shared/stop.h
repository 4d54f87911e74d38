/*
 * stop.h - the kill switch: a row of the table stop, or a plain file in the state directory.
 *
 * The file `stop` stops every key, `stop.KEYNAME` one. A file works at once in every process, also where the database
 * cannot be written, and by FTP. Both are looked at for each call and again right before a forward.
 */
#ifndef ENFORGATE_STOP_H
#define ENFORGATE_STOP_H

#include <stdatomic.h>
#include <stdbool.h>

#include "store.h"

#define STOP_FILE "stop" /* in the state directory; of one key "stop.NAME" */

/* Whether a file stops this key (name; NULL: every key). A state directory that cannot be read stops everything. */
bool stop_file_present(int state_dir_fd, const char *key_name);

/*
 * The same for many calls: while the state directory's time of change (ctime, which nobody can set) stands still, a look at the
 * directory alone tells that no file can have come. All zero but for the descriptor at first; threads may share it.
 */
struct stop_files {
	int state_dir_fd;
	atomic_llong
	    none_ns; /* the time of change under which there was no stop file; 0: unknown */
	atomic_llong some_ns; /* under which there was one, of whatever key */
};
bool stop_files_present(struct stop_files *files, const char *key_name);

/* Whether a row stops this key (id; NULL: every key), read together with the key. */
enum status stop_row_present(struct db *db, const char *key_id, bool *out) MUST_USE;
/* `key_id` NULL is every key. Moves the generation. Setting twice, or lifting what is not set, changes nothing. */
enum status stop_set(struct db *db, const char *key_id, int64_t now_ms) MUST_USE;
enum status stop_lift(struct db *db, const char *key_id) MUST_USE;

#endif
