# host_nginx.sh - nginx to external sockets: httpd-examples/nginx.conf, in an http block of its own.
# shellcheck source=tests/httpd/host_units.sh
. "$ROOT/tests/httpd/host_units.sh"
HOST_NAME=nginx # as doctor calls it
HOST_LONG_HEADER=400
HOST_LONG_QUERY=414
HOST_MANY_HEADERS=200
HOST_BODY_MAX=1048576
HOST_TOO_LARGE=413
HOST_TOO_LARGE_CHUNKED=413
HOST_TWO_KEYS=refused
HOST_RELOAD_LOSES=0
HOST_RELOAD_STALLS=5000 # ms
HOST_STREAMS=1
HOST_LEAVES=2
HOST_BAD_CHUNK='400 0'

host_start() { # state processes
	units_start "$1" "$2"
	mkdir "$HOST_DIR/nginx"
	sed -e "s|127\.0\.0\.1:8080|127.0.0.1:$PORT|" -e "s|/run/enforgate/|$HOST_DIR/sockets/|" \
	    -e "s|/var/log/nginx/|$HOST_DIR/|" "$(example nginx.conf)" >"$HOST_DIR/nginx/enforgate.conf"
	[ -z "${HOST_NGINX_TLS:-}" ] || sed -i -E -e '/^\tlisten 127/d' -e 's/^(\t*)#(ssl_|listen|add_header|limit_req)/\1\2/' \
	    -e "s|listen 443|listen 127.0.0.1:$PORT|" -e "s|/etc/ssl/certs/enforgate.pem|$T/tls.pem|" \
	    -e "s|/etc/ssl/private/enforgate.key|$T/tls.key|" "$HOST_DIR/nginx/enforgate.conf"
	{
		[ -z "$WEB_USER" ] || echo "user $WEB_USER;"
		cat <<-END
			worker_processes 2;
			daemon off;
			pid $HOST_DIR/nginx/pid;
			error_log $HOST_DIR/main_error.log crit;
			events { worker_connections 1024; }
			http {
				access_log off;
				client_body_temp_path $HOST_DIR/nginx/body;
				proxy_temp_path $HOST_DIR/nginx/proxy;
				fastcgi_temp_path $HOST_DIR/nginx/fastcgi;
				uwsgi_temp_path $HOST_DIR/nginx/uwsgi;
				scgi_temp_path $HOST_DIR/nginx/scgi;
				gzip on;
				gzip_types application/json;
				gzip_min_length 20;
				include $HOST_DIR/nginx/enforgate.conf;
			}
		END
	} >"$HOST_DIR/nginx/nginx.conf"
	host_run nginx -p "$HOST_DIR/nginx" -c "$HOST_DIR/nginx/nginx.conf" -e "$HOST_DIR/main_error.log"
}
host_reload() { kill -HUP "$1"; }
host_logs() { # state dir
	echo "$2/enforgate_access.log" "$2/enforgate_error.log" "$2/main_error.log" "$2/units.log"
}
