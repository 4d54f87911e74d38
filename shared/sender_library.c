/* sender_library.c - loading libcurl; see sender_library.h. */
#include "sender_library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The same interface over OpenSSL, or over GnuTLS where a site has only that. */
static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};

#define FUNCTION(member)                                                                           \
	{                                                                                          \
		"curl_" #member, offsetof(struct library, member)                                  \
	}
static const struct function {
	const char *name;
	size_t offset;
} functions[] = {
    FUNCTION(global_init),
    FUNCTION(global_cleanup),
    FUNCTION(easy_init),
    FUNCTION(easy_cleanup),
    FUNCTION(easy_setopt),
    FUNCTION(easy_getinfo),
    FUNCTION(easy_strerror),
    FUNCTION(multi_init),
    FUNCTION(multi_cleanup),
    FUNCTION(multi_add_handle),
    FUNCTION(multi_remove_handle),
    FUNCTION(multi_perform),
    FUNCTION(multi_poll),
    FUNCTION(multi_info_read),
    FUNCTION(slist_append),
    FUNCTION(slist_free_all),
};

static bool
find_functions(struct library *library, struct problem *why)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *found = dlsym(library->handle, functions[i].name);

		if (found == NULL) {
			problem_set(why, "libcurl is too old: it has no %s; install a newer one",
			    functions[i].name);
			return false;
		}
		memcpy((char *)library + functions[i].offset, &found, sizeof(found));
	}
	return true;
}

enum status
library_load(struct library *library, struct problem *why)
{
	*library = (struct library){.handle = NULL};
	for (size_t i = 0; names[i] != NULL && library->handle == NULL; i++)
		library->handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (library->handle == NULL) {
		problem_set(
		    why, "libcurl cannot be loaded: install it (Debian: libcurl4): %s", dlerror());
		return STATUS_FAILED;
	}
	if (!find_functions(library, why))
		return STATUS_FAILED;
	if (library->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		problem_set(why, "libcurl cannot be started");
		return STATUS_FAILED;
	}
	return STATUS_OK;
}

void
library_end(struct library *library)
{
	library->global_cleanup();
}
