/* doctor_faults_mcp.c - what can be wrong with the way of MCP clients and with upstreams, and what mends it; see doctor.h. */
#include "doctor.h"

#define MCP_PATHS "^/mcp$|^/(mcp/)?\\.well-known/(oauth|openid)-[a-z-]+(/mcp)?$|^/register$"

const struct fault doctor_faults_mcp[] = {
    {"mcp-missing", LEVEL_WRONG, "the web server does not know the route of MCP clients",
	"Keys have upstreams, and nobody can reach them.",
	{{HOST_LIGHTTPD,
	     "$HTTP[\"url\"] =~ \"" MCP_PATHS "\" {\n"
	     "    fastcgi.server = ( \"\" => (( \"bin-path\" => \"/usr/local/lib/enforgate/mcp.fcgi\",\n"
	     "        \"socket\" => \"/run/lighttpd/mcp.sock\", \"check-local\" => \"disable\",\n"
	     "        \"bin-environment\" => ( \"ENFORGATE_CONF\" => \"@conf\" ) )) )\n"
	     "}"},
	    {HOST_FCGID, "AliasMatch \"^/mcp$\" /usr/local/lib/enforgate/mcp.fcgi\n"
			 "and mcp$ in RedirectMatch 404 \"^/(?!...)\", where that is there"},
	    {HOST_HTACCESS,
		"mcp.fcgi beside check.fcgi, mode 755, and in .htaccess before the last rule:\n"
		"RewriteRule ^mcp$ mcp.fcgi [END]\n"
		"and with the program in the condition of SetHandler:\n"
		"<FilesMatch \"^(check|mcp|approve)\\.fcgi$\">"},
	    {HOST_PROXY,
		"ProxyPassMatch \"^/mcp$\" \"unix:/run/enforgate/mcp.sock|fcgi://enforgate-mcp/\" "
		"flushpackets=on\n"
		"systemctl enable --now enforgate-mcp.socket enforgate-mcp.service"},
	    {HOST_NGINX,
		"location = /mcp { include fastcgi_params; fastcgi_pass unix:/run/enforgate/mcp.sock; }\n"
		"systemctl enable --now enforgate-mcp.socket enforgate-mcp.service"}}},
    {"mcp-down", LEVEL_WRONG, "the web server cannot run or reach the responder of MCP clients",
	"Keys have upstreams, and nobody can reach them.",
	{{HOST_ANY, "the web server's error log and @state/enforgate.log say why"},
	    {HOST_FCGID, "chmod 755 /usr/local/lib/enforgate /usr/local/lib/enforgate/mcp.fcgi"},
	    {HOST_HTACCESS, "chmod 755 . mcp.fcgi   (group-writable is refused by suexec)"},
	    {HOST_PROXY, "systemctl status enforgate-mcp.socket"},
	    {HOST_NGINX, "systemctl status enforgate-mcp.socket"}}},
    {"mcp-body-limit", LEVEL_WRONG, "the web server refuses MCP messages that the responder takes",
	"Calls with large arguments fail with an error that says nothing.",
	{{HOST_FCGID, "FcgidMaxRequestLen, more than mcp_body_max of @conf"},
	    {HOST_HTACCESS,
		"mcp_body_max = 128K   (in @conf: FcgidMaxRequestLen is for the host to set)"},
	    {HOST_LIGHTTPD,
		"server.max-request-size for /mcp, in KiB, more than mcp_body_max of @conf"},
	    {HOST_PROXY, "the number in <If \"req_novary('Content-Length') -gt ...\"> of /mcp"},
	    {HOST_NGINX, "client_max_body_size in location = /mcp, as mcp_body_max of @conf"}}},
    {"mcp-buffering", LEVEL_NOTICE,
	"the web server collects what MCP clients get before it passes it on",
	"Progress and questions of upstreams arrive only with the end of a call, so that clients may give up "
	"before; where a client asks for a stream of notifications it sees none.",
	{{HOST_LIGHTTPD, "server.stream-response-body = 2"},
	    {HOST_FCGID, "FcgidOutputBufferSize 0   (server or virtual host)"},
	    {HOST_HTACCESS,
		"streams_max = 0   (in @conf: only the host can set FcgidOutputBufferSize 0)"},
	    {HOST_PROXY, "ProxyPassMatch \"^/mcp$\" ... flushpackets=on"},
	    {HOST_NGINX, "fastcgi_buffering off;"}}},
    {"mcp-methods", LEVEL_WRONG, "the web server does not pass on GET or DELETE of MCP clients",
	"Clients read streams by GET and end their sessions by DELETE; the web server's own answer may make "
	"them give up.",
	{{HOST_ANY,
	    "take out what allows POST only for /mcp: LimitExcept, limit_except, mod_security; "
	    "a CDN in front may refuse DELETE"}}},
    {"mcp-host", LEVEL_WRONG, "the responder takes clients at base_url for pages of strangers",
	"It refuses them with 403, to protect itself against pages that lead their own name to it. A proxy in "
	"front puts another name into Host.",
	{{HOST_ANY,
	    "allowed_hosts = the name that the proxy sends   (in @conf)\n"
	    "or let the proxy keep the name: ProxyPreserveHost On, proxy_set_header Host $host"}}},
    {"mcp-origin-lost", LEVEL_NOTICE, "the header Origin does not reach the responder",
	"A page of anybody could send requests to a gateway that its reader can reach. They need a key all "
	"the same.",
	{{HOST_ANY, "take out what drops or sets Origin (RequestHeader unset Origin, a proxy)"}}},
    {"mcp-discovery", LEVEL_WRONG, "the web server answers where clients look for a login page",
	"MCP clients ask there first, and take any answer but 404 for a page by which to log in; they fail "
	"then, with an error that says something else.",
	{{HOST_ANY,
	     "let these paths be answered with 404, also where all other paths lead to a page"},
	    {HOST_LIGHTTPD, "$HTTP[\"url\"] =~ \"" MCP_PATHS "\" { ... }   (as for /mcp)"},
	    {HOST_FCGID, "AliasMatch \"^/(mcp/)?\\.well-known/(oauth|openid)-[a-z-]+(/mcp)?$\" "
			 "/usr/local/lib/enforgate/mcp.fcgi"},
	    {HOST_NGINX,
		"location ~ \"^/(mcp/)?\\.well-known/(oauth|openid)-[a-z-]+(/mcp)?$|^/register$\""
		" { return 404; }"}}},
    {"programs-missing", LEVEL_WRONG, "programs that upstreams need are not there",
	"Upstreams that are programs cannot be started, nor legacy ones be asked by modern clients where "
	"they have questions.",
	{{HOST_ANY, "programs_dir = where they are   (in @conf)\n"
		    "or put them beside mcp.fcgi: `make install` does"}}},
    {"upstream-sandbox", LEVEL_WRONG, "an upstream cannot be kept from the state directory",
	"Its program is not started, as it could answer for people.",
	{{HOST_ANY,
	    "enforgatectl upstream set KEY UPSTREAM ..., as it says; --trust lets it run all the same"}}},
    {"upstream-sealed", LEVEL_WRONG, "the settings of an upstream do not open",
	"They were sealed under another key file, or altered; it cannot be used.",
	{{HOST_ANY, "enforgatectl upstream rm KEY UPSTREAM, and add it again"}}},
    {"upstream-down", LEVEL_WRONG, "an upstream cannot be used",
	"Its tools are not there; a required one makes every list and session of its key fail.",
	{{HOST_ANY,
	    "enforgatectl upstream test KEY UPSTREAM   (tries it again)\n"
	    "enforgatectl upstream set KEY UPSTREAM --optional   (the others go on without it)"}}},
    {"tools-changed", LEVEL_NOTICE, "tools are in quarantine, as their definitions changed",
	"They are neither listed nor callable until somebody has looked at what changed.",
	{{HOST_ANY, "enforgatectl upstream repin KEY UPSTREAM"}}},
    {"run-directory", LEVEL_WRONG, "the directory of sockets is open to others, or somebody else's",
	"Nothing is served through it then: who reaches its sockets could stand between responders and "
	"upstreams.",
	{{HOST_ANY, "chmod 700 @file   (and chown it to the user of the responders)"}}},
    {NULL, LEVEL_OK, NULL, NULL, {{HOST_ANY, NULL}}},
};
