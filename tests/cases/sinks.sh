# The validators of messages that the tests of notifications use: they find what is wrong.
. tests/lib.sh

exits 'shapes_test.py runs' 0 python3 tests/sinks/shapes_test.py
printf '%s\n' "$OUT" >&3
like 'it tried them all' "$(grep -c . <<<"$OUT")" '^1[2-9][0-9]$'
finish
