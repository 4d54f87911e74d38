/* exchange.c - requests from accept to reply; see exchange.h. */
#include "exchange.h"

#include <errno.h>
#include <fcgios.h>
#include <stdlib.h>

#include "log.h"

#define LISTENING 0    /* FCGI_LISTENSOCK_FILENO */
#define NO_SOCKET (-1) /* for libfcgi, which is not to accept anything itself */

enum status
exchanges_init(struct exchanges *pool, struct service *service, unsigned most)
{
	*pool =
	    (struct exchanges){.service = service, .web_servers = getenv("FCGI_WEB_SERVER_ADDRS")};
	if (pthread_mutex_init(&pool->mutex, NULL) != 0 || sem_init(&pool->room, 0, most) != 0)
		return STATUS_FAILED;
	return STATUS_OK;
}

static struct exchange *
make(struct exchanges *pool)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL || FCGX_InitRequest(&exchange->fcgx, NO_SOCKET, 0) != 0) {
		free(exchange);
		return NULL;
	}
	exchange->pool = pool;
	exchange->service = pool->service;
	reply_init(&exchange->reply);
	return exchange;
}

struct exchange *
exchange_take(struct exchanges *pool)
{
	struct exchange *exchange;

	while (sem_wait(&pool->room) != 0)
		continue;
	pthread_mutex_lock(&pool->mutex);
	exchange = pool->free;
	if (exchange != NULL)
		pool->free = exchange->next;
	pthread_mutex_unlock(&pool->mutex);
	if (exchange == NULL)
		exchange = make(pool);
	if (exchange == NULL)
		(void)sem_post(&pool->room);
	return exchange;
}

int
exchange_accept(struct exchange *exchange)
{
	int fd = OS_Accept(LISTENING, 0, exchange->pool->web_servers);

	if (fd < 0)
		return errno != 0 ? errno : EIO;
	atomic_fetch_add(&exchange->pool->begun, 1);
	exchange->fcgx.ipcFd = fd;
	return 0;
}

/* Its connection is closed; it may be in use for another request at once. */
static void
give_back(struct exchange *exchange)
{
	struct exchanges *pool = exchange->pool;

	pthread_mutex_lock(&pool->mutex);
	exchange->next = pool->free;
	pool->free = exchange;
	pthread_mutex_unlock(&pool->mutex);
	(void)sem_post(&pool->room);
	atomic_fetch_sub(&pool->begun, 1);
}

bool
exchange_begin(struct exchange *exchange)
{
	/* To libfcgi the connection is one that was kept: it reads from it, and fails where it would accept the next. */
	exchange->fcgx.keepConnection = 1;
	if (FCGX_Accept_r(&exchange->fcgx) != 0) {
		give_back(exchange);
		return false;
	}
	/* Whatever the web server asked for: nobody would read from a connection whose exchange is not in use. */
	exchange->fcgx.keepConnection = 0;
	request_begin(&exchange->fcgx, &exchange->request);
	return true;
}

void
exchange_end(struct exchange *exchange)
{
	log_request(exchange->request.id);
	reply_send(&exchange->reply, &exchange->request);
	/*
	 * Where nothing is left unread a plain close loses nothing, and libfcgi need not wait for the web server to close first: one
	 * context switch less for each request.
	 */
	if (exchange->request.whole)
		(void)FCGX_Detach(&exchange->fcgx);
	reply_reset(&exchange->reply);
	request_end(&exchange->request);
	FCGX_Finish_r(&exchange->fcgx);
	(void)FCGX_Attach(&exchange->fcgx);
	give_back(exchange);
}
