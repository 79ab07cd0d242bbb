#!/bin/bash
# parts.sh - real servers for the tests and the demo, without installing anything.
#
#   . tools/parts.sh; parts_need unbound nsd kdig     then call them by name (PATH is set),
#                                                     or by path: "$(parts_path unbound)"
#   tools/parts.sh unbound nsd kdig                   prints their paths, one a line
#
# A program that the system has is used as it is.  Else its Debian package and those
# libraries that the system lacks are downloaded by apt-get (which checks their signatures)
# and unpacked into build/parts/root; build/parts/bin/<program> starts it from there.  No
# maintainer script runs, no service starts, nothing outside build/parts changes; root is not
# needed.  PARTS_DIR chooses another folder.  What was unpacked once is used again offline.

PARTS_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
: "${PARTS_DIR:=$PARTS_SOURCE/build/parts}"
PARTS_SYSTEM_PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/lib/postgresql/15/bin

# The Debian package of a program.
parts_package() {
	case $1 in
	unbound | unbound-control | unbound-checkconf) echo unbound ;;
	nsd | nsd-control | nsd-checkconf | nsd-checkzone) echo nsd ;;
	knotd | knotc | keymgr) echo knot ;;
	kzonecheck | kzonesign) echo knot-dnssecutils ;;
	kdig | kxdpgun | knsupdate) echo knot-dnsutils ;;
	khost) echo knot-host ;;
	named) echo bind9 ;;
	rndc | named-checkconf | named-checkzone) echo bind9-utils ;;
	dig) echo bind9-dnsutils ;;
	pdns_recursor | rec_control) echo pdns-recursor ;;
	kresd | kresc) echo knot-resolver ;;
	dnsperf | resperf) echo dnsperf ;;
	postgres | initdb) echo postgresql-15 ;;
	pg_dump | pg_restore | psql) echo postgresql-client-15 ;;
	*)
		echo "parts.sh: no package is known for the program $1: add it to" \
			"parts_package in tools/parts.sh" >&2
		return 1
		;;
	esac
}

# What a package only recommends and a program is used with: kresd watches a file with it.
parts_companions() {
	case $1 in
	kresd) echo lua-cqueues ;;
	esac
}

parts_path() {
	echo "$PARTS_DIR/bin/$1"
}

parts_triplet() {
	dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu"
}

parts_libraries() {
	local triplet
	triplet=$(parts_triplet)
	echo "$PARTS_DIR/root/usr/lib/$triplet:$PARTS_DIR/root/lib/$triplet"
}

# The program's file in the unpacked packages, if it is there with all its libraries.
parts_unpacked() {
	local dir file
	for dir in usr/sbin usr/bin sbin bin usr/lib/postgresql/15/bin; do
		file=$PARTS_DIR/root/$dir/$1
		[ -x "$file" ] || continue
		if LD_LIBRARY_PATH=$(parts_libraries) ldd "$file" 2>/dev/null |
			grep -q 'not found'; then
			return 1
		fi
		echo "$file"
		return 0
	done
	return 1
}

# The system's program, not one of ours.
parts_installed() {
	local IFS=: dir
	for dir in $PARTS_SYSTEM_PATH; do
		if [ "$dir" != "$PARTS_DIR/bin" ] && [ -x "$dir/$1" ] && [ ! -d "$dir/$1" ]; then
			echo "$dir/$1"
			return 0
		fi
	done
	return 1
}

# apt-get or apt-cache; with package lists of our own where the system has none.
parts_apt() {
	local tool=$1 options=(-q -o Debug::NoLocking=true)
	shift
	[ "$(id -u)" = 0 ] && options+=(-o APT::Sandbox::User=root)
	if [ -d "$PARTS_DIR/apt" ]; then
		options+=(-o "Dir::State=$PARTS_DIR/apt/state"
			-o "Dir::State::status=/var/lib/dpkg/status"
			-o "Dir::Cache=$PARTS_DIR/apt/cache")
	fi
	"$tool" "${options[@]}" "$@"
}

parts_lists() {
	if parts_apt apt-cache show --no-all-versions "$1" >/dev/null 2>&1; then
		return 0
	fi
	mkdir -p "$PARTS_DIR"/apt/state/lists/partial "$PARTS_DIR"/apt/cache/archives/partial
	if ! parts_apt apt-get update >"$PARTS_DIR/update.log" 2>&1 ||
		! parts_apt apt-cache show --no-all-versions "$1" >/dev/null 2>&1; then
		echo "parts.sh: the Debian package $1 cannot be found: check the network and" \
			"/etc/apt/sources.list, or install it yourself ($PARTS_DIR/update.log)" >&2
		rm -rf "$PARTS_DIR/apt"
		return 1
	fi
}

