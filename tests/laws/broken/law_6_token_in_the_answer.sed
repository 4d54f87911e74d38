# file: fcgi/check.c
/^decided(/,/^}/ s/^\t\twrite_verdict(.*/\t{\
		char token[APPROVAL_TOKEN_LEN + 1], hash[SECRET_DIGEST_TEXT];\
		struct db *db;\
\
		approval_token_make(token);\
		(void)!approval_token_hash(token, APPROVAL_TOKEN_LEN, hash);\
		if (attempt->answer.approval_id[0] != '\\0' \&\&\
		    store_write(exchange->service->store, \&db) == STATUS_OK) {\
			(void)!approval_token_add(db, attempt->answer.approval_id, hash, "desk", 1);\
			(void)!store_commit(exchange->service->store, db);\
			reply_header(\&exchange->reply, "X-Approval", "%s", token);\
		}\
&\
	}/
