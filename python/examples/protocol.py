"""What validator and miner say to each other: the smallest market, in the SDK's own classes."""

from typing import ClassVar, List, Optional, Tuple

import bittensor as bt


class Factors(bt.Synapse):
    """Asks for the smallest prime factor of each number."""

    required_hash_fields: ClassVar[Tuple[str, ...]] = ("numbers",)
    numbers: List[str]
    factors: Optional[List[str]] = None

    def deserialize(self):
        return self.factors or []
