/* peers_facts.c - what an upstream says about itself; see peers_facts.h. */
#include "mcp/peers_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

void
facts_free(struct peer *peer)
{
	json_free(peer->capabilities);
	json_free(peer->server_info);
	free(peer->instructions);
	peer->capabilities = peer->server_info = NULL;
	peer->instructions = NULL;
	peer->version[0] = '\0';
}

static struct json_object *
object_of(struct json_object *from, const char *name)
{
	bool found;
	struct json_object *member = json_member(from, name, &found);

	return json_type(member) == JSON_OBJECT ? json_share(member) : NULL;
}

static bool
is_served(enum era era, const char *version)
{
	return era == ERA_MODERN ? strcmp(version, MCP_VERSION_MODERN) == 0
				 : era_serves_legacy(version);
}

/* `info` is where serverInfo is, and by which name. */
static enum status
take(struct peer *peer, enum era era, const char *version, struct json_object *from,
    struct json_object *info, const char *info_name)
{
	bool found;
	const char *instructions = json_text(json_member(from, "instructions", &found));

	facts_free(peer);
	if (version == NULL || !is_served(era, version))
		return STATUS_INVALID;
	peer->era = era;
	(void)snprintf(peer->version, sizeof(peer->version), "%s", version);
	peer->capabilities = object_of(from, "capabilities");
	if (peer->capabilities == NULL)
		peer->capabilities = json_new_object();
	peer->server_info = object_of(info, info_name);
	peer->instructions = instructions != NULL ? strdup(instructions) : NULL;
	if (peer->capabilities == NULL || (instructions != NULL && peer->instructions == NULL))
		return STATUS_NO_MEMORY;
	return STATUS_OK;
}

enum status
facts_take(struct peer *peer, enum era era, struct json_object *facts)
{
	bool found;

	return take(peer, era, json_text(json_member(facts, "version", &found)), facts, facts,
	    "serverInfo");
}

enum status
facts_from_result(struct peer *peer, enum era era, const char *version, struct json_object *result)
{
	bool found;

	if (era == ERA_MODERN)
		return take(peer, era, version, result, json_member(result, "_meta", &found),
		    MCP_META "serverInfo");
	return take(peer, era, version, result, result, "serverInfo");
}

enum status
facts_write(const struct peer *peer, struct buf *out)
{
	struct json_object *facts = json_new_object();
	enum status status = STATUS_NO_MEMORY;

	buf_init(out, PEER_FACTS_MAX);
	if (facts != NULL && json_set_text(facts, "version", peer->version) &&
	    json_set(facts, "capabilities", json_share(peer->capabilities)) &&
	    (peer->server_info == NULL ||
		json_set(facts, "serverInfo", json_share(peer->server_info))) &&
	    (peer->instructions == NULL ||
		json_set_text(facts, "instructions", peer->instructions))) {
		json_write(facts, out);
		status = buf_status(out);
	}
	json_free(facts);
	return status;
}
