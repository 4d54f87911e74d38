/* approve_page.c - the pages of the approve route and what is in them; see approve_reply.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "approve_reply.h"
#include "clock.h"
#include "page.h"
#include "when.h"

#define VALUES_MAX 32
#define NUMBER_MAX 24
#define WHO_MAX (APPROVAL_BY_MAX + 32)
#define DURATION_MAX (2 * WHEN_TEXT_MAX + 64)
#define LIMIT_MAX 96
#define YES "1" /* of a flag */

/* A page in the making. */
struct sheet {
	struct page_value values[VALUES_MAX];
	size_t count;
};

/* NULL or "": absent. The text has to last until the page is sent. */
static void
put(struct sheet *sheet, const char *name, const char *text)
{
	sheet->values[sheet->count++] = (struct page_value){name, text};
}

static void
put_flag(struct sheet *sheet, const char *name, bool yes)
{
	put(sheet, name, yes ? YES : NULL);
}

static void
put_call(struct sheet *sheet, const struct approval *approval)
{
	put(sheet, "key_name", approval->key_name);
	put(sheet, "server", approval->server);
	put(sheet, "tool", approval->tool);
	put(sheet, "approval_id", approval->id);
}

static void
send_page(struct visit *visit, enum page page, int status, const struct sheet *sheet)
{
	const struct pages *pages = visit->exchange->service->pages;
	struct reply *reply = &visit->exchange->reply;
	enum status rendered;

	buf_reset(&reply->body);
	reply->body.cap = PAGE_MAX;
	rendered = page_render(pages, page, sheet->values, sheet->count, &reply->body);
	if (rendered != STATUS_OK) {
		log_error("500: a page could not be built: %s", status_name(rendered));
		reply_error(reply, &visit->exchange->request, 500, "internal",
		    "the page could not be built; what was decided, if anything, is decided");
		return;
	}
	reply->status = status;
	reply->type = "text/html; charset=utf-8";
	reply_header(reply, "Content-Security-Policy", "%s", page_csp(pages, page));
}

/* A message as errors have it, "all small, no stop", as a sentence. */
static void
make_sentence(const char *message, char out[PROBLEM_MAX])
{
	size_t len;

	(void)snprintf(out, PROBLEM_MAX - 1, "%s", message);
	out[0] = (char)toupper((unsigned char)out[0]);
	len = strlen(out);
	if (len > 0 && out[len - 1] != '.')
		(void)snprintf(out + len, PROBLEM_MAX - len, ".");
}

void
page_of_problem(
    struct visit *visit, int status, const char *title, const char *message, const char *hint)
{
	char number[NUMBER_MAX], text[PROBLEM_MAX];
	struct sheet sheet = {.count = 0};

	(void)snprintf(number, sizeof(number), "%d", status);
	make_sentence(message, text);
	put(&sheet, "status", number);
	put(&sheet, "title", title);
	put(&sheet, "text", text);
	put(&sheet, "hint", hint);
	send_page(visit, PAGE_PROBLEM, status, &sheet);
}

/* When it was asked, and how long it waits. */
struct times {
	char age[WHEN_TEXT_MAX];
	char left[WHEN_TEXT_MAX];
	char seconds[NUMBER_MAX];
	char expires[WHEN_TEXT_MAX];
	char iso[CLOCK_TEXT_MAX];
	char released[WHEN_TEXT_MAX];
};

static void
put_times(struct sheet *sheet, const struct visit *visit, struct times *times)
{
	const struct approval *approval = &visit->approval;
	int64_t left_ms = approval->expires_ms - visit->now_ms;

	when_span_text(visit->now_ms - approval->created_ms, times->age);
	when_span_text(left_ms, times->left);
	(void)snprintf(times->seconds, sizeof(times->seconds), "%lld", (long long)left_ms / 1000);
	when_moment_text(approval->expires_ms, times->expires);
	clock_text(approval->expires_ms, times->iso);
	put(sheet, "age", times->age);
	put(sheet, "time_left", times->left);
	put(sheet, "seconds_left", times->seconds);
	put(sheet, "expires_text", times->expires);
	put(sheet, "expires_iso", times->iso);
	if (approval->released_ms != 0) {
		when_moment_text(approval->released_ms, times->released);
		put(sheet, "released_text", times->released);
	}
}

/* What was chosen in a form that comes back. */
static void
put_choices(struct sheet *sheet, const struct wish *wish, char calls[NUMBER_MAX])
{
	put_flag(sheet, "chosen_1h", strcmp(wish->duration, "1h") == 0);
	put_flag(sheet, "chosen_8h", strcmp(wish->duration, "8h") == 0);
	put_flag(sheet, "chosen_24h", strcmp(wish->duration, "24h") == 0);
	put_flag(sheet, "chosen_these_args", wish->these_args);
	(void)snprintf(calls, NUMBER_MAX, "%lld", (long long)wish->calls);
	put(sheet, "calls", wish->calls > 0 ? calls : NULL);
}

