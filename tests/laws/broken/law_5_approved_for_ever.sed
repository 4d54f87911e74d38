# file: shared/settle.c
s/now_ms >= a->expires_ms) {/now_ms < 0) {/
