/* sender.c - many messages at once with libcurl's multi interface; see sender.h. */
#include "sender.h"

#include <stdlib.h>

#include "sender_transfer.h"
#include "sender_words.h"

struct sender {
	struct library curl;
	CURLM *multi;
	struct transfer *first; /* all that have not ended, and those whose end was not told */
};

enum status
sender_open(struct sender **out, struct problem *why)
{
	struct sender *sender = calloc(1, sizeof(*sender));
	enum status status;

	*out = NULL;
	if (sender == NULL) {
		problem_set(why, "out of memory");
		return STATUS_NO_MEMORY;
	}
	status = library_load(&sender->curl, why);
	if (status == STATUS_OK && (sender->multi = sender->curl.multi_init()) == NULL) {
		library_end(&sender->curl);
		problem_set(why, "out of memory");
		status = STATUS_NO_MEMORY;
	}
	if (status != STATUS_OK) {
		free(sender);
		return status;
	}
	*out = sender;
	return STATUS_OK;
}

static void
transfer_free(struct sender *sender, struct transfer *t)
{
	for (struct transfer **at = &sender->first; *at != NULL; at = &(*at)->next)
		if (*at == t) {
			*at = t->next;
			break;
		}
	if (t->easy != NULL) {
		(void)sender->curl.multi_remove_handle(sender->multi, t->easy);
		sender->curl.easy_cleanup(t->easy);
	}
	sender->curl.slist_free_all(t->headers);
	sender->curl.slist_free_all(t->recipients);
	free(t);
}

void
sender_close(struct sender *sender)
{
	if (sender == NULL)
		return;
	while (sender->first != NULL)
		transfer_free(sender, sender->first);
	(void)sender->curl.multi_cleanup(sender->multi);
	library_end(&sender->curl);
	free(sender);
}

enum status
sender_start(struct sender *sender, const struct channel *channel, const struct outgoing *message,
    int64_t whole_ms, bool all, void *arg, struct problem *why)
{
	const struct library *curl = &sender->curl;
	struct transfer *t = calloc(1, sizeof(*t));
	bool fine;

	problem_set(why, "out of memory");
	if (t == NULL)
		return STATUS_NO_MEMORY;
	*t = (struct transfer){.next = sender->first,
	    .easy = curl->easy_init(),
	    .message = message,
	    .channel = channel,
	    .whole_ms = whole_ms,
	    .arg = arg};
	sender->first = t;
	fine = t->easy != NULL && transfer_prepare(curl, t, all);
	if (fine && t->bad_option)
		problem_set(why, "libcurl is too old, or built without TLS or SMTP");
	if (fine && !t->bad_option && curl->multi_add_handle(sender->multi, t->easy) == CURLM_OK)
		return STATUS_OK;
	transfer_free(sender, t);
	return STATUS_FAILED;
}

void
sender_wait(struct sender *sender, int wake_fd, int64_t most_ms)
{
	struct curl_waitfd extra = {.fd = wake_fd, .events = CURL_WAIT_POLLIN};
	int running = 0, all = 0;

	(void)sender->curl.multi_perform(sender->multi, &running);
	for (const struct transfer *t = sender->first; t != NULL; t = t->next)
		all++;
	if (running < all)
		return; /* multi_poll() would wait although an end is to be told */
	(void)sender->curl.multi_poll(
	    sender->multi, &extra, wake_fd >= 0 ? 1 : 0, (int)most_ms, NULL);
	(void)sender->curl.multi_perform(sender->multi, &running);
}

/* Judges by the status where there is a final one: what comes behind it, or is cut off, says nothing more. */
static void
judge(const struct library *curl, const struct transfer *t, CURLcode code, struct sender_end *out)
{
	struct sender_words words = {.url = t->message->url,
	    .mail = t->channel->kind == CHANNEL_EMAIL,
	    .refused = t->refused,
	    .whole_ms = t->whole_ms,
	    .own_ca = transfer_text(t, "ca") != NULL};
	curl_off_t retry = 0;

	(void)curl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &words.status);
	out->sent = words.mail ? code == CURLE_OK : words.status >= 200 && words.status < 300;
	if (out->sent)
		return;
	words.code = code;
	words.class = curl->easy_strerror(code);
	sender_words(&words, &out->why);
	if (!words.mail && curl->easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry) == CURLE_OK &&
	    retry > 0)
		out->retry_ms = retry < SENDER_RETRY_MAX_MS / 1000 ? (int64_t)retry * 1000
								   : SENDER_RETRY_MAX_MS;
}

bool
sender_next(struct sender *sender, struct sender_end *out)
{
	struct transfer *t = NULL;
	CURLMsg *message;
	int left;

	do {
		message = sender->curl.multi_info_read(sender->multi, &left);
		if (message == NULL)
			return false;
	} while (message->msg != CURLMSG_DONE);
	*out = (struct sender_end){.sent = false};
	if (sender->curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t) != CURLE_OK)
		return false;
	out->arg = t->arg;
	judge(&sender->curl, t, message->data.result, out);
	transfer_free(sender, t);
	return true;
}
