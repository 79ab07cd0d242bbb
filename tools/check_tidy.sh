#!/bin/bash
# Gate: clang-tidy 14 finds nothing.  Usage: check_tidy.sh BUILD [FILE...]
#
# BUILD is a build with clang, whose compile_commands.json gives the flags; without
# files, every file that it compiles.  One file a process: the analyser of this version
# is not reliable with more.
set -euo pipefail

if [ $# -eq 0 ]; then
	echo "usage: $0 BUILD [FILE...]" >&2
	exit 2
fi
build=$1
shift
once=$(mktemp -d)
trap 'rm -rf "$once"' EXIT
# What many programs are linked with is compiled for each, and looked at once.
mapfile -t files < <(/usr/bin/python3 - "$build" "$once" <<'PYTHON'
import json, os, sys
with open(os.path.join(sys.argv[1], "compile_commands.json")) as f:
    entries = json.load(f)
build = os.path.realpath(sys.argv[1])
by_path = {os.path.realpath(os.path.join(e["directory"], e["file"])): e for e in entries}
with open(os.path.join(sys.argv[2], "compile_commands.json"), "w") as f:
    json.dump(list(by_path.values()), f)
# Generated files lie in the build; a build that is one of the sources' parents has none.
own = {p for p in by_path if not p.startswith(build + os.sep)} or by_path
print("\n".join(sorted(own)))
PYTHON
)
if [ $# -ne 0 ]; then
	files=("$@")
fi
if [ -z "${files[*]}" ]; then
	echo "tidy: no file to look at" >&2
	exit 1
fi
printf '%s\0' "${files[@]}" |
	xargs -0 -n 1 -P 2 clang-tidy-14 --quiet -p "$once" 2>&1 |
	sed '/^[0-9]* warnings* generated\.$/d'
echo "tidy: ${#files[@]} files"
