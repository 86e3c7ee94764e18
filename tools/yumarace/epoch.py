"""The Yuma 3 epoch in torch, as float simulators write it. Raced by tools/yumarace against the exact code.

Reads one JSON object on standard input, writes one on standard output:
  in:  stake, weights (a row per validator), kappa, bonds_average, liquid, alpha_low, alpha_high, steepness,
       consensus ("bisection" or "sorting"), epochs
  out: torch, seconds (CPU time of each epoch), incentive, dividends
"""

import json
import sys
import time

import torch

# Consensus is searched to this share of one.
PRECISION = 1e-5


def bisection(weights, stake, kappa):
    """The least weight of each column above which less than kappa of the stake stands, column by column."""
    consensus = torch.zeros(weights.shape[1])
    for uid in range(weights.shape[1]):
        column, low, high = weights[:, uid], 0.0, 1.0
        while high - low > PRECISION:
            middle = (low + high) / 2
            if ((column > middle) * stake).sum() >= kappa:
                low = middle
            else:
                high = middle
        consensus[uid] = high
    return consensus


def sorting(weights, stake, kappa):
    """The same by one sort of all columns: the weight at which the stake of those above reaches kappa."""
    columns, order = torch.sort(weights.T, dim=1, descending=True)
    reached = torch.cumsum(stake[order], dim=1) >= kappa
    first = reached.to(torch.uint8).argmax(dim=1, keepdim=True)
    return torch.gather(columns, 1, first)[:, 0] * reached.any(dim=1)


def alphas(weights, bonds, consensus, case):
    """The speed of each bond: fast where its weight stands above the consensus, or below its bond."""
    buy = torch.clamp(weights - consensus, 0, 1)
    sell = torch.clamp(bonds - weights, 0, 1)
    distance = torch.where(weights >= bonds, buy, sell)
    sigmoid = 1 / (1 + torch.exp(-case["steepness"] * (distance - 0.5)))
    low, high = case["alpha_low"], case["alpha_high"]
    return torch.clamp(low + sigmoid * (high - low), low, high)


def epoch(weights, stake, bonds, case):
    weights = weights / weights.sum(dim=1, keepdim=True).clamp(min=1e-12)
    stake = stake / stake.sum()
    consensus = CONSENSUS[case["consensus"]](weights, stake, case["kappa"])
    clipped = torch.minimum(weights, consensus)
    rank = (stake[:, None] * clipped).sum(dim=0)
    incentive = rank / rank.sum()
    alpha = alphas(weights, bonds, consensus, case) if case["liquid"] else 1 - case["bonds_average"]
    bonds = torch.clamp((1 - alpha) * bonds + alpha * weights, max=1)
    shares = bonds / bonds.sum(dim=0).clamp(min=1e-12)
    dividends = stake * (shares * incentive).sum(dim=1)
    return bonds, incentive, dividends / dividends.sum()


CONSENSUS = {"bisection": bisection, "sorting": sorting}


def main():
    case = json.load(sys.stdin)
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    weights, stake = torch.tensor(case["weights"]), torch.tensor(case["stake"])
    bonds, seconds = torch.zeros_like(weights), []
    for _ in range(case["epochs"]):
        start = time.process_time()
        bonds, incentive, dividends = epoch(weights, stake, bonds, case)
        seconds.append(time.process_time() - start)
    json.dump(
        {"torch": torch.__version__, "seconds": seconds, "incentive": incentive.tolist(), "dividends": dividends.tolist()},
        sys.stdout,
    )


main()
