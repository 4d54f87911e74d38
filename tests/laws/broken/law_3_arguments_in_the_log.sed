# file: shared/call.c
s/#include "call.h"/&\n#include "log.h"/
s/^\tif (canonical.data != NULL)/\tlog_info("call %s", buf_str(\&canonical));\n&/
