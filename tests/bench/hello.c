/*
 * hello.c - the yardstick: a bare FastCGI responder that does nothing but speak the protocol.
 *
 * Each of N threads accepts a request, reads its body to the end and answers a fixed JSON text of
 * the size of a verdict. What a responder needs beyond this is its own cost.
 *
 * hello [THREADS]; without the argument HELLO_THREADS, else 8. The socket is file descriptor 0.
 * SPDX-License-Identifier: MIT
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcgiapp.h>

#define THREADS_DEFAULT 8
#define THREADS_MAX 256
#define READ_CHUNK 4096

static const char answer[] =
    "Status: 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "Cache-Control: no-store\r\n"
    "\r\n"
    "{\"decision\":\"allow\",\"reason\":\"matched rule 19 of policy \\\"bench\\\"\","
    "\"policyId\":\"pol_0123456789abcdefghij\",\"toolCallId\":\"call_0123456789abcdefghijklmnop\","
    "\"latencyMs\":0,\"note\":\"no check was made\"}\n";

static void *
serve(void *unused)
{
	char chunk[READ_CHUNK];
	FCGX_Request request;

	(void)unused;
	if (FCGX_InitRequest(&request, 0, 0) != 0)
		return NULL;
	while (FCGX_Accept_r(&request) == 0) {
		while (FCGX_GetStr(chunk, sizeof(chunk), request.in) > 0)
			continue;
		(void)FCGX_PutStr(answer, sizeof(answer) - 1, request.out);
		/* All input is read, so a plain close loses nothing: no wait for the other side's. */
		FCGX_Detach(&request);
		FCGX_Finish_r(&request);
	}
	FCGX_Free(&request, 1);
	return NULL;
}

static long
thread_count(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : getenv("HELLO_THREADS");
	char *end;
	long count;

	if (text == NULL)
		return THREADS_DEFAULT;
	count = strtol(text, &end, 10);
	return *text != '\0' && *end == '\0' && count <= THREADS_MAX ? count : 0;
}

int
main(int argc, char **argv)
{
	long count = thread_count(argc, argv);
	pthread_t thread;

	if (count < 1) {
		(void)fprintf(stderr, "hello: threads must be 1 to %d\n", THREADS_MAX);
		return 2;
	}
	if (FCGX_Init() != 0 || FCGX_IsCGI()) {
		(void)fprintf(
		    stderr, "hello: run by a web server, with the socket as descriptor 0\n");
		return 2;
	}
	/* The library's own handler would leave the threads in accept for ever. */
	(void)signal(SIGTERM, SIG_DFL);
	for (long i = 1; i < count; i++) {
		if (pthread_create(&thread, NULL, serve, NULL) != 0)
			return 1;
	}
	(void)serve(NULL);
	return 0;
}
