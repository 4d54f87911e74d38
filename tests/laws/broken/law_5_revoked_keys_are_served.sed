# file: shared/caller.c
s/if (caller->key.revoked_ms != 0) {/if (caller->key.revoked_ms < 0) {/
