/* watch_ear.c - the thread that listens at one upstream; see watch_ears.h. */
#include <poll.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mcp/line.h"
#include "mcp/watch_parts.h"

#define US_PER_MS 1000
#define REST_MS 30000 /* between looks where nothing is to be heard */
#define ASK_ID "enforgate-ask"
#define ASK_MS 5000 /* for an answer to subscribe */

#define STACK_BYTES ((size_t)256 << 10) /* sanitizers need more */
#define STACK_BYTES_SANITIZED ((size_t)2 << 20)

/* One ear at work. */
struct hearing {
	struct ear *ear;
	struct peer *peer;
	struct line *line;
	uint64_t version;               /* of what is wanted, as far as it is known here */
	struct json_object *uris;       /* what is wanted: the upstream's own */
	struct json_object *subscribed; /* legacy: those that it was asked for */
	int64_t backoff_ms;
	bool ending;
};

static bool
offers(const struct peer *peer, const char *capability, const char *member)
{
	bool found;

	return json_bool(
	    json_member(json_member(peer->capabilities, capability, &found), member, &found));
}

static bool
has_text(const struct json_object *array, const struct json_object *text)
{
	for (size_t i = 0; i < json_length(array); i++)
		if (json_equal(json_element(array, i), text))
			return true;
	return false;
}

/* Looks at what is wanted. False: it is to end. */
static bool
look(struct hearing *h)
{
	json_free(h->uris);
	h->ending = !ears_wanted(h->ear, &h->version, &h->uris);
	return !h->ending;
}

/* Waits until something else is wanted, or the time is over. */
static void
rest(struct hearing *h, int64_t ms)
{
	struct pollfd watched[] = {
	    {.fd = h->ear->fd, .events = POLLIN}, {.fd = h->ear->mcp->end_fd, .events = POLLIN}};

	(void)poll(watched, 2, (int)ms);
	if (watched[1].revents != 0)
		h->ending = true;
}

/* The member `notifications` for a modern upstream; NULL: nothing is to be had, or no memory. */
static struct json_object *
make_wanted(const struct hearing *h)
{
	struct json_object *wanted = json_new_object();
	bool fine = wanted != NULL;

	if (fine && offers(h->peer, "tools", "listChanged"))
		fine = json_set_bool(wanted, "toolsListChanged", true);
	if (fine && offers(h->peer, "prompts", "listChanged"))
		fine = json_set_bool(wanted, "promptsListChanged", true);
	if (fine && offers(h->peer, "resources", "listChanged"))
		fine = json_set_bool(wanted, "resourcesListChanged", true);
	if (fine && json_length(h->uris) > 0 && offers(h->peer, "resources", "subscribe"))
		fine = json_set(wanted, "resourceSubscriptions", json_share(h->uris));
	if (fine && json_length(wanted) > 0)
		return wanted;
	json_free(wanted);
	return NULL;
}

/* ---- Subscriptions at a legacy upstream: requests of their own. ---- */

static bool
ask(struct hearing *h, const char *method, struct json_object *uri)
{
	struct mcp *mcp = h->ear->mcp;
	const int64_t until_us = clock_us() + (int64_t)ASK_MS * US_PER_MS;
	struct json_object *params = json_new_object(), *request = NULL, *message = NULL;
	struct json_object *id = json_new_text(ASK_ID, sizeof(ASK_ID) - 1);
	struct problem why = {""};
	enum line_event event = LINE_LOST;
	struct line *line = NULL;

	if (id != NULL && params != NULL && json_set(params, "uri", json_share(uri)))
		request = rpc_request(id, method, params);
	if (request != NULL && line_open(mcp, h->peer, request, NULL, &line, &why) == STATUS_OK)
		do {
			json_free(message);
			event = line_next(line, NULL, 0, until_us, &message, &why);
		} while (event == LINE_MESSAGE);
	json_free(message);
	line_close(line);
	json_free(request);
	json_free(params);
	json_free(id);
	return event == LINE_RESPONSE;
}

/* Asks for what is wanted and was not yet, and no more for what is not. */
static void
subscribe(struct hearing *h)
{
	if (h->peer->era == ERA_MODERN || !offers(h->peer, "resources", "subscribe"))
		return;
	for (size_t i = 0; i < json_length(h->subscribed); i++)
		if (!has_text(h->uris, json_element(h->subscribed, i)))
			(void)ask(h, "resources/unsubscribe", json_element(h->subscribed, i));
	for (size_t i = 0; i < json_length(h->uris); i++)
		if (!has_text(h->subscribed, json_element(h->uris, i)))
			(void)ask(h, "resources/subscribe", json_element(h->uris, i));
	json_free(h->subscribed);
	h->subscribed = json_copy(h->uris);
}

/* ---- Hearing. ---- */

/* Takes over the message. */
static void
hear(struct hearing *h, struct json_object *root)
{
	struct rpc_fault fault = {0};
	struct rpc_message message;
	enum list_kind kind;
	bool found;
	size_t len;
	const char *uri;

	if (rpc_read(root, &message, &fault) != STATUS_OK || message.kind != RPC_NOTIFICATION)
		goto out;
	if (list_kind_changed(message.method, &kind)) {
		catalog_changed(h->ear->mcp, h->ear->upstream.id, kind);
	} else if (strcmp(message.method, "notifications/resources/updated") == 0) {
		uri = json_string(json_member(message.params, "uri", &found), &len);
		if (uri != NULL && len <= MCP_URI_MAX)
			ears_updated(h->ear, uri);
	}
out:
	rpc_free(&message);
	rpc_fault_free(&fault);
}

