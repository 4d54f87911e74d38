/* service.h - opening what a responder works with; shared by serve.c and service.c only. */
#ifndef ENFORGATE_SERVICE_H
#define ENFORGATE_SERVICE_H

#include "serve.h"

/* Everything a door may use, from the configuration file at `path`. On failure `why` is for the operator. */
enum status service_open(const struct door *door, const char *path, struct service *service,
    struct problem *why) MUST_USE;
/*
 * Within about `left_ms` notifications on their way arrive or are given back and the anchor is written; the rest goes with
 * the process, in which other threads are still at work.
 */
void service_end(struct service *service, int64_t left_ms);

#endif
