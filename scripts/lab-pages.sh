#!/usr/bin/env bash
# Uses the laboratory's report and page in a browser, at desktop and phone size, light and dark, and takes
# pictures into DIR: scripts/lab-pages.sh DIR. docs/lab-*.png are made so. ERGON names another program.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=${1:?usage: lab-pages.sh DIR}
ergon=${ERGON:-bin/ergon}
mkdir -p "$dir"
work=$(mktemp -d)
served=
trap '[ -z "$served" ] || { kill "$served" && wait "$served"; } 2>/dev/null || true; rm -r "$work"' EXIT
"$ergon" lab report weight-copier-moving -o "$work/report.html"
"$ergon" lab serve --listen 127.0.0.1:0 --json >"$work/serve.json" &
served=$!
for _ in $(seq 100); do
  grep -q http "$work/serve.json" && break
  sleep 0.1
done
SCRIPT=scripts/lab-pages.mjs scripts/screenshot.sh "file://$work/report.html" "$(grep -o 'http://[^"]*' "$work/serve.json")" "$dir"
