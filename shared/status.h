/*
 * status.h - the one result type of every module.
 *
 * Functions that can fail return enum status and must be looked at; values leave by out-parameters.
 * A struct problem beside it carries one sentence for a person. It never holds arguments, results,
 * keys or tokens of a call (law 3), so it may go into a reply and into the log.
 */
#ifndef ENFORGATE_STATUS_H
#define ENFORGATE_STATUS_H

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum status {
	STATUS_OK = 0,
	STATUS_NOT_FOUND, /* the thing named is not there */
	STATUS_EXISTS,    /* the name is taken */
	STATUS_INVALID,   /* the input is wrong; the problem says where */
	STATUS_TOO_LARGE, /* the input is over a cap */
	STATUS_BUSY,      /* a lock or queue was not obtained by the deadline; nothing was tried */
	STATUS_STALE, /* keys or policies changed since they were read: read again, decide again */
	STATUS_REFUSED, /* allowed by nobody: not authenticated, damaged or foreign file */
	STATUS_FAILED,  /* the system or the database failed; the log says how */
	STATUS_NO_MEMORY,
};

/* Longest sentence of a problem, with its NUL, in bytes; longer ones are cut. */
#define PROBLEM_MAX 512

struct problem {
	char text[PROBLEM_MAX];
};

/* Sets the sentence; `p` may be NULL. Control characters in it are replaced by '?'. */
void problem_set(struct problem *p, const char *format, ...) PRINTF_LIKE(2, 3);

/* The name of a status for the log, e.g. "busy". Never NULL. */
const char *status_name(enum status status);

#endif
