/* audit_export.c - enforgatectl audit export. */
#include "audit_commands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit_render.h"

#define FLUSH_BYTES ((size_t)64 << 10)
#define TEXT_CAP ((size_t)4 << 20)

struct writing {
	FILE *file;
	struct buf text;
	void (*render)(const struct audit_entry *entry, struct buf *out);
};

static enum status
flush(struct writing *w)
{
	size_t len = w->text.len;
	enum status status = buf_status(&w->text);

	if (status == STATUS_OK && fwrite(buf_str(&w->text), 1, len, w->file) != len)
		status = STATUS_FAILED;
	buf_reset(&w->text);
	return status;
}

static enum status
write_entry(void *context, const struct audit_entry *entry)
{
	struct writing *w = context;

	w->render(entry, &w->text);
	return w->text.len < FLUSH_BYTES && buf_status(&w->text) == STATUS_OK ? STATUS_OK
									      : flush(w);
}

/* Opens a new file, or takes standard output. */
static FILE *
open_output(const char *path)
{
	FILE *file;
	int fd;

	if (path == NULL || strcmp(path, "-") == 0)
		return stdout;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (file == NULL) {
		(void)ctl_error(
		    "%s: %s", path, errno == EEXIST ? "is there already" : strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	return file;
}

/* What was not written to its end is removed: half an export looks like a whole one. */
static int
close_output(FILE *file, const char *path, enum status status)
{
	int code = CTL_DONE;

	if (file == stdout)
		return status == STATUS_OK ? ctl_output()
					   : ctl_failed("export the audit log", status);
	errno = 0;
	if (fflush(file) != 0 || fsync(fileno(file)) != 0 || status != STATUS_OK) {
		code = errno != 0 ? ctl_error("%s: %s", path, strerror(errno))
				  : ctl_failed("export the audit log", status);
		(void)unlink(path);
	}
	if (fclose(file) != 0 && code == CTL_DONE)
		code = ctl_error("%s: %s", path, strerror(errno));
	return code;
}

int
ctl_audit_export(struct ctl *ctl, int argc, char **argv)
{
	struct audit_words words = {NULL};
	const char *format = NULL, *output = NULL;
	const struct ctl_option options[] = {AUDIT_WORD_OPTIONS(words),
	    {"--format", NULL, &format, NULL}, {"--output", NULL, &output, NULL},
	    {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	struct audit_filter filter;
	struct writing w = {.render = audit_render_json};
	enum status status;
	int code;

	if (!ctl_args(ctl, argc, argv, options, &operands, 0, 0) ||
	    !ctl_audit_filter(&words, 0, &filter))
		return CTL_COULD_NOT;
	if (format != NULL && strcmp(format, "csv") == 0)
		w.render = audit_render_csv;
	else if (format != NULL && strcmp(format, "jsonl") != 0)
		return ctl_error("--format %s: must be jsonl or csv", format);
	if (ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	w.file = open_output(output);
	if (w.file == NULL) {
		ctl_close(ctl);
		return CTL_COULD_NOT;
	}
	buf_init(&w.text, TEXT_CAP);
	if (w.render == audit_render_csv)
		audit_render_csv_head(&w.text);
	status = audit_walk(ctl->store, &filter, write_entry, &w, NULL);
	if (status == STATUS_OK)
		status = flush(&w);
	code = close_output(w.file, output, status);
	buf_free(&w.text);
	ctl_close(ctl);
	return code;
}
