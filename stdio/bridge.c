/* bridge.c - enforgate-bridge: what its host says; see bridge.h. */
#include "bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "mcp/convert.h"
#include "mcp/json_lines.h"
#include "mcp/line_http.h"

#define PROGRAM "enforgate-bridge"
#define QUEUE_MAX ((size_t)1 << 16) /* nothing is queued: it is written at once */
#define FAREWELL_MS 500
#define NESTING_MAX 128

void
bridge_say(struct bridge *bridge, struct json_object *message)
{
	struct buf text;
	size_t done = 0;
	ssize_t n;

	if (message == NULL)
		return;
	buf_init(&text, HOST_LINE_MAX);
	json_write(message, &text);
	buf_char(&text, '\n');
	pthread_mutex_lock(&bridge->out);
	while (buf_status(&text) == STATUS_OK && done < text.len) {
		n = write(STDOUT_FILENO, text.data + done, text.len - done);
		if (n > 0)
			done += (size_t)n;
		else if (errno != EINTR)
			break;
	}
	pthread_mutex_unlock(&bridge->out);
	if (buf_status(&text) != STATUS_OK)
		log_warn("a message is too large, or memory ran out");
	buf_free(&text);
	json_free(message);
}

static struct json_object *
new_id(int64_t id)
{
	struct json_object *holder = json_new_object(), *value = NULL;
	bool found;

	if (holder != NULL && json_set_integer(holder, "id", id))
		value = json_share(json_member(holder, "id", &found));
	json_free(holder);
	return value;
}

void
bridge_refuse(struct bridge *bridge, int64_t id, int code, const char *text)
{
	struct rpc_fault fault = {.data = NULL};
	struct json_object *of = new_id(id);

	(void)rpc_fault_set(&fault, 200, code, "%s", text);
	bridge_say(bridge, of != NULL ? rpc_error(of, &fault) : NULL);
	rpc_fault_free(&fault);
	json_free(of);
}

/* What the upstream says of itself, as the answer to the host's initialize. */
static struct json_object *
facts_of(const struct peer *peer)
{
	struct json_object *result = json_new_object();

	if (result != NULL && json_set_text(result, "protocolVersion", peer->version) &&
	    json_set(result, "capabilities", json_copy(peer->capabilities)) &&
	    (peer->server_info == NULL ||
		json_set(result, "serverInfo", json_copy(peer->server_info))) &&
	    (peer->instructions == NULL ||
		json_set_text(result, "instructions", peer->instructions)))
		return result;
	json_free(result);
	return NULL;
}

static void
initialize(struct bridge *bridge, const struct rpc_message *message, int64_t id)
{
	struct problem why = {"out of memory"};
	struct json_object *result = NULL;
	struct peer *peer = NULL;
	struct peer_view view;
	bool found;

	json_free(bridge->capabilities);
	bridge->capabilities =
	    convert_capabilities(json_member(message->params, "capabilities", &found));
	view = bridge_view(bridge->capabilities);
	if (bridge->capabilities != NULL &&
	    peer_open(&bridge->mcp, &bridge->upstream, &view,
		clock_us() + (int64_t)PEER_CONNECT_MS * 1000, &peer, &why) == STATUS_OK) {
		if (peer->era == ERA_LEGACY)
			result = facts_of(peer);
		else
			problem_set(&why, "upstream \"%s\" is of another version by now",
			    bridge->upstream.name);
	}
	if (result != NULL)
		bridge_say(bridge, rpc_response(message->id, result));
	else
		bridge_refuse(bridge, id, RPC_INTERNAL, why.text);
	peer_release(&bridge->mcp, peer);
	json_free(result);
}

static void
hear_request(struct bridge *bridge, const struct rpc_message *message)
{
	int64_t id;

	if (!json_integer(message->id, &id))
		log_warn("the host's ids are numbers");
	else if (strcmp(message->method, "initialize") == 0)
		initialize(bridge, message, id);
	else if (strcmp(message->method, "ping") == 0)
		bridge_say(bridge, rpc_response(message->id, NULL));
	else if (bridge->capabilities == NULL)
		bridge_refuse(bridge, id, RPC_INVALID_REQUEST, "initialize comes first");
	else
		bridge_carry(bridge, json_copy(message->root), true, id);
}

