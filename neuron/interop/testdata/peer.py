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
from bittensor.core.tensor import Tensor, dtypes
from bittensor.utils import networking
from bittensor_wallet import Keypair, Wallet
from pydantic import BaseModel

networking.get_external_ip = lambda: "127.0.0.1"  # the SDK asks outside services, and fails offline
dtypes.torch = True  # its table of types wants torch installed, for tensors of numpy too


class Inner(BaseModel):
    a: int = 0
    b: List[str] = []
    c: Optional[float] = None


NAMES = {"List": List, "Dict": Dict, "Optional": Optional, "Any": Any, "Inner": Inner, "Tensor": Tensor}


def say(what):
    print(json.dumps(what), file=OUT, flush=True)


class Streamed(bt.StreamingSynapse):
    """A stream whose pieces add up to the answer."""

    async def process_streaming_response(self, response):
        if response.status != 200:
            return
        whole = b""
        async for piece in response.content.iter_any():
            whole += piece
            self.answer = whole.decode(errors="ignore")
            yield piece

    def extract_response_json(self, response):
        def named(prefix):
            return {k[len(prefix):]: v for k, v in response.headers.items() if k.startswith(prefix)}

        axon = named("bt_header_axon_")
        return {
            "name": response.headers.get("name", ""), "dendrite": named("bt_header_dendrite_"), "axon": axon,
            "value": self.value, "answer": self.answer, "message": axon.get("status_message"),
        }


def message(name, annotation, hashed, stream):
    """A class of the SDK's with a field value and an answer."""
    body = {"__annotations__": {"value": eval(annotation, NAMES), "answer": Optional[str]}, "__module__": __name__, "answer": None}
    if annotation.startswith("Optional") or annotation == "Any":
        body["value"] = None
    if hashed:
        body["__annotations__"]["required_hash_fields"] = ClassVar[Tuple[str, ...]]
        body["required_hash_fields"] = ("value",)
    return type(name, (Streamed if stream else bt.Synapse,), body)


def messages(table):
    return {m["name"]: message(m["name"], m["python"], m["hashed"], m["stream"]) for m in table}


def echo(kind):
    def forward(synapse: kind) -> kind:
        if isinstance(synapse.value, Tensor):
            synapse.answer = str([float(n) for n in synapse.value.deserialize().flatten()])
        else:
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


def flow(kind):
    def forward(synapse: kind):
        if synapse.value == "fail":
            raise ValueError("the disk is full")

        async def pieces(send):
            for i in range(3):
                if i and synapse.value == "break":
                    raise ValueError("the disk is full")
                if i and synapse.value == "sleep":
                    await asyncio.sleep(1)
                await send({"type": "http.response.body", "body": (synapse.value + "\n").encode(), "more_body": True})

        return synapse.create_streaming_response(pieces)

    return forward


HANDLERS = {"Act": act, "Flow": flow}


def unlucky(kind):
    def blacklist(synapse: kind) -> Tuple[bool, str]:
        return True, "unlucky"

    return blacklist


def keyring(seed):
    pair = Keypair.create_from_seed(seed)
    return types.SimpleNamespace(hotkey=pair, coldkeypub=pair)


def serve():
    told = json.loads(sys.stdin.readline())
    axons = []
    for seed, port in zip(told["keys"], told["ports"]):
        axon = bt.Axon(wallet=keyring(seed), port=port, ip="127.0.0.1", external_ip="127.0.0.1")
        for name, kind in messages(told["messages"]).items():
            forward = HANDLERS.get(name, echo)(kind)
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
    async with bt.Dendrite(wallet=Keypair.create_from_seed(told["keys"][0])) as dendrite:
        say({"version": bt.__version__})
        while line := await asyncio.to_thread(sys.stdin.readline):
            q = json.loads(line)
            dendrite.uuid = str(uuid.uuid1())  # a process of its own, as far as an axon can tell
            axons = [
                bt.AxonInfo(version=10002000, ip="127.0.0.1", port=t["port"], ip_type=4, hotkey=t["hotkey"], coldkey=t["hotkey"])
                for t in q["targets"]
            ]
            for clock.skew in q["skews"]:
                synapse = known[q["name"]](value=q["value"])
                if isinstance(synapse.value, Tensor):
                    synapse.value = Tensor.serialize(synapse.value.deserialize())  # as the SDK packs it
                asked = dict(synapse=synapse, timeout=q["timeout"], deserialize=False, streaming=isinstance(synapse, Streamed))
                results = await dendrite.forward(axons=axons, **asked)
                if asked["streaming"]:
                    results = [[piece async for piece in stream][-1] for stream in results]
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
