/* secret_input.c - secrets from files, standard input and the terminal; see secret_input.h. */
#include "secret_input.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "ctl.h"

static volatile sig_atomic_t caught;

static void catch (int number)
{
	caught = number;
}

static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define ENDS (sizeof(ends) / sizeof(ends[0]))

/*
 * Bytes up to the end of line; without the stream's buffer, which would keep a copy. False: an error, or a signal came.
 * *len counts what was there, also what did not fit.
 */
static bool
read_line(char *out, size_t size, size_t *len)
{
	ssize_t got = 0;
	char c = '\0';

	*len = 0;
	while (caught == 0 && (got = read(STDIN_FILENO, &c, 1)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || c == '\n')
			break;
		if (*len + 1 < size)
			out[*len] = c;
		(*len)++;
	}
	out[*len < size ? *len : size - 1] = '\0';
	return caught == 0 && got >= 0;
}

/* The terminal shows again what is typed however this ends: a signal is raised again behind it. */
static bool
ask(const char *what, const char *again, char *out, size_t size, size_t *len)
{
	struct sigaction action = {.sa_handler = catch}, before[ENDS];
	struct termios shown, hidden;
	bool ok;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return false;
	hidden = shown;
	hidden.c_lflag &= (tcflag_t) ~(ECHO | ECHOE | ECHOK | ECHONL);
	hidden.c_cc[VSUSP] = _POSIX_VDISABLE;
	caught = 0;
	for (size_t i = 0; i < ENDS; i++)
		(void)sigaction(ends[i], &action, &before[i]);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	fprintf(stderr, "%s%s: ", what, again);
	ok = read_line(out, size, len);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	for (size_t i = 0; i < ENDS; i++)
		(void)sigaction(ends[i], &before[i], NULL);
	if (caught != 0)
		(void)raise(caught);
	return ok;
}

/* What every secret must be; prints why not. */
static bool
usable(const char *what, const char *text, size_t len, size_t size)
{
	const char *wrong = NULL;
	size_t plain = 0;

	if (len == 0)
		wrong = "is empty";
	else if (len >= size)
		wrong = "is too long";
	else
		while ((unsigned char)text[plain] >= 0x20 && text[plain] != 0x7f)
			plain++;
	if (wrong == NULL && plain != len)
		wrong = "holds a control character, or more than one line";
	if (wrong != NULL)
		(void)ctl_error("%s %s", what, wrong);
	return wrong == NULL;
}

bool
ctl_secret_line(const char *what, bool twice, char *out, size_t size)
{
	char second[SECRET_INPUT_MAX];
	size_t len = 0, second_len = 0;
	bool typed = isatty(STDIN_FILENO) == 1;
	bool ok = typed ? ask(what, "", out, size, &len) : read_line(out, size, &len);

	if (!ok)
		(void)ctl_error("%s: standard input: %s", what, strerror(errno));
	else if (!typed && len > 0 && len < size && out[len - 1] == '\r')
		out[--len] = '\0';
	ok = ok && usable(what, out, len, size);
	if (ok && typed && twice) {
		ok = ask(what, " again", second, sizeof(second), &second_len) &&
		     strcmp(out, second) == 0;
		secret_wipe(second, sizeof(second));
		if (!ok)
			(void)ctl_error("%s: not the same twice", what);
	}
	if (!ok)
		secret_wipe(out, size);
	return ok;
}

bool
ctl_secret_file(const char *what, const char *path, char *out, size_t size)
{
	char *text = NULL;
	size_t len = 0;
	bool ok;

	if (strcmp(path, "-") == 0)
		return ctl_secret_line(what, false, out, size);
	if (ctl_read_file(path, SECRET_INPUT_MAX, &text, &len) != STATUS_OK)
		return false;
	if (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	if (len > 0 && text[len - 1] == '\r')
		text[--len] = '\0';
	ok = usable(path, text, len, size);
	if (ok)
		memcpy(out, text, len + 1);
	secret_wipe(text, len);
	free(text);
	return ok;
}
