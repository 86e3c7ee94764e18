#!/bin/sh
# Takes a picture of a page; see screenshot.mjs for the arguments. Installs its one package on first use, so that building needs no node.
# SCRIPT names another script to run in the same surroundings.
set -eu
here=$(dirname "$0")
command -v node >/dev/null || { echo "screenshot: node is missing; install nodejs and npm" >&2; exit 1; }
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || { echo "screenshot: chromium is missing; install it or name one in CHROMIUM" >&2; exit 1; }
[ -d "$here/screenshot/node_modules/playwright-core" ] ||
	npm install --prefix "$here/screenshot" --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel error >&2
exec node "${SCRIPT:-$here/screenshot.mjs}" "$@"
