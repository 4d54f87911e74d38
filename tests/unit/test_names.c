/* test_names.c - names of tools and URIs under their upstream: joined, split, and rewritten in results. */
#include "json_aid.h"

#include "mcp/names.h"

static void
names_of_upstreams_are_checked(void **state)
{
	static const char *const good[] = {
	    "a", "0", "-", "fs", "my-fs-2", "abcdefghijklmnopqrstuvwxyz012345"};
	static const char *const bad[] = {"", "A", "a_b", "a+b", "a.b", "a b", "a/b", "\xc3\xa9",
	    "a\n", "abcdefghijklmnopqrstuvwxyz0123456"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(upstream_name_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(upstream_name_valid(bad[i]));
}

static void
names_are_joined_and_split_again(void **state)
{
	static const char *const upstreams[] = {
	    "fs", "a", "my-fs", "-", "abcdefghijklmnopqrstuvwxyz012345"};
	static const char *const rests[] = {"read_file", "_x", "__dunder__name", "a__b", "+x", "",
	    "\xc3\xa9", "file:///a+b__c", "test://template/{id}/data"};

	(void)state;
	for (size_t u = 0; u < sizeof(upstreams) / sizeof(upstreams[0]); u++)
		for (size_t r = 0; r < sizeof(rests) / sizeof(rests[0]); r++) {
			char upstream[UPSTREAM_NAME_MAX + 1];
			const char *rest;
			struct buf name;

			buf_init(&name, MCP_URI_MAX);
			names_join(upstreams[u], rests[r], &name);
			assert_true(names_split(buf_str(&name), upstream, &rest));
			assert_string_equal(upstream, upstreams[u]);
			assert_string_equal(rest, rests[r]);
			buf_reset(&name);
			names_join_uri(upstreams[u], rests[r], &name);
			assert_true(names_split_uri(buf_str(&name), upstream, &rest));
			assert_string_equal(upstream, upstreams[u]);
			assert_string_equal(rest, rests[r]);
			buf_free(&name);
		}
}

static void
joined_names_look_as_documented(void **state)
{
	struct buf name;

	(void)state;
	buf_init(&name, 64);
	names_join("fs", "read_file", &name);
	buf_char(&name, ' ');
	names_join_uri("fs", "file:///x", &name);
	buf_char(&name, ' ');
	names_join(NULL, "read_file", &name);
	buf_char(&name, ' ');
	names_join_uri(NULL, "file:///x", &name);
	assert_string_equal(buf_str(&name), "fs__read_file fs+file:///x read_file file:///x");
	buf_free(&name);
}

static void
other_names_have_no_prefix(void **state)
{
	static const char *const names[] = {"", "read_file", "__x", "fs_x__y", "Fs__x", "fs.a__x",
	    "fs+x", "abcdefghijklmnopqrstuvwxyz0123456__x", "a b__c", "fs_"};
	static const char *const uris[] = {"", "file:///x", "+x", "https://a/b+c", "Fs+x", "a.b+x",
	    "a_b+x", "abcdefghijklmnopqrstuvwxyz0123456+x", "fs__x"};
	char upstream[UPSTREAM_NAME_MAX + 1];
	const char *rest;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(names_split(names[i], upstream, &rest));
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++)
		assert_false(names_split_uri(uris[i], upstream, &rest));
}

static const struct {
	const char *before;
	const char *after;
} results[] = {
    /* resources/read */
    {"{\"contents\":[{\"uri\":\"f:a\",\"text\":\"f:a\"},{\"uri\":\"f:b\",\"blob\":\"\"}]}",
	"{\"contents\":[{\"uri\":\"up+f:a\",\"text\":\"f:a\"},{\"uri\":\"up+f:b\",\"blob\":\"\"}]}"},
    /* tools/call */
    {"{\"content\":[{\"type\":\"text\",\"text\":\"f:a\",\"uri\":\"f:a\"},{\"type\":\"resource_link\",\"name\":\"n\",\"uri\":\"f:"
     "a\"},{\"type\":\"resource\",\"resource\":{\"uri\":\"f:b\",\"text\":\"\"}}],\"structuredContent\":{\"uri\":\"f:a\"}}",
	"{\"content\":[{\"type\":\"text\",\"text\":\"f:a\",\"uri\":\"f:a\"},{\"type\":\"resource_link\",\"name\":\"n\",\"uri\":"
	"\"up+f:a\"},{\"type\":\"resource\",\"resource\":{\"uri\":\"up+f:b\",\"text\":\"\"}}],\"structuredContent\":{\"uri\":"
	"\"f:a\"}}"},
    /* prompts/get, and messages for sampling */
    {"{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"resource\",\"resource\":{\"uri\":\"f:a\"}}},{\"role\":"
     "\"user\",\"content\":[{\"type\":\"resource_link\",\"uri\":\"f:b\"},{\"type\":\"tool_result\",\"content\":[{\"type\":"
     "\"resource_link\",\"uri\":\"f:c\"}]}]}]}",
	"{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"resource\",\"resource\":{\"uri\":\"up+f:a\"}}},{\"role\":"
	"\"user\",\"content\":[{\"type\":\"resource_link\",\"uri\":\"up+f:b\"},{\"type\":\"tool_result\",\"content\":[{"
	"\"type\":\"resource_link\",\"uri\":\"up+f:c\"}]}]}]}"},
    /* notifications/resources/updated */
    {"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"f:a\"}}",
	"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"up+f:a\"}}"},
    /* What is no text, or has another shape, stays. */
    {"{\"contents\":[{\"uri\":7},null,\"x\",[{\"uri\":\"f:a\"}]],\"content\":[null,{\"type\":7,\"uri\":\"f\"}],\"messages\":{"
     "\"a\":1},\"params\":[]}",
	"{\"contents\":[{\"uri\":7},null,\"x\",[{\"uri\":\"f:a\"}]],\"content\":[null,{\"type\":7,\"uri\":\"f\"}],\"messages\":{"
	"\"a\":1},\"params\":[]}"},
    {"{\"contents\":[{\"uri\":\"f:\\u0000x\"}]}", "{\"contents\":[{\"uri\":\"up+f:\\u0000x\"}]}"},
    {"{}", "{}"},
};

static void
uris_in_results_get_the_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		struct json_object *result = aid_json(results[i].before);

		assert_true(names_prefix_uris(result, NULL));
		aid_json_is(result, results[i].before, "without a prefix");
		assert_true(names_prefix_uris(result, "up"));
		aid_json_was(result, results[i].after, "with a prefix");
	}
	assert_true(names_prefix_uris(NULL, "up"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_of_upstreams_are_checked),
	    cmocka_unit_test(names_are_joined_and_split_again),
	    cmocka_unit_test(joined_names_look_as_documented),
	    cmocka_unit_test(other_names_have_no_prefix),
	    cmocka_unit_test(uris_in_results_get_the_prefix),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
