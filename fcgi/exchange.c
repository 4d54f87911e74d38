/* exchange.c - requests from accept to reply; see exchange.h. */
#include "exchange.h"

#include <errno.h>
#include <fcgios.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "log.h"

#define LISTENING 0    /* FCGI_LISTENSOCK_FILENO */
#define NO_SOCKET (-1) /* for libfcgi, which is not to accept anything itself */
#define SILENCE_S                                                                                  \
	30 /* a web server that sends nothing for so long in the middle of a request is gone */
/*
 * Bodies in hand, beside one for each thread. A parsed call takes up to 150 times the memory of its body: without this bound 256
 * calls that wait behind a lock took 2 GB.
 */
#define HELD_MAX ((size_t)1 << 20)

enum status
exchanges_init(struct exchanges *pool, struct service *service, unsigned most)
{
	*pool =
	    (struct exchanges){.service = service, .web_servers = getenv("FCGI_WEB_SERVER_ADDRS")};
	pool->room = most;
	if (pthread_mutex_init(&pool->mutex, NULL) != 0 ||
	    pthread_cond_init(&pool->given_back, NULL) != 0)
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

	pthread_mutex_lock(&pool->mutex);
	while (pool->room == 0 || atomic_load(&pool->held) > HELD_MAX)
		pthread_cond_wait(&pool->given_back, &pool->mutex);
	exchange = pool->free;
	if (exchange != NULL)
		pool->free = exchange->next;
	else
		exchange = make(pool);
	if (exchange != NULL)
		pool->room--;
	pthread_mutex_unlock(&pool->mutex);
	return exchange;
}

void
exchange_hold(struct exchange *exchange, size_t bytes)
{
	exchange->held += bytes;
	atomic_fetch_add(&exchange->pool->held, bytes);
}

/*
 * Not libfcgi's own accept where its list of addresses is not set: that waits up to two seconds for the first byte, in which
 * nobody else may accept.
 */
static int
accept_one(const char *web_servers)
{
	int fd;

	if (web_servers != NULL)
		return OS_Accept(LISTENING, 0, web_servers);
	do
		fd = accept4(LISTENING, NULL, NULL, SOCK_CLOEXEC);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	return fd;
}

int
exchange_accept(struct exchange *exchange)
{
	static const struct timeval silence = {SILENCE_S, 0};
	int fd = accept_one(exchange->pool->web_servers);

	if (fd < 0)
		return errno != 0 ? errno : EIO;
	atomic_fetch_add(&exchange->pool->begun, 1);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
	exchange->fcgx.ipcFd = fd;
	return 0;
}

static void
unhold(struct exchange *exchange)
{
	atomic_fetch_sub(&exchange->pool->held, exchange->held);
	exchange->held = 0;
}

void
exchange_drop(struct exchange *exchange)
{
	struct exchanges *pool = exchange->pool;

	buf_recycle(&exchange->request.body, 0);
	pthread_mutex_lock(&pool->mutex);
	unhold(exchange);
	pthread_cond_broadcast(&pool->given_back);
	pthread_mutex_unlock(&pool->mutex);
}

void
exchange_park(struct exchange *exchange)
{
	struct exchanges *pool = exchange->pool;

	pthread_mutex_lock(&pool->mutex);
	unhold(exchange);
	exchange->parked = true;
	pool->room++;
	pthread_cond_broadcast(&pool->given_back);
	pthread_mutex_unlock(&pool->mutex);
}

int
exchange_fd(const struct exchange *exchange)
{
	return exchange->fcgx.ipcFd;
}

/* Its connection is closed; it may be in use for another request at once. */
static void
give_back(struct exchange *exchange)
{
	struct exchanges *pool = exchange->pool;

	pthread_mutex_lock(&pool->mutex);
	unhold(exchange);
	exchange->next = pool->free;
	pool->free = exchange;
	if (!exchange->parked)
		pool->room++;
	exchange->parked = false;
	atomic_store(&exchange->cancelled, false);
	pthread_cond_broadcast(&pool->given_back);
	pthread_mutex_unlock(&pool->mutex);
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
