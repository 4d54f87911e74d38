/* host_place.h - an installation with one stdio upstream, for tests of its host. */
#ifndef ENFORGATE_TESTS_HOST_PLACE_H
#define ENFORGATE_TESTS_HOST_PLACE_H

#include "testing.h"

#include "mcp/host.h"
#include "mcp/mcp.h"

struct host_place {
	char dir[TEST_PATH_MAX];
	struct config config;
	struct secret_key master;
	struct mcp mcp;
	struct upstream upstream;
	struct json_object *capabilities;
	struct peer_view view;
	int end[2];
};

/* `words` go to the test server (tests/stdio_server.py). */
void host_place_open(struct host_place *p, const char *owner, const char *const *words);
/* Also ends the host, by removing its upstream, and waits for that. */
void host_place_close(struct host_place *p);

/* host_find(); the path of the socket is kept in peer->host. */
enum status host_place_find(
    struct host_place *p, struct peer *peer, struct json_object **hello, struct problem *why);
/* Seconds until nothing is left in `run`; fails after `most`. */
void host_place_await_end(struct host_place *p, int most_s);
size_t host_place_files(const struct host_place *p); /* in `run` */

/* {"request": tools/call NAME ARGUMENTS}; `token` NULL: none. */
struct json_object *host_place_request(const char *tool, const char *arguments, const char *token);
/* The text of a result. */
const char *host_place_text(const struct json_object *response);

#endif
