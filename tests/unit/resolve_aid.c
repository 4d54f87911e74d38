/* resolve_aid.c - see resolve_aid.h. */
#include "resolve_aid.h"

struct resolution
resolve_aid_approve(const struct approval *approval, const char *duration)
{
	return (struct resolution){.approval_id = approval->id,
	    .to = APPROVAL_APPROVED,
	    .surface = "approve",
	    .by = "ops",
	    .duration = duration};
}

struct resolution
resolve_aid_deny(const struct approval *approval)
{
	return (struct resolution){
	    .approval_id = approval->id, .to = APPROVAL_DENIED, .surface = "approve", .by = "ops"};
}

struct resolution
resolve_aid_expire(const struct approval *approval)
{
	return (struct resolution){
	    .approval_id = approval->id, .to = APPROVAL_EXPIRED, .surface = "sweep", .by = ""};
}

enum status
resolve_aid_run(
    struct place *p, const struct resolution *resolution, int64_t now_ms, struct approval *out)
{
	struct db *db = store_place_write(p->store);
	enum status status = resolve(db, p->audit, resolution, now_ms, out, NULL);

	store_place_commit(p->store, db);
	return status;
}

void
resolve_aid_entry(struct place *p, const char *column, const char *value)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM audit ORDER BY seq DESC LIMIT 1", column);
	assert_string_equal(test_sql_text(p->database, sql), value);
}
