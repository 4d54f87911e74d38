# Apache with mod_fcgid in the server configuration.
HTTPD=apache-fcgid
. tests/lib.sh

repeat httpd/web/reload httpd/web/mcp flow/keys_effect httpd/web/life httpd/web/bodies flow/check_errors httpd/web/paths \
    flow/check_unavailable flow/check_verdicts httpd/web/options_apache flow/hostile
finish
