#!/usr/bin/env bash
# Everything a fresh machine needs beyond Go and npm. Idempotent, quiet when there is nothing to do.
# System packages are installed only when CI=true; otherwise one line says what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

need() { # need COMMAND PACKAGE WHAT
  command -v "$1" >/dev/null && return
  if [ "${CI:-}" = true ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq "$2" >/dev/null && return
  fi
  echo "setup: $3 is missing: install it (Debian: apt-get install $2) and run this again" >&2
  exit 1
}

command -v go >/dev/null || { echo "setup: Go is missing: install Go 1.26 or newer from go.dev" >&2; exit 1; }
have=$(go env GOVERSION | sed 's/^go//')
if [ "$(printf '%s\n1.26\n' "$have" | sort -V | head -n1)" != 1.26 ]; then
  echo "setup: Go $have is too old: install Go 1.26 or newer" >&2
  exit 1
fi
need npm npm npm
go mod download
scripts/setup-ffmpeg.sh
