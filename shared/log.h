/*
 * log.h - what the operator reads: one line per event, with the id of the request it belongs to.
 *
 * A line is `TIME PROGRAM[PID] LEVEL REQUEST-ID MESSAGE`. Control characters become '?', so that nobody
 * forges a line. Never pass arguments, results, keys or tokens (law 3). errno is preserved.
 *
 * Lines about refused requests (log_refusal) are limited to LOG_REFUSALS_PER_SECOND, as strangers cause
 * them, and all lines to LOG_LINES_PER_SECOND. What was left out is counted in a line of its own.
 */
#ifndef ENFORGATE_LOG_H
#define ENFORGATE_LOG_H

#include "status.h"

#define LOG_LINE_MAX 2048 /* bytes; longer lines are cut */
#define LOG_REFUSALS_PER_SECOND 50
#define LOG_LINES_PER_SECOND 500 /* of all kinds together */
#define LOG_REQUEST_MAX 16       /* characters of a request id */

/*
 * Where lines go: "stderr", "syslog" or the path of a file (created 0600, appended, opened anew when
 * it was moved away by log rotation). Before this call they go to standard error.
 */
enum status log_open(const char *program, const char *target, struct problem *why) MUST_USE;
void log_close(void);

/* The request this thread works on; "" for none. Copied. */
void log_request(const char *id);

void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *format, ...) PRINTF_LIKE(1, 2);
void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
void log_refusal(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
