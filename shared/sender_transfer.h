/* sender_transfer.h - one message on its way through libcurl; private to sender*.c. */
#ifndef ENFORGATE_SENDER_TRANSFER_H
#define ENFORGATE_SENDER_TRANSFER_H

#include <stddef.h>
#include <stdint.h>

#include "channels.h"
#include "notice.h"
#include "sender_library.h"

enum reach { REACH_PUBLIC, REACH_ANY, REACH_LOOPBACK };

/* One message on its way. */
struct transfer {
	struct transfer *next;
	CURL *easy;
	struct curl_slist *headers, *recipients;
	const struct outgoing *message;
	const struct channel *channel;
	enum reach reach;
	bool bad_option; /* libcurl does not know one that matters */
	bool refused;    /* an address was not one of those that may be reached */
	size_t given;    /* bytes of a mail */
	size_t taken;    /* bytes of an answer */
	int64_t whole_ms;
	void *arg;
};

/*
 * Sets every option for this message; `all` as in sender_start(). False: out of memory, or the channel's settings have no
 * recipient. Look at bad_option as well.
 */
bool transfer_prepare(const struct library *curl, struct transfer *t, bool all) MUST_USE;
/* A text of the channel's settings; NULL: none. */
const char *transfer_text(const struct transfer *t, const char *name);

#endif
