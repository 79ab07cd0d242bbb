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
export STYLE=file:$root/.clang-format
well_formatted() {
	clang-format-14 --style="$STYLE" --dry-run --Werror --ferror-limit=1 "$@" 2>/dev/null
}
# One process for many files, as its start takes longer than its work; then each by itself.
report() {
	local f
	if ! well_formatted "$@"; then
		for f in "$@"; do
			well_formatted "$f" || echo "$f: not formatted; run: make format"
		done
	fi
}
export -f well_formatted report
bad=$(printf '%s\0' "${files[@]}" | xargs -0 -n 32 -P 2 bash -c 'report "$@"' report)
echo "format: ${#files[@]} files, $(grep -c . <<<"$bad" || true) problems"
if [ -n "$bad" ]; then
	echo "$bad"
	exit 1
fi
