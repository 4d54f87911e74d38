/*
 * peers.h - upstreams as they can be spoken to: era, version, capabilities, and for legacy ones a session.
 *
 * The era is found by probing (facts 14), kept in the database and in memory, and dropped when it stops fitting. Towards legacy
 * upstreams there is a session for each client session, or for each key and set of capabilities in the modern era, as servers shape what
 * they offer by what the client declared. http: the session's id is kept sealed in upstream_session, so that any process goes on
 * with it. stdio: the host process has the session (host.h); a legacy http upstream that may have to be parked has a host too,
 * whose child is the bridge `enforgate-bridge`.
 */
#ifndef ENFORGATE_MCP_PEERS_H
#define ENFORGATE_MCP_PEERS_H

#include "mcp/era.h"
#include "mcp/mcp.h"
#include "mcp/upstreams.h"

#define PEER_CONNECT_MS                                                                            \
	10000 /* to connect, probe and initialize; stdio programs start in this time too */
#define PEER_END_MS 2000
#define PEERS_MAX 256                      /* kept in memory without being in use */
#define PEER_FACTS_MAX ((size_t)256 << 10) /* bytes of what a server says about itself */

/* For whom. */
struct peer_view {
	const char *
	    owner; /* id of the client's session; "": the key's own, shared by its modern clients */
	struct json_object *capabilities; /* of the client, by convert_capabilities(); borrowed */
	bool park; /* a modern client: what the upstream asks is answered in a later request */
};

/* Shared and immutable but for `lost`; give it back with peer_release(). */
struct peer {
	struct upstream upstream; /* with settings */
	enum era era;
	char version[MCP_VERSION_MAX];
	struct json_object *capabilities; /* of the upstream: an object */
	struct json_object *server_info;  /* may be NULL */
	char *instructions;               /* may be NULL */
	char *session;       /* Mcp-Session-Id of a legacy http upstream, a secret; NULL: none */
	char host[PATH_MAX]; /* socket of the host; "": spoken to directly by http */
	char owner[64];      /* private to peers.c */
	char view[SECRET_DIGEST_TEXT]; /* of the capabilities; what lists are kept under */
};

enum status peers_open(struct mcp *mcp, struct peers **out, struct problem *why) MUST_USE;
void peers_close(struct peers *peers);

/*
 * Connects where that is needed. A mcp without a store keeps nothing but in memory, and takes the settings from `upstream`, which has to
 * have them; else they are read here. STATUS_FAILED: not reachable, not an MCP server, refused our credentials: `why` names the
 * upstream and says what happened, without secrets, fit for the agent and the operator.
 */
enum status peer_open(struct mcp *mcp, const struct upstream *upstream,
    const struct peer_view *view, int64_t until_us, struct peer **out,
    struct problem *why) MUST_USE;
/* The session was lost, or the era does not fit any more: the next peer_open() connects anew. */
void peer_lost(struct mcp *mcp, struct peer *peer);
void peer_release(struct mcp *mcp, struct peer *peer); /* accepts NULL */
struct peer *peer_keep(struct peer *peer);             /* one more owner, who releases it too */

/* Which of the client's capabilities an upstream is shown: view->capabilities, cut by what is bridged, as a digest too. */
enum status peer_view_digest(
    const struct json_object *capabilities, char out[SECRET_DIGEST_TEXT]) MUST_USE;

/*
 * Ends the sessions towards upstreams of a client session: DELETE to http, the hosts end by themselves. Best effort, PEER_END_MS at most; to
 * be called before sessions_end(), which forgets them.
 */
void peers_end_session(struct mcp *mcp, const char *session_id);

/* Connections that nobody needs any more are closed; for whoever has nothing else to do. They are when the next is used, in any case. */
void peers_tidy(struct peers *peers);

/* For lines only: the connections of this process. */
struct wires;
struct wires *peers_wires(struct peers *peers);

#endif
