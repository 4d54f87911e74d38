/*
 * page.h - pages and texts from templates, escaped by context, with no way to forget it.
 *
 * Templates are a subset of Mustache (mustache(5)): {{name}}, {{#name}}...{{/name}}, {{^name}}...{{/name}}, {{! comment}}, and
 * {{> style}} in <style> or {{> script}} in <script>, which bring style.css and approve.js as they are. Unescaped output ({{{name}}},
 * {{&name}}) and changed delimiters are refused. In *.html values are escaped for element text and quoted attributes; a value
 * anywhere else (in a tag without quotation marks, in <script> or <style>, in an attribute that is more than text) is refused
 * when the template is read; a URL is a value of that kind, is the whole of an href of <a>, and begins with http: or https:.
 * In *.txt nothing is escaped. Everywhere characters that nobody sees (controls, directions of writing) are shown as [U+202E].
 *
 * The built-in templates are those of templates/; a file of the same name in the directory of the setting `templates_dir` replaces one.
 * An unknown file name, an unknown value name and every syntax error are refused when they are read, with file and line.
 *
 * The values of each page, by name; every one may be absent. "flag": a section only, any text is yes.
 *
 * ask.html, the page of a pending call
 *   key_name server tool          who asks for what
 *   reason policy_name            why a person is needed
 *   channel                       where the link was sent
 *   age                           "2 minutes": since it was asked
 *   time_left seconds_left        "12 minutes"; the same in whole seconds, for the countdown
 *   expires_text expires_iso      "14:32 UTC on 28 July 2026"; "2026-07-28T14:32:00Z"
 *   approval_id
 *   salt shown_digest             what the arguments of the link are checked with (approval.h)
 *   released_text                 when the same call was let through before: "14:20 UTC on 28 July 2026"
 *   may_allow_time                flag: 1h, 8h and 24h are to be had
 *   needs_pin pin_error           flag; a sentence about the PIN that was given: "That PIN is wrong. 3 tries are left."
 *   approve_off                   a sentence why it can only be denied here: "Approving by link is off for this key until ..."
 *   chosen_1h chosen_8h chosen_24h chosen_these_args   flags: what was chosen in a form that comes back
 *   calls                         likewise: digits
 * done.html, decided just now
 *   approved denied               flags
 *   key_name server tool approval_id
 *   who                           "by the link sent to ops-mail"
 *   duration_text                 "this one call", "every call of this tool for 8 hours, until 22:32 UTC on 28 July 2026"
 *   limit_text                    "with these arguments only; at most 5 calls"
 *   for_a_time                    flag: it is an allowance, which can be revoked
 *   expires_text                  until when the agent can make the call
 * gone.html, decided or expired before (410)
 *   approved denied expired spent flags: one of them; spent is approved and used
 *   key_name server tool approval_id
 *   who decided_text              as above; when: "14:25 UTC on 28 July 2026"
 *   duration_text limit_text      of an approved one
 *   expires_text                  when it expired or will
 * problem.html, anything else
 *   status                        "404"
 *   title text                    "This link is not known"; one or two sentences
 *   hint                          the way out
 * mail.html, mail.txt, messages to people
 *   subject
 *   sample created resolved blocked   flags: one of them, the event
 *   key_name server tool reason approval_id call_id
 *   age time_left expires_text released_text   as in ask.html
 *   link deny_link                URLs
 *   args_note                     what the link has of the arguments: a sentence
 *   approved denied expired       flags, of a resolved one
 *   who duration_text             of a resolved one, as in done.html
 *
 * The form of ask.html posts (application/x-www-form-urlencoded) to its own path: action=approve|deny, and
 * duration=once|1h|8h|24h, these_args=1, calls=DIGITS or empty, pin=TEXT.
 */
#ifndef ENFORGATE_PAGE_H
#define ENFORGATE_PAGE_H

#include <stddef.h>

#include "buf.h"
#include "status.h"

#define PAGE_TEMPLATE_MAX ((size_t)64 << 10) /* bytes of one file */
#define PAGE_MAX ((size_t)256 << 10)         /* bytes of one page */
#define PAGE_CSP_MAX 512

enum page {
	PAGE_ASK,       /* the approve page of a pending call: ask.html */
	PAGE_DONE,      /* it was decided just now: done.html */
	PAGE_GONE,      /* used or expired, 410: gone.html */
	PAGE_PROBLEM,   /* anything else that went wrong: problem.html */
	PAGE_MAIL_HTML, /* mail.html */
	PAGE_MAIL_TEXT, /* mail.txt */
	PAGE_COUNT
};

/* A value by name; text NULL or "" is absent, for sections too. Borrowed. */
struct page_value {
	const char *name;
	const char *text;
};

struct pages;

/*
 * `dir` may be NULL, "" or not exist: all built in. Files whose names begin with a dot are no templates. STATUS_INVALID: a template is
 * wrong; STATUS_FAILED: it cannot be read. What was opened does not change and may be used by several threads.
 */
enum status pages_open(const char *dir, struct pages **out, struct problem *why) MUST_USE;
void pages_close(struct pages *pages); /* accepts NULL */

/*
 * Appends the page. STATUS_INVALID is a mistake of the caller: a value that the page does not know or that is given twice, a URL that
 * is none. STATUS_TOO_LARGE: over PAGE_MAX or the cap of `out`. On failure `out` may hold a part of it.
 */
enum status page_render(const struct pages *pages, enum page page, const struct page_value *values,
    size_t count, struct buf *out) MUST_USE;

/* The Content-Security-Policy of a page: only its own style sheet and script, by their hashes (CSP Level 3, section 2.3.1). */
const char *page_csp(const struct pages *pages, enum page page);

#endif
