/* upstream.c - enforgatectl upstream: add, set, rm. */
#include "key_commands.h"
#include "upstream_options.h"

struct upstream_work {
	struct upstream_options options;
	struct key key;
	struct upstream upstream; /* as it is in the end; its settings are freed with the work */
	bool changed;
};

static void
work_free(struct upstream_work *work)
{
	upstream_free(&work->upstream);
	upstream_options_free(&work->options);
}

static int
find_key(struct db *db, const char *name, struct key *key)
{
	int code = key_find(db, name, key);

	if (code == CTL_DONE && key->revoked_ms != 0)
		return ctl_error(
		    "key \"%s\" is revoked for good; nobody would use its upstreams", name);
	return code;
}

static int
take(struct ctl *ctl, struct upstream_work *work, const struct upstream *old)
{
	struct problem why = {"out of memory"};

	if (upstream_take(&ctl->config, old, &work->options.wish, &work->upstream, &why) !=
	    STATUS_OK)
		return ctl_error("upstream \"%s\": %s", old->name, why.text);
	return CTL_DONE;
}

static int
change_add(struct ctl *ctl, struct db *db, void *arg)
{
	struct upstream_work *work = arg;
	enum upstream_kind kind =
	    work->options.wish.command != NULL ? UPSTREAM_STDIO : UPSTREAM_HTTP;
	struct upstream new;
	int code = find_key(db, work->options.key_name, &work->key);

	if (code != CTL_DONE)
		return code;
	upstream_new(work->key.id, work->options.name, kind, &new);
	code = take(ctl, work, &new);
	if (code != CTL_DONE)
		return code;
	return upstream_add_in(ctl, db, work->key.name, &work->upstream, false);
}

/* An upstream is reached by a URL or is a program; with neither it is not clear what was meant. */
static int
one_of_both(const struct ctl *ctl, const struct upstream_options *o)
{
	if ((o->wish.url != NULL) != (o->wish.command != NULL))
		return CTL_DONE;
	return ctl_error("say where it is: either --url URL, or -- and a command\n"
			 "usage: enforgatectl %s",
	    ctl->command->usage);
}

static int
upstream_add(struct ctl *ctl, int argc, char **argv)
{
	struct upstream_work work = {.changed = false};
	int code = CTL_COULD_NOT;

	if (upstream_options_read(ctl, argc, argv, &work.options) &&
	    one_of_both(ctl, &work.options) == CTL_DONE) {
		if (!upstream_name_valid(work.options.name))
			(void)ctl_error("\"%s\" is no name for an upstream: 1 to %d of a-z 0-9 -",
			    work.options.name, UPSTREAM_NAME_MAX);
		else if (ctl_open(ctl) == STATUS_OK) {
			code = ctl_change(ctl, change_add, &work);
			if (code == CTL_DONE)
				ctl_wake(ctl);
			ctl_close(ctl);
		}
	}
	if (code == CTL_DONE) {
		ctl_note("upstream \"%s\" added to key \"%s\"; `enforgatectl upstream test %s %s` "
			 "tries it",
		    work.upstream.name, work.key.name, work.key.name, work.upstream.name);
		upstream_warn(&work.upstream);
	}
	work_free(&work);
	return code;
}

static int
change_set(struct ctl *ctl, struct db *db, void *arg)
{
	char change[UPSTREAM_CHANGE_MAX] = "";
	struct upstream_work *work = arg;
	struct upstream old = {.settings = NULL};
	int code = find_key(db, work->options.key_name, &work->key);

	if (code == CTL_DONE)
		code = upstream_find_open(ctl, db, &work->key, work->options.name, &old);
	if (code == CTL_DONE)
		code = take(ctl, work, &old);
	if (code == CTL_DONE) {
		upstream_describe_change(&old, &work->upstream, change);
		work->changed = change[0] != '\0';
	}
	if (work->changed)
		code = upstream_update_in(ctl, db, work->key.name, &old, &work->upstream, false);
	upstream_free(&old);
	return code;
}

