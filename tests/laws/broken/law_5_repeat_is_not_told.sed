# file: shared/settle.c
s/if (a.released_ms != 0) {/if (a.released_ms < 0) {/
