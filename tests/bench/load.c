/*
 * load.c - a closed-loop HTTP load client: each connection sends its next request when the answer
 * to the last one is complete. One thread, so that it costs the server little on a small machine.
 *
 * load [-c N] [-d SECONDS] [--warmup SECONDS] [--header 'Name: value']... [--body FILE]
 *      [--log FILE] [--json] URL
 *
 * With --body the method is POST, else GET. --log writes the body of every complete response of
 * status 200 as one line. Connections that end are counted and made again. SIGINT and SIGTERM end
 * the run early with a full report.
 * SPDX-License-Identifier: MIT
 */
#include "load.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void
on_signal(int number)
{
	(void)number;
	load_stop();
}

static uint64_t
responses(const struct load_counts *counts)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < 600; i++)
		sum += counts->status[i];
	return sum;
}

static double
client_cpu_per_response(const struct load_counts *counts)
{
	return counts->all > 0 ? counts->cpu_seconds * 1e6 / (double)counts->all : 0;
}

static void
report_json(const struct load_counts *counts)
{
	const struct histogram *h = &counts->micros;
	const char *separator = "";

	(void)printf("{\"seconds\":%.3f,\"responses\":%lu,\"requests_per_second\":%.1f,"
		     "\"p50_us\":%lu,\"p99_us\":%lu,\"p999_us\":%lu,\"max_us\":%lu,\"status\":{",
	    counts->seconds, responses(counts), (double)responses(counts) / counts->seconds,
	    histogram_percentile(h, 0.5), histogram_percentile(h, 0.99),
	    histogram_percentile(h, 0.999), h->max);
	for (size_t i = 0; i < 600; i++) {
		if (counts->status[i] == 0)
			continue;
		(void)printf("%s\"%zu\":%lu", separator, i, counts->status[i]);
		separator = ",";
	}
	(void)printf("},\"not_200\":%lu,\"connect_failed\":%lu,\"lost\":%lu,\"broken\":%lu,"
		     "\"unfinished\":%lu,\"client_cpu_us\":%.1f}\n",
	    responses(counts) - counts->status[200], counts->connect_failed, counts->lost,
	    counts->broken, counts->unfinished, client_cpu_per_response(counts));
}

static void
report_text(const struct load_counts *counts)
{
	const struct histogram *h = &counts->micros;

	(void)printf("%lu responses in %.3f s: %.1f requests/s\n", responses(counts),
	    counts->seconds, (double)responses(counts) / counts->seconds);
	(void)printf("latency us: p50 %lu, p99 %lu, p99.9 %lu, max %lu\n",
	    histogram_percentile(h, 0.5), histogram_percentile(h, 0.99),
	    histogram_percentile(h, 0.999), h->max);
	for (size_t i = 0; i < 600; i++) {
		if (counts->status[i] > 0)
			(void)printf("status %zu: %lu\n", i, counts->status[i]);
	}
	(void)printf("connect failed %lu, connections lost %lu, broken responses %lu, "
		     "unfinished %lu\n",
	    counts->connect_failed, counts->lost, counts->broken, counts->unfinished);
	(void)printf("cpu of this client: %.1f us per response\n", client_cpu_per_response(counts));
}

int
main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct load_options options;
	struct load_counts *counts = NULL;
	FILE *log = NULL;
	int code = 2;

	if (!load_options_read(argc, argv, &options))
		goto out;
	counts = calloc(1, sizeof(*counts));
	if (counts == NULL)
		goto out;
	if (options.log_path != NULL && (log = fopen(options.log_path, "we")) == NULL) {
		(void)fprintf(stderr, "load: %s: %s\n", options.log_path, strerror(errno));
		goto out;
	}
	if (sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0)
		goto out;
	if (!load_run(&options, log, counts))
		goto out;
	if (options.json)
		report_json(counts);
	else
		report_text(counts);
	code = 0;
out:
	if (log != NULL && fclose(log) != 0) {
		(void)fprintf(stderr, "load: %s: %s\n", options.log_path, strerror(errno));
		code = 2;
	}
	free(counts);
	free(options.request);
	return code;
}
