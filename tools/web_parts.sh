#!/bin/bash
# web_parts - what the console takes from npm, into web/node_modules, by the lock file.
#
# Usage: tools/web_parts.sh [--tests]    --tests: also what drives a browser in tests.
# A build finds it there; without it a build has no console, and says so.
set -euo pipefail
cd "$(dirname "$0")/../web"

case "$*" in
'') set -- --omit=dev ;;
--tests) set -- ;;
*)
	sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
	[ "$*" = --help ] && exit 0
	exit 2
	;;
esac
readonly MARK=node_modules/.saluran
# The same lock file, of as much or more, is not fetched again.
want=$(sha256sum package-lock.json)
if [ -e "$MARK" ] && [ "$(head -n 1 "$MARK")" = "$want" ] &&
	{ [ $# -ne 0 ] || grep -q '^tests$' "$MARK"; }; then
	exit 0
fi
npm ci --no-audit --no-fund --ignore-scripts --loglevel=error "$@" >&2
{
	echo "$want"
	[ $# -ne 0 ] || echo tests
} >"$MARK"
