# file: fcgi/mcp_call.c
/^go_on(/,/^}/ s/decision == DECISION_ALLOW)/decision != DECISION_REQUIRE_APPROVAL)/
