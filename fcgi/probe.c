/* probe.c - what arrived of a request of doctor; see probe.h. */
#include "probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "probe_mark.h"

#define RETRY_S 2
#define VALUE_MAX 128 /* characters of one value of the web server */
#define BLANKS 4096
#define LISTENING 0 /* FCGI_LISTENSOCK_FILENO */

/* One of the places of PROBES_AT_ONCE, held by an open descriptor; -1: all are taken. */
static int
take_place(int state_dir_fd)
{
	int fd = openat(state_dir_fd, PROBE_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	for (int i = 0; fd >= 0 && i < PROBES_AT_ONCE; i++) {
		struct flock lock = {
		    .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = i, .l_len = 1};

		/* Of the open file, not of the process: two threads take two places. */
		if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
			return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Until then, or until the web server hangs up. */
static bool
wait_until(const struct request *request, int64_t until_us)
{
	struct pollfd end = {.fd = request->fcgx->ipcFd, .events = POLLRDHUP};
	int64_t left;

	while ((left = until_us - clock_us()) > 0)
		if (poll(&end, 1, (int)(left / 1000 + 1)) > 0)
			return false;
	return true;
}

/* The wait and the white space that were asked for. False: nobody is there any more. */
static bool
play(const struct probe *probe, struct request *request, struct reply *reply)
{
	char blanks[BLANKS];
	int64_t begun = clock_us(), left = probe->size;

	memset(blanks, ' ', sizeof(blanks));
	if (probe->pieces > 0 || probe->size > 0)
		reply_begin(reply, request);
	for (int64_t i = 0; i < probe->pieces; i++)
		if (!reply_piece(request, " ", 1) ||
		    !wait_until(request, begun + probe->delay_ms * 1000 * (i + 1) / probe->pieces))
			return false;
	if (!wait_until(request, begun + probe->delay_ms * 1000))
		return false;
	for (; left > 0; left -= BLANKS)
		if (!reply_piece(request, blanks, left < BLANKS ? (size_t)left : BLANKS))
			return false;
	return true;
}

static void
add_name(struct buf *out, const char *name)
{
	buf_printf(out, ",\"%s\":", name);
}

/* A value of the web server: printable characters only, and not many. NULL: null. */
static void
add_text(struct buf *out, const char *name, const char *value)
{
	char text[VALUE_MAX];
	size_t len = 0;

	add_name(out, name);
	if (value == NULL) {
		buf_text(out, "null");
		return;
	}
	for (; len < sizeof(text) && value[len] != '\0'; len++)
		text[len] = value[len] >= 0x20 && value[len] < 0x7f ? value[len] : '?';
	json_write_string(text, len, out);
}

static void
add_bool(struct buf *out, const char *name, bool value)
{
	add_name(out, name);
	buf_text(out, value ? "true" : "false");
}

static void
add_number(struct buf *out, const char *name, int64_t value)
{
	buf_printf(out, ",\"%s\":%lld", name, (long long)value);
}

/* Who may connect to the socket that requests come from: "unix 0660", "tcp local", "tcp". */
static void
add_socket(struct buf *out)
{
	union {
		struct sockaddr any;
		struct sockaddr_un unix_;
		struct sockaddr_in in;
	} address;
	socklen_t len = sizeof(address) - 1;
	char text[32] = "?";
	struct stat st;

	memset(&address, 0, sizeof(address));
	if (getsockname(LISTENING, &address.any, &len) != 0)
		text[0] = '?';
	else if (address.any.sa_family == AF_INET)
		(void)snprintf(text, sizeof(text), "tcp%s",
		    ntohl(address.in.sin_addr.s_addr) >> 24 == 127 ? " local" : "");
	else if (address.any.sa_family == AF_INET6)
		(void)snprintf(text, sizeof(text), "tcp");
	else if (address.any.sa_family == AF_UNIX && stat(address.unix_.sun_path, &st) == 0)
		(void)snprintf(text, sizeof(text), "unix %04o", (unsigned)st.st_mode & 07777);
	add_text(out, "socket", text);
}

/* The program behind this process: by whom it was started, and whether its file is still the one that runs. */
static void
add_process(struct buf *out)
{
	static const char deleted[] = " (deleted)";
	char path[PATH_MAX + sizeof(deleted)], text[32], parent[32] = "";
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	struct rlimit files = {0, 0};
	FILE *file;

	path[len > 0 ? len : 0] = '\0';
	add_number(out, "pid", getpid());
	add_bool(out, "programReplaced",
	    len > (ssize_t)strlen(deleted) && strcmp(path + len - strlen(deleted), deleted) == 0);
	(void)snprintf(text, sizeof(text), "/proc/%d/comm", (int)getppid());
	file = fopen(text, "re");
	if (file != NULL && fgets(parent, sizeof(parent), file) != NULL)
		parent[strcspn(parent, "\n")] = '\0';
	if (file != NULL)
		(void)fclose(file);
	add_text(out, "startedBy", parent);
	(void)getrlimit(RLIMIT_NOFILE, &files);
	add_number(
	    out, "descriptors", files.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)files.rlim_cur);
	add_socket(out);
}

static void
add_gateway(const struct service *service, const char *program, struct buf *out)
{
	char place[SECRET_DIGEST_TEXT] = "", settings[SECRET_DIGEST_TEXT] = "";

	if (probe_place(&service->probe_key, service->config.state_dir, place) != STATUS_OK ||
	    probe_settings(&service->probe_key, &service->config, settings) != STATUS_OK)
		place[0] = settings[0] = '\0';
	buf_text(out, "{\"probe\":1");
	add_text(out, "program", program);
	add_text(out, "version", ENFORGATE_VERSION);
	add_text(out, "stateDirectory", place);
	add_text(out, "settings", settings);
	add_number(out, "threads", service->config.threads);
}

/* The header itself is never shown: only whether it came, as what, and whether it is the one that doctor sent. */
static void
add_authorization(const struct probe *probe, const struct request *request, struct buf *out)
{
	static const char scheme[] = "Bearer ";
	const char *direct = FCGX_GetParam("HTTP_AUTHORIZATION", request->fcgx->envp);
	const char *value = request->authorization;

	add_text(out, "authorization",
	    value == NULL || *value == '\0'     ? NULL
	    : direct != NULL && *direct != '\0' ? "HTTP_AUTHORIZATION"
						: "REDIRECT_HTTP_AUTHORIZATION");
	add_bool(out, "authorizationWhole",
	    value != NULL && strncmp(value, scheme, strlen(scheme)) == 0 &&
		strcmp(value + strlen(scheme), probe->nonce) == 0);
}

static void
add_connection(const struct request *request, struct buf *out)
{
	static const char *const signs[][2] = {{"HTTP_X_FORWARDED_FOR", "X-Forwarded-For"},
	    {"HTTP_FORWARDED", "Forwarded"}, {"HTTP_VIA", "Via"}, {"HTTP_X_REAL_IP", "X-Real-IP"},
	    {"HTTP_CF_CONNECTING_IP", "CF-Connecting-IP"}};
	FCGX_ParamArray env = request->fcgx->envp;
	const char *https = FCGX_GetParam("HTTPS", env);
	const char *script = FCGX_GetParam("SCRIPT_FILENAME", env);
	const char *sign = NULL;

	for (size_t i = 0; sign == NULL && i < sizeof(signs) / sizeof(signs[0]); i++)
		if (FCGX_GetParam(signs[i][0], env) != NULL)
			sign = signs[i][1];
	add_text(out, "path", request->path);
	add_text(out, "address", request->address);
	add_text(out, "port", FCGX_GetParam("REMOTE_PORT", env));
	add_text(out, "forwardedBy", sign);
	add_bool(out, "seenThrough", request->address == request->forwarded);
	add_bool(out, "https", https != NULL && strcasecmp(https, "on") == 0);
	add_text(out, "protocol", FCGX_GetParam("SERVER_PROTOCOL", env));
	add_text(out, "serverSoftware", FCGX_GetParam("SERVER_SOFTWARE", env));
	add_bool(out, "rewritten", FCGX_GetParam("REDIRECT_URL", env) != NULL);
	add_bool(out, "proxyFcgi", script != NULL && strncmp(script, "proxy:", 6) == 0);
}

static void
add_body(const struct request *request, const char *problem, struct buf *out)
{
	unsigned char sum[SECRET_BYTES];
	char hex[SECRET_DIGEST_TEXT] = "";

	if (secret_sha256(buf_str(&request->body), request->body.len, sum) == STATUS_OK)
		secret_hex(sum, sizeof(sum), hex);
	add_number(out, "contentLength", request->content_length);
	add_number(out, "bodyBytes", (int64_t)request->body.len);
	add_text(out, "bodySha256", hex);
	add_text(out, "bodyProblem", problem[0] != '\0' ? problem : NULL);
}

static void
report(const char *program, const struct probe *probe, const char *problem, struct service *service,
    struct request *request, struct reply *reply)
{
	struct buf *out = &reply->body;

	add_gateway(service, program, out);
	add_process(out);
	add_authorization(probe, request, out);
	add_connection(request, out);
	add_body(request, problem, out);
	buf_text(out, "}\n");
}

bool
probe_answer(const char *program, size_t body_max, struct service *service, struct request *request,
    struct reply *reply)
{
	const char *mark = FCGX_GetParam("HTTP_ENFORGATE_PROBE", request->fcgx->envp);
	struct problem why = {""};
	struct probe probe;
	enum status status;
	int place;

	if (mark == NULL ||
	    probe_mark_read(&service->probe_key, mark, clock_wall_ms(), &probe) != STATUS_OK)
		return false;
	place = take_place(service->gate.stop_files.state_dir_fd);
	if (place < 0) {
		reply_header(reply, "Retry-After", "%d", RETRY_S);
		reply_error(reply, request, 503, "busy", "other probes are being served");
		return true;
	}
	status = request_read_body(request, body_max, &why);
	if (status == STATUS_TOO_LARGE)
		reply_error(reply, request, 413, "too_large", why.text);
	else if (play(&probe, request, reply))
		report(program, &probe, why.text, service, request, reply);
	close(place);
	log_info("probe of doctor answered");
	return true;
}
