/* doctor_leaks.c - whether database, key and configuration, or the programs, can be fetched by URL; see doctor.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "courier.h"
#include "doctor.h"

#define COMPARED_MAX 64 /* bytes; never shown */
#define COMPARED_LEAST 16
#define SUFFIXES_MAX 8 /* directories above the state directory that may be the document root */

static const char *const state_files[] = {SECRET_KEY_FILE, STORE_FILE, AUDIT_ANCHOR_FILE,
    "enforgate.conf", "enforgate.log", COURIER_CONSOLE};

/* The beginning of a file; the number of bytes. */
static size_t
beginning(const char *path, char out[COMPARED_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd >= 0 ? read(fd, out, COMPARED_MAX) : -1;

	if (fd >= 0)
		close(fd);
	return n > 0 ? (size_t)n : 0;
}

/* Asks for `path` and compares what comes with the file itself. */
static enum status
ask_for(struct doctor *d, bool root, const char *path, const char *name)
{
	char file[PATH_MAX], ours[COMPARED_MAX];
	struct http_answer answer;
	enum status status;
	size_t len;

	(void)snprintf(file, sizeof(file), "%.4000s/%s", d->ctl->config.state_dir, name);
	len = beginning(file, ours);
	if (len < COMPARED_LEAST)
		return STATUS_OK;
	/* The header of a database has counters behind its name, version and page size. */
	if (strcmp(name, STORE_FILE) == 0 && len > 20)
		len = 20;
	status = doctor_get(d, root, path, COMPARED_MAX, &answer);
	if (status == STATUS_OK && answer.end == HTTP_TIMEOUT)
		doctor_fault(d, "unanswered", "GET %s: %s", path, answer.why);
	if (status == STATUS_OK && answer.status == 200 && answer.body.len >= len &&
	    memcmp(answer.body.data, ours, len) == 0)
		doctor_fault(
		    d, "state-served", "GET %s gives the contents of %s to everybody", path, file);
	secret_wipe(ours, sizeof(ours));
	secret_wipe(answer.body.data != NULL ? answer.body.data : ours,
	    answer.body.data != NULL ? answer.body.len : 0);
	http_answer_free(&answer);
	return status;
}

static enum status
ask_for_all(struct doctor *d, bool root, const char *dir)
{
	char path[PATH_MAX + 64];
	enum status status = STATUS_OK;

	for (size_t i = 0; i < sizeof(state_files) / sizeof(state_files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, state_files[i]);
		if (status == STATUS_OK && !doctor_has(d, "unanswered"))
			status = ask_for(d, root, path, state_files[i]);
	}
	return status;
}

/* /home/me/site/state: asks for /state/..., /site/state/..., and so on: one of them may be the document root. */
static enum status
ask_for_places(struct doctor *d)
{
	char real[PATH_MAX];
	const char *at;
	enum status status = ask_for_all(d, true, "");

	if (status == STATUS_OK && config_base_path(&d->ctl->config)[0] != '\0')
		status = ask_for_all(d, false, "");
	if (realpath(d->ctl->config.state_dir, real) == NULL)
		return status;
	at = real + strlen(real);
	for (int i = 0; i < SUFFIXES_MAX && at > real && status == STATUS_OK; i++) {
		while (at > real && *--at != '/')
			;
		status = ask_for_all(d, true, at);
	}
	return status;
}

/* A program that is served as a file tells its version to everybody, and does not run. */
static enum status
ask_for_programs(struct doctor *d)
{
	static const char *const paths[] = {"/check.fcgi", "/v1/check.fcgi",
	    "/enforgate/check.fcgi", "/cgi-bin/check.fcgi", "/approve.fcgi", "/v1/approve.fcgi",
	    "/enforgate/approve.fcgi", "/cgi-bin/approve.fcgi"};
	enum status status = STATUS_OK;

	for (size_t i = 0; i < 2 * sizeof(paths) / sizeof(paths[0]) && status == STATUS_OK; i++) {
		struct http_answer answer;
		bool root = i % 2 == 0;

		if (!root && config_base_path(&d->ctl->config)[0] == '\0')
			continue;
		status = doctor_get(d, root, paths[i / 2], COMPARED_MAX, &answer);
		if (status == STATUS_OK && answer.end == HTTP_TIMEOUT) {
			doctor_fault(d, "unanswered", "GET %s: %s", paths[i / 2], answer.why);
			http_answer_free(&answer);
			break;
		}
		if (status == STATUS_OK && answer.body.len >= 4 &&
		    memcmp(answer.body.data,
			"\x7f"
			"ELF",
			4) == 0)
			doctor_fault(d, "program-download", "GET %s%s gives the program as a file",
			    root ? "" : config_base_path(&d->ctl->config), paths[i / 2]);
		http_answer_free(&answer);
	}
	return status;
}

enum status
doctor_leaks(struct doctor *d)
{
	enum status status;

	doctor_progress("asking for the files of the installation by URL");
	status = ask_for_places(d);
	if (status == STATUS_OK && !doctor_has(d, "unanswered"))
		status = ask_for_programs(d);
	if (status == STATUS_OK && !doctor_has(d, "state-served") && !doctor_has(d, "unanswered"))
		doctor_fine(
		    d, "not-served", "database, key file and configuration cannot be fetched");
	return status;
}
