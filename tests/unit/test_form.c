/* test_form.c - urlencoded fields, and what is none. */
#include "testing.h"

#include "form.h"

static void
value_is(const char *text, const char *name, const char *expected)
{
	struct problem why = {""};
	struct form form;
	const char *got;

	if (form_parse(text, strlen(text), &form, &why) != STATUS_OK)
		fail_msg("%s: %s", text, why.text);
	got = form_value(&form, name);
	if (expected == NULL)
		assert_null(got);
	else if (got == NULL || strcmp(got, expected) != 0)
		fail_msg("%s: %s is \"%s\"", text, name, got != NULL ? got : "(none)");
	form_free(&form);
}

static void
refused(const char *text, size_t len, enum status expected)
{
	struct problem why = {""};
	struct form form;

	if (form_parse(text, len, &form, &why) != expected)
		fail_msg("%.40s: not %s", text, status_name(expected));
	if (strlen(why.text) == 0 || strstr(why.text, "4711") != NULL)
		fail_msg("%.40s: \"%s\"", text, why.text);
	form_free(&form);
}

static void
fields_are_decoded(void **state)
{
	(void)state;
	value_is("action=approve&pin=4711", "action", "approve");
	value_is("action=approve&pin=4711", "pin", "4711");
	value_is("a=%41+%2b%2B%26%3d%25", "a", "A ++&=%");
	value_is("%61ction=deny", "action", "deny");
	value_is("a=b=c", "a", "b=c");
	value_is("a=%C3%A9", "a", "\xc3\xa9");
	value_is("+=x", " ", "x");
}

static void
empty_and_absent_are_told_apart(void **state)
{
	(void)state;
	value_is("", "a", NULL);
	value_is("a=", "a", "");
	value_is("a", "a", "");
	value_is("&&b=1&&a&", "a", "");
	value_is("=x", "", "x");
	value_is("a=1", "b", NULL);
	value_is("A=1", "a", NULL);
}

static void
what_is_malformed_is_refused(void **state)
{
	static const char *const texts[] = {"pin=4711%", "pin=4711%4", "pin=4711%4g", "pin=%%34711",
	    "pin=4711%00", "%00pin=4711", "pin=4711%ff", "pin=4711%c0%80", "pin=4711%ed%a0%80",
	    "pin=4711\xff", "pin=4711&pin=4711", "pin=4711&p%69n=0", "pin=4711&pin"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		refused(texts[i], strlen(texts[i]), STATUS_INVALID);
	refused("pin=47\0"
		"11",
	    8, STATUS_INVALID);
}

static void
escape_does_not_reach_into_the_next_field(void **state)
{
	(void)state;
	refused("a=%&b=%34", 9, STATUS_INVALID);
	refused("a=%4&1=2", 8, STATUS_INVALID);
	refused("a%=41", 5, STATUS_INVALID);
}

static void
caps_hold(void **state)
{
	struct problem why = {""};
	struct form form;
	char text[FORM_BYTES_MAX + 2] = "";
	size_t len = 0;

	(void)state;
	for (int i = 0; i < FORM_FIELDS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "f%d=%d&", i, i);
	assert_status(form_parse(text, len, &form, &why), STATUS_OK);
	assert_int_equal(form.count, FORM_FIELDS_MAX);
	form_free(&form);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "more");
	refused(text, len, STATUS_TOO_LARGE);
	memset(text, 'a', sizeof(text));
	assert_status(form_parse(text, FORM_BYTES_MAX, &form, &why), STATUS_OK);
	form_free(&form);
	refused(text, FORM_BYTES_MAX + 1, STATUS_TOO_LARGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_are_decoded),
	    cmocka_unit_test(empty_and_absent_are_told_apart),
	    cmocka_unit_test(what_is_malformed_is_refused),
	    cmocka_unit_test(escape_does_not_reach_into_the_next_field),
	    cmocka_unit_test(caps_hold),
	};

	return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
