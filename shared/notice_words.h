/*
 * notice_words.h - what a message says, in plain text: the same words in every form. Private to notice*.c.
 *
 * Every text has gone through plain.h, and is short enough for every form.
 */
#ifndef ENFORGATE_NOTICE_WORDS_H
#define ENFORGATE_NOTICE_WORDS_H

#include "approval.h"
#include "call.h"
#include "notice.h"
#include "plain.h"
#include "policy.h"

#define WORDS_SHORT 48     /* characters of a server or tool in a subject */
#define WORDS_NOTE_MAX 300 /* characters of args_note */
#define WORDS_SUBJECT_SIZE                                                                         \
	1024 /* bytes: a key's name and two shortened ones, up to 4 bytes a character */
#define WORDS_SENTENCE_SIZE 4096
#define WORDS_PHRASE_SIZE 256
#define WORDS_PIECES 12 /* the longest sentence has 10, and the end */

/* A part of the sentence: our own text, or a name of others, which some forms set apart. */
struct piece {
	const char *text; /* NULL: the sentence has ended */
	bool name;
};

struct words {
	const char *event; /* "approval.created", ...; "sample" */
	const char *title; /* "Approval needed" */
	char key[PLAIN_SIZE(KEY_NAME_MAX)];
	char server[PLAIN_SIZE(CALL_NAME_MAX)];
	char tool[PLAIN_SIZE(CALL_NAME_MAX)];
	char reason[PLAIN_SIZE(VERDICT_REASON_MAX)];
	char by[PLAIN_SIZE(APPROVAL_BY_MAX)];
	char who[WORDS_PHRASE_SIZE]; /* "by the link sent to ops-mail"; "" where nobody decided */
	const char *duration;        /* "this one call", "calls of this tool for 8 hours"; "" */
	char note[WORDS_NOTE_MAX * 4 + 1];
	char subject[WORDS_SUBJECT_SIZE];           /* all in one line, long names shortened */
	char called[2 * PLAIN_SIZE(CALL_NAME_MAX)]; /* server/tool, whole */
	struct piece
	    pieces[WORDS_PIECES]; /* what happened, with whole names; they point into this struct */
	char sentence[WORDS_SENTENCE_SIZE]; /* the pieces as one text */
	const char *why;                    /* what `reason` is the answer to; "" for no reason */
	char left[WORDS_PHRASE_SIZE];       /* "15 minutes"; "" where nothing runs out */
	char until[WORDS_PHRASE_SIZE];      /* "14:32 UTC"; with the date where it is not today */
	char again[WORDS_PHRASE_SIZE];      /* the same call was let through before; "" */
	char id[PLAIN_SIZE(APPROVAL_ID_MAX) + 16]; /* "Approval apr_..."; "" */
	const char *link;                          /* NULL: this message has none */
	const char *deny_link;
};

/* The label of the link to the page, and of the one that denies. */
#define WORDS_LOOK "Look and decide"
#define WORDS_DENY "Deny at once"

/* "14:32 UTC on 28 July 2026"; "15 minutes". */
void words_moment(char *out, size_t size, int64_t moment_ms);
void words_span(char *out, size_t size, int64_t span_ms);

/* STATUS_TOO_LARGE: a link is longer than the channel takes. */
enum status notice_words(const struct notice *notice, const struct channel *channel, int64_t now_ms,
    struct words *out, struct problem *why) MUST_USE;

#endif
