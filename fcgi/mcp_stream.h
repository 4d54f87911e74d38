/* mcp_stream.h - the streams of notifications that this process keeps open. */
#ifndef ENFORGATE_MCP_STREAM_H
#define ENFORGATE_MCP_STREAM_H

#include "mcp_visit.h"

enum status streams_open(struct streams **out, struct problem *why) MUST_USE;

#endif
