/* doctor_print.c - the findings of doctor, for people and as JSON; see doctor.h. */
#include "doctor.h"

#include <inttypes.h>
#include <string.h>

#include "table.h"

#define FIX_TEXT_MAX ((size_t)16 << 10)
#define NUMBER_MAX 24
#define WIDTH 100 /* columns of explanations */
#define INDENT 11

static const char *const level_names[] = {"ok", "notice", "wrong"};

static enum level
level_of(const struct finding *finding)
{
	return finding->fault != NULL ? finding->fault->level : LEVEL_OK;
}

static size_t
count(const struct doctor *d, enum level level)
{
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++)
		n += level_of(&d->findings[i]) == level;
	return n;
}

static const char *
host_name(enum host host)
{
	static const char *const names[] = {[HOST_ANY] = "",
	    [HOST_LIGHTTPD] = "lighttpd",
	    [HOST_FCGID] = "Apache mod_fcgid, in the server's configuration",
	    [HOST_HTACCESS] = "Apache mod_fcgid, in .htaccess",
	    [HOST_PROXY] = "Apache mod_proxy_fcgi",
	    [HOST_NGINX] = "nginx",
	    [HOST_APACHE] = "Apache",
	    [HOST_UNKNOWN] = "an unknown web server"};

	return names[host];
}

/* Whether lines for one web server are of use where another one answered. */
static bool
fits(enum host answered, enum host lines)
{
	if (lines == HOST_ANY || answered == HOST_UNKNOWN || lines == answered)
		return true;
	return answered == HOST_APACHE &&
	       (lines == HOST_FCGID || lines == HOST_HTACCESS || lines == HOST_PROXY);
}

/* The lines of a fix, with the words behind at-signs replaced. */
static void
fill(const struct doctor *d, const struct finding *finding, const char *lines, struct buf *out)
{
	const struct config *config = &d->ctl->config;
	char body[NUMBER_MAX], kib[NUMBER_MAX];
	const char *const words[][2] = {{"@state", config->state_dir}, {"@conf", config->path},
	    {"@url", config->base_url}, {"@file", finding->file}, {"@body", body}, {"@kib", kib}};
	const size_t nwords = sizeof(words) / sizeof(words[0]);

	/* Twice the limit, so that the responder's own refusal is seen for a while above it. */
	(void)snprintf(body, sizeof(body), "%" PRId64, 2 * config->body_max);
	(void)snprintf(kib, sizeof(kib), "%" PRId64, (2 * config->body_max + 1023) / 1024);
	while (lines[0] != '\0') {
		size_t plain = strcspn(lines, "@"), i = 0;

		buf_add(out, lines, plain);
		lines += plain;
		while (i < nwords && strncmp(lines, words[i][0], strlen(words[i][0])) != 0)
			i++;
		if (i < nwords) {
			buf_text(out, words[i][1]);
			lines += strlen(words[i][0]);
		} else if (lines[0] != '\0') {
			buf_char(out, *lines++);
		}
	}
}

static void
print_lines(const char *text)
{
	while (text[0] != '\0') {
		int len = (int)strcspn(text, "\n");

		printf("        %.*s\n", len, text);
		text += len + (text[len] == '\n' ? 1 : 0);
	}
}

/* A sentence behind a label of eleven columns, broken between words. */
static void
print_wrapped(const char *label, const char *text)
{
	size_t column = WIDTH;

	printf("    %-6s", label);
	while (text[0] != '\0') {
		size_t len = strcspn(text, " ");

		if (column + 1 + len > WIDTH) {
			printf("%s ", column < WIDTH ? "\n          " : "");
			column = INDENT;
		} else {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)len, text);
		column += len;
		text += len + (text[len] == ' ' ? 1 : 0);
	}
	putchar('\n');
}

static enum status
print_finding(const struct doctor *d, const struct finding *finding)
{
	const struct fault *fault = finding->fault;
	enum status status = STATUS_OK;

	printf("\n%s: %s: %s\n", level_names[fault->level], fault->id, fault->title);
	print_wrapped("seen:", finding->detail);
	print_wrapped("why:", fault->why);
	for (const struct fix *fix = fault->fix; fix->lines != NULL; fix++) {
		struct buf lines;

		if (!fits(d->host, fix->host))
			continue;
		buf_init(&lines, FIX_TEXT_MAX);
		fill(d, finding, fix->lines, &lines);
		printf("    to do%s%s:\n", fix->host != HOST_ANY ? ", " : "", host_name(fix->host));
		print_lines(buf_str(&lines));
		if (status == STATUS_OK)
			status = buf_status(&lines);
		buf_free(&lines);
	}
	return status;
}

