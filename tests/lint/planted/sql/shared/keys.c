	snprintf(sql, sizeof(sql), "SELECT %s FROM api_key", column);
