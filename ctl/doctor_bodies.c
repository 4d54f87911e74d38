/* doctor_bodies.c - whether bodies of every allowed size arrive whole; see doctor.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

#define CHUNKED_BYTES 40000

/* Text in which every place is different, so that a hole or a repetition changes its digest. */
static void
fill(char *body, size_t len)
{
	for (size_t i = 0; i < len; i++)
		body[i] = (char)('a' + (i * 31 + i / 251 + i / 65521) % 26);
	if (len > 1)
		body[0] = body[len - 1] = '"';
}

/* Whether the responder read exactly what was sent. */
static bool
whole(const struct json_object *seen, const char *body, size_t len)
{
	unsigned char sum[SECRET_BYTES];
	char hex[SECRET_DIGEST_TEXT];

	if (secret_sha256(body, len, sum) != STATUS_OK)
		return false;
	secret_hex(sum, sizeof(sum), hex);
	return seen_number(seen, "bodyBytes") == (int64_t)len &&
	       strcmp(seen_text(seen, "bodySha256"), hex) == 0;
}

/* One size. *passed: it arrived as it was sent. */
static enum status
try_size(struct doctor *d, const char *body, size_t len, bool chunked, bool *passed)
{
	const struct probing probing = {.body = body, .len = len, .chunked = chunked};
	struct json_object *seen = NULL;
	struct http_answer answer;
	enum status status = doctor_probe(d, &probing, &answer, &seen);

	*passed = status == STATUS_OK && seen != NULL && whole(seen, body, len);
	if (status == STATUS_OK && !*passed) {
		if (seen != NULL)
			doctor_fault(d, "body-cut",
			    "%zu bytes were sent%s, and %" PRId64
			    " reached the responder, though the web server said nothing",
			    len, chunked ? " in chunks" : "", seen_number(seen, "bodyBytes"));
		else if (chunked)
			doctor_fault(d, "chunked", "%zu bytes in chunks are answered with %ld %s",
			    len, answer.status, answer.end == HTTP_ANSWERED ? "" : answer.why);
		else
			doctor_fault(d, "body-limit",
			    "a body of %zu bytes is answered with %ld %s; body_max is %" PRId64,
			    len, answer.status, answer.end == HTTP_ANSWERED ? "" : answer.why,
			    d->ctl->config.body_max);
	}
	json_free(seen);
	http_answer_free(&answer);
	return status;
}

/* One byte too many is for the responder to refuse, with its reason. */
static enum status
try_over(struct doctor *d, const char *body, size_t len)
{
	const struct probing probing = {.body = body, .len = len};
	struct json_object *seen = NULL;
	struct http_answer answer;
	char code[ERROR_CODE_MAX];
	enum status status = doctor_probe(d, &probing, &answer, &seen);

	if (status == STATUS_OK && answer.status == 413 && doctor_our_error(&answer.body, code))
		doctor_fine(d, "body-over", "a body over body_max gets the responder's 413");
	else if (status == STATUS_OK)
		doctor_fault(d, "body-over-host", "a body of %zu bytes is answered with %ld %s",
		    len, answer.status, answer.end == HTTP_ANSWERED ? "" : answer.why);
	json_free(seen);
	http_answer_free(&answer);
	return status;
}

enum status
doctor_bodies(struct doctor *d)
{
	size_t most = (size_t)d->ctl->config.body_max;
	const size_t sizes[] = {1000, 20000, 70000, 131073, 500000, 1048577, most};
	char *body = malloc(most + 1);
	enum status status = STATUS_OK;
	bool passed = true;

	if (body == NULL)
		return STATUS_NO_MEMORY;
	doctor_progress("sending bodies of up to %zu bytes", most);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && passed; i++)
		if (status == STATUS_OK && sizes[i] <= most) {
			fill(body, sizes[i]);
			status = try_size(d, body, sizes[i], false, &passed);
		}
	if (status == STATUS_OK && passed)
		doctor_fine(d, "body", "bodies of up to %zu bytes arrive whole", most);
	if (status == STATUS_OK && passed) {
		fill(body, most + 1);
		status = try_over(d, body, most + 1);
	}
	if (status == STATUS_OK) {
		size_t len = most < CHUNKED_BYTES ? most : CHUNKED_BYTES;

		fill(body, len);
		status = try_size(d, body, len, true, &passed);
		if (status == STATUS_OK && passed)
			doctor_fine(d, "chunks", "a body in chunks arrives whole");
	}
	free(body);
	return status;
}
