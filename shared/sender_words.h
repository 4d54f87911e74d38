/* sender_words.h - what went wrong with a message, without its secrets; private to sender*.c. */
#ifndef ENFORGATE_SENDER_WORDS_H
#define ENFORGATE_SENDER_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

#define SENDER_HOST_MAX 256

struct sender_words {
	const char *url; /* only its host is told */
	bool mail;
	long status;       /* of HTTP, or the last one of SMTP; 0: none */
	int code;          /* libcurl's CURLcode */
	const char *class; /* libcurl's own word for it */
	bool refused;      /* an address that must not be reached */
	bool own_ca;
	int64_t whole_ms;
};

/* The host of an URL, without user, password and port. */
void sender_host(const char *url, char out[SENDER_HOST_MAX]);
void sender_words(const struct sender_words *words, struct problem *why);

#endif
