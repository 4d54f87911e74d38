/*
 * config.h - the configuration file, enforgate.conf(5): flat `name = value` lines.
 *
 * Unknown, repeated, malformed or out-of-range settings refuse the whole file with its line. The table of
 * settings in config_table.c is the single source: defaults, ranges and the text that `enforgatectl init` writes.
 */
#ifndef ENFORGATE_CONFIG_H
#define ENFORGATE_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "json.h"
#include "status.h"

#define CONFIG_URL_MAX 512
#define CONFIG_LIST_MAX 4096
#define CONFIG_FILE_MAX 65536 /* bytes */
#define CONFIG_LINE_MAX 4400  /* bytes of one line: the longest path and its name */

struct config {
	char path[PATH_MAX]; /* of the file itself */
	char state_dir[PATH_MAX];
	char base_url[CONFIG_URL_MAX];
	char log[PATH_MAX]; /* "syslog", "stderr" or a path; never empty after config_read() */
	int64_t threads;    /* most threads that one process starts for requests */
	int64_t body_max;   /* bytes */
	int64_t nesting_max;
	int64_t members_max;
	int64_t header_max;           /* bytes of one header's value */
	int64_t database_deadline_ms; /* wait for the database lock before 503 */
	bool database_rollback_journal;
	int64_t failed_keys_per_minute; /* 401 answers per address before 429; 0: no limit */
	int64_t
	    approve_per_minute; /* requests for approve pages per address before 429; 0: no limit */
	char trusted_proxies[CONFIG_LIST_MAX]; /* proxies_parse() takes it; "" for none */
	int64_t approvals_per_key;             /* pending approvals of one key; more are denied */
	int64_t wait_max_s;                    /* longest wait of one request for a decision */
	int64_t held_max;             /* requests that one process lets wait for decisions */
	int64_t delivery_lease_s;     /* how long a dead process keeps its notifications */
	char templates_dir[PATH_MAX]; /* need not exist */
	int64_t mcp_body_max;         /* bytes of one message of a client */
	char allowed_hosts
	    [CONFIG_LIST_MAX];  /* hosts in Host and Origin, beside that of base_url and loopback */
	int64_t session_idle_h; /* hours after which a session of a legacy client is over */
	int64_t sessions_per_key;
	int64_t leg_s; /* longest wait of a client that may give up after a minute */
	int64_t
	    streams_max; /* streams of notifications that one process keeps; 0: GET is answered with 405 */
	int64_t calls_per_key;       /* under way at upstreams, of one key in one process */
	int64_t upstream_answer_max; /* bytes of one message of an upstream */
	int64_t stdio_idle_s;        /* a host of a stdio upstream ends after it */
	char programs_dir[PATH_MAX]; /* enforgate-stdio, enforgate-bridge */
	int64_t audit_keep_days;     /* audit roll: 0 keeps all */
	int64_t audit_keep_bytes;    /* audit roll: 0 keeps all */
	char audit_export_dir[PATH_MAX];
};

/*
 * Where the file is: environment ENFORGATE_CONF, else `given` (a FastCGI parameter; may be NULL), else the installed
 * default. Never fails; the file need not exist. Returns a text that lives as long as its source.
 */
const char *config_find(const char *given);

/* Reads a file; not from two threads at once (libinih has global options). Relative paths in it are taken from the file's directory. `why` names file and line. */
enum status config_read(const char *path, struct config *out, struct problem *why) MUST_USE;

/*
 * Appends a complete file: every setting with its explanation and default, `state_dir` as given: absolute, or
 * "." where the file lies in it.
 */
void config_write_sample(const char *state_dir, struct buf *out);

/* The limits of a check body as json.h takes them. */
struct json_limits config_json_limits(const struct config *config);

/* The path part of base_url without a trailing slash: "" or "/prefix". Routes lie below it. */
const char *config_base_path(const struct config *config);

#endif
