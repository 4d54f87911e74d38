# The rules of the house for C files, beyond what the compiler and clang-tidy know. Prints FILE:LINE: what is wrong.
# shared/ is laid in levels; a file includes its own level and those below it.

BEGIN {
	split("status clock utf8 when proxies together", l0)
	split("buf secret log match plain", l1)
	split("decimal json store config hosts limit generation probe wake page form", l2)
	split("call keys policy policies stop audit channels approval grant pin outbox notice continuation", l3)
	split("caller resolve courier sender address settle", l4)
	split("gate", l5)
	# Of the proxy: the protocol itself; what is kept; whatever speaks with upstreams; a whole request.
	split("rpc era param names convert sse state", m3)
	split("sessions upstreams continuation catalog_store pins sandbox", m4)
	split("mcp run peers wire wires line host mailbox catalog watch", m5)
	split("relay", m6)
	for (i in l0) level[l0[i]] = 0
	for (i in l1) level[l1[i]] = 1
	for (i in l2) level[l2[i]] = 2
	for (i in l3) level[l3[i]] = 3
	for (i in l4) level[l4[i]] = 4
	for (i in l5) level[l5[i]] = 5
	for (i in m3) level[m3[i]] = 3
	for (i in m4) level[m4[i]] = 4
	for (i in m5) level[m5[i]] = 5
	for (i in m6) level[m6[i]] = 6

	owner["json-c/"] = "^shared/json[a-z_]*\\.[ch]$"
	owner["pcre2.h"] = "^shared/match\\.c$"
	owner["sqlite3.h"] = "^(shared/store[a-z_]*\\.[ch]$|tests/)"
	owner["openssl/"] = "^shared/secret(_seal)?\\.c$"
	owner["fcgiapp.h"] = "^(fcgi/.*|tests/bench/hello\\.c)$"
	owner["fcgi_"] = "^fcgi/"
	owner["curl/"] = "^(ctl/doctor_http|shared/sender[a-z_]*|shared/mcp/wire[a-z_]*|tests/unit/test_sender[a-z_]*)\\.[ch]$"
	owner["libscrypt.h"] = "^shared/pin\\.c$"
	owner["ini.h"] = "^shared/config\\.c$"
	owner["cmocka.h"] = "^tests/unit/"

	banned = "(^|[^A-Za-z0-9_])(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atoll|strtok|system|popen|alloca)[ ]*\\("
}

function wrong(text) {
	print FILENAME ":" FNR ": " text
	found = 1
}
# "audit_chain.h" is of the level of audit: the longest name with a level that begins it.
function level_of(file, name) {
	name = file
	sub(/^.*\//, "", name)
	sub(/\.[ch]$/, "", name)
	while (!(name in level)) {
		if (!sub(/_[^_]*$/, "", name))
			return -1
	}
	return level[name]
}
function code_of(line) { # without texts and comments
	gsub(/\\\\/, "", line)
	gsub(/\\"/, "", line)
	gsub(/"[^"]*"/, "\"\"", line)
	gsub(/\/\*[^*]*\*\//, "", line)
	sub(/^[ \t]*(\/\*|\*).*/, "", line)
	sub(/\/\*.*/, "", line)
	return line
}

FNR == 1 {
	product = FILENAME ~ /^(shared|fcgi|ctl|stdio)\//
	room = FILENAME
	sub(/\/.*/, "", room)
	mine = level_of(FILENAME)
	if (room == "shared" && mine < 0)
		wrong("this file has no level in tests/lint/rules.awk")
	start = 0
}

/^#include </ {
	header = $2
	gsub(/[<>]/, "", header)
	for (part in owner)
		if (index(header, part) == 1 && FILENAME !~ owner[part])
			wrong("<" header "> is included by its owner only (" owner[part] ")")
}
/^#include "/ {
	header = $2
	gsub(/"/, "", header)
	if (room == "shared") {
		if (level_of(header) < 0)
			wrong("\"" header "\" is not of shared/: includes point down only")
		else if (level_of(header) > mine)
			wrong("\"" header "\" is above this file: includes point down only")
	}
}

product && code_of($0) ~ banned { wrong("a banned call") }
product && FNR == 401 { wrong("more than 400 lines") }
/(^|[^A-Za-z0-9_])(TO[D]O|FIX[M]E|X[X]X|HACK)([^A-Za-z0-9_]|$)/ { wrong("a left-over mark") }

# SQL is constant: a text that begins like a statement has no conversion in it and goes into no printing function.
/"(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|WITH) / && product {
	if ($0 ~ /printf|buf_text|strncat|memcpy/ || $0 ~ /"(SELECT|INSERT|UPDATE|DELETE|WITH) [^"]*%[0-9.*l]*[sduxi]/)
		wrong("SQL is constant text")
}

# A function's body stands between braces at column one.
/^[a-z_][A-Za-z0-9_]*\(/ { name = FNR }
/^\{$/ { start = name }
/^\}/ {
	if (start && product && FNR - start + 1 > 60)
		wrong("a function of " (FNR - start + 1) " lines, from line " start)
	start = 0
}
END { exit found }
