# Each law's test fails when the law is broken on purpose: the changes of tests/laws/broken, one at a time, on a copy.
# CHANGES=law_5 picks some of them.
. tests/lib.sh

mkdir "$T/tree"
cp -a Makefile shared fcgi ctl stdio sql templates tools "$T/tree"
mkdir "$T/tree/tests"
cp -a tests/bench "$T/tree/tests"
cp -a "$BUILD" "$T/tree/build"
build() { "$(command -v make)" -s -C "$T/tree" BUILD=build CFLAGS=-Wno-error all build/tests/load >"$T/make.out" 2>&1; }

# A law's tests are in law_N.sh, and in law_N_*.sh where there are more.
test_law() { # law: its results are in $T/results
	local script
	: >"$T/results"
	for script in "tests/laws/$1.sh" tests/laws/"$1"_*.sh; do
		[ ! -e "$script" ] || BUILD=$T/tree/build timeout 300 bash "$script" 3>>"$T/results" >"$T/law.out" 2>&1 </dev/null
	done
}

for change in tests/laws/broken/${CHANGES:-}*.sed; do
	name=$(basename "$change" .sed)
	law=$(printf '%s' "$name" | cut -d _ -f 1,2)
	file=$(sed -n 's/^# file: //p' "$change")
	cp -p "$file" "$T/original"
	sed -f "$change" "$file" >"$T/tree/$file"
	if cmp -s "$file" "$T/tree/$file"; then
		not_ok "$name" "the change does not apply to $file any more"
		continue
	fi
	touch "$T/tree/$file"
	if ! build; then
		not_ok "$name" "does not build: $(grep -m 1 error "$T/make.out")"
	else
		test_law "$law"
		if grep -q '^not ok ' "$T/results" && ! grep -q '^not ok fatal' "$T/results"; then
			ok "$name: the test fails ($(grep -m 1 '^not ok ' "$T/results" | cut -c 8-100))"
		else
			not_ok "$name" "the tests of $law did not notice: $(tail -n 1 "$T/results")"
		fi
	fi
	cp "$T/original" "$T/tree/$file"
	touch "$T/tree/$file"
done

# The copy as it is passes: it was the changes that the tests noticed.
build || not_ok 'unchanged copy' 'does not build'
for law in 1 2 3 4 5 6 8; do
	[ -z "${CHANGES:-}" ] || continue
	test_law "law_$law"
	is "law $law: passes on the unchanged copy" "$(grep '^not ok ' "$T/results")" ''
done
finish
