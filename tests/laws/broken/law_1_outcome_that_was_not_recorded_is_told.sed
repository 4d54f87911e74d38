# file: fcgi/mcp_call_answer.c
/^call_answer_run(/,/^}/ s/if (status != STATUS_OK)/if (status == STATUS_NOT_FOUND)/
