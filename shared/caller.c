/* caller.c - authenticate a key, with keys and compiled policies kept in memory; see caller.h. */
#include "caller.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "channels.h"
#include "clock.h"
#include "generation.h"
#include "log.h"
#include "policies.h"
#include "stop.h"

/* A policy version as it is evaluated, shared by all callers that it judges. */
struct compiled {
	struct policy *policy;
	int64_t
	    created_ms; /* of the version: a database put back may count the same versions again */
	int owners;     /* guarded by the mutex */
	struct compiled *next;
};

struct callers {
	struct store *store;
	pthread_mutex_t mutex; /* guards all below */
	int64_t generation;    /* the newest one seen */
	struct caller
	    *slots[CALLERS_MAX]; /* by the first digits of the hash; a newer key takes the place */
	struct compiled *compiled;
};

enum status
callers_open(struct store *store, struct callers **out)
{
	struct callers *callers = calloc(1, sizeof(*callers));

	*out = NULL;
	if (callers == NULL)
		return STATUS_NO_MEMORY;
	callers->store = store;
	if (pthread_mutex_init(&callers->mutex, NULL) != 0) {
		free(callers);
		return STATUS_FAILED;
	}
	*out = callers;
	return STATUS_OK;
}

/* With the mutex held. */
static void
compiled_release(struct callers *callers, struct compiled *compiled)
{
	struct compiled **at = &callers->compiled;

	if (--compiled->owners > 0)
		return;
	while (*at != compiled)
		at = &(*at)->next;
	*at = compiled->next;
	policy_free(compiled->policy);
	free(compiled);
}

void
caller_release(struct callers *callers, struct caller *caller)
{
	if (caller == NULL || atomic_fetch_sub(&caller->owners, 1) > 1)
		return;
	pthread_mutex_lock(&callers->mutex);
	for (size_t i = 0; i < caller->npolicies; i++)
		compiled_release(callers, caller->compiled[i]);
	pthread_mutex_unlock(&callers->mutex);
	free(caller);
}

void
callers_close(struct callers *callers)
{
	if (callers == NULL)
		return;
	for (size_t i = 0; i < CALLERS_MAX; i++)
		caller_release(callers, callers->slots[i]);
	pthread_mutex_destroy(&callers->mutex);
	free(callers);
}

static size_t
slot_of(const char *hash)
{
	unsigned char bytes[2] = {0, 0};

	(void)secret_unhex(hash, bytes, sizeof(bytes));
	return ((size_t)bytes[0] << 8 | bytes[1]) % CALLERS_MAX;
}

/* From memory, if it is there and not out of date. */
static struct caller *
recall(struct callers *callers, const char *hash)
{
	struct caller *caller;

	pthread_mutex_lock(&callers->mutex);
	caller = callers->slots[slot_of(hash)];
	if (caller != NULL && caller->generation == callers->generation &&
	    strcmp(caller->hash, hash) == 0)
		atomic_fetch_add(&caller->owners, 1);
	else
		caller = NULL;
	pthread_mutex_unlock(&callers->mutex);
	return caller;
}

/* Into memory, with an owner of its own; whoever was there goes. */
static void
remember(struct callers *callers, struct caller *caller)
{
	size_t slot = slot_of(caller->hash);
	struct caller *before;

	pthread_mutex_lock(&callers->mutex);
	if (caller->generation > callers->generation)
		callers->generation = caller->generation;
	before = callers->slots[slot];
	callers->slots[slot] = caller;
	atomic_fetch_add(&caller->owners, 1);
	pthread_mutex_unlock(&callers->mutex);
	caller_release(callers, before);
}

/* A version that is compiled already, with one more owner; NULL when it is not. */
static struct compiled *
find_compiled(struct callers *callers, const struct policy_row *row)
{
	struct compiled *c;

	pthread_mutex_lock(&callers->mutex);
	for (c = callers->compiled; c != NULL; c = c->next)
		if (c->policy->version == row->version && c->created_ms == row->created_ms &&
		    strcmp(c->policy->id, row->id) == 0)
			break;
	if (c != NULL)
		c->owners++;
	pthread_mutex_unlock(&callers->mutex);
	return c;
}

static struct compiled *
compile(struct callers *callers, const struct policy_row *row, struct problem *why)
{
	struct compiled *c = calloc(1, sizeof(*c));

	problem_set(why, "out of memory");
	if (c == NULL ||
	    policy_read(row->document, strlen(row->document), &c->policy, why) != STATUS_OK) {
		free(c);
		return NULL;
	}
	(void)snprintf(c->policy->id, sizeof(c->policy->id), "%s", row->id);
	(void)snprintf(c->policy->name, sizeof(c->policy->name), "%s", row->name);
	c->created_ms = row->created_ms;
	c->policy->version = row->version;
	c->policy->priority = row->priority;
	c->policy->default_decision = row->default_decision;
	c->owners = 1;
	pthread_mutex_lock(&callers->mutex);
	c->next = callers->compiled;
	callers->compiled = c;
	pthread_mutex_unlock(&callers->mutex);
	return c;
}

struct loading {
	struct callers *callers;
	struct caller *caller;
};

