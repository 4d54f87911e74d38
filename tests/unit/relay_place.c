/* relay_place.c - a client and an upstream that follow a script; see relay_place.h. */
#include "relay_place.h"

#include <poll.h>
#include <sys/socket.h>

#include "clock.h"
#include "mcp/mailbox.h"
#include "store_place.h"

static struct relay_place *now_playing;

struct relay_place *
relay_place_now(void)
{
	return now_playing;
}

void
relay_place_note(struct said *said, const struct json_object *message)
{
	struct buf text;

	assert_true(said->count < PLACE_SAID_MAX);
	buf_init(&text, 1 << 20);
	json_write(message, &text);
	said->text[said->count] = strdup(buf_str(&text));
	assert_non_null(said->text[said->count++]);
	buf_free(&text);
}

void
relay_place_note_text(struct said *said, const char *text)
{
	assert_true(said->count < PLACE_SAID_MAX);
	said->text[said->count] = strdup(text);
	assert_non_null(said->text[said->count++]);
}

static void
forget(struct said *said)
{
	while (said->count > 0)
		free(said->text[--said->count]);
}

struct json_object *
relay_place_response(const char *member, const char *json)
{
	struct json_object *message = aid_json("{\"jsonrpc\":\"2.0\",\"id\":1}");

	assert_true(json_set(message, member, aid_json(json)));
	return message;
}

static bool
client_send(void *arg, const struct json_object *message)
{
	struct relay_place *p = arg;
	bool is_request, has_method;
	struct json_object *id = json_member(message, "id", &is_request), *answer;

	if (p->gone)
		return false;
	relay_place_note(&p->told, message);
	(void)json_member(message, "method", &has_method);
	if (!is_request || !has_method || p->answers == NULL)
		return true;
	answer = relay_place_response("result", p->answers);
	assert_true(json_set(answer, "id", json_copy(id)));
	assert_status(mailbox_answer(&p->mcp, p->client.session_id, answer), STATUS_OK);
	json_free(answer);
	return true;
}

static bool
client_keep(void *arg)
{
	struct relay_place *p = arg;

	p->kept++;
	return !p->gone;
}

struct json_object *
relay_place_tree(struct relay_place *p, const char *json)
{
	assert_true(p->ntrees < sizeof(p->trees) / sizeof(p->trees[0]));
	return p->trees[p->ntrees++] = aid_json(json);
}

void
relay_place_clear(struct relay_place *p)
{
	while (p->ntrees > 0)
		json_free(p->trees[--p->ntrees]);
}

int
relay_place_setup(void **state)
{
	static const struct secret_key master = {{7}};
	struct relay_place *p = calloc(1, sizeof(*p));
	struct problem why;

	assert_non_null(p);
	now_playing = p;
	assert_status(secret_start(), STATUS_OK);
	(void)snprintf(p->dir, sizeof(p->dir), "%s", test_directory());
	(void)snprintf(p->config.state_dir, sizeof(p->config.state_dir), "%s", p->dir);
	p->config.mcp_body_max = 1 << 20;
	p->config.nesting_max = 64;
	p->config.members_max = 10000;
	p->mcp = (struct mcp){.config = &p->config, .master = &master, .end_fd = -1};
	p->mcp.store = store_place_open(p->dir, 5000);
	assert_status(state_key(&master, &p->mcp.state), STATUS_OK);
	assert_status(mailbox_open(&p->mcp, &p->mcp.mailbox, &why), STATUS_OK);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p->ends), 0);
	p->upstream =
	    (struct upstream){.id = "ups_1", .name = "fs", .prefix = true, .timeout_ms = 5000};
	*state = p;
	return 0;
}

int
relay_place_teardown(void **state)
{
	struct relay_place *p = *state;

	relay_answer_free(&p->answer);
	forget(&p->requests);
	forget(&p->sent);
	forget(&p->cancelled);
	forget(&p->headers);
	forget(&p->told);
	relay_place_clear(p);
	mailbox_close(p->mcp.mailbox);
	store_close(p->mcp.store);
	close(p->ends[0]);
	if (p->ends[1] >= 0)
		close(p->ends[1]);
	test_remove(p->dir);
	free(p);
	return 0;
}

void
relay_place_set(struct relay_place *p, enum era client, enum era upstream, const char *capabilities,
    const struct step *steps)
{
	struct json_object *declared = relay_place_tree(p, capabilities);
	struct json_object *of_upstream = relay_place_tree(p, "{}");

	(void)of_upstream;
	p->era = upstream;
	p->steps = steps;
	p->client = (struct relay_client){.era = client,
	    .version = client == ERA_MODERN ? MCP_VERSION_MODERN : MCP_VERSION_LEGACY,
	    .capabilities = declared,
	    .id = relay_place_tree(p, "5"),
	    .session_id = client == ERA_LEGACY ? "ses_1" : NULL,
	    .send = client_send,
	    .keep = client_keep,
	    .fd = p->ends[0],
	    .arg = p};
	p->call = (struct relay_call){.upstream = &p->upstream,
	    .method = "tools/call",
	    .params = relay_place_tree(p, "{\"name\":\"tool\",\"arguments\":{\"a\":1}}"),
	    .view = {.owner = "", .capabilities = declared, .park = client == ERA_MODERN},
	    .bond = {.key_id = "key_1",
		.method = "tools/call",
		.server = "fs",
		.name = "tool",
		.digest = "digest"},
	    .call_id = "call_1"};
}

void
relay_place_run(struct relay_place *p)
{
	relay_answer_free(&p->answer);
	relay_run(&p->mcp, &p->call, &p->client, &p->answer);
}

static struct json_object *
member_at(struct json_object *root, const char *path)
{
	char name[128];
	size_t len;
	bool found;

	for (; *path != '\0'; path += len + (path[len] == '.')) {
		len = strcspn(path, ".");
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, path);
		root = json_type(root) == JSON_ARRAY ? json_element(root, strtoul(name, NULL, 10))
						     : json_member(root, name, &found);
	}
	return root;
}

static void
assert_at(struct json_object *root, const char *path, const char *expected)
{
	struct json_object *at = member_at(root, path);
	struct buf text;

	buf_init(&text, 1 << 20);
	if (at != NULL)
		json_write(at, &text);
	if (expected == NULL && at == NULL)
		return;
	if (expected == NULL || strcmp(buf_str(&text), expected) != 0)
		fail_msg("%s is %s, not %s", path, buf_str(&text), expected);
	buf_free(&text);
}

void
relay_place_assert(const char *json, const char *path, const char *expected)
{
	struct json_object *root = aid_json(json);

	assert_at(root, path, expected);
	json_free(root);
}

void
relay_place_assert_result(struct relay_place *p, const char *path, const char *expected)
{
	if (p->answer.result == NULL)
		fail_msg("no result, but: %s", p->answer.fault.message);
	assert_at(p->answer.result, path, expected);
}
