/* wire_exchange.h - what wire.c and wire_options.c share. */
#ifndef ENFORGATE_MCP_WIRE_EXCHANGE_H
#define ENFORGATE_MCP_WIRE_EXCHANGE_H

#include <curl/curl.h>

#include "mcp/wire.h"

struct wire {
	CURLM *multi;
	CURL *easy;
	char upstream_id[UPSTREAM_ID_MAX + 1];
	int64_t changed_ms;
	int64_t left_us, keep_us;
	curl_socket_t socket; /* of the connection that is kept; CURL_SOCKET_BAD: none */

	/* The exchange at hand. */
	struct wire_ask ask;
	struct curl_slist *headers;
	struct buf body;
	struct wire_head head;
	size_t head_bytes, dropped;
	CURLcode code;
	bool allow_private, tls;
	bool under_way; /* in the multi handle */
	bool done;
	bool moved, paused;
	bool sent;    /* the request was begun to be sent */
	bool twice;   /* libcurl wanted to send it again */
	bool refused; /* an address is not one that may be reached */
	bool long_head;
	bool bad_option; /* libcurl does not know one that matters */
};

/* Sets what is the same for every exchange with an upstream: where to, and what is allowed on the way. */
void wire_set_upstream(struct wire *wire, const struct upstream *upstream);
/* Sets the method and the body. */
void wire_set_ask(struct wire *wire);

#endif
