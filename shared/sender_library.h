/* sender_library.h - libcurl's functions, loaded when they are needed; private to sender*.c. */
#ifndef ENFORGATE_SENDER_LIBRARY_H
#define ENFORGATE_SENDER_LIBRARY_H

#define CURL_DISABLE_TYPECHECK /* its macros would call linked functions */
#include <curl/curl.h>

#include "status.h"

struct library {
	void *handle;
	__typeof__(curl_global_init) *global_init;
	__typeof__(curl_global_cleanup) *global_cleanup;
	__typeof__(curl_easy_init) *easy_init;
	__typeof__(curl_easy_cleanup) *easy_cleanup;
	__typeof__(curl_easy_setopt) *easy_setopt;
	__typeof__(curl_easy_getinfo) *easy_getinfo;
	__typeof__(curl_easy_strerror) *easy_strerror;
	__typeof__(curl_multi_init) *multi_init;
	__typeof__(curl_multi_cleanup) *multi_cleanup;
	__typeof__(curl_multi_add_handle) *multi_add_handle;
	__typeof__(curl_multi_remove_handle) *multi_remove_handle;
	__typeof__(curl_multi_perform) *multi_perform;
	__typeof__(curl_multi_poll) *multi_poll;
	__typeof__(curl_multi_info_read) *multi_info_read;
	__typeof__(curl_slist_append) *slist_append;
	__typeof__(curl_slist_free_all) *slist_free_all;
};

/* STATUS_FAILED: there is none, or one that is too old; `why` says what to install. */
enum status library_load(struct library *library, struct problem *why) MUST_USE;
/* The code stays mapped: libcurl and what it uses leave things behind that end with the process. */
void library_end(struct library *library);

#endif
