/* stdio_open.c - the installation as a host needs it: opened at the start, and looked at every second; see stdio_host.h. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "generation.h"
#include "keys.h"
#include "log.h"
#include "mcp/host_parts.h"
#include "mcp/sessions.h"
#include "stdio_host.h"
#include "stop.h"

#define LOOK_US 1000000
#define NOISE_BYTES 2048

void
host_end(struct host *host, const char *format, ...)
{
	va_list args;

	if (host->phase == PHASE_ENDING)
		return;
	va_start(args, format);
	(void)vsnprintf(host->ending, sizeof(host->ending), format, args);
	va_end(args);
	host->phase = PHASE_ENDING;
}

/* Started by root for an installation of another user's, a host becomes that user: its responders have to reach it. */
static enum status
become_owner(const char *state_dir, struct problem *why)
{
	struct stat at;

	if (stat(state_dir, &at) != 0) {
		problem_set(why, "%s: %s", state_dir, strerror(errno));
		return STATUS_FAILED;
	}
	if (geteuid() != 0 || at.st_uid == 0)
		return STATUS_OK;
	if (setgroups(0, NULL) == 0 && setgid(at.st_gid) == 0 && setuid(at.st_uid) == 0)
		return STATUS_OK;
	problem_set(why, "cannot become the owner of %s: %s", state_dir, strerror(errno));
	return STATUS_FAILED;
}

