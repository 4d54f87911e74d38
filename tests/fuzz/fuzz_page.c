/* fuzz_page.c - the template engine under libFuzzer; what must hold is in tests/unit/page_oracle.h. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "page_oracle.h"
#include "secret.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return secret_start() == STATUS_OK ? 0 : 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool accepted;
	const char *fault = page_oracle((const char *)data, size, &accepted);

	if (fault != NULL) {
		(void)fprintf(stderr, "fuzz_page: %s\n", fault);
		abort();
	}
	return 0;
}
