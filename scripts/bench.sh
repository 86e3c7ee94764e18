#!/usr/bin/env bash
# Measures what the project promises, each figure beside its limit. No timed assertions: read it.
set -uo pipefail
cd "$(dirname "$0")/.."
# The ledger is measured with the collector set as docs/operating.md tells producers with memory to spare.
ledger() { GOGC=400 run ./chain/app "$@"; }
run() { # run PACKAGE PATTERN BENCHTIME [COUNT]
  CGO_ENABLED=0 go test "$1" -run '^$' -bench "$2" -benchtime "$3" -count "${4:-1}" -timeout 30m 2>/dev/null | grep '^Benchmark' || echo "  $1 $2: no result"
}
echo "== Yuma epoch, one thread"
run ./consensus/yuma 'BenchmarkEpoch' 5x
torch() { # the interpreter with torch: the one named, else the first that has it
  local p
  for p in ${ERGON_TORCH_PYTHON:-.tools/python/torch/bin/python python3 /usr/bin/python3}; do
    "$p" -c 'import torch' >/dev/null 2>&1 && echo "$p" && return
  done
}
echo "== Yuma epoch beside torch floats, CPU of one thread (limits for torch ÷ exact, squares: 5 at 256 uids, 20 at 1024)"
if python=$(torch); [ -n "$python" ]; then
  CGO_ENABLED=0 go run ./tools/yumarace -python "$python"
else
  echo "  SKIPPED: no interpreter with torch; install it ('apt-get install python3-torch', or 'pip install torch' in an environment at .tools/python/torch) or set ERGON_TORCH_PYTHON"
fi
echo "== the laboratory: 1,000 epochs of the largest scenario, 20 seeds, each with its honest twin (limit: 60 s on 2 cores)"
run ./lab/scenarios 'BenchmarkLargest' 1x
echo "== set_weights, 256 pairs, sr25519, FinalizeBlock on goleveldb (limit: 2200 tx/s, and 90 % of it with 32 full subnets)"
ledger 'BenchmarkSetWeights' 4000x 3
echo "== transfers with their fees, sr25519, FinalizeBlock on goleveldb (limit: 2000 tx/s)"
ledger 'BenchmarkTransfers' 4000x 3
echo "== a block in which all subnets of 256 uids settle, and the one that pays them, 64 delegates with 1000 nominators each (limit with 32: 250 ms each)"
ledger 'BenchmarkSettlement' 10x
echo "== the worst block that one delegate with 100,000 nominators delays, by what is done, less an idle block (limit: 100 ms)"
ledger 'BenchmarkDelegateOf100000' 1x
echo "== empty blocks on memdb (limit: 4000 blocks/s at 128 subnets)"
ledger 'BenchmarkEmptyBlocks' 4000x
echo "== metagraph of 256 uids in one call (limit: 20 ms)"
run ./chain/app 'BenchmarkMetagraph' 200x
echo "== a node: seconds to the first block (limit: 3), MB with 32 full subnets (limit: 400)"
run ./e2e 'BenchmarkNode' 1x
echo "== axon: server CPU per signed and verified 1 KiB request (limit: 150 us)"
run ./neuron/axon 'BenchmarkAxonRequest' 5000x
sdk() { # the interpreter with Bittensor's SDK: the one named, else the newest under .tools that has its neurons
  local p home found=
  home=$(mktemp -d) # the SDK makes folders at home when it is imported
  for p in ${ERGON_BITTENSOR_PYTHON:-$(printf '%s\n' .tools/python/bittensor-*/bin/python | sort -rV)}; do
    HOME=$home "$p" -c 'import bittensor.core.axon, bittensor.core.dendrite' >/dev/null 2>&1 && found=$p && break
  done
  rm -rf "$home"
  echo "$found"
}
echo "== beside Bittensor's SDK (limits for Python ÷ Go: 15 in CPU per question, 5 in time to all answers)"
if python=$(sdk); [ -n "$python" ]; then
  CGO_ENABLED=0 go run ./tools/peerbench -python "$python"
else
  echo "  SKIPPED: no interpreter with the SDK's axon and dendrite; run 'make test-python' or set ERGON_BITTENSOR_PYTHON"
fi
echo "== scoring one clip, ratio to a bare ffmpeg of the same models and features (limit: 1.15)"
run ./subnets/video/clips 'BenchmarkScoreClip' 10x
