/* wire_options.c - how libcurl has to behave on a wire; see wire.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "address.h"
#include "json.h"
#include "mcp/peers.h"
#include "mcp/wire_exchange.h"

#define HEAD_MAX ((size_t)64 << 10) /* bytes of the head of an answer */
#define KEEP_US 60000000            /* a connection, unless the server says less */

/* An option whose failure must not pass: the library that is found may be older than the one this was built for. */
#define SET(option, ...)                                                                           \
	do {                                                                                       \
		if (curl_easy_setopt(wire->easy, option, __VA_ARGS__) != CURLE_OK)                 \
			wire->bad_option = true;                                                   \
	} while (0)

/* Called with the very address that is about to be connected to. Without TLS nothing but loopback is reached unless it is allowed. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct wire *wire = arg;

	(void)purpose;
	if (!wire->allow_private && !address_loopback(&address->addr) &&
	    !(wire->tls && address_public(&address->addr))) {
		wire->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Called when a connection stands and the request is about to be written to it: a second time only when libcurl repeats it. */
static int
before_request(void *arg, char *address, char *local, int port, int local_port)
{
	struct wire *wire = arg;

	(void)address;
	(void)local;
	(void)port;
	(void)local_port;
	if (wire->sent && !wire->ask.harmless) {
		wire->twice = true;
		return CURL_PREREQFUNC_ABORT;
	}
	wire->sent = true;
	return CURL_PREREQFUNC_OK;
}

static size_t
take_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct wire *wire = arg;
	size_t len = size * count;

	if (wire->ask.take == NULL) {
		wire->dropped += len;
		return wire->dropped <= WIRE_DROP_MAX ? len : 0;
	}
	if (!wire->ask.ready(wire->ask.arg)) {
		wire->paused = wire->moved = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	if (!wire->ask.take(wire->ask.arg, bytes, len))
		return 0;
	wire->moved = wire->moved || !wire->ask.ready(wire->ask.arg);
	return len;
}

/* The value behind "Name:" where the line has that name, without the white space around it; NULL: another name. */
static const char *
value_of(const char *line, size_t len, const char *name, size_t *value_len)
{
	size_t at = strlen(name);

	if (len <= at || strncasecmp(line, name, at) != 0 || line[at] != ':')
		return NULL;
	at++;
	while (at < len && (line[at] == ' ' || line[at] == '\t'))
		at++;
	while (len > at && strchr(" \t\r\n", line[len - 1]) != NULL)
		len--;
	*value_len = len - at;
	return line + at;
}

/* Visible ASCII only, and not so long that nobody could send it back: anything else is no session. */
static void
take_session(struct wire_head *head, const char *value, size_t len)
{
	head->session[0] = '\0';
	if (len > WIRE_SESSION_MAX)
		return;
	for (size_t i = 0; i < len; i++)
		if (value[i] < 0x21 || value[i] > 0x7e)
			return;
	memcpy(head->session, value, len);
	head->session[len] = '\0';
}

static void
take_type(struct wire_head *head, const char *value, size_t len)
{
	size_t at = 0;

	while (at < len && at < WIRE_TYPE_MAX - 1 && value[at] > ' ' && value[at] < 0x7f &&
	       value[at] != ';') {
		head->type[at] = (char)tolower((unsigned char)value[at]);
		at++;
	}
	head->type[at] = '\0';
}

/* "timeout=5, max=100": a connection that is used just as it ends takes a request with it, so a part of the time is left. */
static void
take_keep(struct wire *wire, const char *value, size_t len)
{
	char text[64];
	const char *at;
	long seconds;

	if (len >= sizeof(text))
		return;
	memcpy(text, value, len);
	text[len] = '\0';
	at = strcasestr(text, "timeout=");
	seconds = at != NULL ? strtol(at + strlen("timeout="), NULL, 10) : -1;
	if (seconds >= 0 && seconds < KEEP_US / 1000000)
		wire->keep_us = seconds * 750000;
}

static size_t
take_head(char *bytes, size_t size, size_t count, void *arg)
{
	struct wire *wire = arg;
	size_t len = size * count, value_len;
	const char *value;
	long status = 0;

	wire->head_bytes += len;
	wire->long_head = wire->head_bytes > HEAD_MAX;
	if (wire->long_head)
		return 0;
	if (len > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
		wire->head = (struct wire_head){.status = 0};
	} else if ((value = value_of(bytes, len, "Content-Type", &value_len)) != NULL) {
		take_type(&wire->head, value, value_len);
	} else if ((value = value_of(bytes, len, "Mcp-Session-Id", &value_len)) != NULL) {
		take_session(&wire->head, value, value_len);
	} else if ((value = value_of(bytes, len, "Keep-Alive", &value_len)) != NULL) {
		take_keep(wire, value, value_len);
	} else if (bytes[0] == '\r' || bytes[0] == '\n') {
		(void)curl_easy_getinfo(wire->easy, CURLINFO_RESPONSE_CODE, &status);
		wire->head.status = status >= 200 ? status : 0;
		wire->moved = true;
	}
	return len;
}

static void
allow_protocols(struct wire *wire)
{
	if (curl_easy_setopt(wire->easy, CURLOPT_PROTOCOLS_STR, "https,http") == CURLE_OK)
		return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTPS | CURLPROTO_HTTP)); /* older libraries */
#pragma GCC diagnostic pop
}

static const char *
setting(const struct upstream *upstream, const char *name)
{
	bool found;
	size_t len;

	return json_string(json_member(upstream->settings, name, &found), &len);
}

static void
set_tls(struct wire *wire, const char *ca)
{
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (ca != NULL && ca[0] != '\0') {
		SET(CURLOPT_CAINFO, ca);
		SET(CURLOPT_CAPATH, (char *)NULL);
	}
}

void
wire_set_upstream(struct wire *wire, const struct upstream *upstream)
{
	const char *url = setting(upstream, "url");
	bool found;

	wire->allow_private = json_bool(json_member(upstream->settings, "private", &found));
	wire->keep_us = KEEP_US;
	wire->tls = url != NULL && strncasecmp(url, "https://", strlen("https://")) == 0;
	SET(CURLOPT_URL, url != NULL ? url : "");
	allow_protocols(wire);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_USERAGENT, "enforgate/" ENFORGATE_VERSION);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)PEER_CONNECT_MS);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	/* A name server that hangs must not hold up whoever gives this one up; older libraries wait. */
	(void)curl_easy_setopt(wire->easy, CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, wire);
	SET(CURLOPT_PREREQFUNCTION, before_request);
	SET(CURLOPT_PREREQDATA, wire);
	SET(CURLOPT_HEADERFUNCTION, take_head);
	SET(CURLOPT_HEADERDATA, wire);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, wire);
	set_tls(wire, setting(upstream, "ca"));
}

void
wire_set_ask(struct wire *wire)
{
	SET(CURLOPT_HTTPHEADER, wire->headers);
	if (wire->ask.method == WIRE_POST) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDS, buf_str(&wire->body));
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)wire->body.len);
	} else {
		SET(CURLOPT_HTTPGET, 1L);
	}
	if (wire->ask.method == WIRE_DELETE)
		SET(CURLOPT_CUSTOMREQUEST, "DELETE");
}
