/* http_place.c - an MCP server over http that answers as a test wants it to; see http_place.h. */
#include "http_place.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>

struct connection {
	struct http_place *place;
	int at;
};

static bool
say(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t done = send(fd, bytes, len, MSG_NOSIGNAL);

		if (done <= 0)
			return false;
		bytes += done;
		len -= (size_t)done;
	}
	return true;
}

static void
remember(struct http_place *place, const char *text)
{
	size_t len;

	pthread_mutex_lock(&place->mutex);
	len = strlen(place->log);
	(void)snprintf(place->log + len, sizeof(place->log) - len, "%s\n", text);
	pthread_mutex_unlock(&place->mutex);
}

/* A whole request with an end behind its head, where *body begins. False: the other side has gone. */
static bool
read_request(int fd, char *text, char **body)
{
	size_t len = 0, wanted = 0;
	const char *length;

	*body = NULL;
	while (*body == NULL || len < wanted) {
		ssize_t got = recv(fd, text + len, HTTP_PLACE_REQUEST_MAX - 1 - len, 0);

		if (got <= 0)
			return false;
		len += (size_t)got;
		text[len] = '\0';
		if (*body != NULL || (*body = strstr(text, "\r\n\r\n")) == NULL)
			continue;
		length = strcasestr(text, "\r\nContent-Length:");
		if (length > *body)
			length = NULL;
		wanted = (size_t)(*body + 4 - text) +
			 (length != NULL ? strtoul(length + 17, NULL, 10) : 0);
		**body = '\0';
		*body += 4;
	}
	return true;
}

static bool
fill(int fd, const struct served *served)
{
	size_t piece = served->fill_with != NULL ? strlen(served->fill_with) : 0;

	for (size_t done = 0; done < served->fill; done += piece)
		if (!say(fd, served->fill_with, piece))
			return false;
	return true;
}

/* False: the connection is to end. */
static bool
answer(int fd, const struct served *served)
{
	const char *body = served->body != NULL ? served->body : "";
	char length[64] = "";

	if (served->head == NULL)
		return !served->cut;
	if (!served->cut)
		(void)snprintf(length, sizeof(length), "\r\nContent-Length: %zu", strlen(body));
	return say(fd, served->head, strlen(served->head)) && say(fd, length, strlen(length)) &&
	       say(fd, "\r\n\r\n", 4) && say(fd, body, strlen(body)) && fill(fd, served) &&
	       !served->cut;
}

static void *
serve(void *arg)
{
	struct connection *connection = arg;
	struct http_place *place = connection->place;
	int fd = place->fds[connection->at];
	char *text = malloc(HTTP_PLACE_REQUEST_MAX), *body;

	while (text != NULL && read_request(fd, text, &body)) {
		remember(place, text);
		remember(place, body);
		if (!answer(fd, place->choose(place->arg, text, body)))
			break;
	}
	(void)shutdown(fd, SHUT_RDWR);
	free(text);
	free(connection);
	return NULL;
}

static void *
accept_all(void *arg)
{
	struct http_place *place = arg;
	struct connection *connection;
	int fd;

	while (place->connections < HTTP_PLACE_CONNECTIONS &&
	       (fd = accept(place->listener, NULL, NULL)) >= 0) {
		connection = malloc(sizeof(*connection));
		if (connection == NULL)
			break;
		*connection = (struct connection){place, place->connections};
		place->fds[connection->at] = fd;
		if (pthread_create(&place->threads[connection->at], NULL, serve, connection) != 0)
			break;
		place->connections++;
	}
	return NULL;
}

void
http_place_open(struct http_place *place,
    const struct served *(*choose)(void *arg, const char *head, const char *body), void *arg)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);

	*place = (struct http_place){.choose = choose, .arg = arg};
	assert_int_equal(pthread_mutex_init(&place->mutex, NULL), 0);
	place->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(place->listener >= 0);
	assert_int_equal(bind(place->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(place->listener, HTTP_PLACE_CONNECTIONS), 0);
	assert_int_equal(getsockname(place->listener, (struct sockaddr *)&address, &len), 0);
	place->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&place->acceptor, NULL, accept_all, place), 0);
}

void
http_place_hang_up(struct http_place *place)
{
	for (int i = 0; i < place->connections; i++)
		(void)shutdown(place->fds[i], SHUT_RDWR);
}

void
http_place_close(struct http_place *place)
{
	(void)shutdown(place->listener, SHUT_RDWR);
	(void)pthread_join(place->acceptor, NULL);
	http_place_hang_up(place);
	for (int i = 0; i < place->connections; i++) {
		(void)pthread_join(place->threads[i], NULL);
		(void)close(place->fds[i]);
	}
	(void)close(place->listener);
	(void)pthread_mutex_destroy(&place->mutex);
}

int
http_place_count(struct http_place *place, const char *text)
{
	int count = 0;

	pthread_mutex_lock(&place->mutex);
	for (const char *at = place->log; (at = strstr(at, text)) != NULL; at += strlen(text))
		count++;
	pthread_mutex_unlock(&place->mutex);
	return count;
}
