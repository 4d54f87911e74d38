/* test_gate_log.c - what the operator's log says of calls that could not be judged, and how much of it. */
#include "gate_place.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "clock.h"
#include "log.h"

#define THREADS 8
#define CONTENT_MAX (1 << 22)
#define SECOND_US 1000000
/* Calls at the most, where a machine never makes a flood of one second. */
#define CALLS_MAX 20000

/* Its condition cannot be evaluated on the calls of gate_place_reading(): a text is at that path. */
static const char unclear[] = "{\"rules\":[{\"tool\":\"read\",\"decision\":\"allow\",\"where\":"
			      "[{\"path\":\"path\",\"gt\":1}]}]}";

struct flood {
	struct gate_place *place;
	atomic_int calls;
	atomic_int of_second; /* calls of the present second */
	_Atomic int64_t second;
	atomic_bool enough; /* one second had many times more than it has room for */
	atomic_int judged_otherwise;
};

static void *
call_often(void *arg)
{
	struct flood *flood = arg;
	struct incoming in = gate_place_reading();
	struct answer answer;

	while (!atomic_load(&flood->enough) && atomic_load(&flood->calls) < CALLS_MAX) {
		int64_t second = clock_us() / SECOND_US;

		if (gate_place_decide(flood->place, &in, &answer) != STATUS_OK ||
		    answer.decision != DECISION_DENY)
			atomic_fetch_add(&flood->judged_otherwise, 1);
		atomic_fetch_add(&flood->calls, 1);
		if (atomic_exchange(&flood->second, second) != second)
			atomic_store(&flood->of_second, 0);
		if (atomic_fetch_add(&flood->of_second, 1) > 3 * LOG_REFUSALS_PER_SECOND)
			atomic_store(&flood->enough, true);
	}
	return NULL;
}

/* What the log says: lines with `part`, and the sum of the numbers of lines that were left out. */
static void
count_lines(const char *path, const char *part, int *lines, int *left_out)
{
	static char content[CONTENT_MAX];
	int fd = open(path, O_RDONLY);
	ssize_t len = read(fd, content, sizeof(content) - 1);
	char *rest = content, *line;

	assert_in_range(len, 1, sizeof(content) - 2);
	close(fd);
	content[len] = '\0';
	*lines = *left_out = 0;
	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *said = strstr(line, "] warn - ");

		*lines += strstr(line, part) != NULL;
		if (said != NULL && strstr(said, " lines left out") != NULL)
			*left_out += atoi(said + strlen("] warn - "));
	}
}

static void
flood_of_unclear_calls_is_bounded_in_the_log_and_counted(void **state)
{
	struct gate_place *p = *state;
	struct flood flood = {.place = p};
	pthread_t threads[THREADS];
	struct problem why = {""};
	char path[TEST_PATH_MAX];
	int lines, left_out;
	int64_t before_us, seconds;

	gate_place_put_policy(p, unclear);
	test_path(path, p->dir, "log");
	assert_status(log_open("test", path, &why), STATUS_OK);
	before_us = clock_us();
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_often, &flood), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	seconds = (clock_us() - before_us) / SECOND_US + 2; /* that were begun */
	assert_int_equal(flood.judged_otherwise, 0);
	(void)usleep(SECOND_US + SECOND_US / 10);
	log_info("a line of a later second"); /* behind the number of lines that were left out */
	count_lines(path, "cannot be evaluated", &lines, &left_out);
	log_close();
	assert_true(flood.enough);
	assert_in_range(lines, LOG_REFUSALS_PER_SECOND, seconds * LOG_REFUSALS_PER_SECOND);
	assert_true(left_out > 0);
	assert_int_equal(lines + left_out, flood.calls);
}

static enum status
read_call(struct attempt *attempt, struct call *call, struct problem *why)
{
	static const struct json_limits limits = {.bytes = 65536, .nesting = 64, .members = 1000};
	const char *body = gate_place_reading().body;
	struct call_wish wish;

	(void)attempt;
	return call_read_check(body, strlen(body), &limits, call, &wish, why);
}

static void
decided(struct attempt *attempt, enum status status)
{
	(void)attempt;
	assert_status(status, STATUS_OK);
}

/* The policy changes before they are recorded, and one thread judges both anew. */
static void
call_that_is_judged_anew_by_another_thread_is_logged_under_its_own_request(void **state)
{
	struct gate_place *p = *state;
	struct attempt attempts[2] = {{.request_id = "first"}, {.request_id = "second"}};
	struct problem why = {""};
	char path[TEST_PATH_MAX];
	int lines, left_out;

	test_path(path, p->dir, "log");
	assert_status(log_open("test", path, &why), STATUS_OK);
	for (int i = 0; i < 2; i++) {
		attempts[i].surface = "check";
		attempts[i].authorization = p->authorization;
		attempts[i].started_us = clock_us();
		attempts[i].read_call = read_call;
		attempts[i].done = decided;
		gate_decide(&p->gate, &attempts[i]);
	}
	gate_place_put_policy(p, unclear);
	audit_work(p->gate.audit);
	log_info("a line of nobody");
	log_close();
	count_lines(path, " refused first key agent", &lines, &left_out);
	assert_int_equal(lines, 1);
	count_lines(path, " refused second key agent", &lines, &left_out);
	assert_int_equal(lines, 1);
	count_lines(path, " info - a line of nobody", &lines, &left_out);
	assert_int_equal(lines, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    GATE_TEST(flood_of_unclear_calls_is_bounded_in_the_log_and_counted),
	    GATE_TEST(call_that_is_judged_anew_by_another_thread_is_logged_under_its_own_request),
	};

	return cmocka_run_group_tests_name("gate_log", tests, NULL, NULL);
}
