/* upstream_settings.c - from what somebody wants of an upstream to its settings; see upstream_commands.h. */
#include "upstream_commands.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "upstream_taking.h"

void
upstream_wish_free(struct upstream_wish *wish)
{
	json_free(wish->headers);
	json_free(wish->drop_headers);
	json_free(wish->command);
	json_free(wish->env);
	json_free(wish->drop_env);
	json_free(wish->read);
	json_free(wish->write);
	secret_wipe(wish, sizeof(*wish));
}

void
upstream_new(const char *key_id, const char *name, enum upstream_kind kind, struct upstream *out)
{
	*out = (struct upstream){.kind = kind,
	    .required = true,
	    .prefix = true,
	    .pinning = PINNING_QUARANTINE,
	    .timeout_ms = UPSTREAM_TIMEOUT_MS};
	(void)snprintf(out->key_id, sizeof(out->key_id), "%s", key_id);
	(void)snprintf(out->name, sizeof(out->name), "%s", name);
}

enum status
taking_invalid(struct taking *t, const char *setting)
{
	problem_set(t->why, "%s: %.400s", setting, t->wrong.text);
	return STATUS_INVALID;
}

enum status
taking_memory(bool ok)
{
	return ok ? STATUS_OK : STATUS_NO_MEMORY;
}

struct json_object *
taking_old(const struct taking *t, const char *name)
{
	bool found = false;

	return json_member(t->old->settings, name, &found);
}

enum status
taking_keep(struct taking *t, const char *name)
{
	struct json_object *value = taking_old(t, name);

	return taking_memory(value == NULL || json_set(t->out->settings, name, json_share(value)));
}

const char *
taking_text(const struct json_object *array, size_t index)
{
	size_t len;
	const char *text = json_string(json_element(array, index), &len);

	return text != NULL ? text : "";
}

/* What is given where it has no place is an error, not ignored: it might be thought to protect. */
static enum status
belongs(struct taking *t)
{
	const struct upstream_wish *w = t->wish;
	const char *stray = NULL;

	if (t->out->kind == UPSTREAM_HTTP)
		stray = w->command != NULL        ? "a command"
			: w->env || w->drop_env   ? "env"
			: w->read != NULL         ? "read"
			: w->write != NULL        ? "write"
			: w->directory != NULL    ? "directory"
			: w->memory != NULL       ? "memory"
			: w->files != NULL        ? "files"
			: w->user != NULL         ? "user"
			: w->trust != CHOICE_NONE ? "trust"
						  : NULL;
	else
		stray = w->url != NULL                  ? "url"
			: w->headers || w->drop_headers ? "headers"
			: w->ca != NULL                 ? "ca"
			: w->private != CHOICE_NONE     ? "private"
							: NULL;
	if (stray == NULL)
		return STATUS_OK;
	problem_set(
	    t->why, "%s: an upstream of kind %s has none", stray, upstream_kind_name(t->out->kind));
	return STATUS_INVALID;
}

/* Whether both set the same, by what stands in front of `sign`. */
static bool
same_name(const char *text, const char *name, char sign)
{
	const char stop[] = {sign, '\0'};
	size_t len = strcspn(text, stop);

	return len == strcspn(name, stop) &&
	       (sign == ':' ? strncasecmp(text, name, len) : strncmp(text, name, len)) == 0;
}

bool
taking_names(const struct json_object *array, const char *text, char sign)
{
	for (size_t i = 0; i < json_length(array); i++)
		if (same_name(taking_text(array, i), text, sign))
			return true;
	return false;
}

/* Every header that shall be dropped must be there: a word that is misspelt leaves a secret where it should be gone. */
static bool
all_there(
    struct taking *t, const struct json_object *drop, const struct json_object *list, char sign)
{
	for (size_t i = 0; i < json_length(drop); i++)
		if (!taking_names(list, taking_text(drop, i), sign)) {
			problem_set(&t->wrong, "there is no \"%.100s\"", taking_text(drop, i));
			return false;
		}
	return true;
}

