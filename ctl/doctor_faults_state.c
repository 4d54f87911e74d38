/* doctor_faults_state.c - what can be wrong with files and places, and what mends it; see doctor.h. */
#include "doctor.h"

const struct fault doctor_faults_state[] = {
    {"state-unreadable", LEVEL_WRONG, "the state directory cannot be looked at",
	"Whoever runs doctor sees what the responders see; they need the directory too.",
	{{HOST_ANY, "run doctor as the user that owns @state, or\nchown -R USER @state"}}},
    {"state-mode", LEVEL_WRONG, "others can look into the state directory",
	"Who reads the key file can rewrite the audit log and read stored secrets.",
	{{HOST_ANY, "chmod 700 @state"}}},
    {"state-owner", LEVEL_WRONG, "the state directory belongs to another user",
	"Files that this user makes in it lock the other one's responders out.",
	{{HOST_ANY, "run enforgatectl and the responders as the owner of @state, or\n"
		    "chown -R USER @state"}}},
    {"file-link", LEVEL_WRONG, "a symbolic link stands where a file of the installation should be",
	"The programs refuse it: a link can point to something that others write.",
	{{HOST_ANY, "put the file itself into the state directory in place of @file"}}},
    {"file-owner", LEVEL_WRONG, "a file belongs to another user",
	"The responders may not be able to write it, or somebody else can change it.",
	{{HOST_ANY, "chown USER @file"}}},
    {"file-mode", LEVEL_WRONG, "others can read or write a file that holds secrets",
	"The directory is all that keeps them away; one chmod of it and they are in. The programs refuse "
	"a key file with such a mode.",
	{{HOST_ANY, "chmod 600 @file"}}},
    {"conf-mode", LEVEL_WRONG, "others can write the configuration",
	"Who writes it chooses the state directory, and with it keys and policies.",
	{{HOST_ANY, "chmod go-w @file"}}},
    {"log-mode", LEVEL_NOTICE, "everybody on this machine can read a log",
	"It tells who calls and when. It never holds arguments or keys.",
	{{HOST_ANY, "chmod 640 @file"}}},
    {"state-docroot", LEVEL_WRONG, "the state directory looks like a part of a document root",
	"A web server that serves it hands the database and the key file to anybody who asks.",
	{{HOST_ANY, "stop the responders, then\n"
		    "mv @state SOMEWHERE-ELSE\n"
		    "and say so in the configuration: state_dir = SOMEWHERE-ELSE\n"
		    "(beside the document root, like /home/NAME/enforgate)"}}},
    {"state-near-docroot", LEVEL_NOTICE, "the state directory may be a part of a document root",
	"The name of a directory above it is one that web servers often serve.",
	{{HOST_ANY, "make sure that no document root is above @state, or move it elsewhere"}}},
    {"file-system-readonly", LEVEL_WRONG, "the state directory cannot be written",
	"No verdict without its record: every call is answered with 500.",
	{{HOST_ANY, "mount it writable, or move the state directory"}}},
    {"network-file-system", LEVEL_NOTICE, "the database is on a network file system",
	"It is slower there, and safe only as long as locks work and nobody turns the journal setting "
	"off.",
	{{HOST_ANY, "move @state to a local disk and remove database_rollback_journal"}}},
    {"disk-full", LEVEL_WRONG, "the disk is as good as full",
	"What cannot be recorded is not answered: every call is then refused with 500.",
	{{HOST_ANY, "enforgatectl audit roll --keep-days 30\n"
		    "(exports and removes older entries; or make room otherwise)"}}},
    {"disk-low", LEVEL_NOTICE, "there is little room on the disk",
	"What cannot be recorded is not answered: a full disk stops every call.",
	{{HOST_ANY, "enforgatectl audit roll --keep-days 30"}}},
    {"libfcgi", LEVEL_WRONG, "libfcgi is of a version with CVE-2025-23016",
	"Who can write to a responder's socket can run code in it.",
	{{HOST_ANY, "apt-get update && apt-get install --only-upgrade libfcgi0ldbl\n"
		    "then restart the responders, and keep the sockets at mode 0660"}}},
    {"program-replaced", LEVEL_WRONG, "a responder runs a program that was replaced on disk",
	"It is of the version before the upgrade; faults that are mended still are in it.",
	{{HOST_LIGHTTPD,
	     "systemctl restart enforgate   (lighttpd.conf: lighttpd starts them)\n"
	     "systemctl restart enforgate-check enforgate-approve   (lighttpd-sockets.conf: systemd does)"},
	    {HOST_FCGID, "touch @file; apachectl graceful"},
	    {HOST_HTACCESS, "touch @file   (new requests then get new processes)\n"
			    "pkill -TERM -u \"$USER\" 'check.fcgi|approve.fcgi'"},
	    {HOST_PROXY, "systemctl restart enforgate-check enforgate-approve"},
	    {HOST_NGINX, "systemctl restart enforgate-check enforgate-approve"}}},
    {"database-replaced", LEVEL_WRONG, "a responder writes to a database that is no longer there",
	"The file was replaced while it was open. That process can only answer 500.",
	{{HOST_ANY, "restart the responders"}}},
    {NULL, LEVEL_OK, NULL, NULL, {{HOST_ANY, NULL}}},
};
