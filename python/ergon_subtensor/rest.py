"""The ledger's REST: reads as JSON, and transactions signed by a keypair of the SDK's.

A transaction is four small protobuf messages, written here by hand: body, auth info, what is signed,
and the three together. `chain/proto` in Ergon's repository has the calls.
"""

import base64
import functools
import json
import time
import urllib.error
import urllib.parse
import urllib.request

GAS = 100_000_000  # covers the largest call, several times over
LIFETIME = 60  # blocks in which a transaction may be included; after them it never is
TRIES = 5  # signings anew when another client of the same key was faster
WRONG_SEQUENCE = ("sdk", 32)  # the ledger's code for a sequence that is behind


class LedgerError(Exception):
    """Something about the ledger: NotFound, Unreachable, or Refused, after which nothing has happened."""


class Unreachable(LedgerError):
    pass


class NotFound(LedgerError):
    pass


class Refused(LedgerError):
    pass


class Rest:
    """One node's REST service. Reads are repeated while the node is away, for at most patience seconds."""

    def __init__(self, url, timeout=10.0, patience=20.0):
        self.url, self.timeout, self.patience = url.rstrip("/"), timeout, patience

    def get(self, path, block=None, **query):
        """The JSON at a path, as of a block if one is named; query gives its parameters."""
        text = "?" + urllib.parse.urlencode(query) if query else ""
        headers = {} if block is None else {"x-cosmos-block-height": str(block)}
        return self._ask(urllib.request.Request(self.url + path + text, headers=headers))

    def post(self, path, body):
        return self._ask(urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}))

    def _ask(self, request):
        deadline = time.monotonic() + self.patience
        while True:
            try:
                with urllib.request.urlopen(request, timeout=self.timeout) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                raise _answered(error) from None
            except (urllib.error.URLError, OSError) as error:
                if time.monotonic() > deadline:
                    raise Unreachable(f"ledger node {self.url} cannot be reached; is its REST service on? {error}") from error
            time.sleep(0.2)

    def height(self):
        """The latest block."""
        return int(self.get("/cosmos/base/tendermint/v1beta1/blocks/latest")["block"]["header"]["height"])

    @functools.cached_property
    def chain_id(self):
        return self.get("/cosmos/base/tendermint/v1beta1/node_info")["default_node_info"]["network"]

    def submit(self, keypair, call, message, wait=True):
        """Signs one call and sends it; with wait, returns when it is in a block. Raises Refused.

        call is the name of a message such as ergon.subnet.v1.MsgServeAxon, message its bytes.
        """
        for attempt in range(TRIES):
            until = self.height() + LIFETIME
            account = self.get(f"/cosmos/auth/v1beta1/account_info/{keypair.ss58_address}")["info"]
            raw = sign(keypair, call, message, self.chain_id, int(account["account_number"]), int(account["sequence"]), until)
            sent = self.post("/cosmos/tx/v1beta1/txs", {"tx_bytes": base64.b64encode(raw).decode(), "mode": "BROADCAST_MODE_SYNC"})
            answer = sent["tx_response"]
            if (answer["codespace"], answer["code"]) != WRONG_SEQUENCE:
                break
            time.sleep(0.1 * attempt)
        if answer["code"]:
            raise Refused(answer["raw_log"])
        return self._await(answer["txhash"], until) if wait else answer["txhash"]

    def _await(self, tx, until):
        while True:
            late = self.height() > until
            try:
                answer = self.get(f"/cosmos/tx/v1beta1/txs/{tx}")["tx_response"]
                if answer["code"]:
                    raise Refused(answer["raw_log"])
                return tx
            except NotFound:
                if late:
                    raise Refused(f"transaction {tx} was not included by block {until} and never will be: send it again") from None
            time.sleep(0.2)


def _answered(error):
    try:
        text = json.load(error)["message"]
    except (ValueError, KeyError, TypeError):
        text = error.reason
    return (NotFound if error.code == 404 else LedgerError)(f"{error.code} {text}")


# Protobuf, as much of it as a call needs. Zero values are left out, as its canonical form wants.

def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def number(field, n):
    return varint(field << 3) + varint(n) if n else b""


def data(field, content):
    """A field of bytes, text or a message."""
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content if content else b""


def packed(field, numbers):
    return data(field, b"".join(varint(int(n)) for n in numbers))


def anything(name, content):
    return data(1, "/" + name) + data(2, content)


def sign(keypair, call, message, chain_id, number_of_account, sequence, until):
    """The bytes of a transaction with one call, signed over its bytes as they are sent."""
    body = data(1, anything(call, message)) + number(3, until)
    key = data(1, anything("ergon.crypto.v1.PubKey", data(1, bytes(keypair.public_key))))
    signer = key + data(2, data(1, number(1, 1))) + number(3, sequence)  # one key, signing mode DIRECT
    auth = data(1, signer) + data(2, number(2, GAS))  # free within the ledger's quota: no fee
    payload = data(1, body) + data(2, auth) + data(3, chain_id) + number(4, number_of_account)
    return data(1, body) + data(2, auth) + data(3, keypair.sign(payload))
