/* mcp_lists.c - lists of what is offered, and server/discover; see mcp_visit.h. */
#include "mcp_visit.h"

#define DISCOVER_TTL_MS 0 /* what is offered may change with the configuration, at any time */

static void
list(struct visit *visit, enum list_kind kind)
{
	const struct catalog_view view = visit_view(visit);
	struct rpc_fault fault = {0};
	struct json_object *result;
	struct buf text;
	bool found;
	struct json_object *cursor = json_member(visit->message.params, "cursor", &found);
	enum status status;

	if (found && json_text(cursor) == NULL) {
		answer_error(visit, RPC_INVALID_PARAMS, "Invalid params: cursor");
		return;
	}
	buf_init(&text, visit->door->answer_max);
	if (visit->batch != NULL)
		status = catalog_page(
		    &visit->door->mcp, &view, kind, json_text(cursor), &result, &fault);
	else
		status = catalog_page_text(
		    &visit->door->mcp, &view, kind, json_text(cursor), &text, &fault);
	if (status == STATUS_OK && visit->batch != NULL)
		answer_result(visit, result);
	else if (status == STATUS_OK)
		answer_result_text(visit, &text);
	else if (status == STATUS_INVALID)
		answer_fault(visit, &fault);
	else
		visit_unavailable(visit, status);
	rpc_fault_free(&fault);
	buf_free(&text);
}

void
lists_tools(struct visit *visit)
{
	list(visit, LIST_TOOLS);
}

void
lists_prompts(struct visit *visit)
{
	list(visit, LIST_PROMPTS);
}

void
lists_resources(struct visit *visit)
{
	list(visit, LIST_RESOURCES);
}

void
lists_templates(struct visit *visit)
{
	list(visit, LIST_TEMPLATES);
}

static struct json_object *
discover_result(const struct offer *offer)
{
	struct json_object *result = json_new_object();
	bool fine = result != NULL && json_set(result, "supportedVersions", era_versions()) &&
		    json_set(result, "capabilities", json_share(offer->capabilities));

	if (fine && offer->instructions.len > 0)
		fine = json_set_text(result, "instructions", buf_str(&offer->instructions));
	fine = fine && json_set_integer(result, "ttlMs", DISCOVER_TTL_MS) &&
	       json_set_text(result, "cacheScope", "private") && convert_modern(result, "complete");
	if (fine)
		return result;
	json_free(result);
	return NULL;
}

void
lists_discover(struct visit *visit)
{
	const struct catalog_view view = visit_view(visit);
	struct offer offer = {0};
	struct problem why = {""};
	enum status status = catalog_offer(&visit->door->mcp, &view, &offer, &why);

	if (status == STATUS_OK)
		answer_result(visit, discover_result(&offer));
	else
		answer_error(visit, RPC_INTERNAL, "%s", why.text);
	offer_free(&offer);
}
