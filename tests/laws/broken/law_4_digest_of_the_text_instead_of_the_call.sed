# file: shared/call.c
s/json_write_canonical(call->args/json_write(call->args/
