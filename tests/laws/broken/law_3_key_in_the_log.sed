# file: shared/gate.c
s/^\t\/\* 2. Evaluate. \*\//\tlog_info("key %s", attempt->authorization);\n&/
