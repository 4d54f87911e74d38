/*
 * test_config.c - configuration files read or refused.
 *
 * The cases are the .conf files of tests/cases/config. Their first lines say what is expected: "#! refused LINE TEXT"
 * (LINE "-" where no line is to blame), or "#! accepted" and then lines "#! SETTING VALUE", in which '@' stands for the
 * directory of the file.
 */
#include "testing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "config_table.h"

#define CASES_DEFAULT "tests/cases/config"
#define LEAST_CASES 60 /* fewer means that the folder was not found whole */

static const char *
cases_dir(void)
{
	const char *given = getenv("CONFIG_CASES");

	return given != NULL ? given : CASES_DEFAULT;
}

/* The value of a setting as the cases write it. */
static void
value_text(const struct config *config, const char *name, char out[PATH_MAX])
{
	const struct config_setting *s = config_setting_find(name);
	const char *at = s != NULL ? (const char *)config + s->offset : NULL;
	int64_t number = 0;
	bool yes = false;

	if (strcmp(name, "base_path") == 0) {
		(void)snprintf(out, PATH_MAX, "%s", config_base_path(config));
		return;
	}
	assert_non_null(s);
	switch (s->kind) {
	case CONFIG_PATH:
	case CONFIG_LOG:
	case CONFIG_URL:
	case CONFIG_PROXIES:
	case CONFIG_HOSTS:
		(void)snprintf(out, PATH_MAX, "%s", at);
		return;
	case CONFIG_NUMBER:
	case CONFIG_BYTES:
		memcpy(&number, at, sizeof(number));
		(void)snprintf(out, PATH_MAX, "%lld", (long long)number);
		return;
	case CONFIG_YES_NO:
		memcpy(&yes, at, sizeof(yes));
		(void)snprintf(out, PATH_MAX, "%s", yes ? "yes" : "no");
		return;
	}
}

/* One "SETTING VALUE" of an accepted case. */
static void
check_value(const struct config *config, const char *path, char *line)
{
	char *space = strchr(line, ' ');
	char got[PATH_MAX], dir[PATH_MAX], wanted[2 * PATH_MAX];
	const char *value = space != NULL ? space + 1 : "";

	if (space != NULL)
		*space = '\0';
	assert_non_null(realpath(cases_dir(), dir));
	(void)snprintf(wanted, sizeof(wanted), "%s%s", value[0] == '@' ? dir : "",
	    value[0] == '@' ? value + 1 : value);
	value_text(config, line, got);
	if (strcmp(got, wanted) != 0)
		fail_msg("%s: %s is \"%s\" and should be \"%s\"", path, line, got, wanted);
}

static void
check_refusal(enum status status, const char *path, const char *expected, const struct problem *why)
{
	char number[16] = "", place[32];
	const char *text = strchr(expected, ' ');

	assert_non_null(text);
	(void)snprintf(number, sizeof(number), "%.*s", (int)(text - expected), expected);
	(void)snprintf(place, sizeof(place), ".conf:%s: ", number);
	if (status == STATUS_OK)
		fail_msg("%s: was accepted", path);
	if (strstr(why->text, text + 1) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", path, why->text, text + 1);
	if (strcmp(number, "-") != 0 && strstr(why->text, place) == NULL)
		fail_msg("%s: \"%s\" does not name line %s", path, why->text, number);
}

/* Reads a case and compares; returns whether it was one of refusal. */
static bool
check_case(const char *path)
{
	struct config config;
	struct problem why = {""};
	enum status status = config_read(path, &config, &why);
	FILE *file = fopen(path, "re");
	char line[2 * PATH_MAX];
	bool refused = false, first = true;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		char *mark = strncmp(line, "\xef\xbb\xbf", 3) == 0 ? line + 3 : line;

		if (strncmp(mark, "#! ", 3) != 0)
			break;
		mark[strcspn(mark, "\r\n")] = '\0';
		refused = first && strncmp(mark, "#! refused ", 11) == 0;
		if (refused)
			check_refusal(status, path, mark + 11, &why);
		else if (first && (strcmp(mark, "#! accepted") != 0 || status != STATUS_OK))
			fail_msg("%s: %s: %s", path, mark, why.text);
		else if (!first)
			check_value(&config, path, mark + 3);
		first = false;
		if (refused)
			break;
	}
	(void)fclose(file);
	if (first)
		fail_msg("%s: says nothing about what is expected", path);
	return refused;
}

