# file: shared/mcp/wire_options.c
s/^#include "json.h"/&\n#include "log.h"/
s/^\tSET(CURLOPT_HTTPHEADER, wire->headers);/\tfor (struct curl_slist *each = wire->headers; each != NULL; each = each->next)\n\t\tlog_info("%s", each->data);\n&/
