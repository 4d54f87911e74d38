/* doctor_pieces.c - how answers come back: in pieces, whole, packed, and how late; see doctor.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "doctor.h"

#define STREAM_MS 1000
#define STREAM_PIECES 3
#define STREAMED_US 400000 /* so much before its end the beginning was there */
#define LARGE ((int64_t)300 << 10)
#define WRITE_EVERY_S 10 /* as the programs do while they wait */
#define WRITES_LEAST 2

static enum status
look_at_stream(struct doctor *d)
{
	const struct probing probing = {.probe = {.delay_ms = STREAM_MS, .pieces = STREAM_PIECES}};
	struct json_object *seen = NULL;
	struct http_answer answer;
	enum status status = doctor_probe(d, &probing, &answer, &seen);

	if (status == STATUS_OK && seen == NULL)
		doctor_fault(d, "answer-cut", "an answer of %d pieces in %d ms ended with %ld %s",
		    STREAM_PIECES, STREAM_MS, answer.status,
		    answer.end == HTTP_ANSWERED ? "" : answer.why);
	else if (status == STATUS_OK && answer.took_us - answer.first_us < STREAMED_US)
		doctor_fault(d, "buffering",
		    "an answer written in %d pieces over %d ms came in one, after %" PRId64 " ms",
		    STREAM_PIECES, STREAM_MS, answer.first_us / 1000);
	else if (status == STATUS_OK)
		doctor_fine(d, "streaming", "what the responder writes arrives at once");
	json_free(seen);
	http_answer_free(&answer);
	return status;
}

static enum status
look_at_large(struct doctor *d)
{
	const struct probing probing = {.probe = {.size = LARGE}};
	struct json_object *seen = NULL;
	struct http_answer answer;
	enum status status = doctor_probe(d, &probing, &answer, &seen);

	if (status == STATUS_OK && (seen == NULL || (int64_t)answer.body.len < LARGE))
		doctor_fault(d, "answer-cut",
		    "of an answer of more than %" PRId64 " bytes %zu came, with %ld %s", LARGE,
		    answer.body.len, answer.status, answer.end == HTTP_ANSWERED ? "" : answer.why);
	else if (status == STATUS_OK)
		doctor_fine(
		    d, "answers", "an answer of %" PRId64 " KiB arrives whole", LARGE >> 10);
	json_free(seen);
	http_answer_free(&answer);
	return status;
}

static enum status
look_at_packing(struct doctor *d)
{
	const struct probing probing = {.probe = {.size = 4096}, .gzip = true};
	struct json_object *seen = NULL;
	struct http_answer answer;
	enum status status = doctor_probe(d, &probing, &answer, &seen);

	if (status == STATUS_OK && answer.encoding[0] != '\0')
		doctor_fault(
		    d, "compression", "the answer has Content-Encoding: %.60s", answer.encoding);
	else if (status == STATUS_OK)
		doctor_fine(d, "not-packed", "answers are not compressed");
	json_free(seen);
	http_answer_free(&answer);
	return status;
}

struct waiting {
	const char *what;
	int64_t begun_us, shown_s, total_s;
};

static void
show_wait(void *arg)
{
	struct waiting *w = arg;
	int64_t now_s = (clock_us() - w->begun_us) / 1000000;

	if (now_s == w->shown_s)
		return;
	w->shown_s = now_s;
	doctor_progress("a %s wait: %" PRId64 " of %" PRId64 " s", w->what, now_s, w->total_s);
}

/* An answer that comes as late as was asked for, in silence or written to now and then. */
static enum status
look_at_wait(struct doctor *d, bool written)
{
	int64_t pieces =
	    d->wait_s / WRITE_EVERY_S > WRITES_LEAST ? d->wait_s / WRITE_EVERY_S : WRITES_LEAST;
	struct waiting waiting = {.what = written ? "written" : "silent",
	    .begun_us = clock_us(),
	    .shown_s = -1,
	    .total_s = d->wait_s};
	const struct probing probing = {
	    .probe = {.delay_ms = d->wait_s * 1000, .pieces = written ? pieces : 0},
	    .tick = show_wait,
	    .arg = &waiting};
	struct json_object *seen = NULL;
	struct http_answer answer;
	enum status status = doctor_probe(d, &probing, &answer, &seen);

	if (status == STATUS_OK && seen != NULL)
		doctor_fine(d, written ? "written-wait" : "silent-wait",
		    "an answer may take %" PRId64 " s%s", d->wait_s,
		    written ? " while it is written to" : " in silence");
	else if (status == STATUS_OK)
		doctor_fault(d, written ? "wait-written" : "wait-silent",
		    "after %" PRId64 " ms of %" PRId64 " s it ended with %ld %s",
		    answer.took_us / 1000, d->wait_s, answer.status,
		    answer.end == HTTP_ANSWERED ? "" : answer.why);
	json_free(seen);
	http_answer_free(&answer);
	return status;
}

enum status
doctor_pieces(struct doctor *d)
{
	enum status status;

	doctor_progress("looking at how answers come back");
	status = look_at_stream(d);
	if (status == STATUS_OK)
		status = look_at_large(d);
	if (status == STATUS_OK)
		status = look_at_packing(d);
	if (status == STATUS_OK && d->wait_s > 0)
		status = look_at_wait(d, false);
	if (status == STATUS_OK && d->wait_s > 0)
		status = look_at_wait(d, true);
	return status;
}
