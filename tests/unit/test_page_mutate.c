/* test_page_mutate.c - templates changed by chance, the same ones every time; what must hold of them is in page_oracle.h. */
#include "testing.h"

#include "page_oracle.h"
#include "secret.h"

#define ROUNDS 30000
#define SEED_MAX 2048
#define CHANGES_MAX 4

static const char *const seeds[] = {
    "3<!doctype html><title>{{title}}</title><p title=\"{{text}}\">{{#hint}}<b>{{hint}}</b>{{/hint}}",
    "3<style>{{> style}}</style>{{^title}}<!-- x -->{{/title}}<script>{{> script}}</script>{{text}}\x1e"
    "a{b:c}\x1ex();",
    "0<input type=radio {{#chosen_1h}}checked {{/chosen_1h}}value='{{calls}}'><svg><g/></svg>{{tool}}",
    "1{{#approved}}\n<h1>{{key_name}}</h1>\n{{/approved}}\n{{! x }}\n{{^approved}}\r\n{{who}}\r\n{{/approved}}",
    "4<p style=\"a\"><a href=\"{{link}}\">{{tool}}</a><textarea>{{reason}}</textarea>",
    "5{{#created}}\n{{key_name}} <{{link}}>\n{{/created}}\n",
};
static const char *const pieces[] = {"{{", "}}", "{{title}}", "{{#title}}", "{{/title}}",
    "{{^title}}", "{{tool}}", "{{link}}", "{{#who}}", "{{/who}}", "{{! ", "{{> style}}", "<", ">",
    "\"", "'", "=", "/", " ", "\n", "\r\n", "-", "!", "<p ", "</", "<script>", "</script>",
    "<style>", "</style>", "<title>", "</title>", "<!--", "-->", "<svg>", "</svg>", "title=\"",
    "href=\"", "onx=", "\x1e", "\x80", "x", "", ""};

static uint32_t
chance(uint32_t below)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

/* Puts a piece, or a part of the text itself, in the place of a few of its bytes. */
static size_t
change(char *text, size_t len)
{
	char other[SEED_MAX];
	size_t at = chance((uint32_t)len), gone = chance(4) == 0 ? chance(12) : chance(2), more;

	if (chance(3) == 0) {
		size_t from = chance((uint32_t)len);

		more = chance(24);
		more = more > len - from ? len - from : more;
		(void)memcpy(other, text + from, more);
	} else {
		const char *piece = pieces[chance(sizeof(pieces) / sizeof(pieces[0]))];

		more = strlen(piece);
		(void)memcpy(other, piece, more + 1);
	}
	gone = gone > len - at ? len - at : gone;
	if (len - gone + more >= SEED_MAX)
		return len;
	(void)memmove(text + at + more, text + at + gone, len - at - gone);
	(void)memcpy(text + at, other, more);
	return len - gone + more;
}

static void
changed_templates_keep_what_must_hold(void **state)
{
	int accepted = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		const char *seed = seeds[chance(sizeof(seeds) / sizeof(seeds[0]))];
		size_t len = strlen(seed);
		char text[SEED_MAX];
		const char *fault;
		bool good;

		(void)memcpy(text, seed, len);
		for (uint32_t left = 1 + chance(CHANGES_MAX); left > 0 && len > 0; left--)
			len = change(text, len);
		fault = page_oracle(text, len, &good);
		if (fault != NULL)
			fail_msg("round %d: %s: %.*s", round, fault, (int)len, text);
		accepted += good;
	}
	/* Both ends are met: neither is everything refused nor everything taken. */
	assert_in_range(accepted, ROUNDS / 20, ROUNDS / 2);
}

static void
seeds_are_accepted(void **state)
{
	bool good;

	(void)state;
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		assert_null(page_oracle(seeds[i], strlen(seeds[i]), &good));
		assert_true(good);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(seeds_are_accepted),
	    cmocka_unit_test(changed_templates_keep_what_must_hold),
	};

	if (secret_start() != STATUS_OK)
		return 1;
	return cmocka_run_group_tests_name("page_mutate", tests, NULL, NULL);
}
