# lib.sh - what the benchmarks share: a state directory, one lighttpd with a port per responder, runs.
# Sourced by run.sh and large.sh, with `set -eu`. BUILD names the build directory.
BUILD=${BUILD:-build}
tools=$BUILD/tests
dir=${BENCH_DIR:-$BUILD/bench}
lighttpd_pid=
children=
locations=

fail() {
	echo "bench: $*" >&2
	exit 1
}

stop_lighttpd() {
	[ -n "$lighttpd_pid" ] || return 0
	kill "$lighttpd_pid" 2>/dev/null || true
	wait "$lighttpd_pid" 2>/dev/null || true
	for child in $children; do
		kill -KILL "$child" 2>/dev/null || true
	done
	lighttpd_pid=
}

# The figures mean nothing where fdatasync does nothing.
prepare_dir() {
	command -v lighttpd >/dev/null || fail "lighttpd is not installed"
	rm -rf "$dir"
	mkdir -p "$dir"
	dir=$(cd "$dir" && pwd)
	tools=$(cd "$tools" && pwd)
	programs=$(cd "$BUILD" && pwd)
	filesystem=$(stat -f -c %T "$dir")
	case $filesystem in
	tmpfs | ramfs)
		[ -n "${BENCH_ALLOW_TMPFS:-}" ] ||
			fail "$dir is on $filesystem, which is not durable: name a disk with BENCH_DIR"
		;;
	esac
	write_request
}

write_request() {
	cat >"$dir/body.json" <<-'END'
	{"serverName":"filesystem","toolName":"read_text_file","args":{"path":"/srv/projects/alpha/reports/2026/summary.md","head":200,"encoding":"utf-8","follow":false,"purpose":"weekly status summary"}}
	END
	awk 'BEGIN {
		print "{\"rules\": ["
		for (i = 0; i < 19; i++)
			printf "{\"tool\": \"tool_%02d_*\", \"decision\": \"deny\"},\n", i
		print "{\"tool\": \"read_*\", \"decision\": \"allow\","
		print " \"where\": [{\"path\": \"path\", \"matches\": \"^/srv/(?!secret/)\"}]}"
		print "]}"
	}' >"$dir/policy.json"
}

# prepare_state DIR: an installation with a policy of 20 rules; its key goes to DIR.api-key.
prepare_state() {
	mkdir -p "$1"
	ENFORGATE_CONF=$1/enforgate.conf
	export ENFORGATE_CONF
	(cd "$1" && "$programs/enforgatectl" init) >"$1.log" 2>&1 || fail "init: $(cat "$1.log")"
	"$programs/enforgatectl" policy put bench "$dir/policy.json" >"$1.log" 2>&1 ||
		fail "policy put: $(cat "$1.log")"
	"$programs/enforgatectl" key add bench --policy bench >"$1.api-key" 2>"$1.log" ||
		fail "key add: $(cat "$1.log")"
	unset ENFORGATE_CONF
}

# add_responder NAME PROGRAM VARIABLE VALUE: to be called before start_lighttpd.
add_responder() {
	locations="$locations $1"
	cat >"$dir/$1.part" <<-END
	{ fastcgi.server = ("" => ((
	  "bin-path" => "$2", "socket" => "$dir/$1.sock", "check-local" => "disable",
	  "max-procs" => 1, "listen-backlog" => 1024, "bin-environment" => ("$3" => "$4")))) }
	END
}

write_lighttpd_conf() {
	cat >"$dir/lighttpd.conf" <<-END
	server.modules = ("mod_fastcgi")
	server.document-root = "$dir"
	server.errorlog = "$dir/lighttpd.log"
	server.bind = "127.0.0.1"
	server.port = $1
	server.max-fds = 4096
	server.listen-backlog = 1024
	server.max-keep-alive-requests = 1000000
	END
	next=$1
	for name in $locations; do
		next=$((next + 1))
		echo "$next" >"$dir/$name.port"
		{
			printf '$SERVER["socket"] == "127.0.0.1:%d" ' "$next"
			cat "$dir/$name.part"
		} >>"$dir/lighttpd.conf"
	done
}

# Ports of 127.0.0.1 from a random one up; another choice where one is taken.
start_lighttpd() {
	for _ in 1 2 3 4 5; do
		write_lighttpd_conf $(($(od -An -N2 -tu2 /dev/urandom) % 10000 + 20000))
		lighttpd -D -f "$dir/lighttpd.conf" >"$dir/lighttpd.out" 2>&1 &
		lighttpd_pid=$!
		sleep 1
		if kill -0 "$lighttpd_pid" 2>/dev/null; then
			children=$(pgrep -P "$lighttpd_pid" | tr '\n' ' ')
			return 0
		fi
		wait "$lighttpd_pid" || true
	done
	lighttpd_pid=
	fail "lighttpd did not start: $(tail -n 3 "$dir/lighttpd.log" "$dir/lighttpd.out")"
}

# responder_pid PROGRAM: the process that lighttpd started from it.
responder_pid() {
	for child in $children; do
		if [ "$(readlink "/proc/$child/exe")" = "$(readlink -f "$1")" ]; then
			echo "$child"
			return 0
		fi
	done
	fail "$1 is not running: $(tail -n 3 "$dir/lighttpd.log")"
}

# field NAME: a number out of one line of JSON.
field() {
	sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p"
}

# measure NAME CONNECTIONS SECONDS KEY: prints "requests/s p50 p99"; every answer must be a 200.
measure() {
	result=$("$tools/load" --json -c "$2" -d "$3" --warmup 0.3 --body "$dir/body.json" \
		--header 'Content-Type: application/json' --header "Authorization: Bearer $4" \
		"http://127.0.0.1:$(cat "$dir/$1.port")/v1/check")
	for problem in not_200 connect_failed lost broken unfinished; do
		[ "$(echo "$result" | field $problem)" = 0 ] || fail "$1 at c=$2: $result"
	done
	[ "$(echo "$result" | field responses)" != 0 ] || fail "$1 at c=$2: no answer"
	echo "$(echo "$result" | field requests_per_second) $(echo "$result" | field p50_us)" \
		"$(echo "$result" | field p99_us)"
}

machine() {
	echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, Linux $(uname -r)"
}

# Cores that others keep busy: to be asked while nothing of ours runs.
busy_jiffies() {
	awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 + $9 }' /proc/stat
}
cores_of_others() {
	before=$(busy_jiffies)
	sleep 0.5
	awk -v a="$before" -v b="$(busy_jiffies)" -v hz="$(getconf CLK_TCK)" \
		'BEGIN { printf "%.2f", (b - a) / hz / 0.5 }'
}
