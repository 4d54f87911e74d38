/* match_aid.h - regular expressions and texts to search. */
#ifndef TEST_MATCH_AID_H
#define TEST_MATCH_AID_H

#include "testing.h"

#include "match.h"

/* A pattern that is compiled without complaint; regex_free() it. */
struct regex *aid_regex(const char *pattern, const char *flags);
/* `len` times the character; free() it. */
char *aid_repeated(char c, size_t len);

#endif
