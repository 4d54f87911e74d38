# file: fcgi/mcp_call_forward.c
/^params_for_upstream(/,/^}/ s/\*params = json_new_object()/*params = rpc_copy(visit->message.params)/
