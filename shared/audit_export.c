/* audit_export.c - writing an export so that it is whole or not there; see audit_export.h. */
#include "audit_export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_render.h"

#define PART_NAME "audit-export.part" /* one at a time: the roll holds a lock */
#define FLUSH_BYTES ((size_t)256 << 10)
#define TEXT_CAP ((size_t)4 << 20)
#define NAMES_MAX 100
#define READ_BYTES 65536

static enum status
fail(struct problem *why, const char *path)
{
	problem_set(why, "%s: %s", path, strerror(errno));
	return STATUS_FAILED;
}

enum status
audit_export_begin(struct audit_export *file, const char *dir, struct problem *why)
{
	enum status status;

	*file = (struct audit_export){.fd = -1};
	buf_init(&file->text, TEXT_CAP);
	if (snprintf(file->part, PATH_MAX, "%s/%s", dir, PART_NAME) >= PATH_MAX) {
		problem_set(why, "the directory of exports: the path is too long");
		return STATUS_INVALID;
	}
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return fail(why, dir);
	/* What a killed roll has left is of no use to anybody. */
	if (unlink(file->part) != 0 && errno != ENOENT)
		return fail(why, file->part);
	status = secret_sum_start(&file->sum);
	if (status != STATUS_OK)
		return status;
	file->fd = open(file->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return file->fd >= 0 ? STATUS_OK : fail(why, file->part);
}

static enum status
flush(struct audit_export *file, struct problem *why)
{
	const char *at = buf_str(&file->text);
	size_t left = file->text.len;
	enum status status = secret_sum_add(&file->sum, at, left);

	while (status == STATUS_OK && left > 0) {
		ssize_t n = write(file->fd, at, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(why, file->part);
		at += n;
		left -= (size_t)n;
	}
	buf_reset(&file->text);
	return status;
}

enum status
audit_export_entry(struct audit_export *file, const struct audit_entry *entry, struct problem *why)
{
	audit_render_json(entry, &file->text);
	if (buf_status(&file->text) != STATUS_OK)
		return buf_status(&file->text);
	return file->text.len < FLUSH_BYTES ? STATUS_OK : flush(file, why);
}

static enum status
sync_directory(const char *dir, struct problem *why)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status status = STATUS_OK;

	if (fd < 0 || fsync(fd) != 0)
		status = fail(why, dir);
	if (fd >= 0)
		close(fd);
	return status;
}

/* Finds the final name, and whether the very same file has it already. */
static enum status
choose_name(
    struct audit_export *file, const char *dir, const char *stem, bool *same, struct problem *why)
{
	char sha256[SECRET_DIGEST_TEXT], suffix[24] = "";
	struct stat st;

	*same = false;
	for (int i = 2; i <= NAMES_MAX; i++) {
		if (snprintf(file->path, PATH_MAX, "%s/%s%s.jsonl", dir, stem, suffix) >=
		    PATH_MAX) {
			problem_set(why, "the directory of exports: the path is too long");
			return STATUS_INVALID;
		}
		if (lstat(file->path, &st) != 0)
			return errno == ENOENT ? STATUS_OK : fail(why, file->path);
		if (S_ISREG(st.st_mode) && audit_export_sum(file->path, sha256, why) == STATUS_OK &&
		    strcmp(sha256, file->sha256) == 0) {
			*same = true;
			return STATUS_OK;
		}
		(void)snprintf(suffix, sizeof(suffix), "-%d", i);
	}
	problem_set(why, "%s: too many files of this name", file->path);
	return STATUS_EXISTS;
}

enum status
audit_export_finish(
    struct audit_export *file, const char *dir, const char *stem, struct problem *why)
{
	enum status status = flush(file, why);
	bool same;

	if (status == STATUS_OK)
		status = secret_sum_end(&file->sum, file->sha256);
	if (status == STATUS_OK && fsync(file->fd) != 0)
		status = fail(why, file->part);
	if (status == STATUS_OK)
		status = choose_name(file, dir, stem, &same, why);
	if (status != STATUS_OK)
		return status;
	/* The other file was renamed after its own sync, and the directory is synced below. */
	if (same ? unlink(file->part) != 0 : rename(file->part, file->path) != 0)
		return fail(why, file->path);
	close(file->fd);
	file->fd = -1;
	return sync_directory(dir, why);
}

void
audit_export_end(struct audit_export *file)
{
	if (file->fd >= 0) {
		close(file->fd);
		(void)unlink(file->part);
	}
	file->fd = -1;
	(void)secret_sum_end(&file->sum, NULL);
	buf_free(&file->text);
}

enum status
audit_export_sum(const char *path, char out[SECRET_DIGEST_TEXT], struct problem *why)
{
	char bytes[READ_BYTES];
	struct secret_sum sum = {NULL};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum status status;
	ssize_t n;

	if (fd < 0)
		return fail(why, path);
	status = secret_sum_start(&sum);
	while (status == STATUS_OK && (n = read(fd, bytes, sizeof(bytes))) != 0) {
		if (n > 0)
			status = secret_sum_add(&sum, bytes, (size_t)n);
		else if (errno != EINTR)
			status = fail(why, path);
	}
	close(fd);
	if (status == STATUS_OK)
		return secret_sum_end(&sum, out);
	(void)secret_sum_end(&sum, NULL);
	return status;
}
