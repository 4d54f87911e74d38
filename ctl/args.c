/* args.c - the words behind a command; see args.h. */
#include "args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND_MS ((int64_t)1000)
#define DAY_MS (86400 * SECOND_MS)
#define EXPIRY_MAX_MS (36500 * DAY_MS)

static bool
wrong(const struct ctl *ctl, const char *what, const char *word)
{
	(void)ctl_error("%s%s\nusage: enforgatectl %s", what, word, ctl->command->usage);
	return false;
}

/* The option that a word names, with or without its value behind '='. */
static const struct ctl_option *
find(const struct ctl_option *options, const char *word)
{
	size_t len = strcspn(word, "=");

	for (; options != NULL && options->name != NULL; options++)
		if (strncmp(options->name, word, len) == 0 && options->name[len] == '\0')
			return options;
	return NULL;
}

static bool
add(const struct ctl *ctl, struct ctl_words *words, const char *word)
{
	if (words->count == CTL_WORDS_MAX)
		return wrong(ctl, "too many words, from ", word);
	words->word[words->count++] = word;
	return true;
}

/* Takes the option at argv[*at] and moves *at to the last word it used. */
static bool
take_option(const struct ctl *ctl, const struct ctl_option *options, int argc, char **argv, int *at)
{
	const struct ctl_option *option = find(options, argv[*at]);
	const char *value = strchr(argv[*at], '=');

	if (option == NULL)
		return wrong(ctl, "unknown option ", argv[*at]);
	if (option->flag != NULL) {
		if (value != NULL)
			return wrong(ctl, "no value belongs to ", option->name);
		*option->flag = true;
		return true;
	}
	if (value != NULL)
		value++;
	else if (*at + 1 < argc)
		value = argv[++*at];
	else
		return wrong(ctl, "a value is missing behind ", option->name);
	if (option->list != NULL)
		return add(ctl, option->list, value);
	if (*option->value != NULL)
		return wrong(ctl, "given twice: ", option->name);
	*option->value = value;
	return true;
}

bool
ctl_args(const struct ctl *ctl, int argc, char **argv, const struct ctl_option *options,
    struct ctl_words *operands, size_t min, size_t max)
{
	bool only_operands = false;

	operands->count = 0;
	for (int i = 1; i < argc; i++) {
		if (!only_operands && strcmp(argv[i], "--") == 0)
			only_operands = true;
		else if (only_operands || argv[i][0] != '-' || argv[i][1] == '\0') {
			if (!add(ctl, operands, argv[i]))
				return false;
		} else if (!take_option(ctl, options, argc, argv, &i))
			return false;
	}
	if (operands->count < min)
		return wrong(ctl, "something is missing", "");
	if (operands->count > max)
		return wrong(ctl, "too much: ", operands->word[max]);
	return true;
}

bool
ctl_choose(bool yes, bool no, const char *names, enum choice *out)
{
	if (yes && no) {
		(void)ctl_error("%s exclude each other", names);
		return false;
	}
	*out = yes ? CHOICE_YES : no ? CHOICE_NO : CHOICE_NONE;
	return true;
}

bool
ctl_chosen(enum choice choice, bool otherwise)
{
	return choice != CHOICE_NONE ? choice == CHOICE_YES : otherwise;
}

bool
ctl_integer(const char *text, int64_t *value)
{
	char *end;
	const char *digits = text[0] == '-' ? text + 1 : text;

	if (digits[0] < '0' || digits[0] > '9')
		return false;
	errno = 0;
	*value = strtoll(text, &end, 10);
	return errno == 0 && end[0] == '\0';
}

static const struct {
	char letter;
	int64_t ms;
} units[] = {{'d', DAY_MS}, {'h', 3600 * SECOND_MS}, {'m', 60 * SECOND_MS}, {'s', SECOND_MS}};

bool
ctl_duration(const char *text, int64_t least_ms, int64_t most_ms, int64_t *ms)
{
	char number[20];
	size_t len = strspn(text, "0123456789");
	int64_t value = 0;

	if (len == 0 || len >= sizeof(number) || text[len] == '\0' || text[len + 1] != '\0')
		return false;
	(void)snprintf(number, sizeof(number), "%.*s", (int)len, text);
	if (!ctl_integer(number, &value))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].letter == text[len])
			return !__builtin_mul_overflow(value, units[i].ms, ms) && *ms >= least_ms &&
			       *ms <= most_ms;
	return false;
}

void
ctl_duration_text(int64_t ms, char *out, size_t size)
{
	size_t i = 0;

	while (i + 1 < sizeof(units) / sizeof(units[0]) && ms % units[i].ms != 0)
		i++;
	(void)snprintf(out, size, "%lld%c", (long long)(ms / units[i].ms), units[i].letter);
}

bool
ctl_moment(const char *text, int64_t *wall_ms)
{
	static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"};
	static const char digits[] = "dddd-dd-ddTdd:dd:ddZ";

	/* strptime() also takes "2027-1-3" and spaces; one moment has one spelling here. */
	for (size_t i = 0; text[i] != '\0'; i++)
		if (i >= sizeof(digits) - 1 ||
		    (digits[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != digits[i]))
			return false;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {.tm_isdst = 0};
		const char *end = strptime(text, forms[i], &tm);
		int day = tm.tm_mday;

		if (end == NULL || end[0] != '\0')
			continue;
		*wall_ms = (int64_t)timegm(&tm) * 1000;
		return tm.tm_mday == day; /* the 31st of February is moved to March */
	}
	return false;
}

bool
ctl_expiry(const char *text, int64_t now_ms, int64_t *ms)
{
	int64_t duration = 0;

	if (strcmp(text, "never") == 0) {
		*ms = 0;
		return true;
	}
	if (ctl_duration(text, SECOND_MS, EXPIRY_MAX_MS, &duration)) {
		*ms = now_ms + duration;
		return true;
	}
	return ctl_moment(text, ms) && *ms > now_ms && *ms - now_ms <= EXPIRY_MAX_MS;
}