static enum status
take_headers(struct taking *t)
{
	const struct upstream_wish *w = t->wish;
	const struct json_object *old = taking_old(t, "headers");
	struct json_object *headers = json_new_array();
	char spelt[UPSTREAM_TEXT_MAX];
	bool ok = headers != NULL && json_set(t->out->settings, "headers", headers);

	if (!all_there(t, w->drop_headers, old, ':'))
		return taking_invalid(t, "headers");
	for (size_t i = 0; i < json_length(old) && ok && !(w->whole && w->headers != NULL); i++)
		if (!taking_names(w->headers, taking_text(old, i), ':') &&
		    !taking_names(w->drop_headers, taking_text(old, i), ':'))
			ok = json_append(headers, json_share(json_element(old, i)));
	for (size_t i = 0; i < json_length(w->headers) && ok; i++) {
		if (!upstream_check_header(taking_text(w->headers, i), spelt, &t->wrong))
			return taking_invalid(t, "headers");
		ok = json_append_text(headers, spelt);
	}
	secret_wipe(spelt, sizeof(spelt));
	if (json_length(headers) > UPSTREAM_HEADERS_MAX) {
		problem_set(&t->wrong, "at most %d", UPSTREAM_HEADERS_MAX);
		return taking_invalid(t, "headers");
	}
	return taking_memory(ok);
}

/* Origin and path; of a url that came from a file the origin only, as its path may be the secret. */
static void
make_url_target(const struct upstream_wish *wish, const char *url, char *out, size_t size)
{
	size_t len = strcspn(url, "?");

	if (wish->url_hidden)
		len = (size_t)(strstr(url, "://") + 3 - url);
	if (wish->url_hidden)
		len += strcspn(url + len, "/?");
	if (snprintf(out, size, "%.*s", (int)len, url) >= (int)size)
		memcpy(out + size - 4, "...", 4);
}

static enum status
take_url(struct taking *t)
{
	const struct upstream_wish *w = t->wish;
	char spelt[UPSTREAM_TEXT_MAX];
	bool found = false, was = json_bool(taking_old(t, "private"));
	bool private = ctl_chosen(w->private, was);
	const char *url = w->url;
	size_t len;

	if (url == NULL)
		url = json_string(json_member(t->old->settings, "url", &found), &len);
	if (url == NULL) {
		problem_set(t->why, "url: it is missing");
		return STATUS_INVALID;
	}
	if (!upstream_check_url(url, private, spelt, &t->wrong))
		return taking_invalid(t, "url");
	if (w->url != NULL)
		make_url_target(w, spelt, t->out->target, sizeof(t->out->target));
	return taking_memory(json_set_text(t->out->settings, "url", spelt) &&
			     (!private || json_set_bool(t->out->settings, "private", true)));
}

static enum status
take_ca(struct taking *t)
{
	char path[PATH_MAX];

	if (t->wish->ca == NULL)
		return taking_keep(t, "ca");
	if (strcmp(t->wish->ca, "system") == 0)
		return STATUS_OK;
	if (!upstream_check_ca(t->wish->ca, path, &t->wrong))
		return taking_invalid(t, "ca");
	return taking_memory(json_set_text(t->out->settings, "ca", path));
}

static enum status
take_http(struct taking *t)
{
	enum status status = take_url(t);

	if (status == STATUS_OK)
		status = take_headers(t);
	return status == STATUS_OK ? take_ca(t) : status;
}

/* What every upstream has. */
static enum status
take_row(struct taking *t)
{
	const struct upstream_wish *w = t->wish;
	struct upstream *out = t->out;

	out->required = ctl_chosen(w->required, out->required);
	out->prefix = ctl_chosen(w->prefix, out->prefix);
	if (w->pinning != NULL && !pinning_read(w->pinning, &out->pinning)) {
		problem_set(t->why, "pinning: must be off, warn or quarantine");
		return STATUS_INVALID;
	}
	if (w->timeout != NULL && !ctl_duration(w->timeout, UPSTREAM_TIMEOUT_LEAST_MS,
				      UPSTREAM_TIMEOUT_MOST_MS, &out->timeout_ms)) {
		problem_set(t->why, "timeout: must be from 1s to 24h, like 60s");
		return STATUS_INVALID;
	}
	return STATUS_OK;
}

enum status
upstream_take(const struct config *config, const struct upstream *old,
    const struct upstream_wish *wish, struct upstream *out, struct problem *why)
{
	struct taking t = {
	    .config = config, .old = old, .wish = wish, .out = out, .why = why, .wrong = {""}};
	enum status status;

	*out = *old;
	out->settings = json_new_object();
	if (out->settings == NULL)
		return STATUS_NO_MEMORY;
	status = belongs(&t);
	if (status == STATUS_OK)
		status = take_row(&t);
	if (status == STATUS_OK)
		status = out->kind == UPSTREAM_HTTP ? take_http(&t) : upstream_take_stdio(&t);
	if (status != STATUS_OK)
		upstream_free(out);
	return status;
}
