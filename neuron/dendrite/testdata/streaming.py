"""An axon of Bittensor's SDK that streams: "DIR WALLET PORT"; it serves until its input ends."""

import sys
from typing import ClassVar

import bittensor as bt
from bittensor.core.stream import StreamingSynapse
from bittensor.utils import networking
from bittensor_wallet import Wallet

networking.get_external_ip = lambda: "127.0.0.1"  # the SDK asks outside services, and fails offline


class Prompt(StreamingSynapse):
    required_hash_fields: ClassVar[tuple] = ("text",)
    text: str

    async def process_streaming_response(self, response):
        raise NotImplementedError

    def extract_response_json(self, response):
        raise NotImplementedError


async def forward(synapse: Prompt) -> StreamingSynapse.BTStreamingResponse:
    if synapse.text == "fail first":
        raise RuntimeError("no model")

    async def write(send):
        for word in ("you ", "said ", "\u00fc" + synapse.text):
            await send({"type": "http.response.body", "body": word.encode(), "more_body": True})
        if synapse.text == "fail later":
            raise RuntimeError("the model broke")

    return synapse.create_streaming_response(write)


if __name__ == "__main__":
    directory, name, port = sys.argv[1:]
    axon = bt.Axon(wallet=Wallet(name=name, hotkey="default", path=directory), port=int(port), ip="127.0.0.1", external_ip="127.0.0.1")
    axon.attach(forward_fn=forward)
    axon.start()
    sys.stdin.read()
    axon.stop()
