/* mcp_stream.c - streams of notifications: GET of a legacy client, subscriptions/listen of a modern one; see mcp_visit.h. */
#include "mcp_visit.h"

void
stream_get(struct visit *visit)
{
	reply_header(&visit->exchange->reply, "Allow", "POST, DELETE");
	reply_error(&visit->exchange->reply, &visit->exchange->request, 405, "method_not_allowed",
	    "this gateway keeps no streams open: use POST");
	visit_end(visit);
}

void
stream_listen(struct visit *visit)
{
	answer_error(visit, RPC_INTERNAL, "This gateway keeps no streams open");
	visit_end(visit);
}
