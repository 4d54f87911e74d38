/* upstreams_row.h - what the two halves of upstreams.h share: reading (upstreams.c) and changing (upstreams_change.c). */
#ifndef ENFORGATE_MCP_UPSTREAMS_ROW_H
#define ENFORGATE_MCP_UPSTREAMS_ROW_H

#define UPSTREAM_SEAL_PURPOSE "upstream"

#endif
