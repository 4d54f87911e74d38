/*
 * page_csp.h - the Content-Security-Policy of a page, from the hashes of its own style sheets and scripts; part of page.
 */
#ifndef ENFORGATE_PAGE_CSP_H
#define ENFORGATE_PAGE_CSP_H

#include "page.h"

struct page_csp {
	char style[PAGE_CSP_MAX]; /* " 'sha256-...'" for each element, "" for none */
	char script[PAGE_CSP_MAX];
};

/* What stands in a <style> or <script>. STATUS_TOO_LARGE: there are too many of them. */
enum status page_csp_add(
    struct page_csp *csp, const char *element, const void *bytes, size_t len) MUST_USE;
/* STATUS_TOO_LARGE likewise. */
enum status page_csp_write(const struct page_csp *csp, char out[PAGE_CSP_MAX]) MUST_USE;

#endif
