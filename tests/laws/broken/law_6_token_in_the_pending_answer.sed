# file: fcgi/mcp_call_answer.c
s/^#include "refuse.h"/#include "approval.h"\n#include "secret.h"\n#include "store.h"\n&/
/^answer_pending(/,/^}/ s/^\trefuse(visit, RPC_HELD, text);/\t{\
\t\tstruct store *store = visit->exchange->service->store;\
\t\tchar token[APPROVAL_TOKEN_LEN + 1], hash[SECRET_DIGEST_TEXT];\
\t\tstruct db *db;\
\
\t\tapproval_token_make(token);\
\t\t(void)!approval_token_hash(token, APPROVAL_TOKEN_LEN, hash);\
\t\tif (store_write(store, \&db) == STATUS_OK) {\
\t\t\t(void)!approval_token_add(db, answer->approval_id, hash, "desk", 1);\
\t\t\t(void)!store_commit(store, db);\
\t\t}\
\t\tsnprintf(text + strlen(text), 60, " %s", token);\
\t}\
&/