/* One policy of the key. What cannot be read denies everything: a rule that is missing might have denied. */
static bool
load_policy(void *arg, const struct policy_row *row)
{
	struct loading *loading = arg;
	struct caller *caller = loading->caller;
	struct problem why = {"too many policies"};
	struct compiled *compiled = NULL;

	if (caller->npolicies < CALLER_POLICIES_MAX) {
		compiled = find_compiled(loading->callers, row);
		if (compiled == NULL)
			compiled = compile(loading->callers, row, &why);
	}
	if (compiled == NULL) {
		log_error("policy %s version %lld cannot be read: %s; key %s is denied everything",
		    row->name, (long long)row->version, why.text, caller->key.name);
		(void)snprintf(caller->unreadable, sizeof(caller->unreadable), "%s", row->name);
		return false;
	}
	caller->policies[caller->npolicies] = compiled->policy;
	caller->compiled[caller->npolicies++] = compiled;
	return true;
}

static bool
look_at_channel(void *arg, const struct channel *channel)
{
	struct caller *caller = arg;

	caller->tells_blocked =
	    caller->tells_blocked || (channel->events & EVENT_CALL_BLOCKED) != 0;
	return true;
}

static enum status
load_parts(struct callers *callers, struct db *db, struct caller *caller)
{
	struct loading loading = {callers, caller};
	enum status status = generation_read(db, &caller->generation);

	if (status == STATUS_OK)
		status = keys_find_hash(db, caller->hash, &caller->key);
	if (status == STATUS_OK)
		status = stop_row_present(db, caller->key.id, &caller->stopped);
	if (status == STATUS_OK)
		status = policies_of_key(db, caller->key.id, load_policy, &loading);
	if (status == STATUS_OK)
		status = channels_of_key(db, caller->key.id, look_at_channel, caller);
	return status;
}

/* From the database, in one consistent view. */
static enum status
load(struct callers *callers, const char *hash, struct caller **out)
{
	struct caller *caller = calloc(1, sizeof(*caller));
	struct db *db;
	enum status status;

	if (caller == NULL)
		return STATUS_NO_MEMORY;
	memcpy(caller->hash, hash, SECRET_DIGEST_TEXT);
	atomic_store(&caller->owners, 1);
	status = store_read(callers->store, &db);
	if (status == STATUS_OK) {
		status = load_parts(callers, db, caller);
		store_read_end(callers->store, db);
	}
	if (status != STATUS_OK) {
		caller_release(callers, caller);
		return status;
	}
	remember(callers, caller);
	*out = caller;
	return STATUS_OK;
}

/* RFC 6750 section 2.1; the scheme's case does not count (RFC 9110 section 11.1). */
static enum status
key_of(const char *authorization, char hash[SECRET_DIGEST_TEXT], struct problem *why)
{
	static const char scheme[] = "Bearer ";
	const char *text;

	if (authorization == NULL || *authorization == '\0') {
		problem_set(why, "no Authorization header");
		return STATUS_REFUSED;
	}
	if (strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0) {
		problem_set(why, "the Authorization header is not of scheme Bearer");
		return STATUS_REFUSED;
	}
	text = authorization + sizeof(scheme) - 1;
	while (*text == ' ')
		text++;
	if (!key_text_valid(text, strlen(text))) {
		problem_set(why, "the Authorization header does not hold exactly one key");
		return STATUS_REFUSED;
	}
	return key_hash(text, strlen(text), hash);
}

static bool
in_force(const struct caller *caller, struct problem *why)
{
	if (caller->key.revoked_ms != 0) {
		problem_set(why, "key %s is revoked", caller->key.name);
		return false;
	}
	if (caller->key.expires_ms != 0 && caller->key.expires_ms <= clock_wall_ms()) {
		problem_set(why, "key %s has expired", caller->key.name);
		return false;
	}
	return true;
}

enum status
callers_authenticate(
    struct callers *callers, const char *authorization, struct caller **out, struct problem *why)
{
	char hash[SECRET_DIGEST_TEXT];
	struct caller *caller;
	enum status status = key_of(authorization, hash, why);

	*out = NULL;
	if (status != STATUS_OK)
		return status;
	caller = recall(callers, hash);
	if (caller != NULL && !in_force(caller, why)) {
		caller_release(callers, caller);
		caller = NULL;
	}
	if (caller == NULL) {
		status = load(callers, hash, &caller);
		if (status == STATUS_NOT_FOUND) {
			problem_set(why, "unknown key");
			return STATUS_REFUSED;
		}
		if (status == STATUS_OK && !in_force(caller, why)) {
			caller_release(callers, caller);
			return STATUS_REFUSED;
		}
	}
	if (status == STATUS_OK)
		*out = caller;
	return status;
}

enum status
callers_refresh(struct callers *callers)
{
	struct db *db;
	int64_t generation = 0;
	enum status status = store_read(callers->store, &db);

	if (status != STATUS_OK)
		return status;
	status = generation_read(db, &generation);
	store_read_end(callers->store, db);
	if (status == STATUS_OK) {
		pthread_mutex_lock(&callers->mutex);
		callers->generation = generation;
		pthread_mutex_unlock(&callers->mutex);
	}
	return status;
}
