/*
 * load.h - a closed-loop HTTP/1.1 load client of one thread: options, and what a run has counted.
 */
#ifndef ENFORGATE_BENCH_LOAD_H
#define ENFORGATE_BENCH_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "histogram.h"

#define LOAD_CONNECTIONS_MAX 10000
#define LOAD_HEADERS_MAX ((size_t)16 << 10)  /* bytes of all --header lines */
#define LOAD_BODY_MAX ((size_t)16 << 20)     /* bytes of --body */
#define LOAD_RESPONSE_MAX ((size_t)16 << 20) /* bytes of one response */

struct load_options {
	long connections;
	double seconds; /* counted time */
	double warmup;  /* seconds before it that are not counted */
	bool json;
	const char *log_path; /* NULL: no log */
	struct sockaddr_storage address;
	socklen_t address_len;
	char *request; /* owned: the whole request as sent */
	size_t request_len;
};

/* Reads the command line; false: a sentence is on standard error. */
bool load_options_read(int argc, char **argv, struct load_options *out);

struct load_counts {
	uint64_t status[600];    /* complete responses by status */
	uint64_t connect_failed; /* connections refused or ended before they stood */
	uint64_t lost;       /* connections that ended under a request without a whole response */
	uint64_t broken;     /* responses that are not HTTP, unframed or too large */
	uint64_t unfinished; /* requests without response when the run ended */
	struct histogram micros; /* from the first byte sent to the last byte read */
	double seconds;          /* length of the counted time */
	double cpu_seconds;      /* this client's own, warm-up included */
	uint64_t all;            /* responses, warm-up included */
};

/* Runs the load. False: it could not begin; a sentence is on standard error. */
bool load_run(const struct load_options *options, FILE *log, struct load_counts *counts);
/* Ends a run early and orderly; safe in a signal handler. */
void load_stop(void);

#endif
