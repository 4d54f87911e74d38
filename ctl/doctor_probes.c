/* doctor_probes.c - marked requests, and what the responder says of how they arrived; see doctor.h, probe_mark.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "doctor.h"

#define URL_MAX (CONFIG_URL_MAX + 64)
#define HEADER_LINE_MAX (PROBE_MARK_MAX + 32)
#define ANSWER_MAX ((size_t)16 << 10)
#define EXTRA_MS 20000 /* over the delay that was asked for */
#define TRIES 4        /* where other probes are being served */
#define PROBES 6       /* to meet several processes */
#define DESCRIPTORS_EACH 4

const char *
seen_text(const struct json_object *seen, const char *name)
{
	bool found = false;
	size_t len = 0;
	const char *text = json_string(json_member(seen, name, &found), &len);

	return text != NULL ? text : "";
}

int64_t
seen_number(const struct json_object *seen, const char *name)
{
	bool found = false;
	int64_t value = -1;

	return json_integer(json_member(seen, name, &found), &value) ? value : -1;
}

bool
seen_bool(const struct json_object *seen, const char *name)
{
	bool found = false;

	return json_bool(json_member(seen, name, &found));
}

/* The answer to a probe, from a body that may begin with white space. NULL: it is none. */
static struct json_object *
read_seen(const struct buf *body)
{
	static const struct json_limits limits = {
	    .bytes = 4 << 20, .nesting = 4, .members = 64, .unique = true};
	struct json_object *root = NULL;
	struct problem why;

	if (json_parse(buf_str(body), body->len, &limits, &root, &why) != STATUS_OK)
		return NULL;
	if (seen_number(root, "probe") == 1)
		return root;
	json_free(root);
	return NULL;
}

static enum status
try_once(struct doctor *d, const struct probing *p, struct http_answer *answer,
    struct json_object **seen)
{
	char url[URL_MAX], mark[PROBE_MARK_MAX], line[HEADER_LINE_MAX],
	    authorization[HEADER_LINE_MAX];
	struct probe probe = p->probe;
	const struct http_request request = {.url = url,
	    .headers = {"Content-Type: application/json", line, authorization},
	    .body = p->body != NULL ? p->body : "{}",
	    .len = p->body != NULL ? p->len : 2,
	    .chunked = p->chunked,
	    .gzip = p->gzip,
	    .timeout_ms = p->probe.delay_ms + EXTRA_MS,
	    .most = ANSWER_MAX + (size_t)p->probe.size,
	    .tick = p->tick,
	    .arg = p->arg};
	enum status status;

	probe.time_ms = clock_wall_ms();
	status = probe_mark_write(&d->probe_key, &probe, mark);
	if (status != STATUS_OK)
		return status;
	(void)snprintf(url, sizeof(url), "%s%s", d->ctl->config.base_url,
	    p->path != NULL ? p->path : CHECK_ROUTE);
	(void)snprintf(line, sizeof(line), PROBE_HEADER ": %s", mark);
	(void)snprintf(
	    authorization, sizeof(authorization), "Authorization: Bearer %s", probe.nonce);
	status = http_send(d->http, &request, answer);
	*seen =
	    answer->end == HTTP_ANSWERED && answer->status == 200 ? read_seen(&answer->body) : NULL;
	return status;
}

enum status
doctor_probe(struct doctor *d, const struct probing *p, struct http_answer *answer,
    struct json_object **seen)
{
	char code[ERROR_CODE_MAX];
	enum status status = STATUS_OK;

	for (int i = 0; i < TRIES; i++) {
		status = try_once(d, p, answer, seen);
		if (status != STATUS_OK || answer->status != 503 ||
		    !doctor_our_error(&answer->body, code) || i == TRIES - 1)
			break;
		http_answer_free(answer);
		(void)sleep(1);
	}
	return status;
}

/* Under mod_fcgid a rule of a .htaccess redirects within Apache, one of the server's configuration does not. */
static void
take_host(struct doctor *d, const struct json_object *seen)
{
	const char *software = seen_text(seen, "serverSoftware");
	const char *parent = seen_text(seen, "startedBy");

	if (strncmp(software, "lighttpd", 8) == 0)
		d->host = HOST_LIGHTTPD;
	else if (strncmp(software, "nginx", 5) == 0)
		d->host = HOST_NGINX;
	else if (strncmp(software, "Apache", 6) == 0)
		d->host = strcmp(parent, "apache2") == 0 || strcmp(parent, "httpd") == 0
			      ? (seen_bool(seen, "rewritten") ? HOST_HTACCESS : HOST_FCGID)
			      : HOST_PROXY;
}