static void
every_case_is_read_or_refused_as_it_says(void **state)
{
	DIR *dir = opendir(cases_dir());
	struct dirent *entry;
	char path[PATH_MAX];
	int accepted = 0, refused = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		const char *end = strrchr(entry->d_name, '.');

		if (end == NULL || strcmp(end, ".conf") != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", cases_dir(), entry->d_name);
		if (check_case(path))
			refused++;
		else
			accepted++;
	}
	(void)closedir(dir);
	assert_true(accepted + refused >= LEAST_CASES);
	assert_true(refused >= accepted);
}

static void
missing_file_is_not_found_by_name(void **state)
{
	struct config config;
	struct problem why = {""};

	(void)state;
	assert_status(config_read("/nonexistent/enforgate.conf", &config, &why), STATUS_NOT_FOUND);
	assert_non_null(strstr(why.text, "/nonexistent/enforgate.conf"));
}

static void
write_file(const char *path, const struct buf *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(buf_str(text), 1, text->len, file), text->len);
	assert_int_equal(fclose(file), 0);
}

/* The sample: as it is, and with every setting in it switched on. */
static void
sample_means_the_defaults(void **state)
{
	char *dir = test_directory();
	char path[TEST_PATH_MAX + 32];
	struct config plain, full;
	struct problem why = {""};
	struct buf text;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/enforgate.conf", dir);
	buf_init(&text, CONFIG_FILE_MAX);
	config_write_sample(".", &text);
	assert_status(buf_status(&text), STATUS_OK);
	write_file(path, &text);
	assert_status(config_read(path, &plain, &why), STATUS_OK);
	assert_string_equal(plain.state_dir, dir);
	for (char *c = text.data; (c = strstr(c, "\n#")) != NULL; c++)
		if (c[2] >= 'a' && c[2] <= 'z')
			c[1] = ' ';
	write_file(path, &text);
	assert_status(config_read(path, &full, &why), STATUS_OK);
	assert_string_not_equal(full.base_url, "");
	full.base_url[0] = '\0';
	assert_string_not_equal(full.trusted_proxies, "");
	full.trusted_proxies[0] = '\0';
	assert_string_not_equal(full.allowed_hosts, "");
	full.allowed_hosts[0] = '\0';
	assert_int_equal(full.threads, plain.threads);
	for (const struct config_setting *s = config_settings; s->name != NULL; s++) {
		char a[PATH_MAX], b[PATH_MAX];

		assert_non_null(strstr(buf_str(&text), s->name));
		value_text(&plain, s->name, a);
		value_text(&full, s->name, b);
		assert_string_equal(a, b);
	}
	buf_free(&text);
	test_remove(dir);
}

static void
environment_comes_before_the_parameter(void **state)
{
	(void)state;
	assert_int_equal(unsetenv("ENFORGATE_CONF"), 0);
	assert_string_equal(config_find(NULL), ENFORGATE_DEFAULT_CONF);
	assert_string_equal(config_find(""), ENFORGATE_DEFAULT_CONF);
	assert_string_equal(config_find("/given"), "/given");
	assert_int_equal(setenv("ENFORGATE_CONF", "/environment", 1), 0);
	assert_string_equal(config_find("/given"), "/environment");
	assert_int_equal(setenv("ENFORGATE_CONF", "", 1), 0);
	assert_string_equal(config_find("/given"), "/given");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_case_is_read_or_refused_as_it_says),
	    cmocka_unit_test(missing_file_is_not_found_by_name),
	    cmocka_unit_test(sample_means_the_defaults),
	    cmocka_unit_test(environment_comes_before_the_parameter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
