/*
 * sandbox.h - what the program of a stdio upstream may reach, and whether this machine can keep it to that.
 *
 * It may read and run what belongs to the system, and read and write its own directory and what the administrator opens; it can in no
 * case read the state directory or the configuration, nor reach the processes of the gateway. Landlock does that without any
 * privilege (Linux 5.13 and later); with privilege another user may, whom the state directory is closed to.
 *
 * Landlock can only open: where a directory to be opened contains what must stay closed, its other entries are opened instead, one by
 * one; that is done for the system's directories only. One that the administrator names is refused.
 */
#ifndef ENFORGATE_MCP_SANDBOX_H
#define ENFORGATE_MCP_SANDBOX_H

#include "config.h"
#include "json.h"

#define SANDBOX_PATHS_MAX 64 /* that an administrator opens, of each kind */

/* The version of Landlock that the kernel has; 0: none. */
int sandbox_landlock(void);

/*
 * Whether a program can be kept away from the state directory here. False with a sentence that says what is missing, and the ways out. Whether
 * settings name a user is not looked at: sandbox_settings() does.
 */
bool sandbox_possible(struct problem *why);

/*
 * Whether an upstream with these settings (upstreams.h) can be run: STATUS_INVALID with `why` where a path that they open contains the
 * state directory or the configuration, is not absolute or not there; where the user is not known or may read the state
 * directory; STATUS_REFUSED where no sandbox is possible and `trust` is not set.
 */
enum status sandbox_settings(
    const struct config *config, const struct json_object *settings, struct problem *why) MUST_USE;

/* Whether `path`, an existing one, is `closed` or contains it, by the names that the kernel gives them. */
bool sandbox_contains(const char *path, const char *closed);

#endif
