/* wire.c - one exchange after another on one connection; see wire.h. */
#include "mcp/wire.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "mcp/peers.h"
#include "mcp/wire_exchange.h"

#define BODY_MAX ((size_t)128 << 20)  /* of a request: what the door lets in, written out anew */
#define HEADER_MAX ((size_t)64 << 10) /* bytes of one header line */

enum status
wire_library_start(struct problem *why)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		return STATUS_OK;
	problem_set(why, "libcurl cannot be started");
	return STATUS_FAILED;
}

void
wire_library_end(void)
{
	curl_global_cleanup();
}

struct wire *
wire_open(const struct upstream *upstream)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	if (wire == NULL)
		return NULL;
	memcpy(wire->upstream_id, upstream->id, sizeof(wire->upstream_id));
	wire->changed_ms = upstream->changed_ms;
	wire->socket = CURL_SOCKET_BAD;
	buf_init(&wire->body, BODY_MAX);
	wire->multi = curl_multi_init();
	wire->easy = curl_easy_init();
	if (wire->multi == NULL || wire->easy == NULL ||
	    curl_multi_setopt(wire->multi, CURLMOPT_MAXCONNECTS, 1L) != CURLM_OK) {
		wire_close(wire);
		return NULL;
	}
	return wire;
}

static void
forget_exchange(struct wire *wire)
{
	if (wire->under_way)
		(void)curl_multi_remove_handle(wire->multi, wire->easy);
	wire->under_way = false;
	curl_slist_free_all(wire->headers);
	wire->headers = NULL;
	wire->ask = (struct wire_ask){.body = NULL};
}

void
wire_close(struct wire *wire)
{
	if (wire == NULL)
		return;
	if (wire->multi != NULL && wire->easy != NULL)
		forget_exchange(wire);
	if (wire->easy != NULL)
		curl_easy_cleanup(wire->easy);
	if (wire->multi != NULL)
		(void)curl_multi_cleanup(wire->multi);
	buf_free(&wire->body);
	free(wire);
}

bool
wire_leads_to(const struct wire *wire, const struct upstream *upstream)
{
	return strcmp(wire->upstream_id, upstream->id) == 0 &&
	       wire->changed_ms == upstream->changed_ms;
}

enum status
wire_header_line(struct wire *wire, const char *line)
{
	size_t name = strcspn(line, ":");
	struct curl_slist *longer;

	if (name == 0 || line[name] != ':' || strlen(line) > HEADER_MAX)
		return STATUS_INVALID;
	for (const char *at = line; *at != '\0'; at++)
		if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f)
			return STATUS_INVALID;
	longer = curl_slist_append(wire->headers, line);
	if (longer == NULL)
		return STATUS_NO_MEMORY;
	wire->headers = longer;
	return STATUS_OK;
}

enum status
wire_header(struct wire *wire, const char *name, const char *value)
{
	struct buf line;
	enum status status;

	buf_init(&line, HEADER_MAX);
	buf_printf(&line, "%s: %s", name, value);
	status = buf_status(&line) == STATUS_OK ? wire_header_line(wire, buf_str(&line))
						: buf_status(&line);
	buf_free(&line);
	return status;
}

enum status
wire_prepare(struct wire *wire, const struct upstream *upstream)
{
	bool found;
	size_t len;
	struct json_object *headers = json_member(upstream->settings, "headers", &found);
	/* With Expect, libcurl would wait for the server before it sends a longer body. */
	enum status status;

	forget_exchange(wire);
	curl_easy_reset(wire->easy);
	wire->head = (struct wire_head){.status = 0};
	wire->head_bytes = wire->dropped = 0;
	wire->code = CURLE_OK;
	wire->done = wire->moved = wire->paused = wire->sent = wire->twice = false;
	wire->refused = wire->long_head = wire->bad_option = false;
	wire_set_upstream(wire, upstream);
	status = wire_header_line(wire, "Expect:");
	for (size_t i = 0; status == STATUS_OK && i < json_length(headers); i++) {
		const char *line = json_string(json_element(headers, i), &len);

		status = line != NULL ? wire_header_line(wire, line) : STATUS_INVALID;
	}
	return status;
}

enum status
wire_start(struct wire *wire, const struct wire_ask *ask, struct problem *why)
{
	wire->ask = *ask;
	buf_recycle(&wire->body, (size_t)64 << 10);
	if (ask->body != NULL)
		json_write(ask->body, &wire->body);
	if (buf_status(&wire->body) != STATUS_OK) {
		problem_set(why, "the request is too large");
		return STATUS_FAILED;
	}
	wire_set_ask(wire);
	if (wire->bad_option) {
		problem_set(why, "libcurl is older than 7.80, or built without TLS");
		return STATUS_FAILED;
	}
	if (curl_multi_add_handle(wire->multi, wire->easy) != CURLM_OK) {
		problem_set(why, "out of memory");
		return STATUS_FAILED;
	}
	wire->under_way = true;
	return STATUS_OK;
}

