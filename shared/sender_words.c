/* sender_words.c - what went wrong with a message; see sender_words.h. */
#include "sender_words.h"

#include <stdio.h>
#include <string.h>

#include "sender_library.h"

void
sender_host(const char *url, char out[SENDER_HOST_MAX])
{
	const char *host = strstr(url, "://");
	size_t len;

	host = host != NULL ? host + 3 : url;
	len = strcspn(host, "/?#\\");
	for (size_t i = len; i > 0; i--)
		if (host[i - 1] == '@') {
			host += i;
			len -= i;
			break;
		}
	if (host[0] == '[')
		len = strcspn(host, "]/?#\\") + 1 < len ? strcspn(host, "]/?#\\") + 1 : len;
	else
		len = strcspn(host, ":/?#\\");
	(void)snprintf(out, SENDER_HOST_MAX, "%.*s",
	    len < SENDER_HOST_MAX ? (int)len : SENDER_HOST_MAX - 1, host);
}

static const char *
certificate(const struct sender_words *words)
{
	return words->own_ca
		   ? "its certificate is not signed by one in the file of --ca"
		   : "its certificate is not trusted; --ca names a file with others to trust";
}

void
sender_words(const struct sender_words *words, struct problem *why)
{
	char host[SENDER_HOST_MAX], status[32] = "";

	sender_host(words->url, host);
	if (words->status >= 400 && words->mail)
		(void)snprintf(status, sizeof(status), " (it said %ld)", words->status);
	if (words->status >= 300 && words->status < 400 && !words->mail)
		problem_set(
		    why, "%s: HTTP %ld: a redirect, which is not followed", host, words->status);
	else if (words->status >= 200 && !words->mail)
		problem_set(why, "%s: HTTP %ld", host, words->status);
	else if (words->refused && words->mail)
		problem_set(why,
		    "%s is not on this machine, and mail goes out without TLS only to it", host);
	else if (words->refused)
		problem_set(why, "%s has a private address; --allow-private allows it", host);
	else if (words->code == CURLE_OPERATION_TIMEDOUT)
		problem_set(why, "%s: no answer within %lld s", host,
		    (long long)(words->whole_ms + 999) / 1000);
	else if (words->code == CURLE_PEER_FAILED_VERIFICATION)
		problem_set(why, "%s: %s", host, certificate(words));
	else if (words->code == CURLE_SSL_CACERT_BADFILE)
		problem_set(why, "%s: the file of --ca cannot be read", host);
	else if (words->code == CURLE_UNSUPPORTED_PROTOCOL && !words->mail)
		problem_set(
		    why, "%s: only https:// is allowed; --allow-private allows http://", host);
	else if (words->code == CURLE_LOGIN_DENIED)
		problem_set(why, "%s: user or password is not accepted%s", host, status);
	else if (words->code == CURLE_USE_SSL_FAILED)
		problem_set(why, "%s: offers no TLS%s", host, status);
	else
		problem_set(why, "%s: %s%s", host, words->class, status);
}
