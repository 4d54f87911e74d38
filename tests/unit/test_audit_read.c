/* test_audit_read.c - walking the log with filters, and entries as text. */
#include "audit_place.h"

#include "audit_read.h"
#include "audit_render.h"
#include "when.h"

#define SEEN_MAX 2000

struct seen {
	int64_t seqs[SEEN_MAX];
	int count;
	struct place *append_to; /* appended to at the first visit */
};

static enum status
note(void *context, const struct audit_entry *entry)
{
	struct seen *seen = context;

	if (seen->append_to != NULL && seen->count == 0)
		place_append(seen->append_to, "idA");
	assert_true(seen->count < SEEN_MAX);
	seen->seqs[seen->count++] = entry->seq;
	return STATUS_OK;
}

static void
assert_walk(
    struct place *p, const struct audit_filter *filter, int count, int64_t first, int64_t last)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	assert_non_null(seen);
	assert_int_equal(audit_walk(p->store, filter, note, seen, NULL), STATUS_OK);
	assert_int_equal(seen->count, count);
	if (count > 0) {
		assert_int_equal(seen->seqs[0], first);
		assert_int_equal(seen->seqs[count - 1], last);
	}
	for (int i = 1; i < count; i++)
		assert_true(seen->seqs[i] > seen->seqs[i - 1]);
	free(seen);
}

/* 1000 entries a millisecond apart from 1000 on: odd ones of alpha, even ones of beta. */
static void
fill(struct place *p)
{
	place_append_many(p, 1000, 1000);
}

static void
walk_shows_all_in_order(void **state)
{
	const struct audit_filter all = {NULL};

	assert_walk(*state, &all, 0, 0, 0);
	fill(*state);
	assert_walk(*state, &all, 1000, 1, 1000);
}

static void
filters_pick_what_matches(void **state)
{
	struct place *p = *state;
	const struct audit_filter alpha = {.key_name = "alpha"}, deny = {.decision = "deny"};
	const struct audit_filter tool = {.tool = "read_file", .key_name = "beta"};
	const struct audit_filter other = {.tool = "read_files"};
	const struct audit_filter after = {.after_seq = 990};
	const struct audit_filter since = {.since_ms = 1900}, until = {.until_ms = 1099};
	const struct audit_filter both = {.since_ms = 1100, .until_ms = 1199};

	fill(p);
	assert_walk(p, &alpha, 500, 1, 999);
	assert_walk(p, &tool, 500, 2, 1000);
	assert_walk(p, &other, 0, 0, 0);
	assert_walk(p, &deny, 0, 0, 0);
	place_append_at(p, "idA", "deny", 5000);
	assert_walk(p, &deny, 1, 1001, 1001);
	assert_walk(p, &after, 11, 991, 1001);
	assert_walk(p, &since, 101, 901, 1001);
	assert_walk(p, &until, 100, 1, 100);
	assert_walk(p, &both, 100, 101, 200);
}

static void
limit_keeps_the_last_that_match(void **state)
{
	const struct audit_filter last = {.limit = 10}, more = {.limit = 5000};
	const struct audit_filter beta = {.limit = 300, .key_name = "beta"};
	const struct audit_filter old = {.limit = 3, .until_ms = 1049};

	fill(*state);
	assert_walk(*state, &last, 10, 991, 1000);
	assert_walk(*state, &more, 1000, 1, 1000);
	assert_walk(*state, &beta, 300, 402, 1000);
	assert_walk(*state, &old, 3, 48, 50);
}

static void
entries_that_come_during_a_walk_are_for_the_next_one(void **state)
{
	struct place *p = *state;
	struct seen *seen = calloc(1, sizeof(*seen));
	struct audit_filter all = {NULL};

	assert_non_null(seen);
	place_fill(p, 3);
	seen->append_to = p;
	assert_int_equal(audit_walk(p->store, &all, note, seen, &all.after_seq), STATUS_OK);
	assert_int_equal(seen->count, 3);
	assert_int_equal(all.after_seq, 3);
	assert_int_equal(audit_walk(p->store, &all, note, seen, &all.after_seq), STATUS_OK);
	assert_int_equal(seen->count, 4);
	assert_int_equal(audit_walk(p->store, &all, note, seen, &all.after_seq), STATUS_OK);
	assert_int_equal(seen->count, 4);
	assert_int_equal(all.after_seq, 4);
	free(seen);
}

static enum status
refuse(void *context, const struct audit_entry *entry)
{
	(void)context;
	return entry->seq == 2 ? STATUS_FAILED : STATUS_OK;
}

static void
visitor_can_end_the_walk(void **state)
{
	const struct audit_filter all = {NULL};
	struct place *p = *state;

	place_fill(p, 3);
	assert_int_equal(audit_walk(p->store, &all, refuse, NULL, NULL), STATUS_FAILED);
}

static struct audit_entry
sample(void)
{
	struct audit_entry entry = place_entry("idA", "deny", 1795460400123);

	entry.seq = 9007199254740993;
	entry.chain_seq = 4;
	entry.rule = -1;
	entry.reason = "a \"quoted\" reason,\nwith \\ and \x01 and \xc3\xa4 \xf0\x9f\x98\x80";
	entry.mac = "abc";
	return entry;
}

