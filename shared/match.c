/*
 * match.c - globs and regular expressions over PCRE2; see match.h.
 *
 * PCRE2's own match limit cannot bound a search: it starts anew at every position of the subject, and a
 * run over many characters counts once. So every pattern is compiled with automatic callouts, one
 * before each item (pcre2callout(3)); the callout sees each position the search passes and charges
 * the distance to a budget.
 */
#include "match.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define STEPS_PER_ITEM 8   /* a callout costs about eight characters */
#define WIDE_PER_STEP 2    /* members of a class beyond ASCII are tried one by one */
#define BACKREF_PER_STEP 2 /* bytes compared per step */
#define NESTING_MAX 100    /* parentheses in a pattern */
#define DEPTH_MAX 100000
#define HEAP_KIB_MAX 4096
#define JIT_STACK_FIRST ((size_t)32 << 10)
#define JIT_STACK_MAX ((size_t)512 << 10)

struct regex {
	pcre2_code *code;
	uint64_t weight; /* steps for one character passed */
	size_t repeat; /* most characters that one item can pass and then fail without a callout */
	bool backrefs;
};

/* What a thread needs for searching; made at its first search, freed at its end. */
struct searcher {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack; /* NULL where PCRE2 has no JIT */
	const struct regex *regex;
	uint64_t left;
	size_t last;
};

static pthread_once_t searcher_once = PTHREAD_ONCE_INIT;
static pthread_key_t searcher_key;
static bool searcher_key_ok;

static const char *
next_character(const char *at)
{
	at++;
	while (((unsigned char)*at & 0xc0) == 0x80)
		at++;
	return at;
}

bool
match_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == '?') {
			pattern++;
			text = next_character(text);
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star;
			text = retry = next_character(retry);
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static int
charge(pcre2_callout_block *at, void *arg)
{
	struct searcher *s = arg;
	size_t here = at->current_position;
	size_t rest = at->subject_length - here;
	size_t passed = here > s->last ? here - s->last : s->last - here;
	uint64_t cost = passed + (s->regex->repeat < rest ? s->regex->repeat : rest);

	cost = STEPS_PER_ITEM + cost * s->regex->weight;
	if (s->regex->backrefs)
		cost += rest / BACKREF_PER_STEP;
	s->last = here;
	if (cost > s->left) {
		s->left = 0;
		return PCRE2_ERROR_CALLOUT;
	}
	s->left -= cost;
	return 0;
}

static void
searcher_free(void *arg)
{
	struct searcher *s = arg;

	if (s == NULL)
		return;
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->context);
	pcre2_jit_stack_free(s->stack);
	free(s);
}

static void
searcher_make_key(void)
{
	searcher_key_ok = pthread_key_create(&searcher_key, searcher_free) == 0;
}

/* This thread's searcher; NULL when memory has run out. */
static struct searcher *
searcher_get(void)
{
	struct searcher *s;

	if (pthread_once(&searcher_once, searcher_make_key) != 0 || !searcher_key_ok)
		return NULL;
	s = pthread_getspecific(searcher_key);
	if (s != NULL)
		return s;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->data = pcre2_match_data_create(1, NULL);
	s->context = pcre2_match_context_create(NULL);
	s->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MAX, NULL);
	if (s->data == NULL || s->context == NULL || pthread_setspecific(searcher_key, s) != 0) {
		searcher_free(s);
		return NULL;
	}
	pcre2_jit_stack_assign(s->context, NULL, s->stack);
	(void)pcre2_set_match_limit(s->context, (uint32_t)REGEX_STEPS);
	(void)pcre2_set_depth_limit(s->context, DEPTH_MAX);
	(void)pcre2_set_heap_limit(s->context, HEAP_KIB_MAX);
	(void)pcre2_set_callout(s->context, charge, s);
	return s;
}

/* The options of PCRE2 that the letters stand for; false where they are wrong. */
static bool
read_flags(const char *flags, uint32_t *options)
{
	static const struct {
		char letter;
		uint32_t option;
	} known[] = {
	    {'i', PCRE2_CASELESS}, {'m', PCRE2_MULTILINE}, {'s', PCRE2_DOTALL}, {'u', PCRE2_UTF}};
	unsigned seen = 0;

	for (const char *f = flags != NULL ? flags : ""; *f != '\0'; f++) {
		size_t i = 0;

		while (i < sizeof(known) / sizeof(known[0]) && known[i].letter != *f)
			i++;
		if (i == sizeof(known) / sizeof(known[0]) || (seen & 1U << i) != 0)
			return false;
		seen |= 1U << i;
		*options |= known[i].option;
	}
	return true;
}

bool
regex_flags_valid(const char *flags)
{
	uint32_t options = 0;

	return read_flags(flags, &options);
}

/* The number that begins at `at`, as far as PCRE2 allows one in braces (65535). */
static size_t
read_count(const char *at, const char *end)
{
	size_t count = 0;

	for (int digits = 0; at < end && digits < 5 && *at >= '0' && *at <= '9'; digits++)
		count = count * 10 + (size_t)(*at++ - '0');
	return count;
}

