/* doctor_faults_approve.c - what can be wrong with the links by which people decide, and what mends it; see doctor.h. */
#include "doctor.h"

const struct fault doctor_faults_approve[] = {
    {"approve-missing", LEVEL_WRONG, "the web server does not know the route of approval links",
	"Nobody can follow a link, so every call that needs a person is denied when its time is over.",
	{{HOST_LIGHTTPD,
	     "server.modules += ( \"mod_rewrite\" )   (the token is cut off for the logs)\n"
	     "url.rewrite-once = ( \"(?i)^([^?]*approve)/\" => \"$1/\" )\n"
	     "$HTTP[\"url\"] == \"/v1/approve/\" {\n"
	     "    fastcgi.server = ( \"\" => (( \"bin-path\" => \"/usr/local/lib/enforgate/approve.fcgi\",\n"
	     "        \"socket\" => \"/run/lighttpd/approve.sock\", \"check-local\" => \"disable\",\n"
	     "        \"bin-environment\" => ( \"ENFORGATE_CONF\" => \"@conf\" ) )) )\n"
	     "}"},
	    {HOST_FCGID,
		"AliasMatch \"^/v1/approve/\" /usr/local/lib/enforgate/approve.fcgi\n"
		"and, where it is there: RedirectMatch 404 \"^/(?!v1/check$|v1/approve/)\""},
	    {HOST_HTACCESS,
		"approve.fcgi beside check.fcgi, mode 755, and in .htaccess before the last rule:\n"
		"RewriteRule ^v1/approve/ approve.fcgi [END]\n"
		"and with the program in the condition of SetHandler:\n"
		"<FilesMatch \"^(check|approve)\\.fcgi$\">"},
	    {HOST_PROXY,
		"ProxyPassMatch \"^/v1/approve/\" "
		"\"unix:/run/enforgate/approve.sock|fcgi://enforgate-approve/\"\n"
		"and, where it is there: RedirectMatch 404 \"^/(?!v1/check$|v1/approve/)\"\n"
		"systemctl enable --now enforgate-approve.socket enforgate-approve.service"},
	    {HOST_NGINX,
		"location /v1/approve/ { include fastcgi_params; fastcgi_pass unix:/run/enforgate/approve.sock; }\n"
		"systemctl enable --now enforgate-approve.socket enforgate-approve.service"}}},
    {"approve-down", LEVEL_WRONG,
	"the web server cannot run or reach the responder of approval links",
	"Nobody can follow a link, so every call that needs a person is denied when its time is over.",
	{{HOST_ANY, "the web server's error log and @state/enforgate.log say why"},
	    {HOST_LIGHTTPD, "is \"bin-path\" the program, and can lighttpd's user run it? Where\n"
			    "lighttpd does not start it itself: is the socket there?"},
	    {HOST_FCGID,
		"chmod 755 /usr/local/lib/enforgate /usr/local/lib/enforgate/approve.fcgi"},
	    {HOST_HTACCESS, "chmod 755 . approve.fcgi   (group-writable is refused by suexec)"},
	    {HOST_PROXY, "systemctl status enforgate-approve.socket\n"
			 "a socket in /tmp is another one for Apache (PrivateTmp)"},
	    {HOST_NGINX, "systemctl status enforgate-approve.socket"}}},
    {"page-changed", LEVEL_WRONG, "the page of a link does not arrive as it was written",
	"It has a Content-Security-Policy of its own. With another one, or a second one beside it, browsers "
	"do not run its script, and who decides does not see the arguments of the call; without it a page "
	"that somebody tampers with can do more than it should.",
	{{HOST_LIGHTTPD,
	     "leave /v1/approve/ out of setenv.set-response-header with Content-Security-Policy"},
	    {HOST_FCGID, "<Location /v1/approve/>\n"
			 "    Header always unset Content-Security-Policy\n"
			 "</Location>\n"
			 "(takes away what Apache adds, \"always\"; not what the responder says)"},
	    {HOST_HTACCESS,
		"take Content-Security-Policy out of the lines Header, also of a .htaccess above"},
	    {HOST_PROXY, "<Location /v1/approve/>\n"
			 "    Header always unset Content-Security-Policy\n"
			 "</Location>\n"
			 "(takes away what Apache adds, \"always\"; not what the responder says)"},
	    {HOST_NGINX, "no add_header Content-Security-Policy for location /v1/approve/"},
	    {HOST_ANY, "is there a proxy or a CDN in front that sets it?"}}},
    {"wait-max", LEVEL_NOTICE, "calls may wait longer than mod_fcgid lets a request run",
	"It ends a request after FcgidBusyTimeout, 300 seconds unless the host has another value, and the "
	"client gets a broken answer in place of the word to ask again.",
	{{HOST_ANY, "wait_max_s = 240   (in @conf)"},
	    {HOST_FCGID, "FcgidBusyTimeout, 120 seconds above wait_max_s"}}},
    {"links-in-log", LEVEL_NOTICE, "approval links are in the web server's access log",
	"Who reads a link while its call is pending can decide in place of the person it was sent to.",
	{{HOST_ANY, "have keys ask for a PIN as well, which is in no log:\n"
		    "enforgatectl key set NAME --pin"},
	    {HOST_LIGHTTPD, "url.rewrite-once = ( \"(?i)^([^?]*approve)/\" => \"$1/\" )\n"
			    "accesslog.format = \"%h %t \\\"%m %U\\\" %s %b %D\""},
	    {HOST_FCGID, "SetEnvIf Request_URI \"^\" enforgate_path=other\n"
			 "SetEnvIf Request_URI \"^/v1/check$\" enforgate_path=/v1/check\n"
			 "and %{enforgate_path}e in the LogFormat, in place of %r and %U"},
	    {HOST_HTACCESS, "ask the host who reads that log and how long it is kept"},
	    {HOST_PROXY, "SetEnvIf Request_URI \"^\" enforgate_path=other\n"
			 "SetEnvIf Request_URI \"^/v1/check$\" enforgate_path=/v1/check\n"
			 "and %{enforgate_path}e in the LogFormat, in place of %r and %U"},
	    {HOST_NGINX, "map $uri $enforgate_path { default other; /v1/check /v1/check; }\n"
			 "and $enforgate_path in the log_format, in place of $request"}}},
    {NULL, LEVEL_OK, NULL, NULL, {{HOST_ANY, NULL}}},
};
