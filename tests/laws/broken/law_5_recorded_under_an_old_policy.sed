# file: shared/gate.c
s/&entry, caller->generation)/\&entry, 0)/
