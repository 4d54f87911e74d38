/*
 * gate_place.h - a gate on a real store with one key and its policy, for the tests of the way of a call.
 *
 * A second store on the same directory plays the administrator in another process.
 */
#ifndef TEST_GATE_PLACE_H
#define TEST_GATE_PLACE_H

#include "testing.h"

#include "gate.h"
#include "keys.h"

#define ALLOW_READ "{\"rules\":[{\"tool\":\"read\",\"decision\":\"allow\"}]}"
#define DENY_READ "{\"rules\":[{\"tool\":\"read\",\"decision\":\"deny\"}]}"
#define ASK_READ "{\"rules\":[{\"tool\":\"read\",\"decision\":\"require_approval\"}]}"
#define GATE_PLACE_APPROVALS 3 /* pending ones of a key */

struct gate_place {
	char dir[TEST_PATH_MAX];
	char database[TEST_PATH_MAX];
	struct store *store, *admin;
	struct gate gate;
	struct key agent; /* the key that calls; its policy is "default" */
	char authorization[sizeof("Bearer ") + KEY_TEXT_LEN];
};

struct incoming {
	const char *body;
	int reads; /* how often it was asked for */
	/* It is a further round of a call, as struct attempt has it. */
	const char *continues_call;
	int64_t continues_round;
	/* What an administrator does while the call is judged, or NULL. */
	void (*meanwhile)(struct gate_place *p);
};

/* The key "agent" may read. *state is the struct gate_place. */
int gate_place_setup(void **state);
int gate_place_teardown(void **state);
#define GATE_TEST(name) cmocka_unit_test_setup_teardown(name, gate_place_setup, gate_place_teardown)

/* Transactions of the administrator, who says it is done with gate_place_commit(). */
struct db *gate_place_write(struct gate_place *p);
void gate_place_commit(struct gate_place *p, struct db *db);
/* Makes a key, which calls from now on. */
void gate_place_add_key(struct gate_place *p, const char *name);
/* Puts the policy "default" and gives it to the key that calls. */
void gate_place_put_policy(struct gate_place *p, const char *document);

/* A call of the tool "read". */
struct incoming gate_place_reading(void);
enum status gate_place_decide(struct gate_place *p, struct incoming *in, struct answer *answer);
/* The call is decided so; `reason` NULL for any. */
void gate_place_assert_verdict(struct gate_place *p, struct incoming *in, enum decision decision,
    const char *reason, struct answer *answer);
void gate_place_assert_value(struct gate_place *p, const char *sql, const char *expected);

#endif