static void
json_line_reads_back_as_the_same_entry(void **state)
{
	struct audit_entry entry = sample(), back;
	struct json_object *root;
	struct problem why;
	struct buf out;

	(void)state;
	buf_init(&out, AUDIT_LINE_MAX);
	audit_render_json(&entry, &out);
	assert_int_equal(buf_status(&out), STATUS_OK);
	assert_int_equal(out.data[out.len - 1], '\n');
	assert_null(memchr(out.data, '\n', out.len - 1));
	assert_non_null(strstr(out.data, "{\"seq\":9007199254740993,\"time\":\"2026-11-23T"));
	assert_int_equal(audit_parse_json(out.data, out.len - 1, &back, &root, &why), STATUS_OK);
	for (int i = 0; i < AUDIT_FIELDS; i++)
		if (audit_fields[i].type == 't')
			assert_string_equal(
			    *audit_field_text(&back, i), *audit_field_text(&entry, i));
		else
			assert_int_equal(
			    *audit_field_integer(&back, i), *audit_field_integer(&entry, i));
	json_free(root);
	buf_free(&out);
}

static void
text_that_is_not_utf8_becomes_replacement_characters(void **state)
{
	static const char *const texts[] = {
	    "\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xff"};
	struct audit_entry entry = sample(), back;
	struct json_object *root;
	struct problem why;
	struct buf out;

	(void)state;
	buf_init(&out, AUDIT_LINE_MAX);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		entry.tool = texts[i];
		buf_reset(&out);
		audit_render_json(&entry, &out);
		assert_int_equal(
		    audit_parse_json(out.data, out.len - 1, &back, &root, &why), STATUS_OK);
		assert_memory_equal(back.tool, "\xef\xbf\xbd", 3);
		json_free(root);
	}
	buf_free(&out);
}

static void
lines_that_are_no_entries_are_refused(void **state)
{
	static const char *const lines[] = {"", "[]", "null", "{}", "{\"seq\":1}", "not json",
	    "{\"seq\":1,\"time\":5}", "{\"seq\":1,\"time\":\"yesterday\"}", "{\"seq\":\"1\"}",
	    "{\"seq\":1.5}"};
	struct audit_entry entry;
	struct json_object *root;
	struct problem why;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(audit_parse_json(lines[i], strlen(lines[i]), &entry, &root, &why),
		    STATUS_INVALID);
		json_free(root);
	}
}

static void
csv_quotes_and_disarms(void **state)
{
	static const struct {
		const char *text, *cell;
	} cases[] = {{"plain", ",plain,"}, {"a,b", ",\"a,b\","},
	    {"say \"x\"", ",\"say \"\"x\"\"\","}, {"two\nlines", ",\"two\nlines\","},
	    {"=1+1", ",\"'=1+1\","}, {"+1", ",\"'+1\","}, {"-1", ",\"'-1\","}, {"@x", ",\"'@x\","},
	    {"\tx", ",\"'\tx\","}, {"\rx", ",\"'\rx\","}, {"=\"a\"", ",\"'=\"\"a\"\"\","},
	    {"1=1", ",1=1,"}};
	struct audit_entry entry = sample();
	struct buf out;

	(void)state;
	buf_init(&out, AUDIT_LINE_MAX);
	entry.reason = "r";
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		entry.tool = cases[i].text;
		buf_reset(&out);
		audit_render_csv(&entry, &out);
		if (strstr(buf_str(&out), cases[i].cell) == NULL)
			fail_msg("%s", buf_str(&out));
		assert_non_null(strstr(buf_str(&out), ",-1,")); /* a number stays one */
		assert_string_equal(out.data + out.len - 2, "\r\n");
	}
	buf_reset(&out);
	audit_render_csv_head(&out);
	assert_memory_equal(out.data, "seq,time,kind,key,", 18);
	buf_free(&out);
}

static void
moments_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {{"1970-01-01", 0}, {"2026-11-23T19:00:00Z", 1795460400000},
	    {"2026-11-23T19:00:00.123Z", 1795460400123},
	    {"2026-11-23T19:00:00.1239Z", 1795460400123},
	    {"2026-11-23t20:00:00.1+01:00", 1795460400100},
	    {"2026-11-23 13:30:00-05:30", 1795460400000}, {"2024-02-29", 1709164800000},
	    {"1969-12-31T23:59:59.999Z", -1}, {"30m", 1795460400000 - 1800000},
	    {"7d", 1795460400000 - 604800000}, {"90s", 1795460310000}, {"0h", 1795460400000}};
	static const char *const wrong[] = {"", "2026", "2026-13-01", "2026-02-30", "2023-02-29",
	    "2026-11-23T", "2026-11-23T24:00:00Z", "2026-11-23T19:00:00", "2026-11-23T19:00:00.Z",
	    "2026-11-23T19:00:00Zx", "2026-11-23T19:00:00+1:00", "2026-11-23T19:60:00Z", "m", "5",
	    "5w", "5mm", "-5m", "99999999999d", "2026-11-23x"};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(when_read_or_age(cases[i].text, 1795460400000, &ms), STATUS_OK);
		assert_int_equal(ms, cases[i].ms);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (when_read_or_age(wrong[i], 1795460400000, &ms) != STATUS_INVALID)
			fail_msg("%s", wrong[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    AUDIT_TEST(walk_shows_all_in_order),
	    AUDIT_TEST(filters_pick_what_matches),
	    AUDIT_TEST(limit_keeps_the_last_that_match),
	    AUDIT_TEST(entries_that_come_during_a_walk_are_for_the_next_one),
	    AUDIT_TEST(visitor_can_end_the_walk),
	    cmocka_unit_test(json_line_reads_back_as_the_same_entry),
	    cmocka_unit_test(text_that_is_not_utf8_becomes_replacement_characters),
	    cmocka_unit_test(lines_that_are_no_entries_are_refused),
	    cmocka_unit_test(csv_quotes_and_disarms),
	    cmocka_unit_test(moments_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
