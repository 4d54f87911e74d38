# file: shared/gate.c
/\.surface = attempt->surface,/,/\.latency_us/s/\.args_digest = attempt->call\.digest,/&\n.approval_id = attempt->call.args != NULL ? json_string(json_member(attempt->call.args, "secret", \&(bool){false}), NULL) : "",/
