# file: shared/gate.c
s/^\t\t\/\* 2. Evaluate. \*\//\t\tlog_info("key %s", attempt->authorization);\n&/
