/* sender.c - many messages at once with libcurl's multi interface; see sender.h. */
#include "sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "json.h"
#include "sender_library.h"
#include "sender_words.h"

struct sender {
	struct library curl;
	CURLM *multi;
	struct transfer *first; /* all that have not ended, and those whose end was not told */
};

enum reach { REACH_PUBLIC, REACH_ANY, REACH_LOOPBACK };

/* One message on its way. */
struct transfer {
	struct transfer *next;
	CURL *easy;
	struct curl_slist *headers, *recipients;
	const struct outgoing *message;
	const struct channel *channel;
	enum reach reach;
	bool bad_option; /* libcurl does not know one that matters */
	bool refused;    /* an address was not one of those that may be reached */
	size_t given;    /* bytes of a mail */
	size_t taken;    /* bytes of an answer */
	int64_t whole_ms;
	void *arg;
};

static bool
flag(const struct channel *channel, const char *name)
{
	bool found;

	return json_bool(json_member(channel->settings, name, &found));
}

static const char *
text(const struct channel *channel, const char *name)
{
	bool found;
	size_t len;

	return json_string(json_member(channel->settings, name, &found), &len);
}

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

/* Called with the very address that is about to be connected to. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = arg;

	(void)purpose;
	if ((t->reach == REACH_PUBLIC && !address_public(&address->addr)) ||
	    (t->reach == REACH_LOOPBACK && !address_loopback(&address->addr))) {
		t->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t
take_answer(char *bytes, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;

	(void)bytes;
	t->taken += size * count;
	return t->taken <= SENDER_ANSWER_MAX ? size * count : 0;
}

static size_t
give_mail(char *out, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = t->message->body.len - t->given;

	if (len > size * count)
		len = size * count;
	if (len > 0)
		memcpy(out, buf_str(&t->message->body) + t->given, len);
	t->given += len;
	return len;
}

/* An option whose failure must not pass: the library that is found may be older than the one this was built for. */
#define SET(option, ...)                                                                           \
	do {                                                                                       \
		if (curl->easy_setopt(t->easy, option, __VA_ARGS__) != CURLE_OK)                   \
			t->bad_option = true;                                                      \
	} while (0)

/* Older libraries know only the numbers. */
static void
allow_protocols(const struct library *curl, struct transfer *t, const char *names, long bits)
{
	if (curl->easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, names) == CURLE_OK)
		return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	SET(CURLOPT_PROTOCOLS, bits);
#pragma GCC diagnostic pop
}

static void
prepare_both(const struct library *curl, struct transfer *t, int64_t whole_ms)
{
	const char *ca = text(t->channel, "ca");

	SET(CURLOPT_URL, t->message->url);
	SET(CURLOPT_PRIVATE, t);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)SENDER_CONNECT_MS);
	SET(CURLOPT_TIMEOUT_MS, (long)whole_ms);
	/* A name server that hangs must not hold up the others when this one is given up; older libraries wait. */
	(void)curl->easy_setopt(t->easy, CURLOPT_QUICK_EXIT, 1L);
	/* A connection that is used again was not looked at for this channel. */
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, t);
	SET(CURLOPT_WRITEFUNCTION, take_answer);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (ca != NULL) {
		SET(CURLOPT_CAINFO, ca);
		SET(CURLOPT_CAPATH, (char *)NULL);
	}
}

static bool
add_line(const struct library *curl, struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl->slist_append(*list, line);

	if (longer == NULL)
		return false;
	*list = longer;
	return true;
}

static bool
prepare_http(const struct library *curl, struct transfer *t)
{
	/* With Expect, libcurl would wait for the server before it sends a longer body. */
	bool fine = add_line(curl, &t->headers, "Expect:");

	for (size_t i = 0; fine && i < t->message->nheaders; i++)
		fine = add_line(curl, &t->headers, t->message->headers[i]);
	t->reach = flag(t->channel, "private") ? REACH_ANY : REACH_PUBLIC;
	if (t->reach == REACH_ANY)
		allow_protocols(curl, t, "https,http", CURLPROTO_HTTPS | CURLPROTO_HTTP);
	else
		allow_protocols(curl, t, "https", CURLPROTO_HTTPS);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_USERAGENT, "enforgate/" ENFORGATE_VERSION);
	SET(CURLOPT_HTTPHEADER, t->headers);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDS, buf_str(&t->message->body));
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->message->body.len);
	return fine;
}

static bool
add_recipients(const struct library *curl, struct transfer *t)
{
	const char *at = t->message->to;
	char address[CHANNEL_TARGET_MAX + 3];

	while (*at != '\0') {
		int len = (int)strcspn(at, ",");

		if (len > CHANNEL_TARGET_MAX)
			return false;
		(void)snprintf(address, sizeof(address), "<%.*s>", len, at);
		if (len > 0 && !add_line(curl, &t->recipients, address))
			return false;
		at += len + (at[len] == ',' ? 1 : 0);
	}
	return t->recipients != NULL;
}

static bool
prepare_mail(const struct library *curl, struct transfer *t, bool all)
{
	const char *user = text(t->channel, "user");
	const char *password = text(t->channel, "password");
	bool plain = flag(t->channel, "plain");
	char from[CHANNEL_TARGET_MAX + 3];

	(void)snprintf(from, sizeof(from), "<%s>", t->message->from);
	if (!add_recipients(curl, t))
		return false;
	t->reach = plain ? REACH_LOOPBACK : REACH_ANY;
	allow_protocols(curl, t, "smtps,smtp", CURLPROTO_SMTPS | CURLPROTO_SMTP);
	SET(CURLOPT_USE_SSL, (long)(plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	if (user != NULL)
		SET(CURLOPT_USERNAME, user);
	if (password != NULL)
		SET(CURLOPT_PASSWORD, password);
	SET(CURLOPT_MAIL_FROM, from);
	SET(CURLOPT_MAIL_RCPT, t->recipients);
	/* Older libraries want every recipient accepted. */
	(void)curl->easy_setopt(t->easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, all ? 0L : 1L);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, give_mail);
	SET(CURLOPT_READDATA, t);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->message->body.len);
	return true;
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
	fine = t->easy != NULL;
	if (fine) {
		prepare_both(curl, t, whole_ms);
		fine = channel->kind == CHANNEL_EMAIL ? prepare_mail(curl, t, all)
						      : prepare_http(curl, t);
	}
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
	int running = 0;

	(void)sender->curl.multi_perform(sender->multi, &running);
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
	    .own_ca = text(t->channel, "ca") != NULL};
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
