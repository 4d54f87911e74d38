# enforgatectl doctor against servers that are not ours and mean no good: what it prints, what it sends, when it ends.
. tests/lib.sh
. tests/httpd/doctor/lib.sh

new_state state
policy p '{"defaultDecision": "allow", "rules": []}'
new_key agent --policy p >"$T/key"

# One answer for each request, from a file; without a file for the method the connection stays open and silent.
cat >"$T/server.pl" <<'END'
use IO::Socket::INET;
my ($port, $dir) = @ARGV;
my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $port, Listen => 50, ReuseAddr => 1) or die;
$SIG{CHLD} = "IGNORE";
$SIG{PIPE} = "IGNORE";
while (my $c = $l->accept) {
	next if fork;
	# The body too: bytes that are not read would end the connection before the answer is.
	my ($head, $left) = ("", 1);
	while ($left > 0 && sysread($c, $bytes, 65536)) {
		$head .= $bytes;
		next if $head !~ /\r\n\r\n/;
		my $got = length($');
		my ($size) = $head =~ /^Content-Length: *(\d+)/mi;
		$left = ($size // 0) - $got;
	}
	open my $seen, ">>", "$dir/seen";
	print $seen $head;
	close $seen;
	my ($method) = $head =~ /^(\w+)/;
	my $file = $head =~ /^Enforgate-Probe:/mi && -e "$dir/PROBE" ? "PROBE" : $method;
	open(my $answer, "<", "$dir/$file") or sleep 300;
	local $/;
	print {$c} readline($answer);
	exit 0;
}
END
# hostile NAME: serves the files of $D; then doctor for people and for programs.
hostile() {
	here
	setsid perl "$T/server.pl" "$PORT" "$D" 3>&- >"$T/out" 2>&1 &
	SERVER=$!
	web_wait "$T/out"
	local code=0
	ctl doctor >"$T/people" 2>"$T/people.err" || code=$?
	is "$1: for people: exit code" "$code" 1
	is "$1: for people: nothing that a terminal obeys" "$(LC_ALL=C grep -caP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$T/people")" 0
	examine
	is "$1: for programs: exit code" "$CODE" 1
	is "$1: for programs: JSON, and nothing that a terminal obeys" \
	    "$(jq -e .wrong "$T/doctor.json" 2>&1 | grep -c '^[1-9]') $(LC_ALL=C grep -caP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$T/doctor.json")" '1 0'
	is "$1: all of it is UTF-8" "$(cat "$T/people" "$T/doctor.json" | iconv -f utf-8 -t utf-8 2>&1 >"$T/out")" ''
	unlike "$1: no key was sent" "$(tr -d '\000' <"$D/seen")" "bwb_|$(sed 's/^enforgate-key-1 //' "$S/enforgate.key")"
	end_group "$SERVER"
}
answers() { # METHOD STATUS HEADERS BODY: text as printf %b has it
	printf 'HTTP/1.1 %b\r\nConnection: close\r\n%b\r\n%b' "$2" "$3" "$4" >"$D/$1"
}
new_site() {
	D=$(mktemp -d "$T/site.XXXX")
	W=$D
}
# Sequences that set a title or clear the screen, in seven bits, in eight, and as UTF-8; bytes that are no UTF-8.
evil='\033]0;x\007\033[2J\0302\0233 31m\0302\02350;x\0233\0377\0300\0200'
ours='{"error":"unauthorized","message":"m","requestId":"r"}'
types='Content-Type: application/json\r\nCache-Control: no-store\r\n'

new_site
for method in GET POST; do answers $method "302 $evil" "Server: $evil\r\nLocation: file:///etc/passwd$evil\r\n" "$evil"; done
hostile 'a redirect to a file'
is 'a redirect to a file: is named' "$(level redirected)" wrong
new_site
for method in GET POST; do
	answers $method "401 No" "Server: Apache$evil\r\nWWW-Authenticate: Bearer$evil\r\nContent-Type: text/$evil\r\nCache-Control: $evil\r\n" "$evil"
done
hostile 'sequences in headers and body'
new_site
answers GET '400 No' "Server: nginx\r\n$types" '{"error":"\\u001b[2J\\u009b31m","message":"m","requestId":"r"}'
cp "$D/GET" "$D/POST"
hostile 'sequences in the JSON of an error'
new_site
answers GET '405 No' "Server: nginx\r\n$types" "$ours"
answers POST '401 No' "Server: nginx\r\nWWW-Authenticate: Bearer\r\n$types" "$ours"
answers PROBE '200 OK' "$types" '{"probe":1,"program":"check","version":"\\u009b31m","pid":-1,"serverSoftware":"Apache",
    "socket":"unix 99999999999","descriptors":-5,"threads":9223372036854775807,"address":"10.\\u009b1","port":"\\u001b[2J",
    "authorization":"a\\u009bb","forwardedBy":"\\u009d0;"}'
hostile 'a forged answer to a probe'
like 'a forged answer to a probe: is not taken for ours' "$(level state-differs) $(level version-differs)" 'wrong wrong'
new_site
{
	printf 'HTTP/1.1 200 OK\r\nServer: x\r\n\r\n'
	head -c 10000000 /dev/zero | tr '\0' A
} >"$D/GET"
cp "$D/GET" "$D/POST"
hostile 'ten megabytes'
is 'ten megabytes: are no file of ours' "$(level not-served) $(level route-odd)" 'ok wrong'

# A server that falls silent: doctor ends, and does not say of what it did not see that it is well.
new_site
printf 'HTTP/1.1 404 No\r\nServer: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' >"$D/POST"
here
setsid perl "$T/server.pl" "$PORT" "$D" 3>&- >"$T/out" 2>&1 &
SERVER=$!
web_wait "$T/out"
begin=$SECONDS
examine
is "silence: an end within two minutes ($((SECONDS - begin)) s)" "$((SECONDS - begin < 120))" 1
named 'silence' unanswered
is 'silence: nothing is said of what was not seen' "$(level not-served)" none
end_group "$SERVER"
finish