static enum status
open_state(struct host *host, struct problem *why)
{
	const struct store_options options = {.state_dir = host->config.state_dir,
	    .deadline_ms = host->config.database_deadline_ms,
	    .rollback_journal = host->config.database_rollback_journal,
	    .as_it_is = true};
	char path[PATH_MAX];
	enum status status = STATUS_FAILED;

	if (snprintf(path, sizeof(path), "%s/%s", host->config.state_dir, SECRET_KEY_FILE) <
	    PATH_MAX)
		status = secret_key_read(path, &host->master, why);
	if (status == STATUS_OK)
		status = run_key(&host->master, &host->run_key);
	if (status == STATUS_OK)
		status = store_open(&options, &host->store, why);
	if (status != STATUS_OK)
		return status;
	host->state_fd = open(host->config.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return host->state_fd >= 0 ? STATUS_OK : STATUS_FAILED;
}

static enum status
read_upstream(struct host *host, const char *id, struct problem *why)
{
	struct secret_key seal;
	struct key key;
	struct db *db;
	enum status status = upstream_seal_key(&host->master, &seal);

	if (status == STATUS_OK)
		status = store_read(host->store, &db);
	if (status == STATUS_OK) {
		status = upstreams_find_id(db, id, &seal, &host->upstream);
		if (status == STATUS_OK)
			status = keys_find_id(db, host->upstream.key_id, &key);
		if (status == STATUS_OK)
			status = generation_read(db, &host->generation);
		store_read_end(host->store, db);
	}
	secret_wipe(&seal, sizeof(seal));
	secret_wipe(&host->master, sizeof(host->master));
	if (status != STATUS_OK)
		problem_set(why, "its settings cannot be read: %s", status_name(status));
	else
		(void)snprintf(host->key_name, sizeof(host->key_name), "%s", key.name);
	return status;
}

static enum status
read_capabilities(struct host *host, const char *text, struct problem *why)
{
	const struct json_limits limits = {
	    .bytes = HOST_LINE_MAX, .nesting = 64, .members = 100000};

	return json_parse(text, strlen(text), &limits, &host->capabilities, why);
}

/* The socket's name comes from what this host is for, as those who look for it find it. */
static enum status
listen_here(struct host *host, struct problem *why)
{
	const struct peer_view view = {.owner = host->owner, .capabilities = host->capabilities};
	char dir[PATH_MAX], name[RUN_NAME_MAX + 1];
	enum status status = run_dir(host->config.state_dir, dir, why);

	if (status == STATUS_OK)
		status = host_name(&host->upstream, &view, name);
	if (status == STATUS_OK &&
	    snprintf(host->socket, sizeof(host->socket), "%s/%s", dir, name) >= PATH_MAX)
		status = STATUS_FAILED;
	if (status == STATUS_OK)
		status = host_lock_path(host->socket, host->lock);
	if (status != STATUS_OK)
		return status;
	host->listener = run_listen(host->socket, why);
	return host->listener >= 0 ? STATUS_OK : STATUS_FAILED;
}

enum status
host_open(struct host *host, char *const argv[], struct problem *why)
{
	char *path = realpath(argv[1], NULL);
	enum status status;

	problem_set(why, "its host cannot be set up");
	if (path == NULL) {
		problem_set(why, "%s: %s", argv[1], strerror(errno));
		return STATUS_FAILED;
	}
	(void)snprintf(host->owner, sizeof(host->owner), "%s", argv[3]);
	buf_init(&host->noise, NOISE_BYTES);
	status = secret_start();
	if (status == STATUS_OK)
		status = config_read(path, &host->config, why);
	if (status == STATUS_OK)
		status = become_owner(host->config.state_dir, why);
	if (status == STATUS_OK)
		status = log_open(HOST_PROGRAM, host->config.log, why);
	if (status == STATUS_OK)
		status = open_state(host, why);
	if (status == STATUS_OK)
		status = read_upstream(host, argv[2], why);
	if (status == STATUS_OK)
		status = read_capabilities(host, argv[4], why);
	if (status == STATUS_OK)
		status = listen_here(host, why);
	free(path);
	return status;
}

/* What may have changed with the generation: the upstream, the key, the kill switch. */
static void
look_at_rows(struct host *host, struct db *db)
{
	struct upstream upstream = {.settings = NULL};
	struct key key;
	bool all = false, this_one = false;
	enum status status = upstreams_find_id(db, host->upstream.id, NULL, &upstream);

	if (status == STATUS_NOT_FOUND ||
	    (status == STATUS_OK && upstream.changed_ms != host->upstream.changed_ms))
		host_end(host, "it was removed or configured anew");
	upstream_free(&upstream);
	status = keys_find_id(db, host->upstream.key_id, &key);
	if (status == STATUS_NOT_FOUND ||
	    (status == STATUS_OK && strcmp(key_state(&key, clock_wall_ms()), "active") != 0))
		host_end(host, "its key is revoked or has run out");
	if (stop_row_present(db, NULL, &all) == STATUS_OK &&
	    stop_row_present(db, host->upstream.key_id, &this_one) == STATUS_OK &&
	    (all || this_one))
		host_end(host, "stopped by the kill switch");
}

void
host_look(struct host *host)
{
	const int64_t now_us = clock_us();
	struct db *db;

	if (now_us - host->looked_us < LOOK_US)
		return;
	host->looked_us = now_us;
	if (host->phase == PHASE_SERVING && host->nerrands == 0 &&
	    now_us - host->used_us >= host->config.stdio_idle_s * 1000000) {
		bool listened = false;

		for (struct guest *guest = host->guests; guest != NULL; guest = guest->next)
			listened = listened || guest->state == GUEST_LISTENING;
		if (!listened)
			host_end(host, "it was not used for %lld seconds",
			    (long long)host->config.stdio_idle_s);
	}
	if (stop_file_present(host->state_fd, NULL) ||
	    stop_file_present(host->state_fd, host->key_name))
		host_end(host, "stopped by the kill switch");
	/* A database that cannot be read now says nothing against going on: no call gets past the gate without it. */
	if (store_read(host->store, &db) != STATUS_OK)
		return;
	if (host->owner[0] != '\0' && !sessions_alive(db, host->owner))
		host_end(host, "its session is over");
	look_at_rows(host, db);
	store_read_end(host->store, db);
}

void
host_close(struct host *host)
{
	while (host->nquestions > 0) {
		host->nquestions--;
		json_free(host->questions[host->nquestions].id);
		json_free(host->questions[host->nquestions].message);
	}
	json_free(host->hello);
	json_free(host->discovered);
	json_free(host->capabilities);
	upstream_free(&host->upstream);
	buf_free(&host->noise);
	store_close(host->store);
	secret_wipe(&host->run_key, sizeof(host->run_key));
	log_close();
}
