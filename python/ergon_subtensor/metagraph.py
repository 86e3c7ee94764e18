"""A subnet's neurons at one block, in the arrays and names that neurons written for the SDK use."""

from collections import namedtuple
from operator import attrgetter

import numpy as np

RATIO = 65535
RAO = 1e9


# One row. Ratios are 0..1, stake is TAO, emission is TAO per tempo.
Neuron = namedtuple(
    "Neuron",
    "uid hotkey coldkey netuid stake rank trust consensus incentive dividends validator_trust emission active validator_permit"
    " last_update registered_at axon_info",
)


def axon_info(row):
    """The SDK's AxonInfo of a row, 0.0.0.0 where none is published."""
    from bittensor import AxonInfo

    axon = row["axon"] or {}
    return AxonInfo(
        version=int(axon.get("version", 0)), ip=axon.get("ip") or "0.0.0.0", port=int(axon.get("port", 0)),
        ip_type=int(axon.get("ip_type") or 4), hotkey=row["hotkey"], coldkey=row["coldkey"], protocol=int(axon.get("protocol") or 4),
    )


def neuron(netuid, row):
    ratios = {name: row[name] / RATIO for name in ("rank", "trust", "consensus", "incentive", "dividends", "validator_trust")}
    return Neuron(
        uid=row["uid"], hotkey=row["hotkey"], coldkey=row["coldkey"], netuid=netuid, stake=int(row["stake"]) / RAO,
        emission=int(row["emission"]) / RAO, active=row["active"], validator_permit=row["validator_permit"],
        last_update=int(row["last_update"]), registered_at=int(row["registered_at"]), axon_info=axon_info(row), **ratios,
    )


class Metagraph:
    """The arrays have one entry per uid, in order. sync() reads them anew."""

    def __init__(self, netuid, network="", lite=True, sync=True, subtensor=None):
        self.netuid, self.network, self.lite, self.subtensor = netuid, network, lite, subtensor
        self._fill({"neurons": [], "height": "0", "subnet": {}})
        if sync:
            self.sync(subtensor=subtensor, lite=lite)

    def sync(self, block=None, lite=None, subtensor=None):
        """Reads the subnet, at an earlier block if one is named. lite=False adds weights and bonds."""
        subtensor = subtensor or self.subtensor
        if subtensor is None:
            from .subtensor import Subtensor

            subtensor = self.subtensor = Subtensor(self.network)
        lite = self.lite if lite is None else lite
        self._fill(subtensor.read_metagraph(self.netuid, full=not lite, block=block))
        return self

    def _fill(self, read):
        rows = sorted(read["neurons"], key=lambda row: row["uid"])
        self.name = read["subnet"].get("name", "")
        self.block = np.array(int(read["height"]), dtype=np.int64)
        self.neurons = [neuron(self.netuid, row) for row in rows]
        self.axons = [n.axon_info for n in self.neurons]
        self.n = np.array(len(rows), dtype=np.int64)
        self.uids = np.array([n.uid for n in self.neurons], dtype=np.int64)
        for name in ("stake", "rank", "trust", "consensus", "incentive", "dividends", "validator_trust", "emission"):
            setattr(self, name, np.array([getattr(n, name) for n in self.neurons], dtype=np.float32))
        self.ranks = self.rank
        self.active = np.array([n.active for n in self.neurons], dtype=np.int64)
        self.last_update = np.array([n.last_update for n in self.neurons], dtype=np.int64)
        self.block_at_registration = [n.registered_at for n in self.neurons]
        self.validator_permit = np.array([n.validator_permit for n in self.neurons], dtype=bool)
        self.weights, self.bonds = self._square(rows, "weights"), self._square(rows, "bonds")

    def _square(self, rows, name):
        """n×n of 0..1, a row for each validator: empty unless they were read."""
        out = np.zeros((len(rows), len(rows)), dtype=np.float32)
        for i, row in enumerate(rows):
            for pair in row[name]:
                if pair["uid"] < len(rows):
                    out[i, pair["uid"]] = pair["value"] / RATIO
        return out

    hotkeys = property(lambda self: [axon.hotkey for axon in self.axons])
    coldkeys = property(lambda self: [axon.coldkey for axon in self.axons])

    def __str__(self):
        return f"metagraph(netuid:{self.netuid}, n:{int(self.n)}, block:{int(self.block)}, network:{self.network})"

    __repr__ = __str__


LETTERS = {  # the SDK's short names
    "S": "stake", "R": "ranks", "T": "trust", "Tv": "validator_trust", "C": "consensus", "I": "incentive", "E": "emission", "D": "dividends",
    "W": "weights", "B": "bonds",
}
for letter, name in LETTERS.items():
    setattr(Metagraph, letter, property(attrgetter(name)))
