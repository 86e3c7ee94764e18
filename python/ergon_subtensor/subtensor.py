"""Subtensor: what neurons ask of a chain, answered by an Ergon ledger."""

import os
import time
from typing import NamedTuple

from .hidden import Rows
from .metagraph import RATIO, RAO, Metagraph, neuron
from .rest import LedgerError, NotFound, Rest, data, number, packed

LOCAL = "http://127.0.0.1:1317"


class Result(NamedTuple):
    """What became of a call: unpacks to (success, message), and is true on success."""

    success: bool
    message: str

    def __bool__(self):
        return self.success


def told(act, *arguments):
    try:
        return Result(True, act(*arguments))
    except LedgerError as error:
        return Result(False, str(error))


def hyperparameter(name, form=int):
    """A method (netuid, block=None) that reads one; None where there is no such subnet."""

    def read(self, netuid, block=None):
        value = self._hyper(netuid, name)
        return None if value is None else form(value)

    return read


class Subtensor:
    """network is the URL of a node's REST service; else ERGON_REST, else this machine's. state is a directory for hidden weights."""

    def __init__(self, network=None, config=None, state="~/.bittensor/ergon", **_):
        named = getattr(config, "subtensor", None)
        urls = network, getattr(named, "chain_endpoint", None), getattr(named, "network", None), os.environ.get("ERGON_REST"), LOCAL
        url = next(u for u in urls if u and u.startswith("http"))
        self.network, self.chain_endpoint, self.rest = url, url, Rest(url)
        self.rows = Rows(self.rest, state)

    def get_current_block(self):
        block = self.rest.height()
        self.rows.reveal(block)
        return block

    block = property(get_current_block)

    def wait_for_block(self, block=None):
        """Waits until a block, by default the next one."""
        until = self.get_current_block() + 1 if block is None else block
        while self.get_current_block() < until:
            time.sleep(0.2)

    def read_metagraph(self, netuid, full=False, block=None):
        """The ledger's own answer about a subnet."""
        return self.rest.get(f"/ergon/incentive/v1/metagraph/{netuid}", block, full=str(full).lower())

    def metagraph(self, netuid, lite=True, block=None, **_):
        return Metagraph(netuid, network=self.network, lite=lite, sync=False, subtensor=self).sync(block=block)

    def neurons(self, netuid, block=None):
        return [neuron(netuid, row) for row in self.read_metagraph(netuid, block=block)["neurons"]]

    neurons_lite = neurons

    def _hyper(self, netuid, name):
        try:
            return self.rest.get(f"/ergon/subnet/v1/subnets/{netuid}")["subnet"]["hyper"][name]
        except NotFound:
            return None

    tempo = hyperparameter("tempo")
    immunity_period = hyperparameter("immunity_period")
    min_allowed_weights = hyperparameter("min_allowed_weights")
    weights_rate_limit = hyperparameter("weights_rate_limit")
    max_weight_limit = hyperparameter("max_weight_limit", lambda limit: limit / RATIO)
    commit_reveal_enabled = hyperparameter("commit_reveal_weights_enabled", bool)

    def _neuron(self, hotkey, netuid):
        try:
            return self.rest.get(f"/ergon/subnet/v1/subnets/{netuid}/neurons/{hotkey}")
        except NotFound:
            return None

    def is_hotkey_registered(self, hotkey_ss58, netuid=None, block=None):
        netuids = [s["netuid"] for s in self.rest.get("/ergon/subnet/v1/subnets")["subnets"]] if netuid is None else [netuid]
        return any(self._neuron(hotkey_ss58, n) for n in netuids)

    is_hotkey_registered_any = is_hotkey_registered_on_subnet = is_hotkey_registered

    def get_uid_for_hotkey_on_subnet(self, hotkey_ss58, netuid, block=None):
        return (self._neuron(hotkey_ss58, netuid) or {}).get("uid")

    get_uid_for_hotkey = get_uid_for_hotkey_on_subnet

    def blocks_since_last_update(self, netuid, uid, block=None):
        read = self.read_metagraph(netuid)
        return next((int(read["height"]) - int(row["last_update"]) for row in read["neurons"] if row["uid"] == uid), None)

    def get_balance(self, address, block=None):
        """Free TAO of an account."""
        return int(self.rest.get(f"/ergon/stake/v1/balance/{address}")["free"]) / RAO

    # Calls, signed by the wallet's hotkey. A Result says what the ledger said; nothing is raised for it.

    def serve_axon(self, netuid, axon, wait_for_inclusion=True, wait_for_finalization=True, **_):
        """Publishes where an axon listens, unless the ledger says so already."""
        info, hotkey = axon.info(), axon.wallet.hotkey
        rows = self.read_metagraph(netuid)["neurons"]
        known = next((row["axon"] for row in rows if row["hotkey"] == hotkey.ss58_address), None) or {}
        if (known.get("ip"), known.get("port"), known.get("version")) == (info.ip, info.port, info.version):
            return Result(True, "published already")
        where = number(2, info.version) + data(3, info.ip) + number(4, info.port) + number(5, info.ip_type) + number(6, info.protocol)
        message = data(1, hotkey.ss58_address) + number(2, netuid) + data(3, where)
        return told(self.rest.submit, hotkey, "ergon.subnet.v1.MsgServeAxon", message, wait_for_inclusion or wait_for_finalization)

    def set_weights(self, wallet, netuid, uids, weights, version_key=0, wait_for_inclusion=True, wait_for_finalization=True, **_):
        """Replaces the hotkey's row of weights.

        weights are u16 as the SDK's convert_weights_and_uids_for_emit gives them, or floats, which are
        scaled so that the largest becomes 65535. Where the subnet hides weights the row is committed
        now, kept in the state directory, and revealed by a later call of this object's block,
        get_current_block or set_weights.
        """
        uids, values = emitted(uids, weights)
        wait = wait_for_inclusion or wait_for_finalization
        if self.commit_reveal_enabled(netuid):
            self.rows.keys[wallet.hotkey.ss58_address] = wallet.hotkey
            self.rows.reveal()
            return told(self.rows.commit, wallet.hotkey, netuid, uids, values, version_key, wait)
        message = data(1, wallet.hotkey.ss58_address) + number(2, netuid) + packed(3, uids) + packed(4, values) + number(5, version_key)
        return told(self.rest.submit, wallet.hotkey, "ergon.incentive.v1.MsgSetWeights", message, wait)

    def close(self):
        """Nothing is held open between calls."""


def emitted(uids, weights):
    """The row as the ledger wants it: u16 values, zeros left out."""
    uids, weights = [int(u) for u in uids], list(weights)
    if len(uids) != len(weights):
        raise ValueError(f"{len(uids)} uids and {len(weights)} weights: give one weight for each uid")
    if any(w < 0 or w != w for w in weights):
        raise ValueError("weights must not be negative or NaN")
    if any(isinstance(w, float) or getattr(w, "dtype", None) is not None and w.dtype.kind == "f" for w in weights):
        largest = max(weights, default=0) or 1
        weights = [round(float(w) / float(largest) * RATIO) for w in weights]
    kept = [(u, int(w)) for u, w in zip(uids, weights) if w]
    return [u for u, _ in kept], [w for _, w in kept]
