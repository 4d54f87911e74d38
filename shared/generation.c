/* generation.c - the count of changes; see generation.h. */
#include "generation.h"

#include "clock.h"
#include "secret.h"

static const char sql_read[] = "SELECT value FROM generation WHERE id = 1";
/*
 * At least the time in us, so that a database put back from a backup does not count the same numbers again; where the clock is
 * behind, in steps that nobody can repeat.
 */
static const char sql_bump[] =
    "UPDATE generation SET value = CASE WHEN value < ?1 THEN ?1 ELSE value + ?2 END WHERE id = 1";

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
	struct query *q = query(db, sql_bump);
	int64_t changed = 0;
	uint16_t step;
	enum status status;

	secret_random(&step, sizeof(step));
	query_bind_integer(q, 1, clock_wall_ms() * 1000);
	query_bind_integer(q, 2, 1 + (int64_t)step);
	status = query_run(q, &changed);

	/* Without its row nobody would notice a change. */
	return status == STATUS_OK && changed != 1 ? STATUS_FAILED : status;
}
