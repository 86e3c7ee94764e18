"""The SDK's side of the interoperability tests: axons, a dendrite, or wallets, as told.

    peer.py serve   the axons that a line of JSON on stdin describes; ends with stdin
    peer.py ask     one question per line of JSON, one line of results each
    peer.py wallet  reads a wallet of ours and makes one
"""

import asyncio
import json
import os
import sys
import time
import types
import uuid
from typing import Any, ClassVar, Dict, List, Optional, Tuple

OUT = os.fdopen(os.dup(1), "w")  # ours alone: the SDK's logger writes to standard output at any time
os.dup2(2, 1)

import bittensor as bt
import bittensor.core.dendrite as dendrite_module
from bittensor.core.errors import BlacklistedException
from bittensor.utils import networking
from bittensor_wallet import Keypair, Wallet
from pydantic import BaseModel

networking.get_external_ip = lambda: "127.0.0.1"  # the SDK asks outside services, and fails offline


class Inner(BaseModel):
    a: int = 0
    b: List[str] = []
    c: Optional[float] = None


NAMES = {"List": List, "Dict": Dict, "Optional": Optional, "Any": Any, "Inner": Inner}


def say(what):
    print(json.dumps(what), file=OUT, flush=True)


def message(name, annotation, hashed):
    """A class of the SDK's with a field value and an answer."""
    body = {"__annotations__": {"value": eval(annotation, NAMES), "answer": Optional[str]}, "__module__": __name__, "answer": None}
    if annotation.startswith("Optional") or annotation == "Any":
        body["value"] = None
    if hashed:
        body["__annotations__"]["required_hash_fields"] = ClassVar[Tuple[str, ...]]
        body["required_hash_fields"] = ("value",)
    return type(name, (bt.Synapse,), body)


def messages(table):
    return {m["name"]: message(m["name"], m["python"], m["hashed"]) for m in table}


def echo(kind):
    def forward(synapse: kind) -> kind:
        synapse.answer = synapse.body_hash
        return synapse

    return forward


def act(kind):
    async def forward(synapse: kind) -> kind:
        if synapse.value == "fail":
            raise ValueError("the disk is full")
        if synapse.value == "busy":
            synapse.axon.status_code, synapse.axon.status_message = 429, "slow down"
        if synapse.value == "refuse":
            raise BlacklistedException("not you", synapse=synapse)
        if synapse.value == "sleep":
            await asyncio.sleep(3)
        synapse.answer = synapse.body_hash
        return synapse

    return forward


def unlucky(kind):
    def blacklist(synapse: kind) -> Tuple[bool, str]:
        return True, "unlucky"

    return blacklist


def keyring(uri):
    pair = Keypair.create_from_uri(uri)
    return types.SimpleNamespace(hotkey=pair, coldkeypub=pair)


def serve():
    told = json.loads(sys.stdin.readline())
    axons = []
    for uri, port in zip(told["keys"], told["ports"]):
        axon = bt.Axon(wallet=keyring(uri), port=port, ip="127.0.0.1", external_ip="127.0.0.1")
        for name, kind in messages(told["messages"]).items():
            forward = act(kind) if name == "Act" else echo(kind)
            axon.attach(forward_fn=forward, blacklist_fn=unlucky(kind) if name == "Barred" else None)
        axons.append(axon.start())
    say({"version": bt.__version__})
    sys.stdin.read()
    for axon in axons:
        axon.stop()


class Clock:
    """The module time as the dendrite sees it, so many seconds off."""

    skew = 0.0
    time = staticmethod(time.time)

    def time_ns(self):
        return time.time_ns() + int(self.skew * 1e9)


async def ask():
    told = json.loads(sys.stdin.readline())
    known, clock = messages(told["messages"]), Clock()
    dendrite_module.time = clock
    async with bt.Dendrite(wallet=Keypair.create_from_uri(told["keys"][0])) as dendrite:
        say({"version": bt.__version__})
        while line := await asyncio.to_thread(sys.stdin.readline):
            q = json.loads(line)
            dendrite.uuid = str(uuid.uuid1())  # a process of its own, as far as an axon can tell
            axons = [
                bt.AxonInfo(version=10002000, ip="127.0.0.1", port=t["port"], ip_type=4, hotkey=t["hotkey"], coldkey=t["hotkey"])
                for t in q["targets"]
            ]
            for clock.skew in q["skews"]:
                results = await dendrite.forward(axons=axons, synapse=known[q["name"]](value=q["value"]), timeout=q["timeout"], deserialize=False)
            say([described(r) for r in results])


def described(r):
    return {
        "status": int(r.dendrite.status_code or 0), "message": r.dendrite.status_message,
        "value": json.dumps(r.model_dump()["value"]), "answer": r.answer,
    }


def wallets(path, name, make):
    w = Wallet(name=name, hotkey="default", path=path)
    made = Wallet(name=make, hotkey="default", path=path)
    made.create_new_coldkey(use_password=False, overwrite=True, suppress=True)
    made.create_new_hotkey(use_password=False, overwrite=True, suppress=True)
    say({
        "read": [w.coldkey.ss58_address, w.hotkey.ss58_address, w.coldkeypub.ss58_address],
        "made": [made.coldkey.ss58_address, made.hotkey.ss58_address],
    })


if __name__ == "__main__":
    mode, arguments = sys.argv[1], sys.argv[2:]
    if mode == "serve":
        serve()
    elif mode == "ask":
        asyncio.run(ask())
    else:
        wallets(*arguments)
