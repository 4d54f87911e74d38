/* roll.c - enforgatectl audit roll; `sweep` does the same. */
#include "roll.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "audit_commands.h"
#include "meter.h"

static void
roll_progress(void *context, enum audit_roll_step step, int64_t done, int64_t total)
{
	struct meter *meter = context;

	meter->doing = step == AUDIT_ROLL_REMOVING ? "removing" : "exporting";
	if (step == AUDIT_ROLL_REMOVING || step == AUDIT_ROLL_EXPORTING)
		meter_show(meter, done, total);
}

/* "500", "500K", "20M", "2G": bytes. */
static bool
read_bytes(const char *text, int64_t *out)
{
	static const char units[] = "KMG";
	size_t len = strlen(text);
	const char *unit = len > 1 ? strchr(units, text[len - 1]) : NULL;
	char digits[24];

	if (len >= sizeof(digits))
		return false;
	memcpy(digits, text, len + 1);
	if (unit != NULL)
		digits[len - 1] = '\0';
	if (!ctl_integer(digits, out) || *out < 0)
		return false;
	for (; unit != NULL && unit >= units; unit--)
		if (__builtin_mul_overflow(*out, (int64_t)1024, out))
			return false;
	return true;
}

void
roll_print(const struct audit_roll_result *result)
{
	if (result->upto_seq > 0)
		printf("entries %" PRId64 " to %" PRId64 " exported to %s\nSHA-256 %s\n",
		    result->first_seq, result->upto_seq, result->path, result->sha256);
	if (result->removed > 0)
		printf("%" PRId64 " entries removed\n", result->removed);
	else
		printf("nothing to remove\n");
}

bool
roll_json(const struct audit_roll_result *result, struct json_object *object)
{
	bool whole = result->upto_seq > 0;
	bool ok = object != NULL;

	ok = json_set_integer(object, "firstSeq", result->first_seq) && ok;
	ok = json_set_integer(object, "uptoSeq", result->upto_seq) && ok;
	ok = json_set_integer(object, "removed", result->removed) && ok;
	ok = json_set_text(object, "file", whole ? result->path : NULL) && ok;
	return json_set_text(object, "sha256", whole ? result->sha256 : NULL) && ok;
}

static bool
take_limits(const char *days, const char *bytes, struct audit_roll_options *options)
{
	if (days != NULL && (!ctl_integer(days, &options->keep_days) || options->keep_days < 0 ||
				options->keep_days > 1000000)) {
		(void)ctl_error("--keep-days %s: must be a number of days; 0 keeps all", days);
		return false;
	}
	if (bytes != NULL && !read_bytes(bytes, &options->keep_bytes)) {
		(void)ctl_error("--keep-bytes %s: must be like 500M or 2G; 0 keeps all", bytes);
		return false;
	}
	return true;
}

int
roll_run(struct ctl *ctl, struct audit_roll_options *options, struct audit_roll_result *result)
{
	struct meter meter = {.doing = "exporting"};
	struct problem why = {""};
	enum status status;

	options->export_dir = ctl->config.audit_export_dir;
	options->step = meter_wanted() ? roll_progress : NULL;
	options->context = &meter;
	status = audit_roll(ctl->audit, options, result, &why);
	meter_end(&meter);
	return status == STATUS_OK ? CTL_DONE : ctl_error("%s", why.text);
}

int
ctl_audit_roll(struct ctl *ctl, int argc, char **argv)
{
	const char *days = NULL, *bytes = NULL;
	const struct ctl_option given[] = {{"--keep-days", NULL, &days, NULL},
	    {"--keep-bytes", NULL, &bytes, NULL}, {NULL, NULL, NULL, NULL}};
	struct audit_roll_options options = {.keep_days = 0};
	struct audit_roll_result result;
	struct json_object *root;
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, given, &operands, 0, 0) ||
	    !take_limits(days, bytes, &options) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	if (days == NULL)
		options.keep_days = ctl->config.audit_keep_days;
	if (bytes == NULL)
		options.keep_bytes = ctl->config.audit_keep_bytes;
	if (options.keep_days == 0 && options.keep_bytes == 0)
		ctl_note("no limit is set (audit_keep_days, audit_keep_bytes): all entries stay");
	code = roll_run(ctl, &options, &result);
	if (code == CTL_DONE && ctl->json) {
		root = json_new_object();
		code = ctl_print_json(root, roll_json(&result, root));
	} else if (code == CTL_DONE) {
		roll_print(&result);
		code = ctl_output();
	}
	ctl_close(ctl);
	return code;
}
