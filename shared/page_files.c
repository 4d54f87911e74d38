/* page_files.c - the files of the templates; see page_files.h. */
#include "page_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "page_values.h"
#include "utf8.h"

static const char *
file_name(int number)
{
	if (number == PAGE_FILE_STYLE)
		return "style.css";
	return number == PAGE_FILE_SCRIPT ? "approve.js" : page_forms[number].file;
}

static int
file_number(const char *name)
{
	for (int i = 0; i < PAGE_FILES; i++)
		if (strcmp(file_name(i), name) == 0)
			return i;
	return -1;
}

/* Text that a browser and a mail program read as we do. */
static enum status
check_text(const char *name, const char *text, size_t len, struct problem *why)
{
	size_t line = 1, size;

	for (size_t i = 0; i < len; i += size) {
		unsigned char c = (unsigned char)text[i];

		size = utf8_length(text + i, len - i);
		if (size == 0) {
			problem_set(why, "%s:%zu: is not UTF-8", name, line);
			return STATUS_INVALID;
		}
		if ((c < 0x20 && c != '\n' && c != '\t' && !(c == '\r' && text[i + 1] == '\n')) ||
		    c == 0x7f) {
			problem_set(why,
			    "%s:%zu: holds a control character; line ends and tabs "
			    "are all a template may have",
			    name, line);
			return STATUS_INVALID;
		}
		line += c == '\n';
	}
	return STATUS_OK;
}

enum status
page_file_take(struct page_file *file, char *owned, size_t len, struct problem *why)
{
	static const char mark[] = "\xef\xbb\xbf";

	free(file->owned);
	file->text = file->owned = owned;
	owned[len] = '\0';
	if (len > PAGE_TEMPLATE_MAX) {
		problem_set(why, "%s: is larger than %zu bytes", file->name, PAGE_TEMPLATE_MAX);
		return STATUS_INVALID;
	}
	if (len >= sizeof(mark) - 1 && memcmp(owned, mark, sizeof(mark) - 1) == 0) {
		file->text += sizeof(mark) - 1;
		len -= sizeof(mark) - 1;
	}
	return check_text(file->name, file->text, len, why);
}

/* One more than the cap is asked for: a file that is longer shows. */
static enum status
read_all(int fd, struct page_file *file, struct problem *why)
{
	char *bytes = malloc(PAGE_TEMPLATE_MAX + 2);
	size_t len = 0;
	ssize_t got;

	if (bytes == NULL)
		return STATUS_NO_MEMORY;
	do {
		got = read(fd, bytes + len, PAGE_TEMPLATE_MAX + 1 - len);
		len += got > 0 ? (size_t)got : 0;
	} while ((got > 0 && len <= PAGE_TEMPLATE_MAX) || (got < 0 && errno == EINTR));
	if (got < 0) {
		problem_set(why, "%s: cannot be read: %s", file->name, strerror(errno));
		free(bytes);
		return STATUS_FAILED;
	}
	return page_file_take(file, bytes, len, why);
}

static enum status
read_file(const char *dir, const char *name, struct page_file *file, struct problem *why)
{
	enum status status = STATUS_FAILED;
	struct stat st;
	int fd;

	if (snprintf(file->name, sizeof(file->name), "%s/%s", dir, name) >=
	    (int)sizeof(file->name)) {
		problem_set(why, "templates_dir: this path is too long");
		return STATUS_INVALID;
	}
	/* O_NONBLOCK: opening a named pipe would wait for somebody who writes. */
	fd = open(file->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0) {
		problem_set(why, "%s: cannot be read: %s", file->name, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		problem_set(why, "%s: is no regular file", file->name);
		status = STATUS_INVALID;
	} else {
		status = read_all(fd, file, why);
	}
	if (fd >= 0)
		(void)close(fd);
	return status;
}

static enum status
read_directory(DIR *handle, const char *dir, struct page_files *out, struct problem *why)
{
	const struct dirent *entry;
	enum status status = STATUS_OK;

	while (status == STATUS_OK && (errno = 0, entry = readdir(handle)) != NULL) {
		int number = file_number(entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		if (number < 0) {
			problem_set(why,
			    "%s/%s: no template has this name; there are ask.html, done.html, "
			    "gone.html, problem.html, mail.html, mail.txt, style.css and approve.js",
			    dir, entry->d_name);
			return STATUS_INVALID;
		}
		status = read_file(dir, entry->d_name, &out->file[number], why);
	}
	if (status == STATUS_OK && errno != 0) {
		problem_set(why, "%s: cannot be listed: %s", dir, strerror(errno));
		status = STATUS_FAILED;
	}
	return status;
}

static void
take_builtins(struct page_files *out)
{
	for (const struct page_builtin *b = page_builtins; b->name != NULL; b++) {
		int number = file_number(b->name);

		if (number < 0)
			continue;
		(void)snprintf(
		    out->file[number].name, sizeof(out->file[number].name), "%s", b->name);
		out->file[number].text = b->text;
	}
}

enum status
page_files_read(const char *dir, struct page_files *out, struct problem *why)
{
	enum status status = STATUS_OK;
	DIR *handle;

	for (int i = 0; i < PAGE_FILES; i++)
		out->file[i] = (struct page_file){.text = ""};
	take_builtins(out);
	if (dir == NULL || dir[0] == '\0')
		return STATUS_OK;
	handle = opendir(dir);
	if (handle != NULL) {
		status = read_directory(handle, dir, out, why);
		(void)closedir(handle);
	} else if (errno != ENOENT) {
		problem_set(why, "%s: cannot be listed: %s", dir, strerror(errno));
		status = STATUS_FAILED;
	}
	return status;
}

void
page_files_free(struct page_files *files)
{
	for (int i = 0; i < PAGE_FILES; i++) {
		free(files->file[i].owned);
		files->file[i].owned = NULL;
	}
}
