#!/usr/bin/env bash
# Tests against Bittensor's SDK in Python: `make test-python`. Makes one virtual environment for each
# pinned version, then runs the interoperability tests and the tests of python/ with each, and a
# miner and a validator written in Python on a localnet with the newest.
#
# Where the SDK cannot be installed it says SKIPPED and why, and exits with 0.
set -euo pipefail
cd "$(dirname "$0")/.."

# The newest release that has Axon and Dendrite (11 speaks another protocol between neurons), and
# the newest 9. What else a version needs stands behind it: 9.12.2 breaks with a newer substrate
# interface than it was made for.
versions=(
  "10.5.0"
  "9.12.2 async-substrate-interface<2"
)
install_limit=240 # seconds for one virtual environment
skipped() { echo "SKIPPED: $1"; exit 0; }

make_environment() {
  local version=$1 dir=.tools/python/bittensor-$1
  shift
  if [ ! -e "$dir/ready" ]; then
    rm -rf "$dir"
    mkdir -p .tools/python
    command -v python3 >/dev/null || skipped "there is no python3"
    python3 -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || skipped "$(python3 --version) does not run bittensor $version"
    python3 -m venv "$dir" || skipped "python3 -m venv does not work here"
    echo "installing bittensor $version"
    timeout $install_limit "$dir/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 15 "bittensor==$version" "$@" ||
      skipped "pip cannot install bittensor $version"
    touch "$dir/ready"
  fi
}

for line in "${versions[@]}"; do
  # shellcheck disable=SC2086 # one word for each requirement
  make_environment $line
done
export BT_NO_PARSE_CLI_ARGS=1 PYTHONDONTWRITEBYTECODE=1
for line in "${versions[@]}"; do
  version=${line%% *}
  python=$PWD/.tools/python/bittensor-$version/bin/python
  echo "bittensor $version"
  ERGON_BITTENSOR_PYTHON=$python ${GO:-go} test -count=1 -timeout 180s -run 'SDK|Wallets' ./neuron/interop
  PYTHONPATH=python "$python" -m unittest discover -s python/tests
done
scripts/python-neurons.sh "$PWD/.tools/python/bittensor-${versions[0]%% *}/bin/python" "${1:-bin/ergon}"
