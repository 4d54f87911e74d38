/*
 * approve_reply.h - the answers of the approve route, each as a page or in JSON.
 *
 * Each sets the whole reply; sending it is the caller's. Errors in JSON are those of check.c: error, message, requestId.
 */
#ifndef ENFORGATE_APPROVE_REPLY_H
#define ENFORGATE_APPROVE_REPLY_H

#include "approve.h"

/* What is in every answer of this route beside what reply.h says. */
void answer_headers(struct visit *visit);

/* `title` is for the page; `hint` is the way out, or NULL. */
void answer_problem(struct visit *visit, int status, const char *code, const char *title,
    const char *message, const char *hint);
/* A query or a body that could not be read. */
void answer_unread(struct visit *visit, enum status status, const struct problem *why);
/* 503, nothing was changed; 500. */
void answer_busy(struct visit *visit);
void answer_failed(struct visit *visit, enum status status);

/* 200: what is asked, for a decision. Always a page. */
void answer_ask(struct visit *visit);
/* 200: it was decided by this visit. */
void answer_done(struct visit *visit);
/* 410: it was decided before, or its time is over. */
void answer_gone(struct visit *visit);
/* Approving is out of the question here, as visit->off says. */
void answer_off(struct visit *visit);
/* 403: the PIN was wrong; so many tries are left. */
void answer_wrong_pin(struct visit *visit, int64_t left);

/*
 * The pages, for approve_reply.c alone: each sets status, type, headers and body. A page that cannot be built becomes an error in
 * JSON. `pin_error` NULL: none was given.
 */
void page_of_problem(
    struct visit *visit, int status, const char *title, const char *message, const char *hint);
void page_of_ask(struct visit *visit, int status, const char *pin_error);
void page_of_done(struct visit *visit);
void page_of_gone(struct visit *visit);

#endif