static void
hear(struct bridge *bridge, struct json_object *root)
{
	struct rpc_fault fault = {.data = NULL};
	struct rpc_message message;
	int64_t id;
	bool found;

	if (rpc_read(root, &message, &fault) != STATUS_OK)
		log_warn("the host sent what is no message: %s", fault.message);
	else if (message.kind == RPC_REQUEST)
		hear_request(bridge, &message);
	else if (message.kind == RPC_RESPONSE)
		bridge_carry(bridge, json_copy(message.root), false, 0);
	else if (strcmp(message.method, "notifications/cancelled") == 0 &&
		 json_integer(json_member(message.params, "requestId", &found), &id))
		bridge_cancel(bridge, id);
	rpc_fault_free(&fault);
	rpc_free(&message);
}

/* Where it leads to. */
static bool
take_settings(struct bridge *bridge, struct json_object *first)
{
	struct upstream *upstream = &bridge->upstream;
	bool found;
	const char *name = json_text(json_member(first, "upstream", &found));
	const char *id = json_text(json_member(first, "id", &found));
	struct json_object *settings = json_member(first, "settings", &found);
	int64_t answer_max = 0;

	if (name == NULL || id == NULL || !upstream_name_valid(name) ||
	    strlen(id) > UPSTREAM_ID_MAX || json_type(settings) != JSON_OBJECT ||
	    !json_integer(json_member(first, "timeoutMs", &found), &upstream->timeout_ms) ||
	    !json_integer(json_member(first, "answerMax", &found), &answer_max) || answer_max <= 0)
		return false;
	upstream->kind = UPSTREAM_HTTP;
	upstream->changed_ms = 1;
	(void)snprintf(upstream->name, sizeof(upstream->name), "%s", name);
	(void)snprintf(upstream->id, sizeof(upstream->id), "%s", id);
	upstream->settings = json_copy(settings);
	bridge->config.upstream_answer_max = answer_max;
	bridge->config.nesting_max = NESTING_MAX;
	bridge->config.members_max = (int64_t)JSON_LINES_MEMBERS;
	return upstream->settings != NULL;
}

static bool
open_bridge(struct bridge *bridge, struct json_object *first)
{
	struct problem why = {"its first line does not say where it leads to"};

	bridge->mcp = (struct mcp){.config = &bridge->config, .end_fd = eventfd(0, EFD_CLOEXEC)};
	if (take_settings(bridge, first) && bridge->mcp.end_fd >= 0 &&
	    peers_open(&bridge->mcp, &bridge->mcp.peers, &why) == STATUS_OK)
		return true;
	log_error("cannot start: %s", why.text);
	return false;
}

/* The host has hung up: the upstream is told that its session is over, and whatever is under way ends with this process. */
static void
farewell(struct bridge *bridge)
{
	struct peer_view view = bridge_view(bridge->capabilities);
	const int64_t until_us = clock_us() + (int64_t)FAREWELL_MS * 1000;
	struct http_said said;
	struct problem why;
	struct peer *peer;

	if (bridge->capabilities == NULL ||
	    peer_open(&bridge->mcp, &bridge->upstream, &view, until_us, &peer, &why) != STATUS_OK)
		return;
	if (peer->session != NULL)
		(void)!http_say(&bridge->mcp, peer, NULL, until_us, &said);
}

static int
serve(struct bridge *bridge)
{
	struct pollfd polled = {.fd = STDIN_FILENO, .events = POLLIN};
	enum status status = STATUS_OK;
	struct json_lines lines;
	struct json_object *root;
	bool begun = false, fine = true;
	const char *line;
	size_t len;

	(void)fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
	json_lines_init(&lines, STDIN_FILENO, STDOUT_FILENO, HOST_LINE_MAX, QUEUE_MAX);
	while (fine && status == STATUS_OK) {
		if (poll(&polled, 1, -1) < 0)
			continue;
		status = json_lines_read(&lines);
		while (fine && (line = json_lines_next(&lines, &len)) != NULL) {
			root = json_lines_parse(line, len);
			if (begun) {
				hear(bridge, root);
				continue;
			}
			fine = open_bridge(bridge, root);
			begun = fine;
			json_free(root);
		}
	}
	if (begun)
		farewell(bridge);
	return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(void)
{
	static struct bridge bridge;
	struct problem why;
	int code;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)!log_open(PROGRAM, "stderr", &why);
	if (secret_start() != STATUS_OK || pthread_mutex_init(&bridge.out, NULL) != 0 ||
	    pthread_mutex_init(&bridge.mutex, NULL) != 0)
		return EXIT_FAILURE;
	code = serve(&bridge);
	/* Threads may be under way: nothing that they use is taken from them. */
	_exit(code);
}
