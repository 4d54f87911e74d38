/*
 * shorten.h - ids that people type: as much of one as no other begins with.
 *
 * "apr_3fKx" is enough where one approval alone begins so. Fewer than SHORTEN_LEAST characters behind the '_' are
 * refused, since what is typed may decide something.
 */
#ifndef ENFORGATE_CTL_SHORTEN_H
#define ENFORGATE_CTL_SHORTEN_H

#include <stdbool.h>
#include <stddef.h>

#define SHORTEN_LEAST 4
#define SHORTEN_ID_MAX 40

struct shortened {
	const char *word; /* as it was typed; borrowed */
	size_t len;
	size_t found;                   /* how many begin so */
	char id[SHORTEN_ID_MAX + 1];    /* the first of them */
	char other[SHORTEN_ID_MAX + 1]; /* another one */
};

/* `prefix` as "apr_". False after printing that `word` is no id of this kind; `what` as "approval". */
bool shortened_begin(
    struct shortened *shortened, const char *word, const char *prefix, const char *what);
/* Compares the next id. False: two were found, which is enough. */
bool shortened_next(struct shortened *shortened, const char *id);
/* Whether it was exactly one; prints why not. */
bool shortened_end(const struct shortened *shortened, const char *what);

#endif
