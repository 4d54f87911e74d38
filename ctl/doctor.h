/*
 * doctor.h - what the parts of `enforgatectl doctor` share.
 *
 * Each check adds findings: a fault of the table (doctor_faults_*.c) with what was seen, or a line that says what is fine.
 * Faults say what is wrong, why it matters and which lines mend it, for each web server; doctor_print.c shows those of the
 * one that answered.
 */
#ifndef ENFORGATE_CTL_DOCTOR_H
#define ENFORGATE_CTL_DOCTOR_H

#include <limits.h>

#include "approval.h"
#include "ctl.h"
#include "doctor_http.h"
#include "probe_mark.h"

enum level { LEVEL_OK, LEVEL_NOTICE, LEVEL_WRONG };

/* What answers, as far as it can be told. HOST_ANY stands in fixes for every web server. */
enum host {
	HOST_ANY,
	HOST_LIGHTTPD,
	HOST_FCGID,    /* Apache with mod_fcgid, the administrator's configuration */
	HOST_HTACCESS, /* the same with .htaccess only */
	HOST_PROXY,    /* Apache with mod_proxy_fcgi */
	HOST_NGINX,
	HOST_APACHE, /* which of the three is not known */
	HOST_UNKNOWN
};

#define FIXES_MAX 8 /* one more than there are web servers, and the end */
struct fix {
	enum host host;
	const char *lines; /* NULL ends the list. @state @conf @url @file @body @kib are replaced */
};

struct fault {
	const char *id;
	enum level level;
	const char *title;
	const char *why;
	struct fix fix[FIXES_MAX];
};
/* How a responder under mod_fcgid is told its configuration. */
#define FCGID_CONF                                                                                 \
	"FcgidInitialEnv ENFORGATE_CONF @conf\n"                                                   \
	"or, where FcgidCmdOptions names check.fcgi, whose InitialEnv replaces all of that:\n"     \
	"InitialEnv \"ENFORGATE_CONF=@conf\"; under suexec: SetEnv ENFORGATE_CONF @conf"
extern const struct fault doctor_faults_state[]; /* each ends with a NULL id */
extern const struct fault doctor_faults_data[];
extern const struct fault doctor_faults_web[];
extern const struct fault doctor_faults_probe[];
extern const struct fault doctor_faults_approve[];
extern const struct fault doctor_faults_mcp[];

#define FINDINGS_MAX 96
#define DETAIL_MAX 768
struct finding {
	const char *id;
	const struct fault *fault; /* NULL: all is well */
	char detail[DETAIL_MAX];   /* what was seen */
	char file[PATH_MAX];       /* @file of the fix */
};

struct doctor {
	struct ctl *ctl;
	bool offline;
	bool connect;      /* to the upstreams, too */
	size_t nupstreams; /* of keys in use */
	int64_t wait_s;    /* 0: waits are not tried */
	bool has_key;      /* ctl->master was read, and probe_key is there */
	struct secret_key probe_key;
	struct http *http;
	bool reached; /* the responder answered at its route */
	enum host host;
	char server[HTTP_VALUE_MAX]; /* as it calls itself; "" before it answered */
	char token[APPROVAL_TOKEN_LEN +
		   1];            /* of no approval: one that was asked for; "": none yet */
	struct finding *findings; /* FINDINGS_MAX */
	size_t count;
	size_t left_out; /* that had no room */
};

/* Adds a fault by its id. One of the same id and detail is there once. */
void doctor_fault(struct doctor *d, const char *id, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same with the file that its fix is about. */
void doctor_fault_file(struct doctor *d, const char *id, const char *file, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* What was looked at and is well. */
void doctor_fine(struct doctor *d, const char *id, const char *format, ...) PRINTF_LIKE(3, 4);
/* Whether a fault of that id is among the findings. */
bool doctor_has(const struct doctor *d, const char *id);
/* On a terminal: what is being done. NULL: nothing any more. */
void doctor_progress(const char *format, ...) PRINTF_LIKE(1, 2);

/* The checks, in this order. */
void doctor_files(struct doctor *d);                   /* doctor_files.c */
void doctor_place(struct doctor *d);                   /* doctor_place.c */
void doctor_data(struct doctor *d);                    /* doctor_data.c; sets has_key */
void doctor_upstreams(struct doctor *d);               /* doctor_upstreams.c; sets nupstreams */
void doctor_processes(struct doctor *d);               /* doctor_processes.c */
void doctor_url(struct doctor *d);                     /* doctor_url.c: the setting itself */
enum status doctor_web(struct doctor *d) MUST_USE;     /* doctor_web.c: without a mark */
enum status doctor_leaks(struct doctor *d) MUST_USE;   /* doctor_leaks.c */
enum status doctor_probes(struct doctor *d) MUST_USE;  /* doctor_probes.c: with a mark */
enum status doctor_bodies(struct doctor *d) MUST_USE;  /* doctor_bodies.c: sizes */
enum status doctor_pieces(struct doctor *d) MUST_USE;  /* doctor_pieces.c: streaming, waits */
enum status doctor_approve(struct doctor *d) MUST_USE; /* doctor_approve.c: the links */
enum status doctor_mcp(struct doctor *d) MUST_USE;     /* doctor_mcp.c: MCP clients */
void doctor_logs(struct doctor *d);                    /* doctor_logs.c: is the token in one? */

/* One probe (doctor_probes.c). *seen is the responder's JSON, NULL where it was no answer to a probe; json_free(). */
struct probing {
	const char *path; /* below base_url; NULL: the check */
	struct probe probe;
	const char *body; /* NULL: "{}" */
	size_t len;
	bool chunked;
	bool gzip;
	void (*tick)(void *arg);
	void *arg;
};
enum status doctor_probe(struct doctor *d, const struct probing *probing,
    struct http_answer *answer, struct json_object **seen) MUST_USE;
/* Whether the responder that says so is of this version and installation. */
enum status doctor_responder(struct doctor *d, const struct json_object *seen) MUST_USE;
/* Whether it is the program of that route. */
void doctor_program(
    struct doctor *d, const char *route, const char *program, const struct json_object *seen);
/* Members of what the responder saw. */
const char *seen_text(const struct json_object *seen, const char *name); /* "" for none */
int64_t seen_number(const struct json_object *seen, const char *name);   /* -1 for none */
bool seen_bool(const struct json_object *seen, const char *name);

#define CHECK_ROUTE "/v1/check"
#define MCP_ROUTE "/mcp"
#define APPROVE_ROUTE "/v1/approve/" /* and a token */
#define ERROR_CODE_MAX 32
/* Whether a body is an error of ours; `code` is then its name. */
bool doctor_our_error(const struct buf *body, char code[ERROR_CODE_MAX]);
/* A GET of a path below base_url, or of the server's root where `root`. */
enum status doctor_get(struct doctor *d, bool root, const char *path, size_t most,
    struct http_answer *answer) MUST_USE;
/* The host in a URL; false where it is none or too long. */
bool doctor_url_host(const char *url, char *out, size_t size);
/* A name or address of this machine or of a private network (RFC 1918, 4193, 3927, 6598). */
bool doctor_private(const char *host);
bool doctor_loopback(const char *host);

/* Prints, also as JSON; the exit code. doctor_print.c */
int doctor_print(struct doctor *d);

#endif
