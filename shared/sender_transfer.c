/* sender_transfer.c - the options of one message; see sender_transfer.h. */
#include "sender_transfer.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"
#include "json.h"
#include "sender.h"

static bool
flag(const struct transfer *t, const char *name)
{
	bool found;

	return json_bool(json_member(t->channel->settings, name, &found));
}

const char *
transfer_text(const struct transfer *t, const char *name)
{
	bool found;
	size_t len;

	return json_string(json_member(t->channel->settings, name, &found), &len);
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
prepare_both(const struct library *curl, struct transfer *t)
{
	const char *ca = transfer_text(t, "ca");

	SET(CURLOPT_URL, t->message->url);
	SET(CURLOPT_PRIVATE, t);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)SENDER_CONNECT_MS);
	SET(CURLOPT_TIMEOUT_MS, (long)t->whole_ms);
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
	t->reach = flag(t, "private") ? REACH_ANY : REACH_PUBLIC;
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
	const char *user = transfer_text(t, "user");
	const char *password = transfer_text(t, "password");
	bool plain = flag(t, "plain");
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

bool
transfer_prepare(const struct library *curl, struct transfer *t, bool all)
{
	prepare_both(curl, t);
	return t->channel->kind == CHANNEL_EMAIL ? prepare_mail(curl, t, all)
						 : prepare_http(curl, t);
}
