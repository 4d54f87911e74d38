# file: shared/mcp/state.c
/^bond_digest(/,/^}/ s/bond->key_id, bond->method/bond->method, bond->method/