/* Which responder this was: of this version, this installation, with these settings? */
enum status
doctor_responder(struct doctor *d, const struct json_object *seen)
{
	char place[SECRET_DIGEST_TEXT], settings[SECRET_DIGEST_TEXT];
	const char *version = seen_text(seen, "version");
	int64_t pid = seen_number(seen, "pid");
	enum status status = probe_place(&d->probe_key, d->ctl->config.state_dir, place);

	if (status == STATUS_OK)
		status = probe_settings(&d->probe_key, &d->ctl->config, settings);
	if (status != STATUS_OK)
		return status;
	if (strcmp(version, ENFORGATE_VERSION) != 0)
		doctor_fault(d, "version-differs",
		    "process %" PRId64 " is of version %s, enforgatectl of %s", pid, version,
		    ENFORGATE_VERSION);
	if (seen_bool(seen, "programReplaced") && !doctor_has(d, "program-replaced"))
		doctor_fault_file(d, "program-replaced", "the program",
		    "process %" PRId64 " says so of its program", pid);
	if (strcmp(seen_text(seen, "stateDirectory"), place) != 0)
		doctor_fault(d, "state-differs",
		    "process %" PRId64
		    " works in another directory than %s, with the same key file",
		    pid, d->ctl->config.state_dir);
	else if (strcmp(seen_text(seen, "settings"), settings) != 0)
		doctor_fault(d, "settings-old",
		    "process %" PRId64 " has other settings than %s says now", pid,
		    d->ctl->config.path);
	return STATUS_OK;
}

static void
look_at_authorization(struct doctor *d, const struct json_object *seen)
{
	const char *name = seen_text(seen, "authorization");

	if (name[0] == '\0')
		doctor_fault(d, "authorization-lost",
		    "a request with the header reached the responder without it");
	else if (!seen_bool(seen, "authorizationWhole"))
		doctor_fault(d, "authorization-changed",
		    "the header arrives as %s, but not with the value that was sent", name);
	else
		doctor_fine(d, "authorization", "the header arrives, as %s", name);
}

/* Behind a proxy every client has the proxy's address; on the same machine only the port gives it away. */
static void
look_at_address(struct doctor *d, const struct json_object *seen, const struct http_answer *answer)
{
	const char *address = seen_text(seen, "address"), *sign = seen_text(seen, "forwardedBy");
	const char *port = seen_text(seen, "port");
	char ours[16];
	bool direct;

	(void)snprintf(ours, sizeof(ours), "%ld", answer->local_port);
	direct = strcmp(address, answer->local_address) == 0 && sign[0] == '\0' &&
		 (port[0] == '\0' || strcmp(port, ours) == 0);
	if (address[0] == '\0')
		doctor_fault(d, "address-proxy", "the responder is told no client address");
	else if (seen_bool(seen, "seenThrough"))
		doctor_fine(d, "address",
		    "the responder sees %s, by X-Forwarded-For of a proxy in trusted_proxies",
		    address);
	else if (!direct && doctor_private(address))
		doctor_fault(d, "address-proxy",
		    "the responder sees %s port %s, and doctor called from %s port %s%s%s", address,
		    port, answer->local_address, ours, sign[0] != '\0' ? "; the request has " : "",
		    sign);
	else
		doctor_fine(
		    d, "address", "the responder sees the client's own address, %s", address);
}

static void
look_at_https(struct doctor *d, const struct json_object *seen)
{
	bool https = strncmp(d->ctl->config.base_url, "https://", 8) == 0;

	if (https && !seen_bool(seen, "https"))
		doctor_fault(
		    d, "https-lost", "base_url is https://, and the responder is not told");
	else if (https)
		doctor_fine(d, "https", "requests come by HTTPS, and the responder is told");
}

