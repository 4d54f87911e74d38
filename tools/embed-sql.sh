#!/bin/sh
# Turns sql/NNN_name[.engine].sql into the table that store.h calls store_migrations. Files of one number
# belong to one version: first the shared one, then the engine's.
set -eu
printf '#include "shared/store.h"\n\n#include <stddef.h>\n\nconst struct migration store_migrations[] = {\n'
for file in "$@"; do
	name=$(basename "$file" .sql)
	number=$(printf '%s' "$name" | sed 's/^0*\([0-9]*\)_.*/\1/')
	printf '\t{%s, "%s",\n' "$number" "$name"
	sed -e 's/[[:space:]]*--.*$//' -e '/^[[:space:]]*$/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' \
	    -e 's/^.*$/\t    "&\\n"/' "$file"
	printf '\t},\n'
done
printf '\t{0, NULL, NULL},\n};\n'
