/* doctor.c - enforgatectl doctor: runs the checks and gathers what they find; see doctor.h. */
#include "doctor.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "args.h"
#include "log.h"

static const struct fault *
fault_of(const char *id)
{
	static const struct fault *const tables[] = {doctor_faults_state, doctor_faults_data,
	    doctor_faults_web, doctor_faults_probe, doctor_faults_approve, doctor_faults_mcp};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct fault *f = tables[i]; f->id != NULL; f++)
			if (strcmp(f->id, id) == 0)
				return f;
	return NULL;
}

static void PRINTF_LIKE(5, 0) add(struct doctor *d, const char *id, const struct fault *fault,
    const char *file, const char *format, va_list args)
{
	struct finding finding = {.id = id, .fault = fault};

	(void)vsnprintf(finding.detail, sizeof(finding.detail), format, args);
	(void)snprintf(finding.file, sizeof(finding.file), "%s", file);
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->findings[i].id, id) == 0 &&
		    strcmp(d->findings[i].detail, finding.detail) == 0)
			return;
	if (d->count < FINDINGS_MAX)
		d->findings[d->count++] = finding;
	else
		d->left_out++;
}

void
doctor_fault(struct doctor *d, const char *id, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(d, id, fault_of(id), "", format, args);
	va_end(args);
}

void
doctor_fault_file(struct doctor *d, const char *id, const char *file, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(d, id, fault_of(id), file, format, args);
	va_end(args);
}

void
doctor_fine(struct doctor *d, const char *id, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(d, id, NULL, "", format, args);
	va_end(args);
}

bool
doctor_has(const struct doctor *d, const char *id)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->findings[i].fault != NULL && strcmp(d->findings[i].id, id) == 0)
			return true;
	return false;
}

void
doctor_progress(const char *format, ...)
{
	va_list args;

	if (!isatty(STDERR_FILENO))
		return;
	fputs("\r\033[K", stderr);
	if (format == NULL)
		return;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
}

/* Files made by root would lock the owner's responders out, so root does not touch them. */
static int
check_user(const struct doctor *d)
{
	const char *dir = d->ctl->config.state_dir;
	const struct passwd *owner;
	struct stat st;

	if (stat(dir, &st) != 0)
		return ctl_error("state directory %s: %s", dir, strerror(errno));
	if (geteuid() != 0 || st.st_uid == 0)
		return CTL_DONE;
	owner = getpwuid(st.st_uid);
	if (owner == NULL)
		return ctl_error(
		    "%s belongs to user number %u; run doctor as that user", dir, st.st_uid);
	return ctl_error("%s belongs to %s, and doctor has to look at it as that user does. Run: "
			 "runuser -u %s -- enforgatectl --conf %s doctor",
	    dir, owner->pw_name, owner->pw_name, d->ctl->config.path);
}

static int
read_conf(struct doctor *d)
{
	struct problem why = {"the digest library does not start"};
	enum status status = secret_start();

	if (status == STATUS_OK)
		status = log_open("enforgatectl", "stderr", &why);
	if (status == STATUS_OK)
		status = config_read(config_find(NULL), &d->ctl->config, &why);
	if (status == STATUS_NOT_FOUND)
		return ctl_error("%s; name yours with --conf FILE or in ENFORGATE_CONF", why.text);
	if (status != STATUS_OK)
		return ctl_error("%s", why.text[0] != '\0' ? why.text : status_name(status));
	return check_user(d);
}

static enum status
look_at_web(struct doctor *d)
{
	enum status status = http_open(&d->http);

	if (status == STATUS_OK)
		status = doctor_web(d);
	if (status == STATUS_OK && d->server[0] != '\0')
		status = doctor_leaks(d);
	if (status == STATUS_OK && d->reached && d->has_key)
		status = doctor_probes(d);
	http_close(d->http);
	return status;
}

static int
look(struct doctor *d)
{
	enum status status = STATUS_OK;

	doctor_files(d);
	doctor_place(d);
	doctor_progress("looking at the database");
	doctor_data(d);
	if (d->ctl->store != NULL && d->has_key)
		doctor_upstreams(d);
	doctor_processes(d);
	doctor_url(d);
	if (!d->offline && d->ctl->config.base_url[0] != '\0')
		status = look_at_web(d);
	doctor_progress(NULL);
	ctl_close(d->ctl);
	secret_wipe(&d->probe_key, sizeof(d->probe_key));
	return status == STATUS_OK ? doctor_print(d) : ctl_failed("examine", status);
}

static int
run_doctor(struct ctl *ctl, int argc, char **argv)
{
	struct doctor d = {.ctl = ctl, .host = HOST_UNKNOWN};
	const char *wait = NULL;
	const struct ctl_option options[] = {{"--offline", &d.offline, NULL, NULL},
	    {"--wait", NULL, &wait, NULL}, {"--upstreams", &d.connect, NULL, NULL},
	    {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	int64_t wait_ms = 0;
	int code;

	if (!ctl_args(ctl, argc, argv, options, &operands, 0, 0))
		return CTL_COULD_NOT;
	if (wait != NULL && !ctl_duration(wait, 1000, PROBE_DELAY_MAX_MS, &wait_ms))
		return ctl_error(
		    "--wait: a time from 1s to %ds is meant, like 60s", PROBE_DELAY_MAX_MS / 1000);
	d.wait_s = wait_ms / 1000;
	d.findings = calloc(FINDINGS_MAX, sizeof(*d.findings));
	if (d.findings == NULL)
		return ctl_failed("examine", STATUS_NO_MEMORY);
	code = read_conf(&d);
	if (code == CTL_DONE)
		code = look(&d);
	free(d.findings);
	return code;
}

const struct ctl_command ctl_doctor_commands[] = {
    {"doctor", NULL, "doctor [--offline] [--upstreams] [--wait TIME]",
	"Examines the installation, its files and database, and through base_url the web server in front of\n"
	"it; says what is wrong, why it matters and which lines to change. --offline leaves the web server\n"
	"out. --upstreams connects to every upstream, too. --wait 60s also tries how long an answer may take, once silent and once written to.",
	run_doctor},
    {NULL, NULL, NULL, NULL, NULL}};
