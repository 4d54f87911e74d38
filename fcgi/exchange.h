/*
 * exchange.h - one request from accept to reply, with everything that belongs to it.
 *
 * A thread accepts a request into an exchange and hands it to the door. It is over with exchange_end(), which may be called by another
 * thread: the one whose commit put the verdict on disk sends the answers of all that were in it. So an exchange lives on the
 * heap, and the thread that accepted it goes on with the next.
 */
#ifndef ENFORGATE_EXCHANGE_H
#define ENFORGATE_EXCHANGE_H

#include <fcgiapp.h>
#include <pthread.h>
#include <stdatomic.h>

#include "gate.h"
#include "reply.h"
#include "request.h"

struct service;

struct exchange {
	struct service *service; /* borrowed */
	struct request request;
	struct reply reply;
	struct attempt attempt; /* for the doors that ask the gate */
	bool unreadable;        /* the body, as opposed to what it says */
	int64_t wait_s;         /* longest wait for a person's decision */
	atomic_bool cancelled;  /* its client wants no answer any more; set by any thread */
	void *visit; /* what the door keeps of it, freed by the door before exchange_end() */
	/* Private to exchange.c. */
	FCGX_Request fcgx;
	struct exchanges *pool;
	size_t held; /* bytes, by exchange_hold() */
	bool parked; /* by exchange_park() */
	struct exchange *next;
};

/* Exchanges that are not in use, and how many may be. */
struct exchanges {
	struct service *service;
	const char
	    *web_servers; /* addresses that may connect, as libfcgi's variable says; NULL: any */
	pthread_mutex_t mutex; /* guards the next three */
	pthread_cond_t given_back;
	struct exchange *free;
	unsigned room;      /* exchanges that may still be taken */
	atomic_size_t held; /* bytes, of all */
	atomic_int begun;   /* connections accepted and not ended */
};

/* `most` bounds the requests that a process has in hand, beside what they hold. */
enum status exchanges_init(struct exchanges *pool, struct service *service, unsigned most) MUST_USE;

/* One to accept a request with; waits while all are in use, or hold much. NULL: out of memory. */
struct exchange *exchange_take(struct exchanges *pool);

/* Waits for a connection. Non-zero: errno; the exchange can be used again. */
int exchange_accept(struct exchange *exchange) MUST_USE;

/*
 * Reads the parameters of its request; whoever connects and sends nothing keeps this thread, but none that accepts. False: it broke
 * before, and the exchange is given back.
 */
bool exchange_begin(struct exchange *exchange) MUST_USE;

/* The request keeps a body of so many bytes, and what was made of it, until it ends. */
void exchange_hold(struct exchange *exchange, size_t bytes);
/* It does not any more, though it goes on: the body is given back. */
void exchange_drop(struct exchange *exchange);

/*
 * The request waits for a person: it counts no more among those that the process has in hand, nor does what it holds, which must be little by
 * now. Whoever parks bounds how many are.
 */
void exchange_park(struct exchange *exchange);
/* The connection, to watch for its end. */
int exchange_fd(const struct exchange *exchange);

/* Sends the reply. The exchange may be in use for another request at once. */
void exchange_end(struct exchange *exchange);

#endif
