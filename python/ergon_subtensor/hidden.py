"""Hidden weights: a row is committed as a hash, kept on disk, and revealed when its time has come."""

import hashlib
import json
import os
import secrets
from pathlib import Path

from .rest import LedgerError, NotFound, Refused, data, number, packed

SALT = 8  # numbers of 16 bits


def sealed(public_key, netuid, uids, values, salt, version_key):
    """The hash of a row: blake2b-256 over hotkey, netuid, uids, values, salt and version (SCALE)."""

    def u16s(numbers):
        n = len(numbers)
        length = bytes([n << 2]) if n < 64 else (n << 2 | 1).to_bytes(2, "little")
        return length + b"".join(int(v).to_bytes(2, "little") for v in numbers)

    text = bytes(public_key) + netuid.to_bytes(2, "little") + u16s(uids) + u16s(values) + u16s(salt) + version_key.to_bytes(8, "little")
    return hashlib.blake2b(text, digest_size=32).digest()


class Rows:
    """The rows of this process's hotkeys that wait. Each is on disk before its hash is sent."""

    def __init__(self, rest, directory):
        self.rest, self.directory = rest, Path(os.path.expanduser(directory))
        self.keys = {}  # hotkey to keypair, of those that set weights in this process
        self.looked = 0  # block

    def commit(self, keypair, netuid, uids, values, version_key, wait):
        salt = [secrets.randbelow(1 << 16) for _ in range(SALT)]
        hash = sealed(keypair.public_key, netuid, uids, values, salt, version_key)
        path = self.directory / self.rest.chain_id / f"{keypair.ss58_address}-{netuid}-{hash.hex()}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        row = {"uids": uids, "values": values, "salt": salt, "version_key": version_key}
        with open(path, "x", opener=lambda p, flags: os.open(p, flags, 0o600)) as file:
            json.dump(row, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            message = data(1, keypair.ss58_address) + number(2, netuid) + data(3, hash)
            return self.rest.submit(keypair, "ergon.incentive.v1.MsgCommitWeights", message, wait)
        except Refused:  # certain that nothing happened
            path.unlink()
            raise

    def reveal(self, block=None):
        """Reveals what is open, looking once a block. What the ledger no longer lists is done with."""
        if block is not None and block <= self.looked:
            return
        self.looked = block or self.looked
        for hotkey, keypair in list(self.keys.items()):
            for path in sorted((self.directory / self.rest.chain_id).glob(f"{hotkey}-*.json")):
                try:
                    self._look(keypair, path)
                except NotFound:  # the hotkey has lost its uid, and its commits with it
                    path.unlink()

    def _look(self, keypair, path):
        hotkey, netuid, hash = path.stem.rsplit("-", 2)
        commits = self.rest.get(f"/ergon/incentive/v1/commits/{netuid}/{hotkey}")["commits"]
        state = next((c["state"] for c in commits if c["hash"] == hash), "gone")
        if state == "early":
            return
        if state == "open":
            row = json.loads(path.read_text())
            message = data(1, hotkey) + number(2, int(netuid)) + packed(3, row["uids"]) + packed(4, row["values"])
            message += packed(5, row["salt"]) + number(6, row["version_key"])
            try:
                self.rest.submit(keypair, "ergon.incentive.v1.MsgRevealWeights", message)
            except LedgerError:
                return  # still there at the next look, or gone by then
        path.unlink()
