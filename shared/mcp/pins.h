/*
 * pins.h - the definitions of tools as they were when first seen: one that changes afterwards is not trusted any more.
 *
 * A definition is name, title, description, inputSchema, outputSchema and annotations, in canonical form. Per upstream: off; warn (logged and
 * told, in use); quarantine (neither listed nor callable) until `enforgatectl upstream repin` has accepted it. The pin of a tool that is not
 * offered any more stays: it may come back.
 */
#ifndef ENFORGATE_MCP_PINS_H
#define ENFORGATE_MCP_PINS_H

#include "audit.h"
#include "mcp/upstreams.h"
#include "outbox.h"

enum pin_state {
	PIN_FREE,    /* not pinned */
	PIN_KEPT,    /* as it was pinned */
	PIN_CHANGED, /* in use all the same, as pinning is "warn" */
	PIN_QUARANTINED
};

#define PIN_TOOL_MAX 256
#define PIN_DEFINITION_MAX ((size_t)256 << 10)
#define PINS_MAX 10000   /* of one upstream; further tools are not pinned, and so not used */
#define PINS_TOLD_MAX 20 /* changed tools that one look audits and tells one by one */

struct pin {
	char tool[PIN_TOOL_MAX + 1];
	enum pin_state state;
	char digest[SECRET_DIGEST_TEXT];
	const char *definition; /* canonical JSON, borrowed */
	const char *seen;       /* the one that differs; "": none */
	int64_t pinned_ms;
	int64_t changed_ms; /* 0: it has not */
};

/* Appends the canonical definition of a tool. STATUS_TOO_LARGE: it is longer than PIN_DEFINITION_MAX. */
enum status pin_definition(const struct json_object *tool, struct buf *out) MUST_USE;

/* Who looks, and at what. All borrowed. */
struct pins_look {
	struct audit *audit;
	const struct upstream *upstream;
	const char *key_name;
	const struct lease *lease; /* of the courier of this process; NULL: it has none */
	int64_t now_ms;
};
/*
 * Looks at a whole list, an array of tools with names that call_name_valid() takes: pins what is new, marks what changed (audited in the
 * installation's chain, told to the channels of the key as upstream.tool_changed), takes back the mark of what is as it was. In
 * a write transaction, and only where pins_differ() says so. *told: there are messages to be sent.
 */
enum status pins_update(struct db *db, const struct pins_look *look,
    const struct json_object *tools, bool *told) MUST_USE;
enum status pins_differ(struct db *db, const struct upstream *upstream,
    const struct json_object *tools, bool *out) MUST_USE;

/* In order of name; stops early when `each` returns false. */
enum status pins_each(struct db *db, const char *upstream_id,
    bool (*each)(void *arg, const struct pin *pin), void *arg) MUST_USE;
/* The same without the definitions, which are "". */
enum status pins_each_state(struct db *db, const char *upstream_id,
    bool (*each)(void *arg, const struct pin *pin), void *arg) MUST_USE;
/*
 * Accepts the definition that was seen last; `tool` NULL: of all that changed. *count of them. In a write transaction; whoever listens to
 * lists is told after its commit by wake_all(). The caller adds the audit entry.
 */
enum status pins_accept(struct db *db, const char *upstream_id, const char *tool, int64_t now_ms,
    int64_t *count) MUST_USE;

#endif
