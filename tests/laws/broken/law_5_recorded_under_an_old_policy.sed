# file: shared/gate.c
s/append.generation = caller->generation;/append.generation = 0;/
