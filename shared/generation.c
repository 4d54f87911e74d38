/* generation.c - the count of changes; see generation.h. */
#include "generation.h"

static const char sql_read[] = "SELECT value FROM generation WHERE id = 1";
static const char sql_bump[] = "UPDATE generation SET value = value + 1 WHERE id = 1";

enum status
generation_read(struct db *db, int64_t *out)
{
	struct query *q = query(db, sql_read);
	enum status status = STATUS_FAILED;

	if (query_step(q) == QUERY_ROW) {
		*out = query_integer(q, 0);
		status = STATUS_OK;
	}
	query_end(q);
	return status;
}

enum status
generation_bump(struct db *db)
{
	int64_t changed = 0;
	enum status status = query_run(query(db, sql_bump), &changed);

	/* Without its row nobody would notice a change. */
	return status == STATUS_OK && changed != 1 ? STATUS_FAILED : status;
}
