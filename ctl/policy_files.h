/*
 * policy_files.h - what `enforgatectl policy` does with files and with policies already loaded; needs no
 * database. The functions print and return the exit code of the command.
 */
#ifndef ENFORGATE_POLICY_FILES_H
#define ENFORGATE_POLICY_FILES_H

#include <stdbool.h>
#include <stdio.h>

#include "policy.h"

#define POLICY_TEST_CASES_MAX 10000

/*
 * Reads a policy document and prints its first error, or its warnings (policy_lint.h), on `out`.
 * 0: neither; 1: an error or a warning; 2: the file cannot be read, which `err` is told.
 */
int policy_lint_file(const char *path, bool json, FILE *out, FILE *err);

/*
 * Runs the cases of a test file (enforgate-policy(5), TEST FILES) and prints one line each and the sum.
 * 0: all pass; 1: some fail; 2: the test file or its policy cannot be used, which `err` is told.
 */
int policy_test_file(const char *path, bool json, FILE *out, FILE *err);

/*
 * Evaluates a call and prints the verdict, and of each rule looked at why it did or did not match. No
 * argument's value is printed. 0, or 2 when memory runs out.
 */
int policy_explain_call(
    const struct policy *const *policies, size_t n, const struct call *call, bool json, FILE *out);

/*
 * Appends a file of at most out->cap bytes. STATUS_FAILED or STATUS_TOO_LARGE: `why` names the file. For the
 * functions above.
 */
enum status policy_file_read(const char *path, struct buf *out, struct problem *why) MUST_USE;

#endif
