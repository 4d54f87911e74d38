/* test_gate.c - what a verdict is, where it is written, and what is never written. */
#include "gate_place.h"

#include <fcntl.h>

static void
verdict_is_recorded_once_before_it_is_answered(void **state)
{
	struct gate_place *p = *state;
	struct incoming in = gate_place_reading();
	struct answer answer;

	gate_place_assert_verdict(
	    p, &in, DECISION_ALLOW, "matched rule 0 of policy \"default\"", &answer);
	gate_place_assert_value(p, "SELECT count(*) FROM audit", "1");
	gate_place_assert_value(p, "SELECT call_id FROM audit", answer.call_id);
	gate_place_assert_value(p, "SELECT policy_id FROM audit", answer.policy_id);
	gate_place_assert_value(
	    p, "SELECT decision || policy_version || rule || key_name FROM audit", "allow10agent");
}

/* Law 1. */
static void
law_1_failed_write_gives_no_verdict(void **state)
{
	struct gate_place *p = *state;
	struct incoming in = gate_place_reading();
	struct answer answer = {.decision = DECISION_NONE};

	test_sql(p->database,
	    "CREATE TRIGGER no_more BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END");
	assert_status(gate_place_decide(p, &in, &answer), STATUS_FAILED);
	assert_int_equal(answer.decision, DECISION_NONE);
}

/* Law 2: no rule, no policy, a policy that cannot be read. */
static void
law_2_what_is_unclear_is_denied(void **state)
{
	struct gate_place *p = *state;
	struct incoming other = {.body = "{\"serverName\":\"files\",\"toolName\":\"write\"}"};
	struct incoming in = gate_place_reading();
	struct answer answer;

	gate_place_assert_verdict(p, &other, DECISION_DENY, "no rule matched", &answer);
	assert_string_equal(answer.policy_id, "");
	gate_place_put_policy(p, "{\"rules\":[{\"tool\":\"read\",\"decision\":\"perhaps\"}]}");
	gate_place_assert_verdict(
	    p, &in, DECISION_DENY, "policy \"default\" cannot be read", &answer);
}

/* Law 3. */
static void
law_3_arguments_and_keys_are_nowhere_on_disk(void **state)
{
	struct gate_place *p = *state;
	static const char *const files[] = {STORE_FILE, STORE_FILE "-wal"};
	struct incoming in = {
	    .body =
		"{\"serverName\":\"files\",\"toolName\":\"read\",\"args\":{\"canaryname\":\"canaryvalue\"}}"};
	struct answer answer;
	char path[TEST_PATH_MAX];
	static char content[1 << 20];

	assert_status(gate_place_decide(p, &in, &answer), STATUS_OK);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		ssize_t len;
		int fd;

		test_path(path, p->dir, files[i]);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		len = read(fd, content, sizeof(content));
		close(fd);
		assert_true(len > 0);
		assert_null(memmem(content, (size_t)len, "canary", 6));
		assert_null(memmem(
		    content, (size_t)len, p->authorization + strlen("Bearer ") + KEY_SHOWN, 20));
		if (i == 1) /* the test reads where the entry is */
			assert_non_null(
			    memmem(content, (size_t)len, answer.call_id, strlen(answer.call_id)));
	}
}

/* Law 4: what was evaluated is what is hashed, however it was written. */
static void
law_4_digest_is_of_the_parsed_call(void **state)
{
	struct gate_place *p = *state;
	static const char *const same[] = {
	    "{\"serverName\":\"s\",\"toolName\":\"t\",\"args\":{\"a\":1,\"b\":2}}",
	    "{\"serverName\":\"s\",\"toolName\":\"t\",\"args\":{ \"b\":2.0, \"a\":1 }}",
	    "{\"serverName\":\"s\",\"toolName\":\"t\",\"args\":{\"a\":7,\"b\":2,\"\\u0061\":1}}",
	};
	struct answer answer;

	for (size_t i = 0; i < 3; i++) {
		struct incoming in = {.body = same[i]};

		assert_status(gate_place_decide(p, &in, &answer), STATUS_OK);
	}
	gate_place_assert_value(p, "SELECT count(*) FROM audit", "3");
	gate_place_assert_value(p, "SELECT count(DISTINCT args_digest) FROM audit", "1");
}

static void
stranger_is_refused_and_his_bytes_are_not_read(void **state)
{
	struct gate_place *p = *state;
	struct incoming in = gate_place_reading();
	struct answer answer;

	p->authorization[sizeof(p->authorization) - 2] ^= 1;
	assert_status(gate_place_decide(p, &in, &answer), STATUS_REFUSED);
	(void)snprintf(p->authorization, sizeof(p->authorization), "Basic abc");
	assert_status(gate_place_decide(p, &in, &answer), STATUS_REFUSED);
	assert_int_equal(in.reads, 0);
	gate_place_assert_value(p, "SELECT count(*) FROM audit", "0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    GATE_TEST(verdict_is_recorded_once_before_it_is_answered),
	    GATE_TEST(law_1_failed_write_gives_no_verdict),
	    GATE_TEST(law_2_what_is_unclear_is_denied),
	    GATE_TEST(law_3_arguments_and_keys_are_nowhere_on_disk),
	    GATE_TEST(law_4_digest_is_of_the_parsed_call),
	    GATE_TEST(stranger_is_refused_and_his_bytes_are_not_read),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
