/* page_csp.c - the Content-Security-Policy of a page; see page_csp.h. */
#include "page_csp.h"

#include <stdio.h>
#include <string.h>

#include "secret.h"

#define BASE64_OF_DIGEST 44 /* characters of SECRET_BYTES */

/* With its padding (RFC 4648, section 4), as the grammar of hash-source wants it. */
static void
base64(const unsigned char bytes[SECRET_BYTES], char out[BASE64_OF_DIGEST + 1])
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *to = out;

	for (size_t i = 0; i < SECRET_BYTES; i += 3) {
		size_t have = SECRET_BYTES - i < 3 ? SECRET_BYTES - i : 3;
		unsigned group = 0;

		for (size_t j = 0; j < 3; j++)
			group = group << 8 | (j < have ? bytes[i + j] : 0U);
		for (size_t j = 0; j < 4; j++)
			*to++ = j <= have ? digits[group >> (18 - 6 * j) & 63] : '=';
	}
	*to = '\0';
}

enum status
page_csp_add(struct page_csp *csp, const char *element, const void *bytes, size_t len)
{
	char *to = strcmp(element, "style") == 0 ? csp->style : csp->script;
	char text[BASE64_OF_DIGEST + 1];
	unsigned char digest[SECRET_BYTES];
	size_t used = strlen(to);
	int more;

	if (secret_sha256(bytes, len, digest) != STATUS_OK)
		return STATUS_FAILED;
	base64(digest, text);
	more = snprintf(to + used, PAGE_CSP_MAX - used, " 'sha256-%s'", text);
	return more >= 0 && (size_t)more < PAGE_CSP_MAX - used ? STATUS_OK : STATUS_TOO_LARGE;
}

enum status
page_csp_write(const struct page_csp *csp, char out[PAGE_CSP_MAX])
{
	int len = snprintf(out, PAGE_CSP_MAX,
	    "default-src 'none'; %s%s%s%s%s%sform-action 'self'; frame-ancestors 'none'; base-uri 'none'",
	    csp->style[0] != '\0' ? "style-src" : "", csp->style, csp->style[0] != '\0' ? "; " : "",
	    csp->script[0] != '\0' ? "script-src" : "", csp->script,
	    csp->script[0] != '\0' ? "; " : "");

	return len >= 0 && len < PAGE_CSP_MAX ? STATUS_OK : STATUS_TOO_LARGE;
}
