# Apache with mod_fcgid in the server configuration.
HTTPD=apache-fcgid
. tests/lib.sh

repeat flow/check_verdicts flow/check_errors flow/check_unavailable flow/keys_effect flow/hostile httpd/web/paths \
    httpd/web/bodies httpd/web/life httpd/web/reload
finish
