# file: shared/mcp/sessions.c
s/WHERE hash = ?1 AND key_id = ?2 AND used_ms/WHERE hash = ?1 AND ?2 <> '' AND used_ms/
