/* doctor_faults_data.c - what can be wrong with keys, database, log and settings; see doctor.h. */
#include "doctor.h"

const struct fault doctor_faults_data[] = {
    {"key-file", LEVEL_WRONG, "the key file cannot be used",
	"Without it no responder starts, and the audit log cannot be verified.",
	{{HOST_ANY, "put @file back from its backup, mode 0600, owned by this user"}}},
    {"database", LEVEL_WRONG, "the database cannot be opened",
	"No verdict without its record: every call is answered with 500.",
	{{HOST_ANY, "what was seen says which way out; a backup comes back so:\n"
		    "stop the responders, put the copy to @state/enforgate.db, then\n"
		    "enforgatectl audit verify --accept-restore"}}},
    {"database-old", LEVEL_NOTICE, "the database has to be brought to a newer version",
	"The first program that opens it does so, after keeping a copy beside it.",
	{{HOST_ANY,
	    "enforgatectl key list   (or any other command; then restart the responders)"}}},
    {"database-damaged", LEVEL_WRONG, "the database is damaged",
	"Sooner or later an entry cannot be written, and then no call is answered.",
	{{HOST_ANY, "stop the responders, restore a backup to @state/enforgate.db, then\n"
		    "enforgatectl audit verify --accept-restore"}}},
    {"triggers", LEVEL_WRONG, "the audit log is not protected from changes any more",
	"Triggers refuse every change of an entry. Somebody removed one with a tool of SQLite's.",
	{{HOST_ANY, "enforgatectl audit verify\n"
		    "(says whether entries were changed, and how to put the trigger back)"}}},
    {"anchor-missing", LEVEL_WRONG, "the anchor of the audit log is gone",
	"A log whose end was cut off could not be told from a whole one.",
	{{HOST_ANY, "enforgatectl audit verify\n"
		    "enforgatectl audit verify --accept-restore   (if you know why it is gone)"}}},
    {"anchor-damaged", LEVEL_WRONG, "the anchor of the audit log is not ours",
	"It is damaged, or of another installation, or the key file is another one.",
	{{HOST_ANY, "enforgatectl audit verify"}}},
    {"audit-cut", LEVEL_WRONG, "the end of the audit log is missing",
	"An older database was put in place, or entries were removed.",
	{{HOST_ANY, "enforgatectl audit verify\n"
		    "enforgatectl audit verify --accept-restore   (after a restore of yours)"}}},
    {"clock-behind", LEVEL_WRONG, "entries of the audit log are from the future",
	"The clock was wrong when they were written, or is wrong now; keys expire by it.",
	{{HOST_ANY, "date -u   (is it right? if not:)\n"
		    "timedatectl set-ntp true"}}},
    {"clock-web", LEVEL_WRONG, "the web server's clock and this one differ",
	"Keys and links expire by the clock; a probe is refused when it differs by a minute.",
	{{HOST_ANY, "date -u   (is it right? if not:)\n"
		    "timedatectl set-ntp true"}}},
    {"stopped", LEVEL_NOTICE, "the kill switch is on: every call is denied",
	"This is what it is for; doctor only says so.", {{HOST_ANY, "enforgatectl resume"}}},
    {"keys-none", LEVEL_NOTICE, "there is no key that could be used",
	"Every request is answered with 401.",
	{{HOST_ANY, "enforgatectl key add NAME --policy POLICY"}}},
    {"key-policy", LEVEL_NOTICE, "a key has no policy", "Every call made with it is denied.",
	{{HOST_ANY, "enforgatectl key set @file --policy POLICY"}}},
    {"key-approver", LEVEL_NOTICE, "nobody is told of a key's calls that need a decision",
	"They wait for `enforgatectl approval`, and are denied when their time is over.",
	{{HOST_ANY, "enforgatectl channel add NAME KIND ...   (enforgatectl help channel add)\n"
		    "enforgatectl key set @file --channel NAME"}}},
    {"channel-failing", LEVEL_NOTICE, "messages to a channel do not arrive",
	"Whoever is told there hears of no call, and calls are denied when their time is over.",
	{{HOST_ANY, "enforgatectl channel test @file\n"
		    "enforgatectl channel set @file ...   (enforgatectl help channel set)"}}},
    {"approval-base-url", LEVEL_WRONG, "calls that need a decision are denied",
	"Links for approvers are built from base_url only; without it nobody is asked.",
	{{HOST_ANY, "in @conf:\n"
		    "base_url = https://YOUR-HOST\n"
		    "then restart the responders"}}},
    {"base-url-missing", LEVEL_WRONG, "base_url is not set",
	"Links are built from it and nothing else: without it no person can be asked, so what needs one is "
	"denied. Nor can doctor look at the web server.",
	{{HOST_ANY, "in @conf:\n"
		    "base_url = https://YOUR-HOST\n"
		    "then restart the responders; --offline leaves the web server out"}}},
    {"base-url-http", LEVEL_WRONG, "base_url is http:// on a public host",
	"Keys and approval links travel in the clear: who sees one can make calls, or decide on them. And "
	"browsers do not check the arguments that a page shows without https.",
	{{HOST_ANY, "get a certificate, then in @conf:\nbase_url = https://YOUR-HOST"},
	    {HOST_LIGHTTPD, "server.modules += (\"mod_openssl\")\n"
			    "$SERVER[\"socket\"] == \":443\" {\n"
			    "    ssl.engine  = \"enable\"\n"
			    "    ssl.pemfile = \"/etc/ssl/certs/NAME.pem\"\n"
			    "    ssl.privkey = \"/etc/ssl/private/NAME.key\"\n"
			    "}"},
	    {HOST_FCGID, "SSLEngine on\nSSLCertificateFile /etc/ssl/certs/NAME.pem\n"
			 "SSLCertificateKeyFile /etc/ssl/private/NAME.key"},
	    {HOST_PROXY, "SSLEngine on\nSSLCertificateFile /etc/ssl/certs/NAME.pem\n"
			 "SSLCertificateKeyFile /etc/ssl/private/NAME.key"},
	    {HOST_NGINX, "listen 443 ssl;\nssl_certificate /etc/ssl/certs/NAME.pem;\n"
			 "ssl_certificate_key /etc/ssl/private/NAME.key;"}}},
    {"base-url-local", LEVEL_NOTICE, "base_url is http:// in a private network",
	"Everybody in that network can read the keys and links that pass by, and browsers do not check the "
	"arguments that a page shows without https.",
	{{HOST_ANY, "use https:// where others share the network"}}},
    {NULL, LEVEL_OK, NULL, NULL, {{HOST_ANY, NULL}}},
};
