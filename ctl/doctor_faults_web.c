/* doctor_faults_web.c - what can be wrong between the web server and the responder, and what mends it; see doctor.h. */
#include "doctor.h"

#define SEE_INSTALL "INSTALL has the whole configuration"

const struct fault doctor_faults_web[] = {
    {"unreachable", LEVEL_WRONG, "nothing answers at base_url",
	"No agent reaches the gateway and no link works; or base_url is not its address.",
	{{HOST_ANY, "is the web server running, and is this its address? In @conf:\n"
		    "base_url = @url"}}},
    {"tls-certificate", LEVEL_WRONG, "the certificate is not one that clients accept",
	"Agents refuse to talk to this address, or are told to trust anybody; people who follow a link are warned "
	"off.",
	{{HOST_ANY,
	    "a certificate for this very name, not run out, with the whole chain; by Let's\n"
	    "Encrypt: certbot renew   (then reload the web server)"}}},
    {"redirected", LEVEL_WRONG, "the web server sends the request elsewhere",
	"Clients do not follow with a POST, or send the key once in the clear before they do. Links begin with "
	"base_url as well.",
	{{HOST_ANY, "in @conf name the address where it ends, and restart the responders:\n"
		    "base_url = https://..."}}},
    {"route-missing", LEVEL_WRONG, "the web server does not know the route",
	"No request reaches the responder.",
	{{HOST_LIGHTTPD,
	     "$HTTP[\"url\"] == \"/v1/check\" {\n"
	     "    fastcgi.server = ( \"\" => (( \"bin-path\" => \"/usr/local/lib/enforgate/check.fcgi\",\n"
	     "        \"socket\" => \"/run/lighttpd/check.sock\", \"check-local\" => \"disable\",\n"
	     "        \"bin-environment\" => ( \"ENFORGATE_CONF\" => \"@conf\" ) )) )\n"
	     "}"},
	    {HOST_FCGID, "Alias /v1/check /usr/local/lib/enforgate/check.fcgi"},
	    {HOST_HTACCESS, "RewriteEngine On\n"
			    "RewriteRule ^v1/check$ check.fcgi [END]\n"
			    "is .htaccess read at all? It needs: AllowOverride FileInfo"},
	    {HOST_PROXY, "ProxyPass /v1/check \"unix:/run/enforgate/check.sock|fcgi://check/\""},
	    {HOST_NGINX,
		"location = /v1/check { include fastcgi_params; fastcgi_pass unix:/run/enforgate/check.sock; }"}}},
    {"program-download", LEVEL_WRONG, "the program is served as a file instead of being run",
	"Nobody is asked for a verdict, and everybody can fetch what lies beside it.",
	{{HOST_LIGHTTPD,
	     "\"check-local\" => \"disable\" in fastcgi.server, and the program outside of\n"
	     "server.document-root"},
	    {HOST_FCGID, "<Directory /usr/local/lib/enforgate>\n"
			 "    Options +ExecCGI\n"
			 "    SetHandler fcgid-script\n"
			 "</Directory>\n"
			 "outside of every <VirtualHost>, so that all of them have it"},
	    {HOST_HTACCESS, "AddHandler fcgid-script .fcgi\n"
			    "is .htaccess read at all? It needs: AllowOverride FileInfo"},
	    {HOST_PROXY, "keep the program out of DocumentRoot"},
	    {HOST_NGINX, "keep the program out of root"}}},
    {"forbidden", LEVEL_WRONG, "the web server does not let the program run",
	"No request reaches the responder.",
	{{HOST_FCGID, "<Directory /usr/local/lib/enforgate>\n"
		      "    Require all granted\n"
		      "    Options +ExecCGI\n"
		      "</Directory>"},
	    {HOST_HTACCESS, "Options +ExecCGI   (needs AllowOverride Options; else ask the host)\n"
			    "chmod 755 check.fcgi"},
	    {HOST_LIGHTTPD, "url.access-deny or a condition is in the way of /v1/check"},
	    {HOST_PROXY, "<Location /v1/check>\n    Require all granted\n</Location>"},
	    {HOST_NGINX, "a deny, or a location of another form, is in the way of /v1/check"}}},
    {"htaccess", LEVEL_WRONG, "a line of .htaccess is not allowed here",
	"One such line makes Apache answer every URL of the directory with 500.",
	{{HOST_ANY,
	    "the web server's error log names the line (\"... not allowed here\"). What needs what:\n"
	    "CGIPassAuth: AllowOverride AuthConfig\n"
	    "Options +ExecCGI: AllowOverride Options\n"
	    "AddHandler, SetEnv, SetEnvIf, Rewrite*: AllowOverride FileInfo\n"
	    "Fcgid* except FcgidWrapper: never in .htaccess\n"
	    "In place of CGIPassAuth On, with FileInfo alone:\n"
	    "SetEnvIf Authorization .+ HTTP_AUTHORIZATION=$0"}}},
    {"responder-down", LEVEL_WRONG, "the web server cannot run or reach the responder",
	"No request is answered.",
	{{HOST_ANY, "the web server's error log and @state/enforgate.log say why"},
	    {HOST_LIGHTTPD, "is \"bin-path\" the program, and can lighttpd's user run it? Where\n"
			    "lighttpd does not start it itself: is the socket there?"},
	    {HOST_FCGID, "under suexec neither program nor directory may be writable by others:\n"
			 "chmod 755 /usr/local/lib/enforgate /usr/local/lib/enforgate/check.fcgi"},
	    {HOST_HTACCESS, "chmod 755 . check.fcgi   (group-writable is refused by suexec)"},
	    {HOST_PROXY, "systemctl status enforgate-check.socket\n"
			 "a socket in /tmp is another one for Apache (PrivateTmp)"},
	    {HOST_NGINX, "systemctl status enforgate-check.socket"}}},
    {"plain-cgi", LEVEL_WRONG, "the program is run as plain CGI",
	"It is a FastCGI responder and ends at once.",
	{{HOST_FCGID, "SetHandler fcgid-script   (not cgi-script)"},
	    {HOST_HTACCESS, "AddHandler fcgid-script .fcgi   (not cgi-script)"},
	    {HOST_LIGHTTPD, "fastcgi.server, not cgi.assign"},
	    {HOST_PROXY, "no ScriptAlias over /v1/check"}}},
    {"not-set-up", LEVEL_WRONG, "the responder runs but cannot open the installation",
	"It answers every request with 500.",
	{{HOST_ANY, "@state/enforgate.log or the web server's error log says why; often it is the\n"
		    "wrong configuration file or the wrong user. The file is named so:"},
	    {HOST_LIGHTTPD, "\"bin-environment\" => ( \"ENFORGATE_CONF\" => \"@conf\" )"},
	    {HOST_FCGID, FCGID_CONF}, {HOST_HTACCESS, "SetEnv ENFORGATE_CONF @conf"},
	    {HOST_PROXY, "Environment=ENFORGATE_CONF=@conf   (in the unit of the responder)"},
	    {HOST_NGINX, "Environment=ENFORGATE_CONF=@conf   (in the unit of the responder)"}}},
    {"host-password", LEVEL_WRONG, "the web server asks for a password of its own",
	"It takes the Authorization header for itself, so no key can arrive.",
	{{HOST_FCGID,
	     "<Location /v1/check>\n    AuthType None\n    Require all granted\n</Location>"},
	    {HOST_HTACCESS, "AuthType None\nRequire all granted"},
	    {HOST_PROXY,
		"<Location /v1/check>\n    AuthType None\n    Require all granted\n</Location>"},
	    {HOST_LIGHTTPD, "leave /v1/check out of auth.require"},
	    {HOST_NGINX, "auth_basic off;"}}},
    {"error-pages", LEVEL_WRONG, "the web server puts its own pages in place of our errors",
	"Clients read code and reason from the JSON of an error; a page has neither.",
	{{HOST_LIGHTTPD, "server.error-intercept = \"disable\""},
	    {HOST_PROXY, "ProxyErrorOverride Off"},
	    {HOST_FCGID, "ProxyErrorOverride Off   (where a proxy is in front)"},
	    {HOST_HTACCESS, "ask the host which rule replaces the pages"},
	    {HOST_NGINX, "fastcgi_intercept_errors off;"}}},
    {"www-authenticate", LEVEL_WRONG, "the header WWW-Authenticate is lost",
	"Clients of MCP find out from it how to authenticate.",
	{{HOST_LIGHTTPD, "remove the setenv.set-response-header that sets WWW-Authenticate"},
	    {HOST_FCGID, "remove: Header unset WWW-Authenticate"},
	    {HOST_HTACCESS, "remove: Header unset WWW-Authenticate"},
	    {HOST_PROXY, "remove: Header unset WWW-Authenticate"},
	    {HOST_NGINX, "remove: fastcgi_hide_header WWW-Authenticate;"}}},
    {"route-odd", LEVEL_WRONG, "the route is answered, but not as the responder would",
	"Something else answers in its place, or the responder ended in the middle.",
	{{HOST_ANY, "the web server's error log; " SEE_INSTALL}}},
    {"headers-lost", LEVEL_NOTICE, "the web server changes the header Cache-Control",
	"An answer that a cache keeps is given to somebody else.",
	{{HOST_ANY,
	    "leave answers of /v1/ out of rules for caching (mod_expires, mod_headers, a CDN)"}}},
    {"prefix", LEVEL_NOTICE, "the web server also passes on paths that only begin like the route",
	"The responder refuses them; but another program may be meant to have them one day.",
	{{HOST_LIGHTTPD,
	     "$HTTP[\"url\"] == \"/v1/check\" { fastcgi.server = ( \"\" => (( ... )) ) }\n"
	     "in place of fastcgi.server = ( \"/v1/check\" => ... )"},
	    {HOST_FCGID, "AliasMatch \"^/v1/check$\" /usr/local/lib/enforgate/check.fcgi"},
	    {HOST_HTACCESS, "RewriteRule ^v1/check$ check.fcgi [END]"},
	    {HOST_PROXY, "<LocationMatch \"^/v1/check$\">\n"
			 "    SetHandler \"proxy:unix:/run/enforgate/check.sock|fcgi://check/\"\n"
			 "</LocationMatch>"},
	    {HOST_NGINX, "location = /v1/check { ... }"}}},
    {"http-open", LEVEL_WRONG, "the gateway also answers over plain http",
	"A client that is set up with http:// sends its key in the clear and notices nothing, with a "
	"redirect to https no more than without: refuse it.",
	{{HOST_LIGHTTPD, "server.modules += ( \"mod_access\" )\n"
			 "$HTTP[\"scheme\"] == \"http\" { url.access-deny = ( \"\" ) }"},
	    {HOST_FCGID, "in <VirtualHost *:80>: Redirect 403 /"},
	    {HOST_HTACCESS, "RewriteCond %{HTTPS} off\nRewriteRule ^ - [F]"},
	    {HOST_PROXY, "in <VirtualHost *:80>: Redirect 403 /"},
	    {HOST_NGINX, "in the server block of port 80: return 403;"}}},
    {"state-served", LEVEL_WRONG, "files of the installation can be fetched by anybody",
	"With the key file the audit log can be forged; with the database all policies are known.",
	{{HOST_ANY, "1. stop the web server or deny the directory at once\n"
		    "2. move @state out of the document root and set state_dir in @conf\n"
		    "3. take the key file for known to others: begin a new installation\n"
		    "   (enforgatectl init elsewhere), keep the old log, make new keys"},
	    {HOST_LIGHTTPD, "server.document-root = an empty directory"},
	    {HOST_HTACCESS, "Require all denied   (in a .htaccess in @state, until it is moved)"}}},
    {"unanswered", LEVEL_WRONG, "the web server leaves requests without an answer",
	"Whether files of the installation can be fetched could not be seen, so nothing is said of it.",
	{{HOST_ANY,
	    "the web server's error log; is it overloaded, or does something in front of it hold\n"
	    "requests back (a firewall for web applications)?"}}},
    {NULL, LEVEL_OK, NULL, NULL, {{HOST_ANY, NULL}}},
};
