/* page_values.c - what each template knows; see page.h for what the values mean. */
#include "page_values.h"

#include <string.h>

#define TEXT(name)                                                                                 \
	{                                                                                          \
		name, PAGE_TEXT                                                                    \
	}
#define URL(name)                                                                                  \
	{                                                                                          \
		name, PAGE_URL                                                                     \
	}
#define FLAG(name)                                                                                 \
	{                                                                                          \
		name, PAGE_FLAG                                                                    \
	}

/* What every page about one call has. */
#define CALL TEXT("key_name"), TEXT("server"), TEXT("tool"), TEXT("approval_id")

/* clang-format off */
#define MAIL_NAMES                                                                                 \
	CALL, TEXT("subject"), FLAG("sample"), FLAG("created"), FLAG("resolved"),                  \
	FLAG("blocked"), FLAG("changed"), TEXT("reason"), TEXT("call_id"), TEXT("age"), TEXT("time_left"),          \
	TEXT("expires_text"), TEXT("released_text"), URL("link"), URL("deny_link"),                \
	TEXT("args_note"), FLAG("approved"), FLAG("denied"), FLAG("expired"), TEXT("who"),         \
	TEXT("duration_text")

const struct page_form page_forms[PAGE_COUNT] = {
    [PAGE_ASK] = {"ask.html", true, true, {
	CALL, TEXT("reason"), TEXT("policy_name"), TEXT("channel"), TEXT("age"), TEXT("time_left"),
	TEXT("seconds_left"), TEXT("expires_text"), TEXT("expires_iso"), TEXT("salt"),
	TEXT("shown_digest"), TEXT("released_text"), FLAG("may_allow_time"), FLAG("needs_pin"),
	TEXT("pin_error"), TEXT("approve_off"), FLAG("chosen_1h"), FLAG("chosen_8h"),
	FLAG("chosen_24h"), FLAG("chosen_these_args"), TEXT("calls"),
    }},
    [PAGE_DONE] = {"done.html", true, true, {
	CALL, FLAG("approved"), FLAG("denied"), TEXT("who"), TEXT("duration_text"),
	TEXT("limit_text"), FLAG("for_a_time"), TEXT("expires_text"),
    }},
    [PAGE_GONE] = {"gone.html", true, true, {
	CALL, FLAG("approved"), FLAG("denied"), FLAG("expired"), FLAG("spent"), TEXT("who"),
	TEXT("decided_text"), TEXT("duration_text"), TEXT("limit_text"), TEXT("expires_text"),
    }},
    [PAGE_PROBLEM] = {"problem.html", true, true, {
	TEXT("status"), TEXT("title"), TEXT("text"), TEXT("hint"),
    }},
    [PAGE_MAIL_HTML] = {"mail.html", true, false, {MAIL_NAMES}},
    [PAGE_MAIL_TEXT] = {"mail.txt", false, false, {MAIL_NAMES}},
};
/* clang-format on */

int
page_name_find(const struct page_form *form, const char *name, size_t len)
{
	for (int i = 0; i < PAGE_VALUES_MAX && form->names[i].name != NULL; i++)
		if (strlen(form->names[i].name) == len &&
		    memcmp(form->names[i].name, name, len) == 0)
			return i;
	return -1;
}
