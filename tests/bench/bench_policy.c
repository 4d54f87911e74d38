/*
 * bench_policy.c - what one evaluation costs: ns per call by number of rules, for the last rule matching.
 * `--json` prints one object instead of a table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "json.h"
#include "policy.h"

#define ROUNDS 9
#define ROUND_SECONDS 0.05
#define FIRST_CALLS 1000

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* `count` rules with all kinds of globs, of which the last one matches the call. */
static struct policy *
make_policy(size_t count, const char *where)
{
	static const struct {
		const char *before;
		const char *after;
	} globs[] = {{"list_things_", ""}, {"delete_", "_*"}, {"*_report_", ""}, {"a*", "*z"}};
	struct policy *policy = NULL;
	struct problem why = {""};
	struct buf text;

	buf_init(&text, POLICY_TEXT_MAX);
	buf_char(&text, '[');
	for (size_t i = 0; i + 1 < count; i++)
		buf_printf(&text, "{\"tool\":\"%s%zu%s\",\"decision\":\"deny\"},",
		    globs[i % 4].before, i, globs[i % 4].after);
	buf_printf(
	    &text, "{\"tool\":\"send_*\",\"server\":\"mail\",\"decision\":\"allow\"%s}]", where);
	if (buf_status(&text) != STATUS_OK ||
	    policy_read(buf_str(&text), text.len, &policy, &why) != STATUS_OK) {
		(void)fprintf(stderr, "bench_policy: %s\n", why.text);
		exit(1);
	}
	buf_free(&text);
	return policy;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Median ns of one evaluation. */
static double
measure(const struct policy *policy, const struct call *call)
{
	double rounds[ROUNDS];
	struct verdict verdict = {0};
	size_t calls = FIRST_CALLS;

	for (size_t r = 0; r < ROUNDS; r++) {
		double from = now(), took;

		for (size_t i = 0; i < calls; i++)
			policy_evaluate(&policy, 1, call, NULL, &verdict);
		took = now() - from;
		rounds[r] = took / (double)calls * 1e9;
		calls = (size_t)(ROUND_SECONDS / (took / (double)calls)) + 1;
		if (verdict.decision != DECISION_ALLOW) {
			(void)fprintf(stderr, "bench_policy: %s\n", verdict.reason);
			exit(1);
		}
	}
	qsort(rounds, ROUNDS, sizeof(rounds[0]), by_size);
	return rounds[ROUNDS / 2];
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		size_t rules;
		const char *where;
	} runs[] = {
	    {"1 rule", 1, ""},
	    {"3 rules", 3, ""},
	    {"20 rules", 20, ""},
	    {"1000 rules", 1000, ""},
	    {"10000 rules", 10000, ""},
	    {"1 rule, 1 regex", 1,
		",\"where\":[{\"path\":\"to\",\"matches\":\"^[\\\\w.]+@example\\\\.com$\"}]"},
	    {"1 rule, 3 conditions", 1,
		",\"where\":[{\"path\":\"n\",\"lte\":500},{\"path\":\"c\",\"in\":[\"usd\",\"eur\"]},"
		"{\"path\":\"x\",\"exists\":false}]"},
	};
	static const char text[] = "{\"to\":\"some.body@example.com\",\"n\":499.99,\"c\":\"eur\"}";
	static const struct json_limits limits = {1024, 8, 100, false};
	bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
	struct call call = {.server = "mail", .tool = "send_message"};

	if (json_parse(text, strlen(text), &limits, &call.args, NULL) != STATUS_OK)
		return 1;
	if (json)
		(void)printf("{");
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		struct policy *policy = make_policy(runs[i].rules, runs[i].where);
		double ns = measure(policy, &call);

		if (json)
			(void)printf("%s\"%s\":%.0f", i > 0 ? "," : "", runs[i].name, ns);
		else
			(void)printf("%-22s %10.0f ns per call\n", runs[i].name, ns);
		policy_free(policy);
	}
	if (json)
		(void)printf("}\n");
	json_free(call.args);
	return 0;
}
