/* config_table.c - the settings of enforgate.conf: names, ranges, defaults and texts; see config_table.h. */
#include "config_table.h"

#include <string.h>

#define KIB ((int64_t)1 << 10)
#define MIB ((int64_t)1 << 20)
#define AUDIT_BYTES_MAX ((int64_t)1 << 50)

#define AT(member) offsetof(struct config, member)

const struct config_setting config_settings[] = {
    {"state_dir", CONFIG_PATH, AT(state_dir), 0, 0, 0, NULL,
	"The state directory: database, key file, audit anchor. Never under the document root,\n"
	"never on a network file system, readable by nobody but its owner. Required.\n"},
    {"base_url", CONFIG_URL, AT(base_url), 0, 0, 0, "https://agents.example.org",
	"The address under which people and agents reach this gateway: http:// or https://, host,\n"
	"optionally a port and a path in front of /v1. Links are built from it and from nothing else.\n"
	"Not set where the line is left out; an example:\n"},
    {"log", CONFIG_LOG, AT(log), 0, 0, 0, "enforgate.log",
	"Where the programs write what they have to say: a file, or \"syslog\", or \"stderr\".\n"},
    {"threads", CONFIG_NUMBER, AT(threads), 1, 256, 32, "32",
	"Most threads that one process starts for requests.\n"},
    {"body_max", CONFIG_BYTES, AT(body_max), 4 * KIB, 4 * MIB, 256 * KIB, "256K",
	"Largest body of a check, in bytes; K, M and G may be written behind a number.\n"},
    {"nesting_max", CONFIG_NUMBER, AT(nesting_max), 4, JSON_NESTING_MAX, 64, "64",
	"Most levels of objects and arrays inside one another in a body.\n"},
    {"members_max", CONFIG_NUMBER, AT(members_max), 16, 1000000, 20000, "20000",
	"Most members and elements in a body, all levels together.\n"},
    {"header_max", CONFIG_BYTES, AT(header_max), 256, 64 * KIB, 8 * KIB, "8K",
	"Longest value of one request header, in bytes.\n"},
    {"database_deadline_ms", CONFIG_NUMBER, AT(database_deadline_ms), 50, 60000, 5000, "5000",
	"Longest wait for the database lock in milliseconds; then a request is answered with 503.\n"},
    {"database_rollback_journal", CONFIG_YES_NO, AT(database_rollback_journal), 0, 1, 0, "no",
	"Keep the database without a write-ahead log: slower, but it also works on file systems\n"
	"without shared memory. Yes or no.\n"},
    {"failed_keys_per_minute", CONFIG_NUMBER, AT(failed_keys_per_minute), 0, 1000000, 60, "60",
	"Refused keys per client address and minute before the answer is 429; 0 sets no limit.\n"},
    {"approve_per_minute", CONFIG_NUMBER, AT(approve_per_minute), 0, 1000000, 60, "60",
	"Requests for pages of approvals per client address and minute before the answer is 429;\n"
	"0 sets no limit.\n"},
    {"trusted_proxies", CONFIG_PROXIES, AT(trusted_proxies), 0, 0, 0, "192.0.2.1, 10.0.0.0/8",
	"Proxies in front of the web server, addresses or networks: what they say in X-Forwarded-For is\n"
	"taken as the client's address. None where the line is left out; an example:\n"},
    {"approvals_per_key", CONFIG_NUMBER, AT(approvals_per_key), 1, 100000, 50, "50",
	"Calls of one key that may wait for a person at once; more are denied.\n"},
    {"wait_max_s", CONFIG_NUMBER, AT(wait_max_s), 1, 86400, 240, "240",
	"Longest time in seconds that one request waits for a decision; the call can be asked again.\n"
	"mod_fcgid ends a request after 300 seconds whatever happens.\n"},
    {"held_max", CONFIG_NUMBER, AT(held_max), 0, 10000, 128, "128",
	"Requests that one process lets wait for decisions; more are answered at once, undecided.\n"},
    {"delivery_lease_s", CONFIG_NUMBER, AT(delivery_lease_s), 2, 3600, 60, "60",
	"Seconds after which another process sends the notifications of one that has died. One try to\n"
	"send takes half of it at most, and never more than 30 seconds.\n"},
    {"templates_dir", CONFIG_PATH, AT(templates_dir), 0, 0, 0, "templates",
	"Templates of your own for pages and messages, in place of the built-in ones of the same name.\n"
	"The directory need not exist.\n"},
    {"mcp_body_max", CONFIG_BYTES, AT(mcp_body_max), 4 * KIB, 64 * MIB, 4 * MIB, "4M",
	"Largest message of an MCP client, in bytes.\n"},
    {"allowed_hosts", CONFIG_HOSTS, AT(allowed_hosts), 0, 0, 0,
	"agents.example.net, 192.0.2.7:8443",
	"Hosts under which MCP clients may reach this gateway, beside that of base_url and this machine's own\n"
	"names (localhost, 127.0.0.1, [::1]); pages of other hosts are refused. None where the line is left\n"
	"out; an example:\n"},
    {"session_idle_h", CONFIG_NUMBER, AT(session_idle_h), 1, 8760, 168, "168",
	"Hours without a request after which the session of an MCP client is over.\n"},
    {"sessions_per_key", CONFIG_NUMBER, AT(sessions_per_key), 1, 10000, 200, "200",
	"Sessions of MCP clients that one key may have.\n"},
    {"leg_s", CONFIG_NUMBER, AT(leg_s), 1, 3600, 45, "45",
	"Longest time in seconds that one MCP request waits for a decision where the client may give up\n"
	"after a minute; where it follows the progress of the call, wait_max_s counts.\n"},
    {"streams_max", CONFIG_NUMBER, AT(streams_max), 0, 4096, 64, "64",
	"Streams of notifications to MCP clients that one process keeps open; 0 offers none. Behind\n"
	"mod_fcgid each takes a process of its own: 0 is right there.\n"},
    {"calls_per_key", CONFIG_NUMBER, AT(calls_per_key), 1, 10000, 16, "16",
	"Calls of one key that one process has under way at upstreams; more are refused at once.\n"},
    {"upstream_answer_max", CONFIG_BYTES, AT(upstream_answer_max), 4 * KIB, 64 * MIB, 8 * MIB, "8M",
	"Largest message of an upstream, in bytes.\n"},
    {"stdio_idle_s", CONFIG_NUMBER, AT(stdio_idle_s), 1, 86400, 600, "600",
	"Seconds without a call after which the program of a stdio upstream is ended.\n"},
    {"programs_dir", CONFIG_PATH, AT(programs_dir), 0, 0, 0, "bin",
	"Where enforgate-stdio and enforgate-bridge are, unless they lie beside the program that starts\n"
	"them or where `make install` put them.\n"},
    {"audit_keep_days", CONFIG_NUMBER, AT(audit_keep_days), 0, 36500, 0, "0",
	"Age in days from which `enforgatectl audit roll` exports and removes entries; 0 keeps all.\n"},
    {"audit_keep_bytes", CONFIG_BYTES, AT(audit_keep_bytes), 0, AUDIT_BYTES_MAX, 0, "0",
	"Size of the audit log from which `enforgatectl audit roll` exports and removes the oldest\n"
	"entries; 0 keeps all.\n"},
    {"audit_export_dir", CONFIG_PATH, AT(audit_export_dir), 0, 0, 0, "export",
	"Where `enforgatectl audit roll` puts what it exports.\n"},
    {NULL, CONFIG_PATH, 0, 0, 0, 0, NULL, NULL},
};
_Static_assert(sizeof(config_settings) / sizeof(config_settings[0]) <= CONFIG_SETTINGS_MAX,
    "CONFIG_SETTINGS_MAX is too small");

