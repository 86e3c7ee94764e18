"""The members of Bittensor's Subtensor and Metagraph that neurons use, over Ergon's REST.

    from ergon_subtensor import Subtensor

    subtensor = Subtensor(network="http://127.0.0.1:1317")
    metagraph = subtensor.metagraph(netuid=1)

Axon, Dendrite, Synapse and Wallet stay the SDK's own.
"""

from .metagraph import Metagraph, Neuron
from .rest import LedgerError, NotFound, Refused, Unreachable
from .subtensor import Result, Subtensor

__all__ = ["Subtensor", "Metagraph", "Neuron", "Result", "LedgerError", "NotFound", "Refused", "Unreachable"]
