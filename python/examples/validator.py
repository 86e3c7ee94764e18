"""A validator: it asks every miner, scores the answers and sets weights once a tempo."""

import random
import time

import bittensor as bt
import numpy as np
from bittensor.utils.weight_utils import convert_weights_and_uids_for_emit, process_weights_for_netuid
from neuron import start
from protocol import Factors

ALPHA = 0.3  # weight of the newest round in the moving average
PRIMES = [p for p in range(1000, 9000) if all(p % d for d in range(2, 95))]


def ask(dendrite, metagraph, uids):
    """One round: the share of numbers that each miner factored."""
    pairs = [sorted(random.sample(PRIMES, 2)) for _ in range(8)]
    question = Factors(numbers=[str(p * q) for p, q in pairs])
    answers = dendrite.query([metagraph.axons[uid] for uid in uids], question, timeout=5)
    right = [str(p) for p, _ in pairs]
    return np.array([sum(a == b for a, b in zip(answer, right)) / len(right) for answer in answers], dtype=np.float32)


def main():
    args, wallet, subtensor = start(__doc__)
    dendrite = bt.Dendrite(wallet=wallet)
    metagraph = subtensor.metagraph(args.netuid)
    scores = np.zeros(int(metagraph.n), dtype=np.float32)
    tempo, last = subtensor.tempo(args.netuid), 0
    while True:
        metagraph.sync()
        scores = np.pad(scores, (0, int(metagraph.n) - len(scores)))
        uids = [uid for uid in range(int(metagraph.n)) if metagraph.axons[uid].is_serving]
        if uids:
            scores[uids] += ALPHA * (ask(dendrite, metagraph, uids) - scores[uids])
        if scores.any() and subtensor.block - last > tempo:
            weights = scores / scores.sum()
            kept, weights = process_weights_for_netuid(metagraph.uids, weights, args.netuid, subtensor, metagraph)
            kept, weights = convert_weights_and_uids_for_emit(kept, weights)
            result = subtensor.set_weights(wallet=wallet, netuid=args.netuid, uids=kept, weights=weights)
            print(f"block {subtensor.block}: weights {dict(zip(kept, weights))}: {result.message}", flush=True)
            if result:
                last = subtensor.block
        time.sleep(1)


if __name__ == "__main__":
    main()