void
page_of_ask(struct visit *visit, int status, const char *pin_error)
{
	const struct approval *approval = &visit->approval;
	char salt[SECRET_DIGEST_TEXT], calls[NUMBER_MAX];
	struct times times;
	struct sheet sheet = {.count = 0};

	if (approval_salt(&visit->exchange->service->master, approval->id, salt) != STATUS_OK) {
		answer_failed(visit, STATUS_FAILED);
		return;
	}
	put_call(&sheet, approval);
	put(&sheet, "reason", approval->reason);
	put(&sheet, "policy_name", approval->policy_name);
	put(&sheet, "channel", visit->channel);
	put_times(&sheet, visit, &times);
	put(&sheet, "salt", salt);
	put(&sheet, "shown_digest", approval->shown_digest);
	put_flag(&sheet, "may_allow_time", approval->allowances);
	put_flag(&sheet, "needs_pin", visit->has_pin);
	put(&sheet, "pin_error", pin_error);
	put(&sheet, "approve_off", visit->off.text);
	put_choices(&sheet, &visit->wish, calls);
	send_page(visit, PAGE_ASK, status, &sheet);
}

/* Who decided, and for how long; what an allowance was limited to is known to the one who gave it only. */
struct decision_texts {
	char who[WHO_MAX];
	char duration[DURATION_MAX];
	char expires[WHEN_TEXT_MAX];
	char decided[WHEN_TEXT_MAX];
};

static void
put_decision(struct sheet *sheet, const struct approval *approval, struct decision_texts *texts)
{
	int64_t for_ms = grant_duration_ms(approval->duration);
	char span[WHEN_TEXT_MAX], until[WHEN_TEXT_MAX];

	texts->duration[0] = '\0';
	if (for_ms > 0) {
		when_span_text(for_ms, span);
		when_moment_text(approval->decided_ms + for_ms, until);
		(void)snprintf(texts->duration, sizeof(texts->duration),
		    "every call of this tool for %s, until %s", span, until);
	} else if (for_ms == 0) {
		(void)snprintf(texts->duration, sizeof(texts->duration), "this one call");
	}
	if (strcmp(approval->decided_by, "enforgatectl") == 0)
		(void)snprintf(texts->who, sizeof(texts->who), "by an administrator");
	else
		(void)snprintf(
		    texts->who, sizeof(texts->who), "by the link sent to %s", approval->decided_by);
	when_moment_text(approval->expires_ms, texts->expires);
	put(sheet, "who", approval->decided_by[0] != '\0' ? texts->who : NULL);
	put(sheet, "duration_text", texts->duration);
	put(sheet, "expires_text", texts->expires);
}

void
page_of_done(struct visit *visit)
{
	const struct wish *wish = &visit->wish;
	bool for_a_time = grant_duration_ms(visit->approval.duration) > 0;
	struct decision_texts texts;
	char limit[LIMIT_MAX] = "", calls[LIMIT_MAX / 2] = "";
	struct sheet sheet = {.count = 0};

	if (wish->calls > 0)
		(void)snprintf(calls, sizeof(calls), "%sat most %lld call%s",
		    wish->these_args ? "; " : "", (long long)wish->calls,
		    wish->calls == 1 ? "" : "s");
	if (for_a_time)
		(void)snprintf(limit, sizeof(limit), "%s%s",
		    wish->these_args ? "with these arguments only" : "", calls);
	put_call(&sheet, &visit->approval);
	put_flag(&sheet, "approved", visit->state == APPROVAL_APPROVED);
	put_flag(&sheet, "denied", visit->state == APPROVAL_DENIED);
	put_decision(&sheet, &visit->approval, &texts);
	put(&sheet, "limit_text", limit);
	put_flag(&sheet, "for_a_time", for_a_time);
	send_page(visit, PAGE_DONE, 200, &sheet);
}

void
page_of_gone(struct visit *visit)
{
	/* Approved in time, and nobody came back for it. */
	bool lapsed = visit->state == APPROVAL_EXPIRED && visit->approval.decided_ms != 0;
	struct decision_texts texts;
	struct sheet sheet = {.count = 0};

	put_call(&sheet, &visit->approval);
	put_flag(&sheet, "approved", visit->state == APPROVAL_APPROVED || lapsed);
	put_flag(&sheet, "denied", visit->state == APPROVAL_DENIED);
	put_flag(&sheet, "expired", visit->state == APPROVAL_EXPIRED && !lapsed);
	put_flag(&sheet, "spent", visit->state == APPROVAL_SPENT);
	put_decision(&sheet, &visit->approval, &texts);
	if (visit->approval.decided_ms != 0) {
		when_moment_text(visit->approval.decided_ms, texts.decided);
		put(&sheet, "decided_text", texts.decided);
	}
	send_page(visit, PAGE_GONE, 410, &sheet);
}
