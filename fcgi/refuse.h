/* refuse.h - the answer to requests without a valid key, the same at every door that takes keys. */
#ifndef ENFORGATE_REFUSE_H
#define ENFORGATE_REFUSE_H

#include "serve.h"

/*
 * 401, or 429 once an address has failed too often. Missing, malformed, unknown, revoked and expired look the same to the client; `why`
 * is for the log. `challenge` is the value of WWW-Authenticate.
 */
void refuse_stranger(struct service *service, struct request *request, struct reply *reply,
    const char *challenge, const char *why);

#endif
