/* stdio_noise.c - what the child of a host writes that is no message: to the log, so much and no more. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "plain.h"
#include "stdio_host.h"

#define LINES_A_MINUTE 100
#define LINE_SHOWN 500 /* characters */
#define LINE_BYTES 2048
#define PIECE 4096
#define MINUTE_US 60000000

/* Whether this minute has room for one more line. */
static bool
line_fits(struct host *host)
{
	const int64_t now_us = clock_us();

	if (now_us - host->noise_minute_us >= MINUTE_US) {
		if (host->noise_dropped > 0)
			log_info("upstream %s: %d lines of what it wrote were left out",
			    host->upstream.name, host->noise_dropped);
		host->noise_minute_us = now_us;
		host->noise_lines = host->noise_dropped = 0;
	}
	if (host->noise_lines >= LINES_A_MINUTE) {
		host->noise_dropped++;
		return false;
	}
	host->noise_lines++;
	return true;
}

void
noise_line(struct host *host, const char *what, const char *text, size_t len)
{
	char copy[LINE_BYTES + 1], shown[PLAIN_SIZE(LINE_SHOWN)];

	if (len == 0 || !line_fits(host))
		return;
	len = len < LINE_BYTES ? len : LINE_BYTES;
	memcpy(copy, text, len);
	copy[len] = '\0';
	plain_copy(shown, sizeof(shown), copy, LINE_SHOWN);
	log_info("upstream %s: %s%s", host->upstream.name, what, shown);
}

static void
end_line(struct host *host)
{
	noise_line(host, "", buf_str(&host->noise), host->noise.len);
	buf_reset(&host->noise);
}

void
noise_read(struct host *host)
{
	char piece[PIECE];
	ssize_t n = read(host->child.err_fd, piece, sizeof(piece));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end_line(host);
		(void)close(host->child.err_fd);
		host->child.err_fd = -1;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (piece[i] == '\n')
			end_line(host);
		else if (piece[i] != '\r')
			buf_char(&host->noise, piece[i]); /* what is too long is cut by its cap */
	}
}