static void
print_head(const struct doctor *d)
{
	const struct config *config = &d->ctl->config;

	printf("state directory  %s\n", config->state_dir);
	printf("configuration    %s\n", config->path);
	if (config->base_url[0] == '\0')
		printf("web server       not looked at: base_url is not set\n\n");
	else if (d->offline)
		printf("web server       %s, not looked at (--offline)\n\n", config->base_url);
	else if (d->server[0] == '\0')
		printf("web server       %s, which does not answer\n\n", config->base_url);
	else
		printf("web server       %s: \"%s\", taken for %s\n\n", config->base_url, d->server,
		    host_name(d->host));
}

static int
print_people(const struct doctor *d)
{
	static const char *const head[] = {"LEVEL", "CHECK", "FOUND", NULL};
	struct table table;
	enum status status;

	print_head(d);
	table_init(&table, head);
	for (enum level level = LEVEL_OK; level <= LEVEL_WRONG; level++)
		for (const struct finding *f = d->findings; f < d->findings + d->count; f++)
			if (level_of(f) == level) {
				table_cell(&table, level_names[level]);
				table_cell(&table, f->id);
				table_cell(&table, f->fault != NULL ? f->fault->title : f->detail);
			}
	status = table_print(&table);
	for (enum level level = LEVEL_NOTICE; level <= LEVEL_WRONG; level++)
		for (const struct finding *f = d->findings; f < d->findings + d->count; f++)
			if (level_of(f) == level && status == STATUS_OK)
				status = print_finding(d, f);
	printf("\n%zu wrong, %zu to note, %zu fine\n", count(d, LEVEL_WRONG),
	    count(d, LEVEL_NOTICE), count(d, LEVEL_OK));
	if (d->left_out > 0)
		printf("%zu more findings had no room\n", d->left_out);
	return status == STATUS_OK ? ctl_output() : ctl_failed("print", status);
}

static bool
add_fixes(const struct doctor *d, const struct finding *finding, struct json_object *object)
{
	struct json_object *list = json_new_array();
	bool ok = list != NULL && json_set(object, "fix", list);

	for (const struct fix *fix = finding->fault->fix; ok && fix->lines != NULL; fix++) {
		struct json_object *entry;
		struct buf lines;

		if (!fits(d->host, fix->host))
			continue;
		buf_init(&lines, FIX_TEXT_MAX);
		fill(d, finding, fix->lines, &lines);
		entry = json_new_object();
		ok = entry != NULL && json_append(list, entry) &&
		     json_set_text(
			 entry, "host", fix->host != HOST_ANY ? host_name(fix->host) : NULL) &&
		     buf_status(&lines) == STATUS_OK &&
		     json_set_text(entry, "lines", buf_str(&lines));
		buf_free(&lines);
	}
	return ok;
}

static bool
add_finding(const struct doctor *d, const struct finding *finding, struct json_object *list)
{
	struct json_object *object = json_new_object();

	if (object == NULL || !json_append(list, object))
		return false;
	if (!json_set_text(object, "id", finding->id) ||
	    !json_set_text(object, "level", level_names[level_of(finding)]) ||
	    !json_set_text(object, "detail", finding->detail))
		return false;
	if (finding->fault == NULL)
		return true;
	return json_set_text(object, "title", finding->fault->title) &&
	       json_set_text(object, "why", finding->fault->why) && add_fixes(d, finding, object);
}

static const char *
or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static int
print_json(const struct doctor *d)
{
	const struct config *config = &d->ctl->config;
	struct json_object *root = json_new_object(), *list = json_new_array();
	bool ok =
	    root != NULL && json_set_text(root, "stateDir", config->state_dir) &&
	    json_set_text(root, "configuration", config->path) &&
	    json_set_text(root, "baseUrl", or_null(config->base_url)) &&
	    json_set_text(root, "server", or_null(d->server)) &&
	    json_set_text(root, "host", d->host != HOST_UNKNOWN ? host_name(d->host) : NULL) &&
	    json_set_integer(root, "wrong", (int64_t)count(d, LEVEL_WRONG)) &&
	    json_set_integer(root, "notices", (int64_t)count(d, LEVEL_NOTICE));

	for (size_t i = 0; ok && list != NULL && i < d->count; i++)
		ok = add_finding(d, &d->findings[i], list);
	if (ok && list != NULL)
		ok = json_set(root, "findings", list);
	else
		json_free(list);
	return ctl_print_json(root, ok && list != NULL);
}

int
doctor_print(struct doctor *d)
{
	int code;

	table_clean(d->server);
	for (size_t i = 0; i < d->count; i++) {
		table_clean(d->findings[i].detail);
		table_clean(d->findings[i].file);
	}
	code = d->ctl->json ? print_json(d) : print_people(d);
	if (code != CTL_DONE)
		return code;
	return count(d, LEVEL_WRONG) > 0 || d->left_out > 0 ? CTL_NO : CTL_DONE;
}
