# file: shared/mcp/continuation.c
/^continuation_use(/,/^}/ s/changed == 1 ?/changed >= 0 ?/
