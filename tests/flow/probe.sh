# The header Enforgate-Probe: answered with a valid mark, as if it were not there without one; never a verdict.
. tests/lib.sh

new_state state
policy default '{"defaultDecision": "allow", "rules": []}'
key=$(new_key agent --policy default)
start_server
good='{"serverName": "s", "toolName": "t"}'

# What probe_mark.h says, by other means: the key is HMAC(key file, label, 1), the mac is over all before it.
hmac() { # hex-key
	openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" | sed 's/.*= *//'
}
master=$(sed 's/^enforgate-key-1 //' "$S/enforgate.key" 2>/dev/null)
probe_key=$(printf 'enforgate probe 1\001' | hmac "$master")
NONCE=0123456789012345678901
mark() { # delay pieces size [seconds-ago [key]]
	local text
	text=1.$((($(date +%s) - ${4:-0}) * 1000)).$NONCE.$1.$2.$3.
	printf '%s%s' "$text" "$(printf '%s' "$text" | hmac "${5:-$probe_key}")"
}
probe() { # mark [curl-argument...]
	local mark=$1
	shift
	request "$URL" -H "Enforgate-Probe: $mark" -H 'Content-Type: application/json' -d "$good" "$@"
}

before=$(audit_count)
probe "$(mark 0 0 0)" -H "Authorization: Bearer $NONCE"
is 'a probe: status' "$STATUS" 200
is 'a probe: program' "$(member program)" check
is 'a probe: the header arrived' "$(member authorizationWhole)" true
is 'a probe: the body arrived' "$(member bodySha256)" "$(printf '%s' "$good" | sha256sum | cut -d ' ' -f 1)"
is 'a probe: no verdict' "$(member decision)" absent
probe "$(mark 0 0 0)" -H "Authorization: Bearer $key"
is 'a probe with a key: no verdict either' "$(member decision)" absent
unlike 'a probe with a key: the key is not shown' "$HEADERS$BODY" "$key"
is 'probes are not recorded' "$(audit_count)" "$before"

# Without a valid mark the header is as if it were not there.
for case in "altered:$(mark 0 0 0)0" "expired:$(mark 0 0 0 90)" "early:$(mark 0 0 0 -90)" \
    "of another key:$(mark 0 0 0 0 "$master")" "too long a wait:$(mark 240001 0 0)" "too many pieces:$(mark 0 241 0)" \
    "too large:$(mark 0 0 1048577)" 'nonsense:x' 'empty: '; do
	probe "${case#*:}"
	is "${case%%:*}: refused as any stranger" "$STATUS $(member error)" '401 unauthorized'
	probe "${case#*:}" -H "Authorization: Bearer $key"
	is "${case%%:*}: with a key an ordinary check" "$STATUS $(member decision)" '200 allow'
done

# What is asked of the answer.
start=$(date +%s%N)
probe "$(mark 1000 0 0)"
took=$((($(date +%s%N) - start) / 1000000))
is "an answer that is late ($took ms)" "$((took >= 1000 && took < 3000)) $STATUS" '1 200'
probe "$(mark 200 4 0)"
is 'an answer in pieces is one document behind white space' "$STATUS $(member probe)" '200 1'
is 'an answer in pieces has so many of them' "$(head -c 5 "$T/body")" '    {'
probe "$(mark 0 0 100000)"
is 'an answer of a size' "$(($(wc -c <"$T/body") > 100000)) $(member probe)" '1 1'
head -c 262145 /dev/zero | tr '\0' x >"$T/large"
request "$URL" -H "Enforgate-Probe: $(mark 0 0 0)" --data-binary "@$T/large"
is 'a body over the limit' "$STATUS $(member error)" '413 too_large'

# Two at once, of all processes together; calls go on beside them.
for i in 1 2; do
	curl -s -m 20 -o "$T/slow.$i" -H "Enforgate-Probe: $(mark 2500 0 0)" -d '{}' "$URL" &
	slow[i]=$!
done
sleep 0.7
probe "$(mark 0 0 0)"
is 'a third probe has to come again' "$STATUS $(member error)" '503 busy'
is 'a third probe: Retry-After' "$(header Retry-After)" 2
call "$key" t
is 'a call beside two probes' "$STATUS $(member decision)" '200 allow'
wait "${slow[1]}" "${slow[2]}"
is 'the two are answered' "$(jq -r .probe "$T/slow.1") $(jq -r .probe "$T/slow.2")" '1 1'
probe "$(mark 0 0 0)"
is 'then there is room again' "$STATUS" 200
finish
