#!/bin/sh
# Turns the files of templates/ into the table that shared/page_files.h calls page_builtins.
set -eu
printf '#include "shared/page_files.h"\n\n#include <stddef.h>\n\nconst struct page_builtin page_builtins[] = {\n'
for file in "$@"; do
	printf '\t{"%s",\n' "$(basename "$file")"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/	/\\t/g' -e 's/^.*$/\t    "&\\n"/' "$file"
	printf '\t},\n'
done
printf '\t{NULL, NULL},\n};\n'