const struct config_setting *
config_setting_find(const char *name)
{
	for (const struct config_setting *s = config_settings; s->name != NULL; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static void
write_comment(const char *text, struct buf *out)
{
	while (text[0] != '\0') {
		int len = (int)strcspn(text, "\n");

		buf_printf(out, "# %.*s\n", len, text);
		text += len + (text[len] == '\n' ? 1 : 0);
	}
}

void
config_write_sample(const char *state_dir, struct buf *out)
{
	buf_text(out,
	    "# Configuration of Enforgate; enforgate.conf(5) has the details.\n"
	    "#\n"
	    "# Lines are `name = value`. Comments stand on lines of their own. Relative paths are\n"
	    "# taken from the directory of this file. A setting that is commented out has the value\n"
	    "# shown. Responders read the file when they start.\n");
	for (const struct config_setting *s = config_settings; s->name != NULL; s++) {
		buf_char(out, '\n');
		write_comment(s->help, out);
		if (s->standard == NULL)
			buf_printf(out, "%s = %s\n", s->name, state_dir);
		else if (strcmp(state_dir, ".") != 0 &&
			 (s->kind == CONFIG_PATH || s->kind == CONFIG_LOG))
			buf_printf(out, "#%s = %s/%s\n", s->name, state_dir, s->standard);
		else
			buf_printf(out, "#%s = %s\n", s->name, s->standard);
	}
}
