/* status.c - names of results, and the sentence that goes with one. */
#include "status.h"

#include <stdarg.h>
#include <stdio.h>

void
problem_set(struct problem *p, const char *format, ...)
{
	va_list args;

	if (p == NULL)
		return;
	va_start(args, format);
	(void)vsnprintf(p->text, sizeof(p->text), format, args);
	va_end(args);
	for (char *c = p->text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

const char *
status_name(enum status status)
{
	switch (status) {
	case STATUS_OK:
		return "ok";
	case STATUS_NOT_FOUND:
		return "not found";
	case STATUS_EXISTS:
		return "exists";
	case STATUS_INVALID:
		return "invalid";
	case STATUS_TOO_LARGE:
		return "too large";
	case STATUS_BUSY:
		return "busy";
	case STATUS_STALE:
		return "stale";
	case STATUS_REFUSED:
		return "refused";
	case STATUS_FAILED:
		return "failed";
	case STATUS_NO_MEMORY:
		return "no memory";
	}
	return "unknown";
}
