/* match_aid.c - regular expressions and texts to search; see match_aid.h. */
#include "match_aid.h"

struct regex *
aid_regex(const char *pattern, const char *flags)
{
	struct regex *regex = NULL;
	struct problem why = {""};
	enum status status = regex_compile(pattern, strlen(pattern), flags, &regex, &why);

	if (status != STATUS_OK)
		fail_msg("%s: %s", pattern, why.text);
	return regex;
}

char *
aid_repeated(char c, size_t len)
{
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, c, len);
	text[len] = '\0';
	return text;
}
