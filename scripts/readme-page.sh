#!/usr/bin/env bash
# Makes docs/page.png: the page of a video localnet after its second paid tempo. Uses a localnet that
# runs in DIR (default .ergon/localnet), or starts one for the purpose.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=${1:-.ergon/localnet}
started=
alive() { curl -sf "$(cat "$dir/page.url" 2>/dev/null)/healthz" >/dev/null 2>&1; }
if ! alive; then
  bin/ergon localnet --subnet video --dir "$dir" >/dev/null &
  started=$!
  trap 'kill -INT $started 2>/dev/null; wait $started 2>/dev/null || true' EXIT
fi
paid() { curl -sf "$(cat "$dir/page.url")/api/state" | grep -o '"miners_rao":[1-9]' | wc -l; }
for _ in $(seq 600); do
  alive && [ "$(paid)" -ge 3 ] && break # the totals count once, then one for each paid tempo
  sleep 1
done
scripts/screenshot.sh "$(cat "$dir/page.url")" docs/page.png 1100x1500 light