/* Lets libcurl do what it can without waiting. */
static void
move(struct wire *wire)
{
	CURLMsg *message;
	int running, left;

	if (wire->paused) {
		wire->paused = false;
		(void)curl_easy_pause(wire->easy, CURLPAUSE_CONT);
	}
	(void)curl_multi_perform(wire->multi, &running);
	while ((message = curl_multi_info_read(wire->multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE) {
			wire->done = true;
			wire->code = message->data.result;
		}
	if (wire->done) {
		/* Asked for while the handle knows its connection still. */
		if (curl_easy_getinfo(wire->easy, CURLINFO_ACTIVESOCKET, &wire->socket) != CURLE_OK)
			wire->socket = CURL_SOCKET_BAD;
		(void)curl_multi_remove_handle(wire->multi, wire->easy);
		wire->under_way = false;
	}
}

/* Waits until something can be read, or written, or the time is over. True: one of those that are watched can be read. */
static bool
wait_for(struct wire *wire, struct pollfd *watch, nfds_t nwatch, int64_t wait_us)
{
	struct curl_waitfd extra[WIRE_WATCH_MAX];
	int64_t wait_ms = (wait_us + 999) / 1000;
	bool watched = false;

	if (nwatch > WIRE_WATCH_MAX)
		nwatch = WIRE_WATCH_MAX;
	for (nfds_t i = 0; i < nwatch; i++)
		extra[i] = (struct curl_waitfd){.fd = watch[i].fd, .events = CURL_WAIT_POLLIN};
	(void)curl_multi_poll(
	    wire->multi, extra, (unsigned)nwatch, wait_ms < 1000 ? (int)wait_ms : 1000, NULL);
	for (nfds_t i = 0; i < nwatch; i++) {
		watch[i].revents = extra[i].revents;
		watched = watched || extra[i].revents != 0;
	}
	return watched;
}

enum wire_step
wire_run(struct wire *wire, struct pollfd *watch, nfds_t nwatch, int64_t until_us)
{
	int64_t now_us;

	for (;;) {
		if (wire->done)
			return WIRE_DONE;
		wire->moved = false;
		move(wire);
		if (wire->moved && !wire->done)
			return WIRE_MOVED;
		if (wire->done)
			return WIRE_DONE;
		now_us = clock_us();
		if (now_us >= until_us)
			return WIRE_TIME;
		if (wait_for(wire, watch, nwatch, until_us - now_us))
			return WIRE_WATCHED;
	}
}

const struct wire_head *
wire_head(const struct wire *wire)
{
	return &wire->head;
}

bool
wire_sent(const struct wire *wire)
{
	return wire->sent;
}

/* What libcurl calls an error, as a person would say it of the upstream. */
static void
say_fault(const struct wire *wire, struct problem *why)
{
	if (wire->refused)
		problem_set(why, "%s",
		    wire->tls ? "has a private address, which its settings do not allow"
			      : "is reached without TLS, or has a private address: its settings do "
				"not allow that");
	else if (wire->twice || wire->code == CURLE_GOT_NOTHING)
		problem_set(why, "ended the connection before it answered");
	else if (wire->long_head)
		problem_set(why, "answered with headers that are too long");
	else if (wire->code == CURLE_OPERATION_TIMEDOUT && !wire->sent)
		problem_set(
		    why, "cannot be reached: no connection within %d s", PEER_CONNECT_MS / 1000);
	else if (wire->code == CURLE_PEER_FAILED_VERIFICATION)
		problem_set(why, "has a certificate that is not trusted or is for another name");
	else if (wire->code == CURLE_SSL_CACERT_BADFILE)
		problem_set(why, "has a file of certificates in its settings that cannot be read");
	else if (wire->sent && (wire->code == CURLE_UNSUPPORTED_PROTOCOL ||
				   wire->code == CURLE_WEIRD_SERVER_REPLY))
		problem_set(why, "answered with something that is no HTTP");
	else if (wire->code == CURLE_UNSUPPORTED_PROTOCOL || wire->code == CURLE_URL_MALFORMAT)
		problem_set(why, "has an URL that is not http:// or https://");
	else if (wire->sent && wire->head.status != 0)
		problem_set(why, "broke off its answer: %s", curl_easy_strerror(wire->code));
	else if (wire->sent)
		problem_set(why, "did not answer: %s", curl_easy_strerror(wire->code));
	else
		problem_set(why, "cannot be reached: %s", curl_easy_strerror(wire->code));
}

bool
wire_whole(const struct wire *wire, struct problem *why)
{
	if (wire->code == CURLE_OK)
		return true;
	say_fault(wire, why);
	return false;
}

bool
wire_leave(struct wire *wire, bool answered)
{
	wire->ask.take = NULL;
	wire->ask.ready = NULL;
	wire->left_us = clock_us();
	return wire->done ? wire->code == CURLE_OK : answered;
}

bool
wire_alive(struct wire *wire)
{
	struct pollfd look = {.events = POLLIN | POLLRDHUP};

	if (wire->under_way)
		move(wire);
	if (!wire->done || wire->code != CURLE_OK || wire->socket == CURL_SOCKET_BAD)
		return false;
	look.fd = wire->socket;
	if (poll(&look, 1, 0) == 0)
		return true;
	/* With TLS there may be something for the session; without, a server has nothing to say here. */
	return wire->tls && (look.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) == 0;
}

int64_t
wire_left_us(const struct wire *wire)
{
	return wire->left_us;
}

int64_t
wire_keep_us(const struct wire *wire)
{
	return wire->keep_us;
}
