/* peer_place.h - an upstream of either era, made of http_place.h, and a process of the gateway that speaks to it. */
#ifndef TEST_PEER_PLACE_H
#define TEST_PEER_PLACE_H

#include "http_place.h"
#include "store_place.h"

#include "json.h"
#include "mcp/line.h"
#include "mcp/peers.h"

#define PEER_PLACE_ANSWER_MAX 65536
#define JSON_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json"
#define EVENTS_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream"
#define CALL_ID "c1"
#define CALL_OK "{\"jsonrpc\":\"2.0\",\"id\":\"" CALL_ID "\",\"result\":{\"fine\":true}}"

/* How the server behaves; changed by tests while nothing is asked. NULL: as a good server of its era. */
struct manners {
	_Atomic enum era era;
	const struct served *_Atomic discover;
	const struct served *_Atomic initialize;
	const struct served *_Atomic initialized;
	const struct served *_Atomic call;   /* tools/call and everything that is not named here */
	const struct served *_Atomic later;  /* the same, from the second one on */
	const struct served *_Atomic listen; /* GET, or subscriptions/listen */
	const char *_Atomic session;         /* what a legacy one calls its sessions */
	atomic_int calls;
};

struct peer_place {
	struct store_place *store;
	struct config config;
	struct http_place http;
	struct manners manners;
	char session_head[256];
	struct served session_served;
	struct mcp mcp;
	struct upstream upstream;
	char url[128];
};

/* *state is a struct peer_place; the server is a modern one. */
int peer_place_setup(void **state);
int peer_place_teardown(void **state);
#define PEER_TEST(name) cmocka_unit_test_setup_teardown(name, peer_place_setup, peer_place_teardown)

/* Changes the URL or any other member of the upstream's settings; text is JSON. */
void peer_place_set(struct peer_place *p, const char *member, const char *json);
/* A second process with the same database. */
struct mcp peer_place_process(struct peer_place *p);
/* A peer for an owner and the capabilities of a client (JSON); fails the test where there is none. */
struct peer *peer_place_peer(
    struct mcp *mcp, struct peer_place *p, const char *owner, const char *capabilities);
/* The same, expecting a sentence that holds `text`. */
void peer_place_no_peer(struct mcp *mcp, struct peer_place *p, const char *text);

struct json_object *peer_place_json(const char *text);
/* A request with the id CALL_ID. */
struct json_object *peer_place_request(const char *method);
/* Asks and waits for the end; messages before it are counted. *message is the last one, owned by the caller. */
struct called {
	enum line_event event;
	int messages;
	bool sent;
	struct json_object *message;
	struct problem why;
};
struct called peer_place_call(struct mcp *mcp, struct peer *peer, const char *method);

#endif
