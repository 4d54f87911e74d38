/* test_sender_words.c - what is said of a message that did not get through, and what must not be. */
#include "testing.h"

#include <curl/curl.h>

#include "sender_words.h"

static void
assert_host(const char *url, const char *expected)
{
	char host[SENDER_HOST_MAX];

	sender_host(url, host);
	assert_string_equal(host, expected);
}

static void
host_is_all_that_is_told_of_an_url(void **state)
{
	(void)state;
	assert_host("https://hooks.slack.com/services/T0/B0/secret", "hooks.slack.com");
	assert_host("https://hooks.slack.com:8443/x", "hooks.slack.com");
	assert_host("https://user:secret@example.org/x", "example.org");
	assert_host("https://user:sec@ret@example.org?x", "example.org");
	assert_host("https://example.org?token=secret", "example.org");
	assert_host("https://example.org#secret", "example.org");
	assert_host("https://[2001:db8::1]:443/x", "[2001:db8::1]");
	assert_host("https://[2001:db8::1/secret", "[2001:db8::1");
	assert_host("smtps://mail.example.org:465", "mail.example.org");
	assert_host("example.org", "example.org");
	assert_host("", "");
	assert_host("https://", "");
}

static void
host_is_cut_to_its_room(void **state)
{
	char url[600] = "https://", host[SENDER_HOST_MAX];

	(void)state;
	memset(url + 8, 'a', 500);
	url[508] = '\0';
	sender_host(url, host);
	assert_int_equal(strlen(host), SENDER_HOST_MAX - 1);
}

static void
assert_words(struct sender_words words, const char *expected)
{
	struct problem why;

	if (words.url == NULL)
		words.url = words.mail ? "smtps://user:secret@mail.example.org:465"
				       : "https://chat.example.org/secret/path";
	words.class = words.class != NULL ? words.class : "class";
	sender_words(&words, &why);
	assert_string_equal(why.text, expected);
}

static void
answers_are_told_by_their_status(void **state)
{
	(void)state;
	assert_words((struct sender_words){.status = 500}, "chat.example.org: HTTP 500");
	assert_words((struct sender_words){.status = 302},
	    "chat.example.org: HTTP 302: a redirect, which is not followed");
	assert_words((struct sender_words){.status = 404, .code = CURLE_OPERATION_TIMEDOUT},
	    "chat.example.org: HTTP 404");
	assert_words((struct sender_words){.mail = true, .status = 550, .code = CURLE_RECV_ERROR},
	    "mail.example.org: class (it said 550)");
	assert_words((struct sender_words){.mail = true, .status = 250, .code = CURLE_RECV_ERROR},
	    "mail.example.org: class");
	assert_words((struct sender_words){.mail = true, .status = 535, .code = CURLE_LOGIN_DENIED},
	    "mail.example.org: user or password is not accepted (it said 535)");
}

static void
refusals_say_the_way_out(void **state)
{
	(void)state;
	assert_words((struct sender_words){.refused = true, .code = CURLE_COULDNT_CONNECT},
	    "chat.example.org has a private address; --allow-private allows it");
	assert_words(
	    (struct sender_words){.refused = true, .mail = true, .code = CURLE_COULDNT_CONNECT},
	    "mail.example.org is not on this machine, and mail goes out without TLS only to it");
	assert_words((struct sender_words){.code = CURLE_UNSUPPORTED_PROTOCOL},
	    "chat.example.org: only https:// is allowed; --allow-private allows http://");
	assert_words((struct sender_words){.code = CURLE_PEER_FAILED_VERIFICATION},
	    "chat.example.org: its certificate is not trusted; --ca names a file with others to trust");
	assert_words((struct sender_words){.code = CURLE_OPERATION_TIMEDOUT, .whole_ms = 30000},
	    "chat.example.org: no answer within 30 s");
	assert_words((struct sender_words){.code = CURLE_COULDNT_RESOLVE_HOST, .class = "No host"},
	    "chat.example.org: No host");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(host_is_all_that_is_told_of_an_url),
	    cmocka_unit_test(host_is_cut_to_its_room),
	    cmocka_unit_test(answers_are_told_by_their_status),
	    cmocka_unit_test(refusals_say_the_way_out),
	};

	return cmocka_run_group_tests_name("sender words", tests, NULL, NULL);
}
