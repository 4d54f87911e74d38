# file: shared/gate.c
s/caller->unreadable\[0\] != '\\0'/false/
