/* main.c - enforgatectl: finds the command that was named and runs it; enforgatectl(1). */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl.h"

static const struct ctl_command *const tables[] = {ctl_init_commands, ctl_key_commands,
    ctl_policy_commands, ctl_upstream_commands, ctl_channel_commands, ctl_approval_commands,
    ctl_grant_commands, ctl_session_commands, ctl_deliver_commands, ctl_sweep_commands,
    ctl_audit_commands, ctl_stop_commands, ctl_apply_commands, ctl_backup_commands,
    ctl_doctor_commands};

#define TABLES (sizeof(tables) / sizeof(tables[0]))
#define SUGGESTION_MAX_DISTANCE 2
#define WORD_MAX 24

/* Calls `each` for every command until it returns false. */
static void
each_command(bool (*each)(void *arg, const struct ctl_command *command), void *arg)
{
	for (size_t i = 0; i < TABLES; i++)
		for (const struct ctl_command *c = tables[i]; c->name != NULL; c++)
			if (!each(arg, c))
				return;
}

struct search {
	const char *name;
	const char *verb;
	const struct ctl_command *found;
	bool name_known;
	int distance;     /* of the nearest word so far */
	const char *near; /* that word */
};

/* Letters to change, add or leave out (Levenshtein), a neighbouring swap counts as two. */
static int
distance(const char *a, const char *b)
{
	int row[WORD_MAX + 1];
	size_t alen = strlen(a), blen = strlen(b);

	if (alen > WORD_MAX || blen > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= blen; j++)
		row[j] = (int)j;
	for (size_t i = 1; i <= alen; i++) {
		int corner = row[0];

		row[0] = (int)i;
		for (size_t j = 1; j <= blen; j++) {
			int best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[blen];
}

static void
consider(struct search *search, const char *given, const char *word)
{
	int far = distance(given, word);

	if (far < search->distance) {
		search->distance = far;
		search->near = word;
	}
}

static bool
match(void *arg, const struct ctl_command *c)
{
	struct search *search = arg;

	if (strcmp(c->name, search->name) != 0) {
		return true;
	}
	search->name_known = true;
	if (c->verb == NULL || (search->verb != NULL && strcmp(c->verb, search->verb) == 0)) {
		search->found = c;
		return false;
	}
	return true;
}

static bool
suggest(void *arg, const struct ctl_command *c)
{
	struct search *search = arg;

	if (!search->name_known)
		consider(search, search->name, c->name);
	else if (search->verb != NULL && strcmp(c->name, search->name) == 0)
		consider(search, search->verb, c->verb);
	return true;
}

static bool
print_usage(void *arg, const struct ctl_command *c)
{
	const char *name = arg;

	if (name == NULL || strcmp(name, c->name) == 0)
		printf("  %s\n", c->usage);
	return true;
}

static int
unknown(struct search *search)
{
	char hint[64] = "";

	search->distance = SUGGESTION_MAX_DISTANCE + 1;
	each_command(suggest, search);
	if (search->near != NULL)
		(void)snprintf(hint, sizeof(hint), "; did you mean \"%s\"?", search->near);
	if (!search->name_known)
		return ctl_error("no command \"%s\"%s `enforgatectl help` lists them", search->name,
		    hint[0] != '\0' ? hint : ";");
	if (search->verb == NULL)
		return ctl_error("say what to do: `enforgatectl help %s` lists it", search->name);
	return ctl_error("no command \"%s %s\"%s `enforgatectl help %s` lists them", search->name,
	    search->verb, hint[0] != '\0' ? hint : ";", search->name);
}

static const char *
word_at(int argc, char **argv, int at)
{
	return at < argc ? argv[at] : NULL;
}

/* `help`, `help COMMAND` and `help COMMAND VERB`; argv[0] is the first word after help. */
static int
help(int argc, char **argv)
{
	struct search search = {.name = word_at(argc, argv, 0), .verb = word_at(argc, argv, 1)};

	if (search.name != NULL)
		each_command(match, &search);
	if (search.found != NULL) {
		printf("usage: enforgatectl %s\n%s\n", search.found->usage, search.found->help);
		return ctl_output();
	}
	if (search.name != NULL && (!search.name_known || search.verb != NULL))
		return unknown(&search);
	printf("usage: enforgatectl [--conf FILE] [--json] COMMAND ...\n");
	each_command(print_usage, search.name != NULL ? argv[0] : NULL);
	printf("`enforgatectl help COMMAND` explains one; enforgatectl(1) has everything.\n");
	return ctl_output();
}

struct globals {
	bool help;
	bool version;
	const char *conf;
};

/* Takes the options that every command has out of argv. Returns the new argc, or -1 after an error. */
static int
take_globals(struct ctl *ctl, struct globals *globals, int argc, char **argv)
{
	int kept = 1;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			while (i < argc)
				argv[kept++] = argv[i++];
		} else if (strcmp(argv[i], "--json") == 0) {
			ctl->json = true;
		} else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			globals->help = true;
		} else if (kept == 1 && strcmp(argv[i], "--version") == 0) {
			/* Behind a command it is the command's own option. */
			globals->version = true;
		} else if (strncmp(argv[i], "--conf=", 7) == 0) {
			globals->conf = argv[i] + 7;
		} else if (strcmp(argv[i], "--conf") == 0) {
			if (i + 1 == argc)
				return ctl_error("a file is missing behind --conf"), -1;
			globals->conf = argv[++i];
		} else {
			argv[kept++] = argv[i];
		}
	}
	argv[kept] = NULL;
	return kept;
}

static int
run(struct ctl *ctl, int argc, char **argv)
{
	struct search search = {.name = word_at(argc, argv, 0), .verb = word_at(argc, argv, 1)};
	int words;

	each_command(match, &search);
	if (search.found == NULL)
		return unknown(&search);
	words = search.found->verb != NULL ? 1 : 0;
	ctl->command = search.found;
	return search.found->run(ctl, argc - words, argv + words);
}

int
main(int argc, char **argv)
{
	struct ctl ctl = {.json = false};
	struct globals globals = {.conf = NULL};

	(void)umask(077);
	argc = take_globals(&ctl, &globals, argc, argv);
	if (argc < 0)
		return CTL_COULD_NOT;
	if (globals.conf != NULL && setenv("ENFORGATE_CONF", globals.conf, 1) != 0)
		return ctl_failed("set ENFORGATE_CONF", STATUS_NO_MEMORY);
	if (globals.version) {
		printf("enforgatectl %s\n", ENFORGATE_VERSION);
		return ctl_output();
	}
	if (argc > 1 && strcmp(argv[1], "help") == 0)
		return help(argc - 2, argv + 2);
	if (globals.help)
		return help(argc - 1, argv + 1);
	if (argc == 1) {
		(void)ctl_error("no command; `enforgatectl help` lists them");
		return CTL_COULD_NOT;
	}
	return run(&ctl, argc - 1, argv + 1);
}
