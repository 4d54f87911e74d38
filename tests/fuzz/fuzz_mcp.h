/* fuzz_mcp.h - what the fuzzers of the proxy's protocol share. */
#ifndef TEST_FUZZ_MCP_H
#define TEST_FUZZ_MCP_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "json.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_TEXT_MAX ((size_t)1 << 20)

/* What does not hold is a finding. */
#define HOLDS(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			(void)fprintf(                                                             \
			    stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* A copy with a NUL behind it; what is behind a NUL in the input is not seen. Free it. */
static inline char *
fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	HOLDS(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

static inline void
fuzz_write(const struct json_object *root, struct buf *out)
{
	buf_init(out, FUZZ_TEXT_MAX);
	json_write(root, out);
	HOLDS(buf_status(out) == STATUS_OK);
}

static inline bool
fuzz_same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(buf_str(a), buf_str(b), a->len) == 0;
}

#endif
