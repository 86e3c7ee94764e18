#!/usr/bin/env bash
# Tests against Bittensor's SDK in Python: `make test-python`. Makes one virtual environment for each
# pinned version, then runs the interoperability tests and the tests of python/ with each, and a
# miner and a validator written in Python on a localnet with the newest.
#
# Where the SDK cannot be installed it says SKIPPED and why, and exits with 0.
set -euo pipefail
cd "$(dirname "$0")/.."

# scripts/python/ pins the newest release that has Axon and Dendrite (11 speaks another protocol between
# neurons) and the newest 9, each with all it stands on: a requirement left open broke 9.12.2 once.
mapfile -t versions < <(basename -s .txt scripts/python/bittensor-*.txt | sed 's/^bittensor-//' | sort -rV)
install_limit=240 # seconds for one virtual environment
skipped() { echo "SKIPPED: $1"; exit 0; }

make_environment() {
  local version=$1 dir=.tools/python/bittensor-$1
  local pins=scripts/python/bittensor-$1.txt
  if ! cmp -s "$pins" "$dir/ready"; then
    rm -rf "$dir"
    mkdir -p .tools/python
    command -v python3 >/dev/null || skipped "there is no python3"
    python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || skipped "$(python3 --version) does not run bittensor $version"
    python3 -m venv "$dir" || skipped "python3 -m venv does not work here"
    echo "installing bittensor $version"
    timeout $install_limit "$dir/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 15 -r "$pins" ||
      skipped "pip cannot install bittensor $version"
    cp "$pins" "$dir/ready"
  fi
}

for version in "${versions[@]}"; do make_environment "$version"; done
export BT_NO_PARSE_CLI_ARGS=1 PYTHONDONTWRITEBYTECODE=1
for version in "${versions[@]}"; do
  python=$PWD/.tools/python/bittensor-$version/bin/python
  echo "bittensor $version"
  ERGON_BITTENSOR_PYTHON=$python ${GO:-go} test -count=1 -timeout 400s -run 'SDK|Wallets|PythonOpens' ./neuron/interop ./neuron/dendrite ./neuron/wallet
  PYTHONPATH=python "$python" -m unittest discover -s python/tests
done
scripts/python-neurons.sh "$PWD/.tools/python/bittensor-${versions[0]}/bin/python" "${1:-bin/ergon}"
