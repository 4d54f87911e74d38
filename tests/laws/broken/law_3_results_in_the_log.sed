# file: fcgi/mcp_call_answer.c
/^call_answer_run(/,/^}/ s/^\t\tanswer_result(visit, answer->result);/\t\tstruct buf text;\
\t\tbuf_init(\&text, 65536);\
\t\tjson_write(answer->result, \&text);\
\t\tlog_info("result %s", buf_str(\&text));\
\t\tbuf_free(\&text);\
&/
