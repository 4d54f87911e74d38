/* doctor_approve.c - the links by which people decide: the way of one that is of no approval; see doctor.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

#define LINK_MAX 128
#define FCGID_BUSY_S 300                 /* FcgidBusyTimeout as it is */
#define PAGE_POLICY "default-src 'none'" /* what every page of ours begins with */
#define ANSWER_MAX ((size_t)64 << 10)
#define PROBED APPROVE_ROUTE "enforgate-doctor"

/* An answer to a marked request that is not the responder's. */
static void
not_reached(struct doctor *d, const struct http_answer *answer)
{
	char code[ERROR_CODE_MAX];
	bool ours = doctor_our_error(&answer->body, code);

	if (ours && strcmp(code, "not_ready") == 0)
		doctor_fault(d, "not-set-up", "POST " PROBED " is answered with %ld %s",
		    answer->status, code);
	else if (ours)
		doctor_fault(d, "probe-unknown",
		    "POST " PROBED
		    ", which only this installation can ask, is answered with %ld %s",
		    answer->status, code);
	else if (answer->end != HTTP_ANSWERED)
		doctor_fault(
		    d, "approve-down", "no whole answer to POST " PROBED ": %s", answer->why);
	else if (answer->status >= 500)
		doctor_fault(d, "approve-down",
		    "POST " PROBED " is answered with %ld, and not by the responder",
		    answer->status);
	else
		doctor_fault(d, "approve-missing",
		    "POST " PROBED " is answered with %ld, and not by the responder",
		    answer->status);
}

static enum status
look_at_route(struct doctor *d, bool *reached)
{
	const struct probing probing = {.path = PROBED};
	struct json_object *seen = NULL;
	struct http_answer answer;
	enum status status = doctor_probe(d, &probing, &answer, &seen);

	*reached = seen != NULL && strcmp(seen_text(seen, "program"), "approve") == 0;
	if (status == STATUS_OK && seen == NULL) {
		not_reached(d, &answer);
	} else if (status == STATUS_OK) {
		doctor_program(d, APPROVE_ROUTE, "approve", seen);
		status = doctor_responder(d, seen);
	}
	json_free(seen);
	http_answer_free(&answer);
	return status;
}

/* Asks for the link of no approval: to deny by JSON, or for its page. */
static enum status
follow(struct doctor *d, bool page, struct http_answer *answer)
{
	static const char deny[] = "{\"action\":\"deny\"}";
	char url[CONFIG_URL_MAX + LINK_MAX];
	const struct http_request request = {.url = url,
	    .headers = {page ? "Accept: text/html" : "Content-Type: application/json"},
	    .body = page ? NULL : deny,
	    .len = page ? 0 : strlen(deny),
	    .most = ANSWER_MAX};

	(void)snprintf(url, sizeof(url), "%s" APPROVE_ROUTE "%s%s", d->ctl->config.base_url,
	    d->token, page ? "?action=approve" : "");
	return http_send(d->http, &request, answer);
}

/* The refusal has to come as the responder wrote it. */
static enum status
look_at_refusal(struct doctor *d)
{
	struct http_answer answer;
	char code[ERROR_CODE_MAX];
	enum status status = follow(d, false, &answer);

	if (status == STATUS_OK && !doctor_our_error(&answer.body, code))
		doctor_fault(d, "error-pages",
		    "the body of the answer %ld to a link that does not exist is %.60s, not our JSON",
		    answer.status, answer.type[0] != '\0' ? answer.type : "of no type");
	http_answer_free(&answer);
	return status;
}

/* And so has what a person sees. */
static enum status
look_at_page(struct doctor *d)
{
	struct http_answer answer;
	enum status status = follow(d, true, &answer);

	if (status == STATUS_OK && strncmp(answer.type, "text/html", 9) != 0)
		doctor_fault(d, "page-changed", "it comes with status %ld, as %.60s", answer.status,
		    answer.type[0] != '\0' ? answer.type : "nothing");
	else if (status == STATUS_OK && answer.policies != 1)
		doctor_fault(d, "page-changed",
		    "it comes with status %ld and %d headers Content-Security-Policy",
		    answer.status, answer.policies);
	else if (status == STATUS_OK && strstr(answer.policy, PAGE_POLICY) == NULL)
		doctor_fault(
		    d, "page-changed", "its Content-Security-Policy is: %.200s", answer.policy);
	else if (status == STATUS_OK)
		doctor_fine(
		    d, "links", "links reach the responder, and its pages come as it wrote them");
	http_answer_free(&answer);
	return status;
}

static void
look_at_waits(struct doctor *d)
{
	int64_t most = d->ctl->config.wait_max_s;

	if ((d->host == HOST_FCGID || d->host == HOST_HTACCESS) && most >= FCGID_BUSY_S)
		doctor_fault(d, "wait-max", "wait_max_s is %" PRId64, most);
}

enum status
doctor_approve(struct doctor *d)
{
	bool reached = false;
	enum status status;

	look_at_waits(d);
	doctor_progress("following a link");
	status = look_at_route(d, &reached);
	if (status != STATUS_OK || !reached)
		return status;
	approval_token_make(d->token);
	status = look_at_refusal(d);
	if (status == STATUS_OK)
		status = look_at_page(d);
	return status;
}
