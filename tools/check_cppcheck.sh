#!/bin/bash
# Gate: cppcheck finds nothing.  Usage: check_cppcheck.sh FILE-OR-FOLDER...
#
# Suppressed, with the reason:
#   missingIncludeSystem  it does not read the system's headers
#   unusedStructMember    it does not see uses in other files
#   uninitvar and its like  it does not follow "rc == RC_OK" to the call that filled a
#                         variable; gcc and clang-tidy do
#   readdirCalled         glibc's is safe for threads, each with a stream of its own
#   varFuncNullUB         glibc's NULL is a pointer, in variadic calls too
#   getcontextCalled and its like  POSIX dropped them for threads; the simulation has one
#   arrayIndexThenCheck   it takes any comparison of an index for a check of its limit
#   literalWithCharPtrCompare  macros compare their argument with NULL; -Waddress is exact
#
# It does not read the libraries' headers: tools/cppcheck_macros.h has their loops.
set -euo pipefail

if [ $# -eq 0 ]; then
	echo "usage: $0 FILE-OR-FOLDER..." >&2
	exit 2
fi
cd "$(dirname "$0")/.."
cppcheck --std=c11 --language=c --platform=unix64 --library=posix --library=gnu -j 2 \
	--enable=warning,performance,portability --inline-suppr --quiet \
	--suppress=missingIncludeSystem --suppress=unusedStructMember \
	--suppress=readdirCalled --suppress=arrayIndexThenCheck \
	--suppress=getcontextCalled --suppress=makecontextCalled \
	--suppress=swapcontextCalled \
	--suppress=uninitvar --suppress=legacyUninitvar --suppress=uninitStructMember \
	--suppress=varFuncNullUB --suppress=literalWithCharPtrCompare \
	-D_GNU_SOURCE -D__GNUC__=12 -I src \
	--include=tools/cppcheck_macros.h \
	--template='{file}:{line}: {severity}: {message} [{id}]' \
	--error-exitcode=1 "$@"
echo "cppcheck: nothing found"
