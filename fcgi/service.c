/* service.c - configuration, log, key, database, audit log and callers, in this order. */
#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "caller.h"
#include "probe_mark.h"
#include "secret.h"
#include "wake.h"

#define COURIER_GRACE_MS 300 /* for notifications on their way */
#define COURIER_NOTE_MS 100  /* for what is noted then, where no time is left */

/* What approvals need. */
static enum status
open_approvals(struct service *service, struct problem *why)
{
	struct gate *gate = &service->gate;
	const struct config *config = &service->config;
	enum status status;

	service->wake = wake_open(config->state_dir, why);
	if (service->wake < 0)
		return STATUS_FAILED;
	status = courier_open(config, service->store, &service->master, &service->courier, why);
	if (status == STATUS_OK) {
		courier_ends_overdue(service->courier, service->audit, service->wake);
		status = holds_open(service, &service->holds, why);
	}
	gate->store = service->store;
	gate->courier = service->courier;
	gate->master = &service->master;
	gate->approvals_per_key = config->approvals_per_key;
	gate->links = config->base_url[0] != '\0';
	return status;
}

static enum status
open_state(struct service *service, struct problem *why)
{
	const struct config *config = &service->config;
	const struct secret_key *master = &service->master;
	const struct store_options options = {.state_dir = config->state_dir,
	    .deadline_ms = config->database_deadline_ms,
	    .rollback_journal = config->database_rollback_journal};
	enum status status = store_open(&options, &service->store, why);

	if (status != STATUS_OK)
		return status;
	problem_set(why, "out of memory or descriptors");
	service->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (service->end_fd < 0)
		return STATUS_FAILED;
	status = audit_open(service->store, master, config->state_dir, &service->audit);
	if (status == STATUS_OK)
		status = callers_open(service->store, &service->gate.callers);
	if (status == STATUS_OK)
		status =
		    secret_derive(master, "enforgate argument digest 1", &service->gate.digest_key);
	if (status == STATUS_OK)
		status = probe_key(master, &service->probe_key);
	if (status == STATUS_OK)
		status = limits_open(config->state_dir, master, &service->limits, why);
	service->gate.audit = service->audit;
	if (status == STATUS_OK)
		status = open_approvals(service, why);
	return status;
}

static void
close_state(struct service *service)
{
	if (service->wake >= 0)
		close(service->wake);
	if (service->end_fd >= 0)
		close(service->end_fd);
	secret_wipe(&service->master, sizeof(service->master));
	limits_close(service->limits);
	callers_close(service->gate.callers);
	audit_close(service->audit);
	store_close(service->store);
	if (service->gate.stop_files.state_dir_fd >= 0)
		close(service->gate.stop_files.state_dir_fd);
}

enum status
service_open(
    const struct door *door, const char *path, struct service *service, struct problem *why)
{
	char key_path[PATH_MAX];
	enum status status;

	*service = (struct service){.gate.stop_files.state_dir_fd = -1, .wake = -1, .end_fd = -1};
	status = secret_start();
	if (status == STATUS_OK)
		status = config_read(path, &service->config, why);
	if (status == STATUS_OK)
		status = proxies_parse(service->config.trusted_proxies, &service->proxies, why);
	if (status == STATUS_OK)
		status = log_open(door->program, service->config.log, why);
	if (status != STATUS_OK)
		return status;
	if (snprintf(key_path, PATH_MAX, "%s/%s", service->config.state_dir, SECRET_KEY_FILE) >=
	    PATH_MAX) {
		problem_set(why, "state_dir: the path is too long");
		return STATUS_INVALID;
	}
	status = secret_key_read(key_path, &service->master, why);
	if (status != STATUS_OK)
		return status;
	service->gate.stop_files.state_dir_fd =
	    open(service->config.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (service->gate.stop_files.state_dir_fd < 0) {
		problem_set(why, "%s: %s", service->config.state_dir, strerror(errno));
		status = STATUS_FAILED;
	}
	if (status == STATUS_OK)
		status = open_state(service, why);
	if (status == STATUS_OK && door->open != NULL)
		status = door->open(service, why);
	if (status != STATUS_OK)
		close_state(service);
	return status;
}

void
service_end(struct service *service, int64_t left_ms)
{
	if (left_ms < 0)
		left_ms = 0;
	if (!courier_end(service->courier, left_ms < COURIER_GRACE_MS ? left_ms : COURIER_GRACE_MS,
		left_ms + COURIER_NOTE_MS))
		log_warn("notifications on their way are left to the end of the lease");
	audit_end(service->audit);
}
