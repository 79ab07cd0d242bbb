# shellcheck shell=bash
# prereqs - the Debian packages that building and checking need; sourced by ./demo and ./check.
#
# Only libraries and tools are installed: nothing here starts a service.  Server
# programs that tests run come unpacked, see tools/parts.sh.

# meson brings Debian's python3, which our tools use as /usr/bin/python3.
PREREQS_BUILD=(
	ca-certificates gcc libc6-dev meson ninja-build pkg-config
	libcmocka-dev libcurl4-gnutls-dev libgmime-3.0-dev libgnutls28-dev libidn2-dev libjansson-dev
	libknot-dev libmicrohttpd-dev libpq-dev libpsl-dev libqrencode-dev libsodium-dev
	libsqlite3-dev nettle-dev publicsuffix zlib1g-dev
)

PREREQS_CHECK=(
	age chromium-headless-shell clang clang-14 clang-format-14 clang-tidy-14 cppcheck curl git
	knot-dnsutils libclang-rt-14-dev poppler-utils python3-cryptography python3-yaml zbar-tools
)
PREREQS_MODEL=(gcc libc6-dev spin)
# For the console, and for tests of it.  Node.js of another archive brings npm in one
# package, which Debian's would break.
PREREQS_NPM=()
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	PREREQS_NPM+=(nodejs npm)
fi

# prereqs_missing PACKAGE...: those that are not installed, one a line.
prereqs_missing() {
	local package
	for package in "$@"; do
		case $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null) in
		?i*) ;;
		*) echo "$package" ;;
		esac
	done
}

# As root, or through sudo.
prereqs_as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo --preserve-env=http_proxy,https_proxy "$@"
	fi
}

prereqs_apt() {
	prereqs_as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >&2
}

# prereqs_install PACKAGE...: install what is missing.  1: it cannot be installed.
prereqs_install() {
	local -a missing lists
	if ! command -v dpkg-query >/dev/null; then
		echo "This is not Debian: what is missing cannot be installed from here." >&2
		echo "The build needs what these Debian 12 packages hold: $*" >&2
		return 0
	fi
	mapfile -t missing < <(prereqs_missing "$@")
	[ "${#missing[@]}" -eq 0 ] && return 0
	echo "Missing Debian packages: ${missing[*]}" >&2
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		echo "You are not root and there is no sudo. Ask an administrator to run:" >&2
		echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
		return 1
	fi
	mapfile -t lists < <(compgen -G '/var/lib/apt/lists/*_Packages*')
	if [ "${#lists[@]}" -eq 0 ]; then
		prereqs_apt update || return 1
	fi
	echo "Installing them with apt-get ..." >&2
	if ! prereqs_apt install -y --no-install-recommends "${missing[@]}"; then
		# The package lists may be older than the archive.
		if ! prereqs_apt update ||
			! prereqs_apt install -y --no-install-recommends "${missing[@]}"; then
			echo "apt-get could not install: ${missing[*]}" >&2
			return 1
		fi
	fi
	mapfile -t missing < <(prereqs_missing "${missing[@]}")
	if [ "${#missing[@]}" -ne 0 ]; then
		echo "Still missing after apt-get: ${missing[*]}" >&2
		return 1
	fi
}
