#!/usr/bin/env bash
# A miner and a validator written for Bittensor's SDK, with its Axon and Dendrite, join a localnet
# through python/ergon_subtensor, set weights and are paid. Usage: python-neurons.sh PYTHON [BINARY]
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1 ergon=$(realpath "${2:-bin/ergon}")
limit=180 # seconds until both are paid
dir=$(mktemp -d) pids=()
finish() {
  local status=$?
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  if [ $status != 0 ]; then tail -n 20 "$dir"/*.log; fi
  rm -rf "$dir"
}
trap finish EXIT
"$ergon" localnet --dir "$dir/net" >"$dir/localnet.log" 2>&1 & pids+=($!)
for _ in $(seq 120); do
  grep -q 'root network' "$dir/localnet.log" && break
  sleep 0.5
done
eval "$("$ergon" localnet env --dir "$dir/net")"

# What a user does by hand; docs/python.md says it in words.
for name in owner validator miner; do
  "$ergon" wallet new $name --no-password >/dev/null
  "$ergon" wallet faucet $name >/dev/null
done
"$ergon" subnet create pyfactors --wallet owner --yes >/dev/null 2>&1
for member in template-validator-1 template-validator-2; do
  "$ergon" root weights set 1=0.5 2=0.5 --wallet $member --wallet-dir "$dir/net/wallets" --yes >/dev/null 2>&1
done
for name in validator miner; do "$ergon" subnet register 2 --wallet $name --yes >/dev/null 2>&1; done
"$ergon" stake add 50 --wallet validator --yes >/dev/null 2>&1

export PYTHONPATH=$PWD/python BT_NO_PARSE_CLI_ARGS=1
flags=(--netuid 2 --wallets "$ERGON_WALLETS" --ip 127.0.0.1 --state "$dir/state")
"$python" python/examples/miner.py "${flags[@]}" --wallet miner --port "${ERGON_LISTEN##*:}" >"$dir/miner.log" 2>&1 & pids+=($!)
"$python" python/examples/validator.py "${flags[@]}" --wallet validator >"$dir/validator.log" 2>&1 & pids+=($!)

# Paid: the miner has stake, and the validator more than it brought.
"$python" - $limit <<'END'
import sys, time
from ergon_subtensor import Subtensor

subtensor, until = Subtensor(), time.monotonic() + int(sys.argv[1])
while not ((m := subtensor.metagraph(2)).S[0] > 50 and m.S[1] > 0):
    if time.monotonic() > until:
        raise SystemExit(f"nobody is paid after {sys.argv[1]} seconds: {m}, stake {m.S}, incentive {m.I}, dividends {m.D}")
    time.sleep(1)
print(f"block {m.block}: the validator has earned {m.S[0] - 50:.4f} TAO, the miner {m.S[1]:.4f}")
END
tail -n 3 "$dir/miner.log" "$dir/validator.log"
echo "both are paid after $SECONDS seconds"
