# file: shared/gate.c
s/caller->stopped || //
