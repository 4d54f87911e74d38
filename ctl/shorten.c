/* shorten.c - ids that people type; see shorten.h. */
#include "shorten.h"

#include <stdio.h>
#include <string.h>

#include "ctl.h"

bool
shortened_begin(struct shortened *shortened, const char *word, const char *prefix, const char *what)
{
	size_t len = strlen(prefix);

	*shortened = (struct shortened){.word = word, .len = strlen(word)};
	if (strncmp(word, prefix, len) != 0) {
		(void)ctl_error(
		    "\"%s\" is no %s, whose ids begin with %s; `enforgatectl %s list --all` "
		    "shows them",
		    word, what, prefix, what);
		return false;
	}
	if (shortened->len >= len + SHORTEN_LEAST)
		return true;
	(void)ctl_error("\"%s\" is too short; write at least %d characters behind %s", word,
	    SHORTEN_LEAST, prefix);
	return false;
}

bool
shortened_next(struct shortened *shortened, const char *id)
{
	if (strncmp(id, shortened->word, shortened->len) != 0)
		return true;
	(void)snprintf(shortened->found == 0 ? shortened->id : shortened->other,
	    sizeof(shortened->id), "%s", id);
	shortened->found++;
	return shortened->found < 2;
}

bool
shortened_end(const struct shortened *shortened, const char *what)
{
	if (shortened->found == 1)
		return true;
	if (shortened->found == 0)
		(void)ctl_error("no %s \"%s\"; `enforgatectl %s list --all` shows them", what,
		    shortened->word, what);
	else
		(void)ctl_error("\"%s\" could be %s, %s or others; write more of it",
		    shortened->word, shortened->id, shortened->other);
	return false;
}