static void
look_at_process(struct doctor *d, const struct json_object *seen)
{
	const char *socket = seen_text(seen, "socket");
	int64_t descriptors = seen_number(seen, "descriptors");
	int64_t threads = seen_number(seen, "threads");
	unsigned mode = 0;

	if (strcmp(socket, "tcp") == 0)
		doctor_fault(
		    d, "socket-open", "it listens on a TCP port that other machines reach");
	else if (strcmp(socket, "tcp local") == 0)
		doctor_fault(d, "socket-open", "it listens on a TCP port of this machine");
	else if (sscanf(socket, "unix %o", &mode) == 1 && (mode & 02) != 0)
		doctor_fault(d, "socket-open", "its socket has mode %04o", mode);
	else if (mode != 0)
		doctor_fine(d, "socket", "the responder's socket has mode %04o", mode);
	if (descriptors >= 0 &&
	    descriptors < DESCRIPTORS_EACH * threads + d->ctl->config.held_max + 32)
		doctor_fault(d, "descriptors",
		    "the responder may open %" PRId64 " files, have %" PRId64
		    " threads and hold %" PRId64 " calls",
		    descriptors, threads, d->ctl->config.held_max);
}

void
doctor_program(
    struct doctor *d, const char *route, const char *program, const struct json_object *seen)
{
	if (strcmp(seen_text(seen, "program"), program) != 0)
		doctor_fault(d, "routes-crossed", "%s is answered by the program %.40s", route,
		    seen_text(seen, "program"));
}

static enum status
look_at_first(struct doctor *d, const struct http_answer *answer, const struct json_object *seen)
{
	take_host(d, seen);
	look_at_authorization(d, seen);
	look_at_address(d, seen, answer);
	look_at_https(d, seen);
	look_at_process(d, seen);
	doctor_program(d, CHECK_ROUTE, "check", seen);
	return STATUS_OK;
}

/* Until it is clear that probes arrive: false in *known where they do not. */
static enum status
look_at_first_probe(struct doctor *d, bool *known)
{
	const struct probing probing = {.path = NULL};
	struct json_object *seen = NULL;
	struct http_answer answer;
	char code[ERROR_CODE_MAX];
	enum status status = doctor_probe(d, &probing, &answer, &seen);

	*known = seen != NULL;
	if (status == STATUS_OK && seen != NULL)
		status = look_at_first(d, &answer, seen);
	else if (status == STATUS_OK && answer.status == 503 &&
		 doctor_our_error(&answer.body, code) && strcmp(code, "busy") == 0)
		doctor_fault(
		    d, "probe-busy", "a probe is answered with 503 %s, %d times", code, TRIES);
	else if (status == STATUS_OK)
		doctor_fault(d, "probe-unknown",
		    "a request that only this installation can make is answered with %ld",
		    answer.status);
	json_free(seen);
	http_answer_free(&answer);
	return status;
}

static enum status
look_at_processes(struct doctor *d)
{
	size_t before = d->count;
	enum status status = STATUS_OK;

	for (int i = 0; i < PROBES && status == STATUS_OK; i++) {
		const struct probing probing = {.path = NULL};
		struct json_object *seen = NULL;
		struct http_answer answer;

		status = doctor_probe(d, &probing, &answer, &seen);
		if (status == STATUS_OK && seen != NULL)
			status = doctor_responder(d, seen);
		else if (status == STATUS_OK)
			doctor_fault(d, "probe-unknown",
			    "one of several requests that only this installation can make is answered "
			    "with %ld",
			    answer.status);
		json_free(seen);
		http_answer_free(&answer);
	}
	if (status == STATUS_OK && d->count == before)
		doctor_fine(d, "version",
		    "the responder is of version " ENFORGATE_VERSION
		    ", with this state directory and these settings");
	return status;
}

enum status
doctor_probes(struct doctor *d)
{
	bool known = false;
	enum status status;

	doctor_progress("asking the responder what arrives");
	status = look_at_first_probe(d, &known);
	if (status != STATUS_OK || !known)
		return status;
	status = look_at_processes(d);
	if (status == STATUS_OK)
		status = doctor_mcp(d);
	if (status == STATUS_OK)
		status = doctor_approve(d);
	if (status == STATUS_OK)
		status = doctor_bodies(d);
	if (status == STATUS_OK)
		status = doctor_pieces(d);
	if (status == STATUS_OK)
		doctor_logs(d);
	return status;
}
