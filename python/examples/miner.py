"""A miner: it factors numbers for validators of its subnet."""

import time
from typing import Tuple

import bittensor as bt
from neuron import start
from protocol import Factors


def smallest_factor(n):
    d = 2
    while d * d <= n:
        if n % d == 0:
            return d
        d += 1
    return n


def main():
    args, wallet, subtensor = start(__doc__, port=8091)
    metagraph = subtensor.metagraph(args.netuid)

    def forward(synapse: Factors) -> Factors:
        synapse.factors = [str(smallest_factor(int(n))) for n in synapse.numbers[:32] if len(n) < 13]
        return synapse

    def blacklist(synapse: Factors) -> Tuple[bool, str]:
        return synapse.dendrite.hotkey not in metagraph.hotkeys, "not registered"

    def priority(synapse: Factors) -> float:
        return float(metagraph.S[metagraph.hotkeys.index(synapse.dendrite.hotkey)])

    axon = bt.Axon(wallet=wallet, port=args.port, external_ip=args.ip)
    axon.attach(forward_fn=forward, blacklist_fn=blacklist, priority_fn=priority)
    served = subtensor.serve_axon(netuid=args.netuid, axon=axon)
    if not served:
        raise SystemExit(served.message)
    axon.start()
    print(f"uid {metagraph.hotkeys.index(wallet.hotkey.ss58_address)} serves on {args.port}", flush=True)
    while True:
        time.sleep(5)
        metagraph.sync()


if __name__ == "__main__":
    main()
