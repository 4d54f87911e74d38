/* upstream_options.c - what the options of `upstream add` and `upstream set` mean; see upstream_options.h. */
#include "upstream_options.h"

#include <stdlib.h>
#include <string.h>

#include "utf8.h"

static bool
no_memory(void)
{
	(void)ctl_failed("read the options", STATUS_NO_MEMORY);
	return false;
}

static bool
is_utf8(const char *text)
{
	size_t left = strlen(text), len = 1;

	for (; left > 0 && len > 0; text += len, left -= len)
		len = utf8_length(text, left);
	return left == 0;
}

static bool
append(struct json_object *array, const char *what, const char *text)
{
	if (!is_utf8(text)) {
		(void)ctl_error("%s: something is no UTF-8", what);
		return false;
	}
	return json_append_text(array, text) || no_memory();
}

bool
upstream_lines(const char *path, struct json_object *array)
{
	char *text = NULL, *at, *end;
	size_t len = 0;
	bool ok = true;

	if (ctl_read_file(path, UPSTREAM_SETTINGS_MAX, &text, &len) != STATUS_OK)
		return false;
	if (memchr(text, '\0', len) != NULL) {
		(void)ctl_error("%s: holds a NUL", path);
		ok = false;
	}
	for (at = text; ok && *at != '\0'; at = end) {
		end = at + strcspn(at, "\n");
		if (*end == '\n')
			*end++ = '\0';
		if (at[0] != '\0' && at[strlen(at) - 1] == '\r')
			at[strlen(at) - 1] = '\0';
		if (at[0] != '\0' && at[0] != '#')
			ok = append(array, path, at);
	}
	secret_wipe(text, len);
	free(text);
	return ok;
}

/* Words of the command line and lines of files as one array; NULL where there are none. */
static bool
gather(const char *what, const struct ctl_words *words, const struct ctl_words *files,
    struct json_object **out)
{
	bool ok = true;

	if (words->count == 0 && (files == NULL || files->count == 0))
		return true;
	*out = json_new_array();
	if (*out == NULL)
		return no_memory();
	for (size_t i = 0; i < words->count && ok; i++)
		ok = append(*out, what, words->word[i]);
	for (size_t i = 0; files != NULL && i < files->count && ok; i++)
		ok = upstream_lines(files->word[i], *out);
	return ok;
}

static bool
gather_paths(const char *what, const struct ctl_words *words, bool none, struct json_object **out)
{
	if (none && words->count > 0) {
		(void)ctl_error("--%s and --no-%s exclude each other", what, what);
		return false;
	}
	if (none) {
		*out = json_new_array();
		return *out != NULL || no_memory();
	}
	return gather(what, words, NULL, out);
}

static void
warn_of_command_line(const struct ctl_words *words, const char *option)
{
	for (size_t i = 0; i < words->count; i++)
		if (upstream_looks_secret(words->word[i])) {
			ctl_note("other users of this machine could see what stands on the "
				 "command line; %s-file takes it from a file, or from standard "
				 "input (-)",
			    option);
			return;
		}
}

/* What the options mean together. */
static bool
take(struct upstream_options *o)
{
	struct upstream_wish *w = &o->wish;

	if (!ctl_choose(o->required, o->optional, "--required and --optional", &w->required) ||
	    !ctl_choose(o->prefix, o->no_prefix, "--prefix and --no-prefix", &w->prefix) ||
	    !ctl_choose(o->private, o->no_private, "--private and --no-private", &w->private) ||
	    !ctl_choose(o->trust, o->no_trust, "--trust and --no-trust", &w->trust))
		return false;
	if (w->url != NULL && o->url_file != NULL) {
		(void)ctl_error("one of --url and --url-file");
		return false;
	}
	if (o->url_file != NULL) {
		if (!ctl_secret_file("url", o->url_file, o->url, sizeof(o->url)))
			return false;
		w->url = o->url;
		w->url_hidden = true;
	}
	warn_of_command_line(&o->headers, "--header");
	warn_of_command_line(&o->env, "--env");
	return gather("header", &o->headers, &o->header_files, &w->headers) &&
	       gather("header", &o->drop_headers, NULL, &w->drop_headers) &&
	       gather("env", &o->env, &o->env_files, &w->env) &&
	       gather("env", &o->drop_env, NULL, &w->drop_env) &&
	       gather_paths("read", &o->read, o->no_read, &w->read) &&
	       gather_paths("write", &o->write, o->no_write, &w->write);
}

static bool
take_command(struct upstream_options *o, int argc, char **argv)
{
	bool ok = true;

	o->wish.command = json_new_array();
	if (o->wish.command == NULL)
		return no_memory();
	for (int i = 0; i < argc && ok; i++)
		ok = append(o->wish.command, "command", argv[i]);
	return ok;
}

bool
upstream_options_read(struct ctl *ctl, int argc, char **argv, struct upstream_options *o)
{
	struct upstream_wish *w = &o->wish;
	const struct ctl_option options[] = {{"--url", NULL, &w->url, NULL},
	    {"--url-file", NULL, &o->url_file, NULL}, {"--header", NULL, NULL, &o->headers},
	    {"--header-file", NULL, NULL, &o->header_files},
	    {"--no-header", NULL, NULL, &o->drop_headers}, {"--env", NULL, NULL, &o->env},
	    {"--env-file", NULL, NULL, &o->env_files}, {"--no-env", NULL, NULL, &o->drop_env},
	    {"--read", NULL, NULL, &o->read}, {"--write", NULL, NULL, &o->write},
	    {"--no-read", &o->no_read, NULL, NULL}, {"--no-write", &o->no_write, NULL, NULL},
	    {"--directory", NULL, &w->directory, NULL}, {"--memory", NULL, &w->memory, NULL},
	    {"--files", NULL, &w->files, NULL}, {"--user", NULL, &w->user, NULL},
	    {"--ca", NULL, &w->ca, NULL}, {"--pinning", NULL, &w->pinning, NULL},
	    {"--timeout", NULL, &w->timeout, NULL}, {"--optional", &o->optional, NULL, NULL},
	    {"--required", &o->required, NULL, NULL}, {"--prefix", &o->prefix, NULL, NULL},
	    {"--no-prefix", &o->no_prefix, NULL, NULL}, {"--private", &o->private, NULL, NULL},
	    {"--no-private", &o->no_private, NULL, NULL}, {"--trust", &o->trust, NULL, NULL},
	    {"--no-trust", &o->no_trust, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	int own = 1;

	while (own < argc && strcmp(argv[own], "--") != 0)
		own++;
	if (!ctl_args(ctl, own, argv, options, &operands, 2, 2))
		return false;
	o->key_name = operands.word[0];
	o->name = operands.word[1];
	o->nothing = own == argc && argc == 3;
	return take(o) && (own == argc || take_command(o, argc - own - 1, argv + own + 1));
}

void
upstream_options_free(struct upstream_options *o)
{
	upstream_wish_free(&o->wish);
	secret_wipe(o->url, sizeof(o->url));
}
