/* load_options.c - the command line of the load client; see load.h.   SPDX-License-Identifier: MIT */
#include "load.h"

#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#define USAGE                                                                                      \
	"usage: load [-c N] [-d SECONDS] [--warmup SECONDS] [--header 'Name: value']...\n"         \
	"            [--body FILE] [--log FILE] [--json] URL\n"

enum { OPTION_WARMUP = 256, OPTION_HEADER, OPTION_BODY, OPTION_LOG, OPTION_JSON };

static const struct option long_options[] = {{"warmup", required_argument, NULL, OPTION_WARMUP},
    {"header", required_argument, NULL, OPTION_HEADER},
    {"body", required_argument, NULL, OPTION_BODY}, {"log", required_argument, NULL, OPTION_LOG},
    {"json", no_argument, NULL, OPTION_JSON}, {NULL, 0, NULL, 0}};

/* What the command line says before it is put together. */
struct words {
	char headers[LOAD_HEADERS_MAX];
	size_t headers_len;
	const char *body_path;
	char host[256];
	const char *path;
};

static bool
fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "load: %s: %s\n", what, why);
	return false;
}

static bool
read_number(const char *text, double least, double most, double *out)
{
	char *end;

	*out = strtod(text, &end);
	if (end == text || *end != '\0' || !(*out >= least && *out <= most))
		return fail(text, "not a number in range");
	return true;
}

static bool
add_header(struct words *words, const char *line)
{
	size_t room = sizeof(words->headers) - words->headers_len;
	int len;

	if (strchr(line, ':') == NULL || strpbrk(line, "\r\n") != NULL)
		return fail(line, "a header is 'Name: value'");
	len = snprintf(words->headers + words->headers_len, room, "%s\r\n", line);
	if (len < 0 || (size_t)len >= room)
		return fail("--header", "too many bytes of headers");
	words->headers_len += (size_t)len;
	return true;
}

/* http://HOST:PORT/PATH, HOST a name or an IPv4 address. */
static bool
read_url(const char *url, struct words *words, struct load_options *out)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_INET};
	struct addrinfo *found = NULL;
	const char *rest;
	char *colon;
	size_t len;
	int code;

	if (strncmp(url, "http://", strlen("http://")) != 0)
		return fail(url, "must begin with http://");
	rest = url + strlen("http://");
	len = strcspn(rest, "/");
	words->path = rest[len] == '/' ? rest + len : "/";
	if (len >= sizeof(words->host))
		return fail(url, "host is too long");
	memcpy(words->host, rest, len);
	words->host[len] = '\0';
	colon = strchr(words->host, ':');
	if (colon == NULL)
		return fail(url, "needs a port: http://host:port/path");
	*colon = '\0';
	code = getaddrinfo(words->host, colon + 1, &hints, &found);
	if (code != 0)
		return fail(url, gai_strerror(code));
	*colon = ':';
	memcpy(&out->address, found->ai_addr, found->ai_addrlen);
	out->address_len = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

/* The body file behind the head of the request, in one piece. */
static bool
build_request(const struct words *words, struct load_options *out)
{
	FILE *file = NULL;
	char *body = NULL;
	size_t body_len = 0;
	int len;

	if (words->body_path != NULL) {
		file = fopen(words->body_path, "re");
		if (file == NULL)
			return fail(words->body_path, strerror(errno));
		body = malloc(LOAD_BODY_MAX);
		if (body != NULL)
			body_len = fread(body, 1, LOAD_BODY_MAX, file);
		(void)fclose(file);
		if (body == NULL || body_len == 0 || body_len == LOAD_BODY_MAX) {
			free(body);
			return fail(words->body_path, "empty, too large or no memory");
		}
	}
	len = body == NULL
		  ? asprintf(&out->request, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", words->path,
			words->host, words->headers)
		  : asprintf(&out->request,
			"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %zu\r\n%s\r\n%.*s",
			words->path, words->host, body_len, words->headers, (int)body_len, body);
	free(body);
	if (len < 0) {
		out->request = NULL;
		return fail("request", "no memory");
	}
	out->request_len = (size_t)len;
	return true;
}

static bool
read_option(int option, struct words *words, struct load_options *out)
{
	double number;

	switch (option) {
	case 'c':
		if (!read_number(optarg, 1, LOAD_CONNECTIONS_MAX, &number))
			return false;
		out->connections = (long)number;
		return true;
	case 'd':
		return read_number(optarg, 0.01, 86400, &out->seconds);
	case OPTION_WARMUP:
		return read_number(optarg, 0, 86400, &out->warmup);
	case OPTION_HEADER:
		return add_header(words, optarg);
	case OPTION_BODY:
		words->body_path = optarg;
		return true;
	case OPTION_LOG:
		out->log_path = optarg;
		return true;
	case OPTION_JSON:
		out->json = true;
		return true;
	default:
		(void)fputs(USAGE, stderr);
		return false;
	}
}

bool
load_options_read(int argc, char **argv, struct load_options *out)
{
	struct words *words = calloc(1, sizeof(*words));
	bool fine = words != NULL;
	int option;

	*out = (struct load_options){.connections = 1, .seconds = 3};
	while (fine && (option = getopt_long(argc, argv, "c:d:", long_options, NULL)) != -1)
		fine = read_option(option, words, out);
	if (fine && optind != argc - 1) {
		(void)fputs(USAGE, stderr);
		fine = false;
	}
	fine = fine && read_url(argv[optind], words, out) && build_request(words, out);
	free(words);
	return fine;
}
