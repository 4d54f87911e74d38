# file: fcgi/mcp_call_forward.c
/^params_for_upstream(/,/^}/ s/json_share(args)))/json_new_object()))/
