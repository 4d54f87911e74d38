/* refuse.c - requests without a valid key; see refuse.h. */
#include "refuse.h"

void
refuse_stranger(struct service *service, struct request *request, struct reply *reply,
    const char *challenge, const char *why)
{
	int retry_s = limits_count(
	    service->limits, "key", request->address, service->config.failed_keys_per_minute);

	log_refusal("401 for %s: %s", request->address, why);
	if (retry_s > 0) {
		reply_header(reply, "Retry-After", "%d", retry_s);
		reply_error(reply, request, 429, "too_many_requests",
		    "too many requests without a valid key from this address; wait as Retry-After says");
		return;
	}
	reply_header(reply, "WWW-Authenticate", "%s", challenge);
	reply_error(reply, request, 401, "unauthorized",
	    "send a valid key as `Authorization: Bearer bwb_...`");
}