/* Something else is wanted. False: the line has to be opened anew for it. */
static bool
adapt(struct hearing *h)
{
	struct json_object *before = json_share(h->uris);
	uint64_t version = h->version;
	bool same;

	if (!look(h)) {
		json_free(before);
		return false;
	}
	same = version == h->version || json_equal(before, h->uris);
	json_free(before);
	if (same)
		return true;
	subscribe(h);
	return h->peer->era == ERA_LEGACY;
}

/* Until the line ends or has to. */
static void
listen_on(struct hearing *h)
{
	struct pollfd watched[] = {
	    {.fd = h->ear->fd, .events = POLLIN}, {.fd = h->ear->mcp->end_fd, .events = POLLIN}};
	int64_t first_us = clock_us() + (int64_t)EAR_FIRST_MS * US_PER_MS;
	const nfds_t nwatched = watched[1].fd >= 0 ? 2 : 1;
	/* A modern upstream says that it listens; before that it may not. */
	bool listening = h->peer->era == ERA_LEGACY;

	if (listening)
		ears_set_state(h->ear, EAR_LISTENING);
	for (;;) {
		const int64_t rest_us = clock_us() + (int64_t)REST_MS * US_PER_MS;
		struct problem why = {""};
		struct json_object *root;
		enum line_event event = line_next(
		    h->line, watched, nwatched, listening ? rest_us : first_us, &root, &why);

		if (event == LINE_MESSAGE)
			hear(h, root);
		if (!listening && (event == LINE_MESSAGE || event == LINE_TIME)) {
			listening = true;
			h->backoff_ms = EAR_BACKOFF_MS;
			ears_set_state(h->ear, EAR_LISTENING);
		}
		if (event == LINE_WATCHED && nwatched == 2 && watched[1].revents != 0)
			h->ending = true;
		if (event == LINE_WATCHED && (h->ending || !adapt(h)))
			return;
		if (event == LINE_SESSION)
			peer_lost(h->ear->mcp, h->peer);
		if (event == LINE_RESPONSE)
			json_free(root);
		if (event == LINE_RESPONSE || event == LINE_SESSION || event == LINE_LOST) {
			rest(h, h->backoff_ms);
			return;
		}
	}
}

/* Opens the line and listens. */
static void
listen_once(struct hearing *h)
{
	struct ear *ear = h->ear;
	const struct peer_view view = {.owner = ear->owner, .capabilities = ear->capabilities};
	const int64_t until_us = clock_us() + (int64_t)PEER_CONNECT_MS * US_PER_MS;
	struct json_object *wanted = NULL;
	struct problem why = {""};
	enum status status = list_peer(ear->mcp, &ear->upstream, &view, until_us, &h->peer, &why);

	if (status == STATUS_OK) {
		const bool any = offers(h->peer, "tools", "listChanged") ||
				 offers(h->peer, "prompts", "listChanged") ||
				 offers(h->peer, "resources", "listChanged") ||
				 offers(h->peer, "resources", "subscribe");

		wanted = make_wanted(h);
		status = STATUS_NOT_FOUND;
		if (h->peer->era == ERA_MODERN ? wanted != NULL : any)
			status = line_listen(ear->mcp, h->peer, wanted, &h->line, &why);
	}
	if (status == STATUS_OK) {
		subscribe(h);
		listen_on(h);
	} else {
		ears_set_state(ear, EAR_DEAF);
		/* One that offers nothing is looked at again when something else is wanted of it. */
		rest(h, status == STATUS_NOT_FOUND ? REST_MS : h->backoff_ms);
		h->backoff_ms =
		    h->backoff_ms * 2 < EAR_BACKOFF_MAX_MS ? h->backoff_ms * 2 : EAR_BACKOFF_MAX_MS;
	}
	json_free(wanted);
	line_close(h->line);
	peer_release(ear->mcp, h->peer);
	json_free(h->subscribed);
	h->line = NULL;
	h->peer = NULL;
	h->subscribed = NULL;
}

static void *
work(void *arg)
{
	struct hearing h = {.ear = arg, .backoff_ms = EAR_BACKOFF_MS};

	while (!h.ending && look(&h))
		listen_once(&h);
	json_free(h.uris);
	ears_set_state(h.ear, EAR_DEAF);
	ears_leave(h.ear);
	return NULL;
}

bool
ear_start(struct ear *ear)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	const size_t stack = STACK_BYTES_SANITIZED;
#else
	const size_t stack = STACK_BYTES;
#endif
	pthread_attr_t attr;
	pthread_t thread;
	int error = pthread_attr_init(&attr);

	if (error == 0) {
		error = pthread_attr_setstacksize(&attr, stack);
		if (error == 0)
			error = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		if (error == 0)
			error = pthread_create(&thread, &attr, work, ear);
		(void)pthread_attr_destroy(&attr);
	}
	if (error != 0)
		log_warn("cannot start a thread: %s", strerror(error));
	return error == 0;
}
