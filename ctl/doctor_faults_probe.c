/* doctor_faults_probe.c - what can happen to a request and its answer on the way, and what mends it; see doctor.h. */
#include "doctor.h"

#define FCGID_BODY                                                                                 \
	"FcgidMaxRequestLen @body\n"                                                               \
	"and, where it is there, the number in <If \"req_novary('Content-Length') -gt ...\">"

/* The units of lighttpd.conf and of lighttpd-sockets.conf; restarting lighttpd does not reach the responders of the second. */
#define RESTART_LIGHTTPD                                                                           \
	"systemctl restart enforgate   (lighttpd.conf: lighttpd starts them)\n"                    \
	"systemctl restart enforgate-check enforgate-approve   (lighttpd-sockets.conf: systemd does)"
#define RESTART                                                                                    \
	{HOST_LIGHTTPD, RESTART_LIGHTTPD}, {HOST_FCGID, "apachectl graceful"},                     \
	    {HOST_HTACCESS, "touch check.fcgi approve.fcgi   (new requests get new processes)\n"   \
			    "pkill -TERM -u \"$USER\" 'check.fcgi|approve.fcgi'"},                 \
	    {HOST_PROXY, "systemctl restart enforgate-check enforgate-approve"},                   \
	{                                                                                          \
		HOST_NGINX, "systemctl restart enforgate-check enforgate-approve"                  \
	}

