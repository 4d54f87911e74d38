/*
 * page_oracle.h - what must hold for whatever a template holds; for the fuzzer and for the unit tests.
 *
 * A template that is accepted gives, with whatever values: well-formed UTF-8; in HTML the same markup as with harmless values,
 * read from the result without knowing the template; and style sheets and scripts whose hashes its policy has.
 */
#ifndef ENFORGATE_PAGE_ORACLE_H
#define ENFORGATE_PAGE_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#define PAGE_ORACLE_SPLIT                                                                          \
	'\x1e' /* between template, style.css and approve.js; no template may hold it */

/*
 * The first byte says which page ('0' for ask.html and so on), the template and perhaps the two parts follow. NULL, or what does not
 * hold. *accepted: the template is a good one.
 */
const char *page_oracle(const char *bytes, size_t len, bool *accepted);

#endif
