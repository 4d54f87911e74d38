/* host_place.c - see host_place.h. */
#include "host_place.h"

#include <dirent.h>
#include <libgen.h>
#include <limits.h>

#include "clock.h"
#include "keys.h"
#include "mcp/json_lines.h"

#define FIND_S 20

static struct json_object *
parse(const char *text)
{
	struct json_object *root = json_lines_parse(text, strlen(text));

	assert_non_null(root);
	return root;
}

static void
write_config(struct host_place *p)
{
	char path[TEST_PATH_MAX], self[PATH_MAX];
	struct problem why;
	FILE *file;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	test_path(path, p->dir, "enforgate.conf");
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fprintf(file,
	    "state_dir = .\nlog = enforgate.log\nstdio_idle_s = 2\nprograms_dir = %s\n",
	    dirname(dirname(self)));
	assert_int_equal(fclose(file), 0);
	assert_status(config_read(path, &p->config, &why), STATUS_OK);
}

static void
add_upstream(struct host_place *p, const char *const *words)
{
	struct json_object *command = json_new_array(), *settings = json_new_object();
	struct key key = {.approval_timeout_ms = 1, .name = "k"};
	char text[KEY_TEXT_LEN + 1], server[PATH_MAX];
	struct db *db;

	assert_non_null(realpath("tests/stdio_server.py", server));
	assert_true(json_append_text(command, "/usr/bin/python3"));
	assert_true(json_append_text(command, server));
	for (size_t i = 0; words != NULL && words[i] != NULL; i++)
		assert_true(json_append_text(command, words[i]));
	assert_true(json_set(settings, "command", command));
	command = json_new_array();
	assert_true(json_append_text(command, server));
	assert_true(json_set(settings, "read", command));
	p->upstream = (struct upstream){.name = "tests",
	    .kind = UPSTREAM_STDIO,
	    .target = "python3",
	    .timeout_ms = UPSTREAM_TIMEOUT_MS,
	    .settings = settings};
	assert_status(store_write(p->mcp.store, &db), STATUS_OK);
	key_make(text);
	assert_status(keys_add(db, &key, text), STATUS_OK);
	memcpy(p->upstream.key_id, key.id, sizeof(key.id));
	assert_status(upstreams_add(db, &p->mcp.seal, &p->upstream, clock_wall_ms()), STATUS_OK);
	assert_status(store_commit(p->mcp.store, db), STATUS_OK);
}

void
host_place_open(struct host_place *p, const char *owner, const char *const *words)
{
	const struct store_options options = {
	    .state_dir = p->dir, .deadline_ms = 5000, .create = true};
	char path[TEST_PATH_MAX];
	struct problem why;

	*p = (struct host_place){.capabilities = parse("{\"elicitation\":{}}")};
	(void)snprintf(p->dir, sizeof(p->dir), "%s", test_directory());
	assert_status(secret_start(), STATUS_OK);
	write_config(p);
	test_path(path, p->dir, SECRET_KEY_FILE);
	assert_status(secret_key_create(path, &why), STATUS_OK);
	assert_status(secret_key_read(path, &p->master, &why), STATUS_OK);
	assert_status(store_open(&options, &p->mcp.store, &why), STATUS_OK);
	assert_int_equal(pipe(p->end), 0);
	p->mcp.config = &p->config;
	p->mcp.master = &p->master;
	p->mcp.end_fd = p->end[0];
	assert_status(upstream_seal_key(&p->master, &p->mcp.seal), STATUS_OK);
	add_upstream(p, words);
	p->view = (struct peer_view){.owner = owner, .capabilities = p->capabilities};
}

size_t
host_place_files(const struct host_place *p)
{
	char path[TEST_PATH_MAX];
	size_t count = 0;
	struct dirent *entry;
	DIR *dir;

	test_path(path, p->dir, RUN_DIR);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.';
	if (dir != NULL)
		(void)closedir(dir);
	return count;
}

void
host_place_await_end(struct host_place *p, int most_s)
{
	const int64_t until_us = clock_us() + most_s * INT64_C(1000000);
	const struct timespec pause = {0, 20000000};

	while (host_place_files(p) > 0 && clock_us() < until_us)
		(void)nanosleep(&pause, NULL);
	assert_int_equal(host_place_files(p), 0);
}

void
host_place_close(struct host_place *p)
{
	struct db *db;

	assert_status(store_write(p->mcp.store, &db), STATUS_OK);
	(void)!upstreams_remove(db, p->upstream.id);
	assert_status(store_commit(p->mcp.store, db), STATUS_OK);
	host_place_await_end(p, 8);
	upstream_free(&p->upstream);
	json_free(p->capabilities);
	store_close(p->mcp.store);
	(void)close(p->end[0]);
	(void)close(p->end[1]);
	test_remove(p->dir);
}

enum status
host_place_find(
    struct host_place *p, struct peer *peer, struct json_object **hello, struct problem *why)
{
	*peer = (struct peer){.era = ERA_LEGACY};
	peer->upstream = p->upstream;
	return host_find(&p->mcp, &p->upstream, &p->view, clock_us() + FIND_S * INT64_C(1000000),
	    peer->host, hello, why);
}

struct json_object *
host_place_request(const char *tool, const char *arguments, const char *token)
{
	struct json_object *request =
	    parse("{\"request\":{\"jsonrpc\":\"2.0\",\"id\":\"mine\",\"method\":\"tools/call\"}}");
	struct json_object *params = json_new_object(), *meta = json_new_object();
	bool found;

	assert_true(json_set_text(params, "name", tool));
	assert_true(json_set(params, "arguments", parse(arguments)));
	if (token != NULL)
		assert_true(json_set_text(meta, "progressToken", token));
	assert_true(json_set(params, "_meta", meta));
	assert_true(json_set(json_member(request, "request", &found), "params", params));
	return request;
}

const char *
host_place_text(const struct json_object *response)
{
	bool found;
	const char *text = json_text(json_member(
	    json_element(
		json_member(json_member(response, "result", &found), "content", &found), 0),
	    "text", &found));

	return text != NULL ? text : "(no text)";
}
