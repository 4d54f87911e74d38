/* courier_args.c - arguments in memory; see courier_args.h. */
#include "courier_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "notice.h"
#include "secret.h"

/* More does not fit into the longest link of any channel, four characters for three bytes: only that is remembered. */
#define USEFUL_BYTES (NOTICE_LINK_MAX_EMAIL * 3 / 4)
#define FRAGMENT "#a="
#define FRAGMENT_CUT "#cut"

struct kept {
	struct kept *older;
	char approval_id[APPROVAL_ID_MAX + 1];
	int64_t since_us;
	size_t len;  /* of the arguments, also where they are not here */
	size_t held; /* bytes of them that are here: all or none */
	char text[];
};

void
courier_args_init(struct courier_args *args)
{
	*args = (struct courier_args){.newest = NULL};
	(void)pthread_mutex_init(&args->lock, NULL);
}

/* Takes *at out of the list. */
static void
forget(struct courier_args *args, struct kept **at)
{
	struct kept *gone = *at;

	*at = gone->older;
	args->count--;
	args->bytes -= gone->held;
	secret_wipe(gone->text, gone->held);
	free(gone);
}

void
courier_args_free(struct courier_args *args)
{
	while (args->newest != NULL)
		forget(args, &args->newest);
	(void)pthread_mutex_destroy(&args->lock);
}

static struct kept **
find(struct courier_args *args, const char *approval_id)
{
	struct kept **at = &args->newest;

	while (*at != NULL && strcmp((*at)->approval_id, approval_id) != 0)
		at = &(*at)->older;
	return at;
}

static void
forget_oldest(struct courier_args *args)
{
	struct kept **at = &args->newest;

	while ((*at)->older != NULL)
		at = &(*at)->older;
	forget(args, at);
}

void
courier_args_keep(
    struct courier_args *args, const char *approval_id, const char *canonical, size_t len)
{
	size_t held = len <= USEFUL_BYTES ? len : 0;
	struct kept *kept = malloc(sizeof(*kept) + held);
	struct kept **old;

	if (kept == NULL)
		return;
	(void)snprintf(kept->approval_id, sizeof(kept->approval_id), "%s", approval_id);
	kept->since_us = clock_us();
	kept->len = len;
	kept->held = held;
	memcpy(kept->text, canonical, held);
	(void)pthread_mutex_lock(&args->lock);
	old = find(args, approval_id);
	if (*old != NULL)
		forget(args, old);
	while (args->count > 0 &&
	       (args->count >= COURIER_APPROVALS_MAX || args->bytes + held > COURIER_ARGS_MAX))
		forget_oldest(args);
	kept->older = args->newest;
	args->newest = kept;
	args->count++;
	args->bytes += held;
	(void)pthread_mutex_unlock(&args->lock);
}

static void
add_base64url(const unsigned char *bytes, size_t len, struct buf *out)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i < 3 ? len - i : 3;
		unsigned three = (unsigned)bytes[i] << 16 |
				 (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
				 (left > 2 ? (unsigned)bytes[i + 2] : 0);

		for (size_t digit = 0; digit <= left; digit++)
			buf_char(out, digits[three >> (18 - 6 * digit) & 63]);
	}
}

enum args_known
courier_args_add(struct courier_args *args, const char *approval_id, size_t most, struct buf *link)
{
	enum args_known known = ARGS_LOST;
	const struct kept *kept;

	(void)pthread_mutex_lock(&args->lock);
	kept = *find(args, approval_id);
	if (kept != NULL) {
		size_t whole = link->len + sizeof(FRAGMENT) - 1 + (kept->len * 4 + 2) / 3;

		known = kept->held == kept->len && whole <= most ? ARGS_ADDED : ARGS_TOO_LONG;
		buf_text(link, known == ARGS_ADDED ? FRAGMENT : FRAGMENT_CUT);
		if (known == ARGS_ADDED)
			add_base64url((const unsigned char *)kept->text, kept->len, link);
	}
	(void)pthread_mutex_unlock(&args->lock);
	return known;
}

void
courier_args_sweep(
    struct courier_args *args, bool (*wanted)(void *arg, const char *approval_id), void *arg)
{
	const int64_t young_us = clock_us() - COURIER_LOOK_MS * 1000;

	(void)pthread_mutex_lock(&args->lock);
	for (struct kept **at = &args->newest; *at != NULL;)
		if ((*at)->since_us > young_us || wanted(arg, (*at)->approval_id))
			at = &(*at)->older;
		else
			forget(args, at);
	(void)pthread_mutex_unlock(&args->lock);
}
