"""The SDK's side of the bench: "version", "axon DIR PORT" or "dendrite DIR TARGETS ROUNDS"."""

import asyncio
import json
import sys
import time
from typing import ClassVar, Optional

import bittensor as bt
from bittensor.utils import networking
from bittensor_wallet import Wallet

networking.get_external_ip = lambda: "198.51.100.9"  # the SDK asks outside services, and fails offline


class Prompt(bt.Synapse):
    required_hash_fields: ClassVar[tuple] = ("text",)
    text: str
    out: Optional[str] = None


async def answer(synapse: Prompt) -> Prompt:
    synapse.out = "ok"
    return synapse


def serve(path, port):
    axon = bt.Axon(wallet=Wallet(name="server", hotkey="default", path=path), port=int(port), ip="127.0.0.1", external_ip="127.0.0.1")
    axon.attach(forward_fn=answer)
    axon.start()
    sys.stdin.read()
    axon.stop()


async def ask(path, file, rounds):
    with open(file) as f:
        targets = json.load(f)
    axons = [
        bt.AxonInfo(version=10002000, ip="127.0.0.1", port=t["port"], ip_type=4, hotkey=t["hotkey"], coldkey=t["hotkey"])
        for t in targets
    ]
    took = []
    async with bt.Dendrite(wallet=Wallet(name="client", hotkey="default", path=path)) as dendrite:
        for _ in range(int(rounds)):
            began = time.perf_counter()
            answers = await dendrite.forward(axons, Prompt(text="x" * 280), timeout=60, deserialize=False)
            took.append(1000 * (time.perf_counter() - began))
            for a in answers:
                if a.dendrite.status_code != 200 or a.out != "ok":
                    raise SystemExit(f"{a.dendrite.status_code} {a.dendrite.status_message}")
    print(json.dumps(took), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "version":
        print(json.dumps(bt.__version__), flush=True)
    elif sys.argv[1] == "axon":
        serve(*sys.argv[2:])
    else:
        asyncio.run(ask(*sys.argv[2:]))
