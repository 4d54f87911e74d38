/*
 * hosts.h - under which names this gateway may be reached by MCP clients (Host), and from whose pages (Origin).
 *
 * Without it a page of anybody could reach a gateway on its reader's machine by a name of its own that leads there (DNS rebinding).
 * Allowed are the host of base_url and this machine's own names, on any port, and the setting allowed_hosts: an entry without a port
 * stands for any. Pure.
 */
#ifndef ENFORGATE_HOSTS_H
#define ENFORGATE_HOSTS_H

#include "config.h"

/* `host` as in the header: "name", "name:port", "[::1]:port". */
bool hosts_allow(const struct config *config, const char *host);
/* `origin` as in the header: "https://name:port"; "null" and other schemes never are. */
bool hosts_allow_origin(const struct config *config, const char *origin);

#endif
