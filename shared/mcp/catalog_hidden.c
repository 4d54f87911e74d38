/* catalog_hidden.c - what a key's policies deny whatever the arguments; see catalog.h. */
#include "mcp/catalog.h"

bool
catalog_hidden(const struct caller *caller, const char *server, const char *tool)
{
	/* With a policy that cannot be read everything is denied. */
	return caller->unreadable[0] != '\0' ||
	       policy_always_denies(caller->policies, caller->npolicies, server, tool);
}
