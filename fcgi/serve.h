/*
 * serve.h - the life of a responder: start-up order, threads, orderly end.
 *
 * Start: signals, libfcgi, then configuration -> log -> key -> database -> audit -> callers. The configuration may be named
 * only by the first request (design 6), so all that is opened then at the latest; where it fails, every request is answered
 * with 500 and the log and the web server's error log say why, until the operator has mended it.
 *
 * Threads: each accepts a request, hands it to the door, commits what has queued in the audit log unless another thread does,
 * and accepts the next. One more is started when all are busy, up to the setting `threads`.
 *
 * End: on SIGTERM, requests that have begun are finished and the process is gone within a second.
 */
#ifndef ENFORGATE_SERVE_H
#define ENFORGATE_SERVE_H

#include "config.h"
#include "exchange.h"
#include "hold.h"
#include "limit.h"
#include "page.h"

/* What a door may use; opened before its first request and never changed. */
struct service {
	struct config config;
	struct store *store;
	struct audit *audit;
	struct gate gate;
	struct limits *limits;
	struct secret_key master;
	struct courier *courier;
	int wake;   /* wake.h */
	int end_fd; /* can be read once the process is about to end */
	struct holds *holds;
	struct pages *pages;         /* NULL: this door has none */
	struct mcp_door *mcp;        /* likewise */
	struct proxies proxies;      /* of the setting trusted_proxies */
	struct secret_key probe_key; /* of the marks of doctor */
};

struct door {
	const char *program; /* for the log: "check" */
	/* Leads to exchange_end(), at once or later, in this thread or another. */
	void (*handle)(struct exchange *exchange);
	/* Opens what this door alone needs, so that no other is linked with it; NULL: nothing. */
	enum status (*open)(struct service *service, struct problem *why);
};

/* Runs a responder to its end; the result is main()'s. */
int serve(const struct door *door);

#endif
