/* doctor_upstreams.c - upstreams: whether what they need is there, whether they answer, and what of them changed; see doctor.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "doctor.h"
#include "mcp/host.h"
#include "mcp/pins.h"
#include "mcp/run_socket.h"
#include "mcp/sandbox.h"

/* One upstream, with the name of its key. */
struct known {
	char key_name[KEY_NAME_MAX + 1];
	struct upstream upstream; /* open */
};

struct gathering {
	struct doctor *d;
	struct db *db;
	struct secret_key seal;
	const struct key *key;
	struct known *items; /* owned */
	size_t count, room;
	size_t programs; /* upstreams that are programs */
	size_t quarantined;
	bool failed;
};

static bool
count_pin(void *arg, const struct pin *pin)
{
	size_t *quarantined = arg;

	*quarantined += pin->state == PIN_QUARANTINED;
	return true;
}

static bool
grow(struct gathering *g)
{
	size_t room = g->room > 0 ? 2 * g->room : 16;
	struct known *more = realloc(g->items, room * sizeof(*more));

	if (more == NULL)
		return false;
	g->items = more;
	g->room = room;
	return true;
}

static bool
take_upstream(void *arg, const struct upstream *upstream)
{
	struct gathering *g = arg;
	struct known *item;
	size_t quarantined = 0;

	if ((g->count == g->room && !grow(g)) ||
	    pins_each_state(g->db, upstream->id, count_pin, &quarantined) != STATUS_OK) {
		g->failed = true;
		return false;
	}
	item = &g->items[g->count++];
	memcpy(item->key_name, g->key->name, sizeof(item->key_name));
	item->upstream = *upstream;
	if (upstreams_find_id(g->db, upstream->id, &g->seal, &item->upstream) != STATUS_OK) {
		item->upstream = *upstream;
		doctor_fault(
		    g->d, "upstream-sealed", "upstream %s of key %s", upstream->name, g->key->name);
	}
	g->programs += upstream->kind == UPSTREAM_STDIO;
	if (quarantined > 0)
		doctor_fault(g->d, "tools-changed", "%zu of upstream %s of key %s", quarantined,
		    upstream->name, g->key->name);
	g->quarantined += quarantined;
	return true;
}

static bool
take_key(void *arg, const struct key *key)
{
	struct gathering *g = arg;

	if (strcmp(key_state(key, clock_wall_ms()), "active") != 0)
		return true;
	g->key = key;
	return upstreams_each(g->db, key->id, NULL, take_upstream, g) == STATUS_OK && !g->failed;
}

/* The sockets there are the way to the hosts of upstreams. */
static void
look_at_run_dir(struct doctor *d)
{
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%.4000s/" RUN_DIR, d->ctl->config.state_dir);
	if (lstat(path, &st) != 0) {
		if (errno != ENOENT)
			doctor_fault_file(
			    d, "run-directory", path, "%s: %s", path, strerror(errno));
	} else if (!S_ISDIR(st.st_mode)) {
		doctor_fault_file(d, "run-directory", path, "%s is no directory", path);
	} else if ((st.st_mode & 077) != 0 || st.st_uid != geteuid()) {
		doctor_fault_file(d, "run-directory", path,
		    "%s has mode %04o and belongs to user %u", path, (unsigned)st.st_mode & 07777,
		    st.st_uid);
	} else {
		doctor_fine(d, "run-closed", "%s is closed to others", path);
	}
}

static void
look_at_programs(struct doctor *d, const struct gathering *g)
{
	static const char *const names[] = {HOST_PROGRAM, HOST_BRIDGE};
	struct problem why = {""};
	char path[PATH_MAX];
	bool all = true;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (host_program(&d->ctl->config, names[i], path, &why) != STATUS_OK) {
			doctor_fault(d, "programs-missing", "%s", why.text);
			all = false;
		}
	if (all)
		doctor_fine(d, "programs", HOST_PROGRAM " and " HOST_BRIDGE " are there");
	for (size_t i = 0; i < g->count; i++) {
		const struct known *item = &g->items[i];

		if (item->upstream.kind == UPSTREAM_STDIO && item->upstream.settings != NULL &&
		    sandbox_settings(&d->ctl->config, item->upstream.settings, &why) != STATUS_OK)
			doctor_fault(d, "upstream-sandbox", "upstream %s of key %s: %s",
			    item->upstream.name, item->key_name, why.text);
	}
	if (g->programs > 0 && sandbox_landlock() > 0)
		doctor_fine(
		    d, "sandbox", "this kernel has Landlock, version %d", sandbox_landlock());
}

/* As a responder connects for a client without capabilities. */
static void
look_at_one(struct doctor *d, struct mcp *mcp, const struct known *item)
{
	struct json_object *none = json_new_object();
	const struct peer_view view = {.owner = "", .capabilities = none};
	struct problem why = {""};
	struct peer *peer = NULL;

	doctor_progress("connecting to upstream %s of key %s", item->upstream.name, item->key_name);
	if (none != NULL &&
	    peer_open(mcp, &item->upstream, &view, clock_us() + PEER_CONNECT_MS * INT64_C(1000),
		&peer, &why) == STATUS_OK)
		doctor_fine(d, "upstream", "upstream %s of key %s answers, version %s",
		    item->upstream.name, item->key_name, peer->version);
	else
		doctor_fault(d, "upstream-down", "key %s: %s", item->key_name, why.text);
	peer_release(mcp, peer);
	json_free(none);
}

static void
connect_all(struct doctor *d, const struct gathering *g)
{
	struct mcp mcp = {.config = &d->ctl->config,
	    .store = d->ctl->store,
	    .master = &d->ctl->master,
	    .wake_fd = -1,
	    .end_fd = -1};
	struct problem why = {""};

	if (mcp_open(&mcp, false, &why) != STATUS_OK) {
		doctor_fault(d, "upstream-down", "%s", why.text);
		return;
	}
	for (size_t i = 0; i < g->count; i++)
		if (g->items[i].upstream.settings != NULL)
			look_at_one(d, &mcp, &g->items[i]);
	mcp_close(&mcp);
}

void
doctor_upstreams(struct doctor *d)
{
	struct gathering g = {.d = d};
	enum status status = upstream_seal_key(&d->ctl->master, &g.seal);

	if (status == STATUS_OK)
		status = store_read(d->ctl->store, &g.db);
	if (status != STATUS_OK)
		return;
	if (keys_each(g.db, take_key, &g) != STATUS_OK || g.failed)
		doctor_fault(d, "database-damaged", "the upstreams cannot be read");
	store_read_end(d->ctl->store, g.db);
	d->nupstreams = g.count;
	look_at_run_dir(d);
	if (g.count > 0)
		look_at_programs(d, &g);
	if (g.count > 0 && d->connect)
		connect_all(d, &g);
	if (g.count > 0 && g.quarantined == 0)
		doctor_fine(d, "tools", "no definition of a tool is in quarantine");
	for (size_t i = 0; i < g.count; i++)
		upstream_free(&g.items[i].upstream);
	free(g.items);
	secret_wipe(&g.seal, sizeof(g.seal));
}
