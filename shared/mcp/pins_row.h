/* pins_row.h - what the two halves of pins.h share: looking (pins.c) and changing (pins_update.c). */
#ifndef ENFORGATE_MCP_PINS_ROW_H
#define ENFORGATE_MCP_PINS_ROW_H

#include "mcp/pins.h"

/* A tool beside its pin. */
struct pin_found {
	enum {
		PIN_SAME,    /* as pinned */
		PIN_KNOWN,   /* as it was seen when the change was marked */
		PIN_NEW,     /* not pinned yet */
		PIN_DIFFERS, /* changed just now */
		PIN_AGAIN,   /* changed once more */
		PIN_BACK     /* marked, and as pinned again */
	} what;
	const char *tool; /* its name, borrowed */
	char digest[SECRET_DIGEST_TEXT];
};

/* `definition` is emptied first, and has that of the tool afterwards. */
enum status pin_look(struct db *db, const char *upstream_id, const struct json_object *tool,
    struct buf *definition, struct pin_found *out) MUST_USE;

#endif