const struct fault doctor_faults_probe[] = {
    {"probe-unknown", LEVEL_WRONG, "the responder that answers is not of this installation",
	"It has another key file or state directory, is of an older version, or its clock differs by "
	"more than a minute. Keys and policies that you change here are then not its.",
	{{HOST_ANY, "which configuration file do the responders have? This one is @conf"},
	    {HOST_LIGHTTPD,
		"\"bin-environment\" => ( \"ENFORGATE_CONF\" => \"@conf\" ), or in the unit of\n"
		"the responder: Environment=ENFORGATE_CONF=@conf\nthen:\n" RESTART_LIGHTTPD},
	    {HOST_FCGID, FCGID_CONF}, {HOST_HTACCESS, "SetEnv ENFORGATE_CONF @conf"},
	    {HOST_PROXY, "Environment=ENFORGATE_CONF=@conf   (in the unit of the responder)"},
	    {HOST_NGINX, "Environment=ENFORGATE_CONF=@conf   (in the unit of the responder)"}}},
    {"probe-busy", LEVEL_WRONG, "the responder serves other probes and takes no more",
	"Two are served at once, so most of the way through the web server was not looked at.",
	{{HOST_ANY,
	    "wait until other runs of doctor end (--wait takes minutes), then run it again"}}},
    {"state-differs", LEVEL_WRONG, "a responder works in a copy of the state directory",
	"Its verdicts go to another audit log, and keys that you revoke here go on there.",
	{{HOST_ANY, "which configuration file do the responders have? This one is @conf"},
	    RESTART}},
    {"version-differs", LEVEL_WRONG, "a responder is of another version than enforgatectl",
	"After an upgrade old processes go on until they are ended; or one of the two was not replaced.",
	{RESTART}},
    {"settings-old", LEVEL_WRONG, "a responder has older settings than the configuration file",
	"Responders read the file when they start.", {RESTART}},
    {"authorization-lost", LEVEL_WRONG, "the Authorization header does not reach the responder",
	"Every key is answered with 401. Apache keeps the header to itself unless it is told.",
	{{HOST_FCGID, "CGIPassAuth On   (in <Directory /usr/local/lib/enforgate>)"},
	    {HOST_HTACCESS, "CGIPassAuth On   (needs AllowOverride AuthConfig), or with FileInfo:\n"
			    "SetEnvIf Authorization .+ HTTP_AUTHORIZATION=$0"},
	    {HOST_PROXY, "<Location /v1/check>\n    CGIPassAuth On\n</Location>"},
	    {HOST_LIGHTTPD, "remove the setenv.set-request-header that empties Authorization"},
	    {HOST_NGINX, "fastcgi_param HTTP_AUTHORIZATION $http_authorization;\n"
			 "(and no fastcgi_pass_request_headers off)"}}},
    {"authorization-changed", LEVEL_WRONG, "the Authorization header arrives with another value",
	"Every key is answered with 401.",
	{{HOST_ANY,
	    "look for rules that set it: RequestHeader, setenv, a proxy with a login of its own"}}},
    {"address-proxy", LEVEL_NOTICE, "a proxy is in front, and its address hides the client's",
	"The limits per address then count all clients as one, and the log names the proxy where it should "
	"name who sent a wrong key. Valid keys are not affected.",
	{{HOST_ANY, "in @conf, if that proxy sends X-Forwarded-For:\n"
		    "trusted_proxies = ADDRESS-OF-THE-PROXY\n"
		    "and restart the responders; or let the web server do it:"},
	    {HOST_LIGHTTPD, "server.modules += ( \"mod_extforward\" )\n"
			    "extforward.forwarder = ( \"ADDRESS-OF-THE-PROXY\" => \"trust\" )"},
	    {HOST_FCGID, "RemoteIPHeader X-Forwarded-For\n"
			 "RemoteIPInternalProxy ADDRESS-OF-THE-PROXY   (mod_remoteip)"},
	    {HOST_HTACCESS, "ask the host for mod_remoteip"},
	    {HOST_PROXY, "RemoteIPHeader X-Forwarded-For\n"
			 "RemoteIPInternalProxy ADDRESS-OF-THE-PROXY   (mod_remoteip)"},
	    {HOST_NGINX,
		"set_real_ip_from ADDRESS-OF-THE-PROXY;\nreal_ip_header X-Forwarded-For;"}}},
    {"https-lost", LEVEL_NOTICE, "the responder is not told that requests come by HTTPS",
	"TLS ends at a proxy in front; between it and this web server keys travel in the clear.",
	{{HOST_ANY, "nothing, if that way is inside one machine or a private network"}}},
    {"socket-open", LEVEL_WRONG, "others can connect to the responder's socket",
	"They reach it past the web server, under any client address they like.",
	{{HOST_LIGHTTPD, "put the socket into a directory of mode 0700, and use a unix socket:\n"
			 "\"socket\" => \"/run/lighttpd/check.sock\""},
	    {HOST_FCGID, "chmod 700 the directory of FcgidIPCDir"},
	    {HOST_HTACCESS, "tell the host: the directory of FcgidIPCDir is open to others"},
	    {HOST_PROXY,
		"SocketMode=0660   (systemd), or spawn-fcgi -M 0660 -s /run/enforgate/check.sock"},
	    {HOST_NGINX,
		"SocketMode=0660   (systemd), or spawn-fcgi -M 0660 -s /run/enforgate/check.sock"}}},
    {"descriptors", LEVEL_NOTICE, "the responder may open few files",
	"With many calls at once it cannot accept more.",
	{{HOST_LIGHTTPD, "server.max-fds = 4096"},
	    {HOST_HTACCESS, "held_max = a smaller number, in @conf"},
	    {HOST_FCGID, "ulimit -n 4096   (in /etc/apache2/envvars: APACHE_ULIMIT_MAX_FILES)"},
	    {HOST_PROXY, "LimitNOFILE=4096   (in the unit of the responder)"},
	    {HOST_NGINX, "LimitNOFILE=4096   (in the unit of the responder)"}}},
    {"routes-crossed", LEVEL_WRONG, "a route leads to the program of another one",
	"What is meant for one program is answered by another.",
	{{HOST_PROXY,
	     "the name behind fcgi:// has to differ for each socket:\n"
	     "ProxyPass /v1/check \"unix:/run/enforgate/check.sock|fcgi://check/\"\n"
	     "ProxyPass /v1/approve/ \"unix:/run/enforgate/approve.sock|fcgi://approve/\""},
	    {HOST_LIGHTTPD, "a \"socket\" of its own for each program, and exact conditions:\n"
			    "$HTTP[\"url\"] == \"/v1/check\" { ... }"},
	    {HOST_FCGID, "Alias /v1/check .../check.fcgi   (not Alias /)"},
	    {HOST_HTACCESS, "RewriteRule ^v1/check$ check.fcgi [END]"},
	    {HOST_NGINX, "location = /v1/check { ... }"}}},
    {"body-limit", LEVEL_WRONG, "the web server refuses bodies that the responder would take",
	"Calls with larger arguments fail with an error that says nothing. Apache's mod_fcgid refuses "
	"more than 131072 bytes with 500 unless it is told otherwise.",
	{{HOST_FCGID, FCGID_BODY},
	    {HOST_HTACCESS,
		"body_max = 128K   (in @conf: FcgidMaxRequestLen is for the host to set)"},
	    {HOST_LIGHTTPD, "server.max-request-size = @kib   (KiB)"},
	    {HOST_PROXY, "the number in <If \"req_novary('Content-Length') -gt ...\">: @body"},
	    {HOST_NGINX, "client_max_body_size @body;"}}},
    {"body-over-host", LEVEL_NOTICE,
	"a body over the limit is refused by the web server, not by us",
	"The client gets a page in place of the reason.",
	{{HOST_FCGID, FCGID_BODY}, {HOST_HTACCESS, "body_max = 128K   (in @conf)"},
	    {HOST_LIGHTTPD, "server.max-request-size = @kib   (KiB)"},
	    {HOST_PROXY, "the number in <If \"req_novary('Content-Length') -gt ...\">: @body"},
	    {HOST_NGINX, "client_max_body_size @body;"}}},
    {"body-cut", LEVEL_WRONG, "bodies reach the responder shortened",
	"Such a call is refused as malformed, at best.",
	{{HOST_FCGID, "LimitRequestBody 0   (mod_fcgid passes a body on that it cut)"},
	    {HOST_HTACCESS, "LimitRequestBody 0"},
	    {HOST_ANY, "look for a filter of request bodies (mod_security, a proxy)"}}},
    {"chunked", LEVEL_WRONG, "a body whose length is not said in front does not arrive",
	"Some clients send every body so.",
	{{HOST_PROXY, "SetEnv proxy-sendcl 1"},
	    {HOST_ANY, "let the proxy or the web server pass on Transfer-Encoding: chunked"}}},
    {"buffering", LEVEL_NOTICE, "the web server collects an answer before it passes it on",
	"A call that waits for a person writes every 10 seconds. Here its client sees nothing of it until the "
	"end, and must not give up before; the answer itself comes all the same.",
	{{HOST_LIGHTTPD, "server.stream-response-body = 2"},
	    {HOST_FCGID, "FcgidOutputBufferSize 0   (server or virtual host)"},
	    {HOST_HTACCESS, "nothing: only the host can set FcgidOutputBufferSize 0"},
	    {HOST_PROXY, "ProxyPass ... flushpackets=on"}, {HOST_NGINX, "fastcgi_buffering off;"}}},
    {"compression", LEVEL_NOTICE, "the web server compresses answers",
	"It costs time, gains nothing on short answers, and can hold back what is written in pieces.",
	{{HOST_LIGHTTPD, "leave application/json and text/event-stream out of deflate.mimetypes"},
	    {HOST_FCGID, "SetEnv no-gzip 1   (in <Location /v1>)"},
	    {HOST_HTACCESS, "SetEnv no-gzip 1"},
	    {HOST_PROXY, "SetEnv no-gzip 1   (in <Location /v1>)"}, {HOST_NGINX, "gzip off;"}}},
    {"answer-cut", LEVEL_WRONG, "an answer does not arrive whole",
	"A client cannot use it, and must take it for a no.",
	{{HOST_ANY, "the web server's error log; is its disk full (/tmp, buffers of answers)?"}}},
    {"wait-silent", LEVEL_NOTICE, "the web server ends an answer that is silent for so long",
	"The programs write something every 10 seconds while they wait, so this hurts only what does not.",
	{{HOST_FCGID, "FcgidIOTimeout 300"},
	    {HOST_HTACCESS, "nothing: only the host can set FcgidIOTimeout"},
	    {HOST_LIGHTTPD, "remove \"read-timeout\" from fastcgi.server"},
	    {HOST_PROXY, "ProxyPass ... timeout=300"}, {HOST_NGINX, "fastcgi_read_timeout 300s;"}}},
    {"wait-written", LEVEL_WRONG, "the web server ends an answer that is written to now and then",
	"A call that waits for a person cannot wait so long here. Its client has to ask again.",
	{{HOST_ANY, "wait_max_s = a shorter time, in @conf; or:"},
	    {HOST_FCGID, "FcgidBusyTimeout 1000"},
	    {HOST_HTACCESS, "nothing else: only the host can set FcgidBusyTimeout"},
	    {HOST_LIGHTTPD,
		"server.max-write-idle = 360, and no \"write-timeout\" in fastcgi.server"},
	    {HOST_PROXY, "ProxyPass ... timeout=300, and flushpackets=on"},
	    {HOST_NGINX, "fastcgi_read_timeout 300s; fastcgi_buffering off;"}}},
    {NULL, LEVEL_OK, NULL, NULL, {{HOST_ANY, NULL}}},
};
