# make dist, dist-bin, install and uninstall as an ordinary user uses them: what is there, that it serves, an upgrade over
# it with a migration of the database, and what remains.
. tests/lib.sh

chmod 755 "$T"
home=$T/home
AS_USER=(env HOME="$home")
mkdir -m 711 "$home"
if [ "$(id -u)" = 0 ]; then
	AS_USER=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "${AS_USER[@]}")
	chown nobody "$home"
fi
installed=$home/enforgate
examples=$installed/share/enforgate/httpd-examples
S=$installed/state
# What make would take from the environment of the tests is not for this tree.
make_in() { # directory argument...
	local directory=$1
	shift
	"${AS_USER[@]}" env -u STATE -u PORT -u TESTS -u TEST_KIND BUILD=build make -s -j2 --no-print-directory -C "$directory" \
	    "$@" >"$T/make.out" 2>&1
}
user_ctl() { "${AS_USER[@]}" env -u ENFORGATE_CONF "$installed/bin/enforgatectl" "$@"; }
# The installed example; nothing but the port is changed.
host_start() {
	sed "s/^var.port .*/var.port = $PORT/" "$examples/lighttpd.conf" >"$HOST_DIR/lighttpd.conf"
	host_run "${AS_USER[@]}" lighttpd -D -f "$HOST_DIR/lighttpd.conf"
}

# ---- make dist: what git has, no more, and the same bytes each time. ----
mkdir "$T/dist" "$T/again" "$T/source"
version=$(sed -n 's/^VERSION := //p' Makefile)
if [ -e .git ] && git rev-parse -q --verify HEAD >"$T/commit" 2>&1; then
	for place in dist again; do
		exits "make dist ($place)" 0 make -s dist "DISTDIR=$T/$place"
	done
	archive=$T/dist/enforgate-$version.tar.gz
	is 'twice the same bytes' "$(cmp "$archive" "$T/again/${archive##*/}" 2>&1)" ''
	git ls-tree -r --name-only HEAD | sed "s|^|enforgate-$version/|" | sort >"$T/tracked"
	is 'all that git has and no more' "$(tar tzf "$archive" | grep -v '/$' | sort | diff - "$T/tracked")" ''
	is 'of nobody in particular' "$(tar tvzf "$archive" --numeric-owner | awk '$2 != "0/0"')" ''
	tar xzf "$archive" -C "$T/source"
	# What is changed and not committed yet is tested as well.
	git diff --name-only -z --diff-filter=d HEAD | tar --null -T - -cf - | tar xf - -C "$T/source/enforgate-$version"
else
	not_run 'make dist' "needs git and a clone of one's own"
	mkdir "$T/source/enforgate-$version"
	tar cf - --exclude=./build --exclude=./run . | tar xf - -C "$T/source/enforgate-$version"
fi
source=$T/source/enforgate-$version
[ "$(id -u)" != 0 ] || chown -R nobody "$T/source" "$T/dist"

# ---- A build for an account, unpacked there. ----
make_in "$source" dist-bin "ACCOUNT=$home" "DISTDIR=$T/dist" || fatal "dist-bin: $(tail -n 5 "$T/make.out")"
archive=$T/dist/enforgate-$version-$(uname -m).tar.gz
"${AS_USER[@]}" tar xzf "$archive" -C "$home"
is 'the programs want few libraries' "$(LC_ALL=C ldd "$installed/lib/enforgate/check.fcgi" "$installed/bin/enforgatectl" |
    grep -oE 'lib(fcgi|json-c|sqlite3|pcre2-8|inih)\.so')" ''
paths="/usr/local/(lib|share|bin)/enforgate|/var/lib/enforgate/|$T/source"
is 'no path of the building machine or of /usr/local' "$(grep -rlE "$paths" "$examples")" ''
is 'the .htaccess is ready' "$(sed -n 's/^SetEnv ENFORGATE_CONF //p' "$examples/apache-htaccess/htaccess")" "$S/enforgate.conf"
is 'the units write there' "$(grep -hE '^(ReadWritePaths|StateDirectory)' "$examples"/systemd/*.service | sort -u)" "ReadWritePaths=$S"
is 'every file is listed' "$(cd "$installed" && find . -type f | sed 's|^./||' | sort)" \
    "$(grep -v '/$' "$installed/share/enforgate/manifest" | sort)"
gone=$installed/share/enforgate/policies/payments.json
is 'a file that will go with the upgrade' "$([ -f "$gone" ] && echo there)" there
is 'nobody but the owner can write' "$(find "$installed" -perm /022)" ''
cases=$(cd "$source" && "${AS_USER[@]}" env -u TESTS BUILD=build/account bash tests/run.sh cases 2>&1 3>&- | tail -n 1)
like 'the unpacked sources pass their cases' "$cases" '^[1-9][0-9]* passed, 0 failed$'

