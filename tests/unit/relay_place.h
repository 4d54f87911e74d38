/*
 * relay_place.h - a relay between a client and an upstream that both follow a script, for the tests of relay.h.
 *
 * The lines, peers and lists of the gateway are played by relay_upstream.h: a program that uses it has none of the real ones.
 */
#ifndef TEST_RELAY_PLACE_H
#define TEST_RELAY_PLACE_H

#include "json_aid.h"

#include "mcp/relay.h"

#define PLACE_SAID_MAX 32

enum step_kind {
	STEP_END,      /* nothing comes any more: waits for the clock or a descriptor */
	STEP_MESSAGE,  /* `json`; $TOKEN is the progress token of the last request */
	STEP_RESULT,   /* the response with this result */
	STEP_ERROR,    /* with this error */
	STEP_ANSWERED, /* waits until that many messages came beside the request */
	STEP_WATCHED,  /* waits until a descriptor can be read */
	STEP_LOST,     /* before the request was sent */
	STEP_LOST_SENT,
	STEP_SESSION,
	STEP_REFUSED, /* the line cannot be opened */
};

struct step {
	enum step_kind kind;
	const char *json;
	size_t count;
	void (*act)(void); /* before it */
};

/* What one side was sent, as JSON. */
struct said {
	char *text[PLACE_SAID_MAX];
	size_t count;
};

struct relay_place {
	char dir[TEST_PATH_MAX];
	struct config config;
	struct mcp mcp;
	struct caller *caller;
	struct upstream upstream;
	struct relay_call call;
	struct relay_client client;
	struct relay_answer answer;
	struct json_object *trees[8];
	size_t ntrees;
	/* The upstream. */
	enum era era;
	bool host; /* lines can wait */
	const struct step *steps;
	size_t at;
	struct said requests, sent, cancelled, headers;
	int lost;    /* peer_lost() */
	int changed; /* catalog_changed() */
	bool parked, resumed;
	struct json_object *definition; /* that catalog_route() finds; borrowed */
	/* The client. */
	struct said told;
	const char *answers; /* to its questions: a result for all of them; NULL: it says nothing */
	bool gone;           /* send() and keep() fail */
	int ends[2];         /* its connection */
	int kept;
};

int relay_place_setup(void **state);
int relay_place_teardown(void **state);
#define RELAY_TEST(name)                                                                           \
	cmocka_unit_test_setup_teardown(name, relay_place_setup, relay_place_teardown)

/* The eras of the two, what the client declares, and what the upstream does. */
void relay_place_set(struct relay_place *p, enum era client, enum era upstream,
    const char *capabilities, const struct step *steps);
/* Carries the call; the answer of an earlier one is freed. */
void relay_place_run(struct relay_place *p);
/* A tree that lives as long as the place. */
struct json_object *relay_place_tree(struct relay_place *p, const char *json);
/* Frees them: relay_place_set() comes next. */
void relay_place_clear(struct relay_place *p);

/* A member on a path of names, "params.progress"; NULL: not there. In texts of `said` numbers and so on are JSON again. */
void relay_place_assert(const char *json, const char *path, const char *expected);
void relay_place_assert_result(struct relay_place *p, const char *path, const char *expected);
/* ---- For relay_upstream.h ---- */
/* The one that plays now. */
struct relay_place *relay_place_now(void);
void relay_place_note(struct said *said, const struct json_object *message);
void relay_place_note_text(struct said *said, const char *text);
/* A response with that member, "result" or "error". */
struct json_object *relay_place_response(const char *member, const char *json);

#endif
