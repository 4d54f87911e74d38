/* deliver.c - enforgatectl deliver: sends the notifications that are due, as a responder does. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "courier.h"

#define WAIT_MAX_S 86400

static void
print_progress(void *arg, const struct courier_counts *counts)
{
	(void)arg;
	(void)fprintf(
	    stderr, "\r%" PRId64 " sent, %" PRId64 " failed \r", counts->sent, counts->failed);
}

static int
print_counts(const struct ctl *ctl, const struct courier_counts *counts)
{
	struct json_object *root;
	bool ok;

	if (!ctl->json) {
		printf("%" PRId64 " sent, %" PRId64 " failed, %" PRId64
		       " no longer needed, %" PRId64 " still waiting\n",
		    counts->sent, counts->failed, counts->dropped, counts->waiting);
		return ctl_output();
	}
	root = json_new_object();
	ok = root != NULL && json_set_integer(root, "sent", counts->sent) &&
	     json_set_integer(root, "failed", counts->failed) &&
	     json_set_integer(root, "dropped", counts->dropped) &&
	     json_set_integer(root, "waiting", counts->waiting);
	return ctl_print_json(root, ok);
}

static int
deliver(struct ctl *ctl, int64_t wait_ms)
{
	bool terminal = isatty(STDERR_FILENO) == 1;
	struct courier_counts counts = {0};
	struct courier *courier = NULL;
	struct problem why = {""};
	enum status status;
	int code;

	if (courier_open(&ctl->config, ctl->store, &ctl->master, &courier, &why) != STATUS_OK)
		return ctl_error("%s", why.text);
	status = courier_run(courier, wait_ms, terminal ? print_progress : NULL, NULL, &counts);
	if (courier_end(courier, 0, 0))
		courier_close(courier);
	if (status != STATUS_OK)
		return ctl_failed("deliver", status);
	code = print_counts(ctl, &counts);
	return code == CTL_DONE && counts.failed > 0 ? CTL_NO : code;
}

static int
run_deliver(struct ctl *ctl, int argc, char **argv)
{
	const char *wait = NULL;
	const struct ctl_option options[] = {
	    {"--wait", NULL, &wait, NULL}, {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	int64_t seconds = 0;
	int code;

	if (!ctl_args(ctl, argc, argv, options, &operands, 0, 0))
		return CTL_COULD_NOT;
	if (wait != NULL && (!ctl_integer(wait, &seconds) || seconds < 0 || seconds > WAIT_MAX_S))
		return ctl_error("--wait takes seconds from 0 to %d, not \"%s\"", WAIT_MAX_S, wait);
	if (ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	code = deliver(ctl, seconds * 1000);
	ctl_close(ctl);
	return code;
}

const struct ctl_command ctl_deliver_commands[] = {
    {"deliver", NULL, "deliver [--wait SECONDS]",
	"Sends the notifications that are due, each once; responders do the same whenever they run.\n"
	"--wait goes on for so long with what is tried again or becomes due, unless nothing is left.\n"
	"Exit code 1: a try failed; the lines on standard error say why.",
	run_deliver},
    {NULL, NULL, NULL, NULL, NULL}};
