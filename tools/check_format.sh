#!/bin/bash
# Gate: C files are formatted as .clang-format says.  Usage: check_format.sh [FILE...];
# without files, every C file of the tree.  'make format' mends what it finds.
set -euo pipefail

root=$(realpath "$(dirname "$0")/..")
files=("$@")
if [ $# -eq 0 ]; then
	cd "$root"
	mapfile -t files < <(git ls-files -co --exclude-standard '*.c' '*.h' |
		while read -r f; do
			if [ -e "$f" ]; then
				echo "$f"
			fi
		done)
fi
if [ "${#files[@]}" -eq 0 ]; then
	echo "format: no file to look at" >&2
	exit 1
fi
bad=0
for f in "${files[@]}"; do
	if ! clang-format-14 --style="file:$root/.clang-format" --dry-run --Werror \
		--ferror-limit=1 "$f" 2>/dev/null; then
		echo "$f: not formatted; run: make format"
		bad=$((bad + 1))
	fi
done
echo "format: ${#files[@]} files, $bad problems"
[ "$bad" -eq 0 ]
