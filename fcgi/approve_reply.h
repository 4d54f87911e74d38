/*
 * approve_reply.h - the answers of the approve route, each as a page or in JSON.
 *
 * Each sets the whole reply; sending it is the caller's. Errors in JSON are those of check.c: error, message, requestId.
 */
#ifndef ENFORGATE_APPROVE_REPLY_H
#define ENFORGATE_APPROVE_REPLY_H

#include "approve.h"

/* `title` is for the page; `hint` is the way out, or NULL. */
void answer_problem(struct visit *visit, int status, const char *code, const char *title,
    const char *message, const char *hint);
/* A query or a body that could not be read. */
void answer_unread(struct visit *visit, enum status status, const struct problem *why);
/* 503, nothing was changed; 500. */
void answer_busy(struct visit *visit);
void answer_failed(struct visit *visit, enum status status);
/* 410: it was decided, or its time is over. */
void answer_gone(struct visit *visit);

#endif
