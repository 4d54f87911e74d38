/* policy_files.c - `enforgatectl policy lint` and `policy explain`; see policy_files.h. */
#include "policy_files.h"

#include <errno.h>
#include <string.h>

#include "policy_lint.h"

#define OUTPUT_MAX ((size_t)64 << 20)
#define READ_PIECE 16384

enum status
policy_file_read(const char *path, struct buf *out, struct problem *why)
{
	char piece[READ_PIECE];
	FILE *file = fopen(path, "re");
	enum status status;
	size_t n;

	if (file == NULL) {
		problem_set(why, "%s: %s", path, strerror(errno));
		return STATUS_FAILED;
	}
	errno = 0;
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0 && buf_status(out) == STATUS_OK)
		buf_add(out, piece, n);
	status = ferror(file) ? STATUS_FAILED : buf_status(out);
	if (status == STATUS_FAILED)
		problem_set(why, "%s: %s", path, strerror(errno));
	else if (status == STATUS_TOO_LARGE)
		problem_set(why, "%s: larger than %zu bytes", path, out->cap);
	else if (status != STATUS_OK)
		problem_set(why, "%s: no memory", path);
	(void)fclose(file);
	return status;
}

/* What lint has to say: lines for people, or the elements of an array. */
struct report {
	struct buf *text;
	bool json;
	const char *path;
	size_t count;
};

static void
report_finding(struct report *report, const char *level, long rule, const char *text)
{
	struct buf *b = report->text;

	if (report->json) {
		buf_printf(b, "%s{\"level\":\"%s\",\"rule\":", report->count > 0 ? "," : "", level);
		if (rule >= 0)
			buf_printf(b, "%ld", rule);
		else
			buf_text(b, "null");
		buf_text(b, ",\"text\":");
		json_write_string(text, strlen(text), b);
		buf_char(b, '}');
	} else {
		buf_printf(b, "%s: %s: ", report->path, level);
		if (rule >= 0)
			buf_printf(b, "rule %ld ", rule);
		buf_printf(b, "%s\n", text);
	}
	report->count++;
}

static void
report_warning(void *arg, long rule, const char *text)
{
	report_finding(arg, "warning", rule, text);
}

/* Prints what was gathered; 2 when it could not be gathered or printed. */
static int
print(struct buf *b, int code, FILE *out)
{
	if (buf_status(b) != STATUS_OK || fwrite(buf_str(b), 1, b->len, out) != b->len)
		code = 2;
	buf_free(b);
	return code;
}

int
policy_lint_file(const char *path, bool json, FILE *out, FILE *err)
{
	struct buf document, text;
	struct report report = {.text = &text, .json = json, .path = path};
	struct policy *policy = NULL;
	struct problem why = {""};
	enum status status;

	buf_init(&document, POLICY_TEXT_MAX);
	buf_init(&text, OUTPUT_MAX);
	status = policy_file_read(path, &document, &why);
	if (status != STATUS_OK) {
		(void)fprintf(err, "%s\n", why.text);
		buf_free(&document);
		return 2;
	}
	if (json) {
		buf_text(&text, "{\"file\":");
		json_write_string(path, strlen(path), &text);
		buf_text(&text, ",\"findings\":[");
	}
	status = policy_read(buf_str(&document), document.len, &policy, &why);
	buf_free(&document);
	if (status != STATUS_OK)
		report_finding(&report, "error", -1, why.text);
	else
		(void)policy_lint(policy, report_warning, &report);
	policy_free(policy);
	if (json)
		buf_text(&text, "]}\n");
	else if (report.count == 0)
		buf_printf(&text, "%s: ok\n", path);
	return print(&text, report.count > 0 ? 1 : 0, out);
}

/* What the evaluation tells while it goes on. */
struct story {
	struct buf steps;
	bool json;
	const struct policy *policy; /* of the last line */
};

static void
write_index(struct buf *b, const char *member, long index)
{
	buf_printf(b, ",\"%s\":", member);
	if (index >= 0)
		buf_printf(b, "%ld", index);
	else
		buf_text(b, "null");
}

static void
tell(void *arg, const struct policy *policy, long rule, long condition, const char *text)
{
	struct story *story = arg;
	struct buf *b = &story->steps;

	if (story->json) {
		buf_text(b, b->len > 0 ? ",{\"policy\":" : "{\"policy\":");
		json_write_string(policy->name, strlen(policy->name), b);
		write_index(b, "rule", rule);
		write_index(b, "condition", condition);
		buf_text(b, ",\"text\":");
		json_write_string(text, strlen(text), b);
		buf_char(b, '}');
		return;
	}
	if (story->policy != policy)
		buf_printf(b, "policy \"%s\":\n", policy->name);
	story->policy = policy;
	if (condition >= 0)
		buf_printf(b, "  rule %ld condition %ld: %s\n", rule, condition, text);
	else if (rule >= 0)
		buf_printf(b, "  rule %ld: %s\n", rule, text);
	else
		buf_printf(b, "  %s\n", text);
}

static void
write_verdict_json(const struct verdict *verdict, const struct buf *steps, struct buf *b)
{
	const char *name = verdict->policy != NULL ? verdict->policy->name : NULL;

	buf_printf(b, "{\"decision\":\"%s\",\"reason\":", decision_name(verdict->decision));
	json_write_string(verdict->reason, strlen(verdict->reason), b);
	buf_text(b, ",\"policy\":");
	if (name != NULL)
		json_write_string(name, strlen(name), b);
	else
		buf_text(b, "null");
	write_index(b, "rule", verdict->rule);
	buf_printf(b, ",\"unclear\":%s,\"steps\":[", verdict->unclear ? "true" : "false");
	buf_add(b, buf_str(steps), steps->len);
	buf_text(b, "]}\n");
}

int
policy_explain_call(
    const struct policy *const *policies, size_t n, const struct call *call, bool json, FILE *out)
{
	struct story story = {.json = json};
	struct policy_trace trace = {.note = tell, .arg = &story};
	struct verdict verdict;
	struct buf text;
	int code;

	buf_init(&story.steps, OUTPUT_MAX);
	buf_init(&text, OUTPUT_MAX);
	policy_evaluate(policies, n, call, &trace, &verdict);
	if (json)
		write_verdict_json(&verdict, &story.steps, &text);
	else
		buf_printf(&text, "%s: %s\n%s", decision_name(verdict.decision), verdict.reason,
		    buf_str(&story.steps));
	code = buf_status(&story.steps) == STATUS_OK ? 0 : 2;
	buf_free(&story.steps);
	return print(&text, code, out);
}