static int
upstream_set(struct ctl *ctl, int argc, char **argv)
{
	struct upstream_work work = {.changed = false};
	int code = CTL_COULD_NOT;

	if (!upstream_options_read(ctl, argc, argv, &work.options)) {
		work_free(&work);
		return CTL_COULD_NOT;
	}
	if (work.options.nothing) {
		(void)ctl_error("nothing to set\nusage: enforgatectl %s", ctl->command->usage);
	} else if (ctl_open(ctl) == STATUS_OK) {
		code = ctl_change(ctl, change_set, &work);
		if (code == CTL_DONE && work.changed) {
			ctl_wake(ctl);
			ctl_note("upstream \"%s\" changed; in force with the next request",
			    work.upstream.name);
			upstream_warn(&work.upstream);
		} else if (code == CTL_DONE) {
			ctl_note("upstream \"%s\" is like that already", work.upstream.name);
		}
		ctl_close(ctl);
	}
	work_free(&work);
	return code;
}

static int
change_remove(struct ctl *ctl, struct db *db, void *arg)
{
	struct upstream_work *work = arg;
	int code = key_find(db, work->options.key_name, &work->key);

	if (code == CTL_DONE)
		code = upstream_find(db, &work->key, work->options.name, NULL, &work->upstream);
	return code == CTL_DONE
		   ? upstream_remove_in(ctl, db, work->key.name, &work->upstream, false)
		   : code;
}

static int
upstream_rm(struct ctl *ctl, int argc, char **argv)
{
	struct upstream_work work = {.changed = false};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 2, 2) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	work.options.key_name = operands.word[0];
	work.options.name = operands.word[1];
	code = ctl_change(ctl, change_remove, &work);
	if (code == CTL_DONE) {
		ctl_wake(ctl);
		ctl_note("upstream \"%s\" of key \"%s\" removed, with the definitions of its tools",
		    work.upstream.name, work.key.name);
	}
	ctl_close(ctl);
	return code;
}

#define ALL                                                                                        \
	"          all: [--optional | --required] [--prefix | --no-prefix]\n"                      \
	"          [--pinning off|warn|quarantine] [--timeout 60s]\n"
#define HTTP                                                                                       \
	"[--url URL | --url-file F|-] [--header 'Name: value' | --header-file F|-]...\n"           \
	"          [--private] [--ca F]"
#define STDIO                                                                                      \
	"[--env NAME=value | --env-file F|-]... [--read PATH]... [--write PATH]...\n"              \
	"          [--directory D] [--memory MB] [--files N] [--user NAME] [--trust] -- COMMAND [ARG]..."

const struct ctl_command ctl_upstream_commands[] = {
    {"upstream", "add",
	"upstream add KEYNAME UPSTREAM " HTTP "\n"
	"       enforgatectl upstream add KEYNAME UPSTREAM " STDIO "\n" ALL,
	"Puts an MCP server behind a key: one that is reached by HTTP, or a program that speaks MCP over its\n"
	"standard input and output. Headers, variables and arguments are kept sealed and never shown. A\n"
	"program runs in a sandbox, which --read and --write open; --trust does without it.",
	upstream_add},
    {"upstream", "list", "upstream list [KEYNAME]",
	"Shows the upstreams of a key, or of all, in order of configuration.", ctl_upstream_list},
    {"upstream", "set",
	"upstream set KEYNAME UPSTREAM [options as for add] [-- COMMAND [ARG]...]\n"
	"          and [--no-header NAME]... [--no-env NAME]... [--no-read] [--no-write] [--no-private]\n"
	"          [--no-trust] [--ca system] [--memory standard] [--files standard]",
	"Changes what is named and nothing else. --read and --write replace the paths that there were.",
	upstream_set},
    {"upstream", "test", "upstream test KEYNAME UPSTREAM",
	"Connects as a responder does and shows what the server says of itself, its tools, and what policies\n"
	"and pins make of each. Exit code 1 where it cannot be used.",
	ctl_upstream_test},
    {"upstream", "repin", "upstream repin KEYNAME UPSTREAM [TOOL] [--yes]",
	"Shows how definitions of tools differ from what was pinned when they were first seen, and accepts them\n"
	"when you say so, on a terminal or by --yes. Exit code 1: something differs and was not accepted.",
	ctl_upstream_repin},
    {"upstream", "rm", "upstream rm KEYNAME UPSTREAM",
	"Removes an upstream, with the definitions of its tools as they were pinned.", upstream_rm},
    {NULL, NULL, NULL, NULL, NULL}};