# The packages and the libraries that they need and the system lacks: apt's own answer to
# what it would have to do.  --simulate does none of it.
parts_wanted() {
	local name
	printf '%s\n' "$@"
	parts_apt apt-get --simulate --no-install-recommends install "$@" 2>/dev/null |
		sed -n 's/^Inst \([^ ]*\) .*/\1/p' | while read -r name; do
		case " $* " in
		*" $name "*) continue ;;
		esac
		case $name in
		libllvm* | libz3-*) ;; # of a compiler in the server that nothing here uses
		lib* | lua-* | bind9-libs | dns-root-data) echo "$name" ;;
		esac
	done
}

parts_fetch() {
	local program=$1 package deb scratch ok=0
	package=$(parts_package "$program") || return 1
	parts_lists "$package" || return 1
	scratch=$PARTS_DIR/fetch.$$
	rm -rf "$scratch"
	mkdir -p "$scratch" "$PARTS_DIR/root"
	local wanted companions
	mapfile -t companions < <(parts_companions "$program")
	mapfile -t wanted < <(parts_wanted "$package" "${companions[@]}")
	echo "parts.sh: fetching ${wanted[*]}" >&2
	if ! (cd "$scratch" && parts_apt apt-get download "${wanted[@]}" >log 2>&1); then
		echo "parts.sh: the download of ${wanted[*]} failed:" >&2
		tail -3 "$scratch/log" >&2
		rm -rf "$scratch"
		return 1
	fi
	for deb in "$scratch"/*.deb; do
		dpkg -x "$deb" "$PARTS_DIR/root" || ok=1
	done
	rm -rf "$scratch"
	if [ $ok != 0 ] || ! parts_unpacked "$program" >/dev/null; then
		echo "parts.sh: $program was unpacked into $PARTS_DIR/root but does not find all" \
			"its libraries: remove $PARTS_DIR and try again, or install $package" >&2
		return 1
	fi
}

# "/dev/fd/N" and as many slashes as make it as long as the path $1.
parts_as_long() {
	local path=/dev/fd/$2
	while [ ${#path} -lt ${#1} ]; do path=$path/; done
	echo "$path"
}

# kresd has the folders of its Lua modules and of the root's data built in.  A copy of it
# looks behind descriptors 9 and 8 instead, where its wrapper opens the unpacked folders:
# paths of the same length.
parts_kresd() {
	local file=$1 lua dns=/usr/share/dns unpacked=$PARTS_DIR/root
	lua=/usr/lib/$(parts_triplet)/knot-resolver
	if [ ! -x "$file.here" ]; then
		LC_ALL=C sed "s,$lua,$(parts_as_long "$lua" 9),g
			s,$dns,$(parts_as_long "$dns" 8),g" "$file" >"$file.$$" || return 1
		sed -i "s,'$dns/,'/dev/fd/8/," "$unpacked$lua/sandbox.lua" || return 1
		chmod +x "$file.$$" && mv -f "$file.$$" "$file.here" || return 1
	fi
	[ -e "$unpacked$dns" ] && dns=$unpacked$dns
	cat <<-END
		LUA_PATH='$unpacked/usr/share/lua/5.1/?.lua;$unpacked/usr/share/lua/5.1/?/init.lua;;'
		LUA_CPATH='$(dirname "$unpacked$lua")/lua/5.1/?.so;;'
		export LUA_PATH LUA_CPATH
		exec 8<'$dns' 9<'$unpacked$lua'
		exec '$file.here' "\$@"
	END
}

# The line that starts it.
parts_started() {
	case $1 in
	kresd) parts_kresd "$2" ;;
	*) echo "exec '$2' \"\$@\"" ;;
	esac
}

# Make build/parts/bin/<program>: written aside and renamed, since others may be running it.
parts_wrap() {
	local program=$1 file
	mkdir -p "$PARTS_DIR/bin"
	if file=$(parts_installed "$program"); then
		ln -sf "$file" "$PARTS_DIR/bin/.$program.$$"
	else
		file=$(parts_unpacked "$program") || {
			parts_fetch "$program" && file=$(parts_unpacked "$program")
		} || return 1
		cat >"$PARTS_DIR/bin/.$program.$$" <<-END
			#!/bin/sh
			LD_LIBRARY_PATH='$(parts_libraries)'\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
			export LD_LIBRARY_PATH
			$(parts_started "$program" "$file")
		END
		chmod +x "$PARTS_DIR/bin/.$program.$$"
	fi
	mv -f "$PARTS_DIR/bin/.$program.$$" "$PARTS_DIR/bin/$program"
}

# One at a time: two tests may need the same program.
parts_need() {
	local program status=0
	mkdir -p "$PARTS_DIR" || return 1
	exec {PARTS_LOCK}>"$PARTS_DIR/lock" || return 1
	flock "$PARTS_LOCK"
	for program in "$@"; do
		parts_wrap "$program" || {
			status=1
			break
		}
	done
	exec {PARTS_LOCK}>&-
	case :$PATH: in
	*":$PARTS_DIR/bin:"*) ;;
	*) PATH=$PARTS_DIR/bin:$PATH && export PATH ;;
	esac
	return $status
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	set -u
	[ $# -gt 0 ] || {
		sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
		exit 2
	}
	parts_need "$@" || exit 1
	for program in "$@"; do
		parts_path "$program"
	done
fi
