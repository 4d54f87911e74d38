/*
 * audit_place.h - a real log in a temporary directory, and a second connection that does what the store never would.
 *
 * Included by the tests of reading, verifying and rolling the audit log.
 */
#ifndef TEST_AUDIT_PLACE_H
#define TEST_AUDIT_PLACE_H

#include "testing.h"

#include <inttypes.h>

#include "audit_verify.h"

/* Entries of a log that is tampered with, where the number matters. */
#define FILLED 12

struct place {
	char dir[TEST_PATH_MAX];
	char exports[TEST_PATH_MAX];
	char database[TEST_PATH_MAX];
	char anchor[TEST_PATH_MAX];
	struct secret_key master;
	struct store *store;
	struct audit *audit;
};

/* *state is the struct place. A test that loops over cases calls them itself, once for each. */
int place_setup(void **state);
int place_teardown(void **state);
#define AUDIT_TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

void place_open(struct place *p);
void place_close(struct place *p);

/* Chain "idA" is of the key "alpha", every other of "beta". */
struct audit_entry place_entry(const char *chain, const char *decision, int64_t time_ms);
void place_append_at(struct place *p, const char *chain, const char *decision, int64_t time_ms);
void place_append(struct place *p, const char *chain);
void place_admin(struct place *p, const char *what);
/* Entries of alpha and beta by turns, all in one transaction, a millisecond apart; the anchor follows. */
void place_append_many(struct place *p, int count, int64_t time_ms);
/* Entries by turns: alpha, beta, installation, alpha ...; the anchor follows. */
void place_fill(struct place *p, int count);

void place_verify(struct place *p, struct audit_report *report);
void place_assert_clean(struct place *p);
/* The first finding of a report; `what` was done is said where it is another. */
void place_assert_first(
    const struct audit_report *report, const char *what, enum audit_finding_kind kind, int64_t seq);
/* Verification finds this and nothing else. */
void place_assert_only(struct place *p, enum audit_finding_kind kind, int64_t seq);

/* SQL as somebody with the file and a database shell, who moves the triggers out of the way and puts them back. */
void place_sql(struct place *p, const char *sql);
/* The log verifies, is tampered with as place_sql() does, and this is found first. */
void place_tamper(struct place *p, const char *sql, enum audit_finding_kind kind, int64_t seq,
    struct audit_report *report);
int64_t place_number(struct place *p, const char *sql);

/*
 * The heads as they are, and SQL that cuts the log off behind FILLED entries and makes them the heads again: what
 * somebody does who wants the last entries forgotten.
 */
void place_keep_heads(struct place *p);
#define OLD_HEADS                                                                                  \
	"DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM kept; DROP TABLE kept"
#define CUT_TAIL "DELETE FROM audit WHERE seq > 12; " OLD_HEADS

/* A copy of the database, and that copy in the place of the database; the anchor stays as it is. */
void place_keep(struct place *p);
void place_put_back(struct place *p);

#endif
