/*
 * secret_input.h - passwords, tokens and PINs as enforgatectl takes them: from a file, from standard input, or typed without
 * being seen; never from the command line, which every user of the machine can read.
 */
#ifndef ENFORGATE_CTL_SECRET_INPUT_H
#define ENFORGATE_CTL_SECRET_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#define SECRET_INPUT_MAX 4096

/*
 * One line without its end. On a terminal it asks "WHAT: " on standard error and shows nothing of what is typed; `twice`
 * asks again and compares. False after printing why not: it is empty, too long, holds a control character, or is not the
 * same twice. Wipe `out` after use.
 */
bool ctl_secret_line(const char *what, bool twice, char *out, size_t size);

/* The same from a file, "-" is standard input. A file holds nothing but the secret and perhaps an end of line. */
bool ctl_secret_file(const char *what, const char *path, char *out, size_t size);

#endif
