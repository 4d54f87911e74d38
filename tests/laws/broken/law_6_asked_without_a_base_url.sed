# file: shared/settle.c
s/^\tif (!s->links) {/\tif (!s->links \&\& s->most < 0) {/