exits 'init' 0 user_ctl init --state "$S"
unlike 'no need to name the configuration' "$OUT" 'export ENFORGATE_CONF'
exits 'an installed policy' 0 user_ctl policy put agents "$installed/share/enforgate/policies/read-only-agent.json"
exits 'a key' 0 user_ctl key add crawler --policy agents
key=$OUT
mkdir "$S/htdocs"
start_server
call "$key" list_issues
is 'a verdict by the installed example' "$STATUS $(member decision)" '200 allow'
request "$APPROVE/$(printf 'x%.0s' $(seq 43))?action=approve"
is 'the pages of links as well' "$STATUS $(member error)" '404 not_found'

# ---- A newer version, with a migration and one file less, over the one that runs. ----
cp "$installed/bin/enforgatectl" "$T/enforgatectl.old"
newest=$(ls "$source/sql" | sed -n 's/^0*\([0-9]*\)_.*/\1/p' | sort -n | tail -n 1)
echo 'CREATE TABLE later (x TEXT NOT NULL);' >"$source/sql/$(printf %03d $((newest + 1)))_later.sql"
rm "$source/policies/payments.json"
# -O0: the sooner it is built.
place=("PREFIX=$installed" "STATEDIR=$S")
make_in "$source" install "${place[@]}" VERSION=99.0.0 OPT=-O0 HARDEN=-fPIE || fatal "upgrade: $(tail -n 5 "$T/make.out")"
is 'the newer version is there' "$(user_ctl --version)" 'enforgatectl 99.0.0'
is 'what it has no more is gone' "$([ -e "$gone" ] && echo there)" ''
is 'nothing is half done' "$(find "$installed" -name '*.new')" ''
call "$key" list_issues
is 'the older responder has gone on' "$STATUS $(member decision)" '200 allow'
stop_server
start_server
call "$key" list_issues
is 'the newer one: a verdict for the same key' "$STATUS $(member decision)" '200 allow'
is 'the database is upgraded' "$(sqlite3 "$S/enforgate.db" 'PRAGMA table_list(later)' | grep -c .)" 1
is 'with a copy of the older one' "$(sqlite3 "$S/enforgate.db.before-$((newest + 1))" "SELECT count(*) FROM audit WHERE kind = 'verdict'")" 2
is 'entries of both versions' "$(audit_count)" 3
exits 'the audit log is whole' 0 user_ctl audit verify
exits 'the older version refuses the database' 2 env ENFORGATE_CONF="$S/enforgate.conf" "${AS_USER[@]}" "$T/enforgatectl.old" key list
like 'and says why' "$ERR" 'newer'
stop_server

exits 'uninstall' 0 make_in "$source" uninstall "PREFIX=$installed"
is 'it leaves the state and nothing else' "$(find "$home" -path "$S" -prune -o -print | sort | tr '\n' ' ')" "$home $installed "
is 'the state is whole' "$(audit_count) $(stat -c %a "$S/enforgate.key")" '3 600'

# ---- Under a prefix, by DESTDIR. ----
under() { env BUILD="$BUILD" DESTDIR="$T/package" PREFIX=/usr/local STATEDIR=/var/lib/enforgate sh tools/install.sh "$@"; }
exits 'a package' 0 under install
is 'the examples are as they are here' "$(diff -r httpd-examples "$T/package/usr/local/share/enforgate/httpd-examples")" ''
is 'manual pages' "$(cd "$T/package/usr/local/share/man" && find . -type f | sort | tr '\n' ' ')" \
    './man1/enforgatectl.1 ./man5/enforgate-policy.5 ./man5/enforgate.conf.5 ./man7/enforgate-mcp.7 ./man7/enforgate.7 '
is 'modes' "$(cd "$T/package/usr/local" && stat -c %a bin/enforgatectl lib/enforgate/* share/enforgate/INSTALL lib |
    uniq | tr '\n' ' ')" '755 644 755 '
is 'the programs' "$(ls "$T/package/usr/local/lib/enforgate" | tr '\n' ' ')" \
    'approve.fcgi check.fcgi enforgate-bridge enforgate-demo enforgate-stdio mcp.fcgi '
is 'the templates, to be copied' "$(diff -r templates "$T/package/usr/local/share/enforgate/templates")" ''
mine=$T/package/usr/local/share/enforgate/policies/mine.json
echo mine >"$mine"
exits 'the same once more' 0 under install
exits 'uninstall of a package' 0 under uninstall
is "only somebody's own file is left" "$(find "$T/package/usr/local" -type f)" "$mine"
exits 'nothing to uninstall' 1 under uninstall
for bad in relative '/with space' '/slash/' '/a;b'; do
	exits "PREFIX $bad is refused" 1 env BUILD="$BUILD" PREFIX="$bad" sh tools/install.sh install
done
finish
