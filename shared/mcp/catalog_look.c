/* catalog_look.c - one list of one upstream, now, for those who look after it; see catalog.h. */
#include "clock.h"
#include "mcp/catalog_parts.h"

/* The list that was fetched a moment ago. */
static enum status
take(struct mcp *mcp, const struct wanted *wanted, struct list **out)
{
	struct list_facts facts;
	enum status status;
	struct db *db;

	*out = NULL;
	status = store_read(mcp->store, &db);
	if (status != STATUS_OK)
		return status;
	status = list_take(mcp, db, wanted, LIST_ANY, out, &facts);
	store_read_end(mcp->store, db);
	return status;
}

enum status
catalog_look(struct mcp *mcp, const struct upstream *upstream, const struct catalog_view *view,
    enum list_kind kind, bool (*each)(void *arg, const char *name, enum pin_state pin), void *arg,
    struct problem *why)
{
	char digest[SECRET_DIGEST_TEXT];
	const struct wanted wanted = {
	    .upstream = upstream, .view = view, .digest = digest, .kind = kind};
	enum status status = peer_view_digest(view->peer.capabilities, digest);
	struct list *list = NULL;
	bool same;

	if (status == STATUS_OK)
		status = list_fetch(
		    mcp, &wanted, clock_us() + LIST_DEADLINE_MS * INT64_C(1000), &same, why);
	if (status == STATUS_OK)
		status = take(mcp, &wanted, &list);
	for (size_t i = 0; status == STATUS_OK && i < list->count; i++)
		if (!each(arg, list->entries[i].name, list->entries[i].pin))
			break;
	list_release(list);
	return status;
}
