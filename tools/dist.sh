#!/bin/sh
# Behind `make dist`: sh tools/dist.sh VERSION DIRECTORY writes enforgate-VERSION.tar.gz there, the files of the last
# commit and no others.
# One commit gives the same bytes every time: sorted by name, of user and group 0, with the time of the commit.
set -eu
cd "$(dirname "$0")/.."
name=enforgate-$1
if [ ! -e .git ]; then
	echo 'dist: this is no clone of the repository but an unpacked archive, which is what `make dist` makes' >&2
	exit 1
fi
[ -z "$(git status --porcelain --untracked-files=no)" ] || echo 'dist: what is not committed is not in it' >&2
git -c tar.umask=022 archive --format=tar --prefix="$name/" --output="$2/$name.tar" HEAD
gzip -9 -n -f "$2/$name.tar"
echo "made $name.tar.gz"
