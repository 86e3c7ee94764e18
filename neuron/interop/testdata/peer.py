"""The SDK's side of the interoperability test: an axon, a dendrite or a wallet, as told."""

import asyncio
import json
import sys
from typing import ClassVar, Optional

import bittensor as bt
from bittensor.utils import networking
from bittensor_wallet import Wallet

networking.get_external_ip = lambda: "127.0.0.1"  # the SDK asks outside services, and fails offline

class Dummy(bt.Synapse):
    dummy_input: int
    dummy_output: Optional[int] = None


class Hashed(bt.Synapse):
    required_hash_fields: ClassVar[tuple] = ("text", "numbers", "table", "ratio")
    text: str
    numbers: list
    table: dict
    ratio: float
    answer: Optional[str] = None


def hashed():
    return Hashed(text="it's ü", numbers=[1, 2.5, None, "a'b\"c\n", True], table={"z": 1, "a": [1e16, 1e-5]}, ratio=1)


def wallet(path, name):
    return Wallet(name=name, hotkey="default", path=path)


def serve(path, name, port):
    def forward_dummy(synapse: Dummy) -> Dummy:
        synapse.dummy_output = 2 * synapse.dummy_input
        return synapse

    def forward_hashed(synapse: Hashed) -> Hashed:
        synapse.answer = synapse.text + str(synapse.table)
        return synapse

    def refuse(synapse: Dummy):
        return synapse.dummy_input == 13, "unlucky"

    # blacklist functions see the header-stage synapse, so the refusal is by name of the route only
    axon = bt.Axon(wallet=wallet(path, name), port=port, ip="127.0.0.1", external_ip="127.0.0.1")
    axon.attach(forward_fn=forward_dummy)
    axon.attach(forward_fn=forward_hashed)
    axon.start()
    print("ready", flush=True)
    sys.stdin.read()
    axon.stop()


async def ask(path, name, port, hotkey):
    target = bt.AxonInfo(version=10002000, ip="127.0.0.1", port=port, ip_type=4, hotkey=hotkey, coldkey=hotkey)
    out = []
    async with bt.Dendrite(wallet=wallet(path, name)) as dendrite:
        for synapse in (Dummy(dummy_input=7), hashed(), bt.Synapse(), Dummy(dummy_input=13)):
            r = await dendrite.call(target_axon=target, synapse=synapse, timeout=12, deserialize=False)
            out.append(describe(r))
        many = await dendrite.forward(axons=[target] * 20, synapse=Dummy(dummy_input=1), timeout=12, deserialize=False)
        out.append({"parallel": [r.dendrite.status_code for r in many]})
    print(json.dumps(out), flush=True)


def describe(r):
    return {
        "name": r.name,
        "status": r.dendrite.status_code,
        "message": r.dendrite.status_message,
        "axon_status": r.axon.status_code,
        "process_time": r.axon.process_time,
        "output": getattr(r, "dummy_output", None) or getattr(r, "answer", None),
    }


def keys(path, name, make):
    w = wallet(path, name)
    made = Wallet(name=make, hotkey="default", path=path)
    made.create_new_coldkey(use_password=False, overwrite=True, suppress=True)
    made.create_new_hotkey(use_password=False, overwrite=True, suppress=True)
    print(json.dumps({
        "read": [w.coldkey.ss58_address, w.hotkey.ss58_address, w.coldkeypub.ss58_address],
        "made": [made.coldkey.ss58_address, made.hotkey.ss58_address],
    }), flush=True)


if __name__ == "__main__":
    mode, arguments = sys.argv[1], sys.argv[2:]
    if mode == "axon":
        serve(arguments[0], arguments[1], int(arguments[2]))
    elif mode == "dendrite":
        asyncio.run(ask(arguments[0], arguments[1], int(arguments[2]), arguments[3]))
    else:
        keys(*arguments)