/*
 * Figures of the pattern's text that the budget needs, never below the true ones: how many members
 * beyond ASCII its classes can have (each such character and each \u, \p is taken for one), and the
 * largest lower count in braces.
 */
static void
weigh(struct regex *regex, const char *pattern, size_t len)
{
	const char *end = pattern + len;
	uint64_t wide = 0;

	for (const char *at = pattern; at < end; at++) {
		if ((unsigned char)*at >= 0xc0)
			wide++;
		if (*at == '\\' && at + 1 < end) {
			at++;
			wide += *at != '\0' && strchr("uxpPX", *at) != NULL;
			/* \u{1F600} is a character, no count. */
			if (*at == 'u' && at + 1 < end && at[1] == '{')
				at++;
		} else if (*at == '{') {
			size_t count = read_count(at + 1, end);

			regex->repeat = count > regex->repeat ? count : regex->repeat;
		}
	}
	regex->weight = 1 + wide / WIDE_PER_STEP;
}

/* Refuses what compiles but could not be searched at a bounded cost. */
static enum status
inspect(struct regex *regex, struct problem *why)
{
	uint32_t lookbehind = 0, backref = 0;
	size_t size = 0;

	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_MAXLOOKBEHIND, &lookbehind);
	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_BACKREFMAX, &backref);
	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_SIZE, &size);
	regex->backrefs = backref > 0;
	if (lookbehind > REGEX_LOOKBEHIND_MAX) {
		problem_set(why, "a look-behind of more than %d characters", REGEX_LOOKBEHIND_MAX);
		return STATUS_INVALID;
	}
	if (size > REGEX_COMPILED_MAX) {
		problem_set(why, "the pattern is too large when its counts are multiplied out");
		return STATUS_INVALID;
	}
	return STATUS_OK;
}

/* Sets regex->code from the pattern. */
static enum status
compile(struct regex *regex, const char *pattern, size_t len, uint32_t options, struct problem *why)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	PCRE2_UCHAR text[160];
	PCRE2_SIZE offset = 0;
	int error = 0;

	if (context == NULL)
		return STATUS_NO_MEMORY;
	(void)pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
	(void)pcre2_set_parens_nest_limit(context, NESTING_MAX);
	(void)pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALT_BSUX);
	regex->code = pcre2_compile((PCRE2_SPTR)pattern, len, options, &error, &offset, context);
	pcre2_compile_context_free(context);
	if (regex->code != NULL) {
		/* Without JIT (no executable memory allowed here) PCRE2 interprets: slower, same limits. */
		(void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
		return STATUS_OK;
	}
	if (error == PCRE2_ERROR_HEAP_FAILED)
		return STATUS_NO_MEMORY;
	(void)pcre2_get_error_message(error, text, sizeof(text));
	problem_set(why, "%s at offset %zu", (const char *)text, (size_t)offset);
	return STATUS_INVALID;
}

enum status
regex_compile(
    const char *pattern, size_t len, const char *flags, struct regex **out, struct problem *why)
{
	uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX |
			   PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF |
			   PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
	struct regex *regex;
	enum status status;

	*out = NULL;
	if (len > REGEX_PATTERN_MAX) {
		problem_set(why, "the pattern is longer than %d bytes", REGEX_PATTERN_MAX);
		return STATUS_INVALID;
	}
	if (!read_flags(flags, &options)) {
		problem_set(why, "flags must be any of i, m, s and u, each once");
		return STATUS_INVALID;
	}
	regex = calloc(1, sizeof(*regex));
	if (regex == NULL)
		return STATUS_NO_MEMORY;
	status = compile(regex, pattern, len, options, why);
	if (status == STATUS_OK)
		status = inspect(regex, why);
	if (status != STATUS_OK) {
		regex_free(regex);
		return status;
	}
	weigh(regex, pattern, len);
	*out = regex;
	return STATUS_OK;
}

void
regex_free(struct regex *regex)
{
	if (regex == NULL)
		return;
	pcre2_code_free(regex->code);
	free(regex);
}

size_t
regex_size(const struct regex *regex)
{
	size_t code = 0, jit = 0;

	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_SIZE, &code);
	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_JITSIZE, &jit);
	return code + jit;
}

enum match
regex_search(const struct regex *regex, const char *text, size_t len, uint64_t *steps)
{
	struct searcher *s = searcher_get();
	uint64_t allowed = steps != NULL && *steps < REGEX_STEPS ? *steps : REGEX_STEPS;
	int found;

	/* One item can pass the whole text before the first callout: that must be affordable. */
	if (s == NULL || len > REGEX_TEXT_MAX || len * regex->weight >= allowed)
		return MATCH_CANNOT_TELL;
	/* The first pass, in which PCRE2 checks the encoding and looks for a place to start. */
	s->left = allowed - len;
	s->last = 0;
	s->regex = regex;
	found = pcre2_match(regex->code, (PCRE2_SPTR)text, len, 0, 0, s->data, s->context);
	if (steps != NULL)
		*steps -= allowed - s->left;
	if (found == PCRE2_ERROR_NOMATCH)
		return MATCH_NO;
	/* 0: it matched, and there is no room for its groups, which nobody asked for. */
	return found >= 0 ? MATCH_YES : MATCH_CANNOT_TELL;
}
