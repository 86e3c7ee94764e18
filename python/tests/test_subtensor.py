"""Tests against a small ledger of our own over HTTP, and against what the real one encodes."""

import base64
import json
import tempfile
import threading
import types
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

import numpy as np

from ergon_subtensor import Subtensor, Unreachable, hidden
from ergon_subtensor.subtensor import emitted

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
HEAD = VECTORS["until"] - 60  # a transaction may be included for 60 blocks


class Key:
    """A keypair that signs with zeros, as the vectors do, and keeps what it signed."""

    ss58_address, public_key, signed = VECTORS["hotkey"], bytes.fromhex(VECTORS["public_key"]), b""

    def sign(self, payload):
        self.signed = payload
        return bytes(64)


class Ledger:
    """Answers by path; what is posted is kept, and is in a block at once unless it is refused."""

    def __init__(self):
        self.paths, self.sent, self.refusals, self.height = {}, [], [], HEAD
        self.commits, self.hyper = [], {"tempo": 60, "max_weight_limit": 32768, "weights_rate_limit": "5", "commit_reveal_weights_enabled": False}
        self.lost = False  # what is sent is in no block
        ledger = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                path, _, query = self.path.partition("?")
                self.answer(ledger.get(path, query, self.headers.get("x-cosmos-block-height")))

            def do_POST(self):
                posted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.answer({"tx_response": ledger.post(base64.b64decode(posted["tx_bytes"]))})

            def answer(self, what):
                body = json.dumps(what if what is not None else {"message": "not found"}).encode()
                self.send_response(404 if what is None else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def get(self, path, query, block):
        self.asked = (path, query, block)
        if path.endswith("/blocks/latest"):
            return {"block": {"header": {"height": str(self.height)}}}
        if path.endswith("/node_info"):
            return {"default_node_info": {"network": VECTORS["chain_id"]}}
        if "/account_info/" in path:
            return {"info": {"account_number": VECTORS["number"], "sequence": str(VECTORS["sequence"])}}
        if "/txs/" in path:
            return None if self.lost else {"tx_response": {"code": 0, "raw_log": ""}}
        if "/commits/" in path:
            return None if self.commits is None else {"commits": self.commits}
        if path.endswith("/subnets/300"):
            return {"subnet": {"hyper": self.hyper}}
        return self.paths.get(path)

    def post(self, raw):
        self.sent.append(raw)
        codespace, code, log = self.refusals.pop(0) if self.refusals else ("", 0, "")
        return {"codespace": codespace, "code": code, "raw_log": log, "txhash": "AB"}


def row(uid, **changes):
    base = {
        "uid": uid, "hotkey": f"hot{uid}", "coldkey": f"cold{uid}", "stake": "1500000000", "emission": "250000000", "active": True,
        "validator_permit": uid == 0, "last_update": "7", "registered_at": "3", "axon": None, "weights": [], "bonds": [],
        "rank": 0, "trust": 65535, "consensus": 0, "incentive": 13107 * uid, "dividends": 0, "validator_trust": 0,
    }
    return {**base, **changes}


AXON = {"version": 10005000, "ip": "192.0.2.1", "port": 8091, "ip_type": 4, "protocol": 4}


class Case(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger()
        self.addCleanup(self.ledger.server.server_close)
        self.addCleanup(self.ledger.server.shutdown)
        self.state = tempfile.TemporaryDirectory()
        self.addCleanup(self.state.cleanup)
        self.subtensor = Subtensor(self.ledger.url, state=self.state.name)
        self.key = Key()
        self.wallet = types.SimpleNamespace(hotkey=self.key)

    def graph(self, *rows):
        self.ledger.paths["/ergon/incentive/v1/metagraph/300"] = {"neurons": list(rows), "height": "9", "subnet": {"name": "x"}}

    def kept(self):
        return sorted(Path(self.state.name).rglob("*.json"))

    def assert_sent(self, name, at=-1):
        self.assertEqual(self.ledger.sent[at].hex(), VECTORS[name]["transaction"])
        self.assertEqual(self.key.signed.hex(), VECTORS[name]["payload"])


class Reading(Case):
    def test_metagraph_has_the_arrays_of_the_sdk(self):
        pairs = [{"uid": 0, "value": 65535}, {"uid": 9, "value": 1}]
        self.graph(row(1, axon=AXON), row(0, weights=pairs))
        m = self.subtensor.metagraph(300)
        self.assertEqual((int(m.n), int(m.block), m.hotkeys, m.coldkeys), (2, 9, ["hot0", "hot1"], ["cold0", "cold1"]))
        np.testing.assert_allclose(m.I, [0, 0.2])
        np.testing.assert_allclose(m.S, [1.5, 1.5])
        np.testing.assert_allclose(m.E, [0.25, 0.25])
        self.assertEqual(m.validator_permit.tolist(), [True, False])
        self.assertEqual([a.is_serving for a in m.axons], [False, True])
        self.assertEqual((m.axons[1].ip, m.axons[1].port, m.axons[1].hotkey), ("192.0.2.1", 8091, "hot1"))
        self.assertEqual(m.W.tolist(), [[1, 0], [0, 0]])

    def test_metagraph_sync_follows_and_reads_the_past(self):
        self.graph(row(0))
        m = self.subtensor.metagraph(300, lite=False)
        self.assertEqual(self.ledger.asked[1:], ("full=true", None))
        self.graph(row(0), row(1))
        self.assertEqual(int(m.sync(block=5, lite=True).n), 2)
        self.assertEqual(self.ledger.asked[1:], ("full=false", "5"))

    def test_hyperparameters_in_the_units_of_the_sdk(self):
        s = self.subtensor
        self.assertEqual((s.tempo(300), s.weights_rate_limit(300), s.commit_reveal_enabled(300)), (60, 5, False))
        self.assertAlmostEqual(s.max_weight_limit(300), 32768 / 65535)
        self.assertIsNone(s.tempo(7))

    def test_registration(self):
        self.ledger.paths["/ergon/subnet/v1/subnets/300/neurons/hot"] = {"uid": 4}
        self.ledger.paths["/ergon/subnet/v1/subnets"] = {"subnets": [{"netuid": 7}, {"netuid": 300}]}
        s = self.subtensor
        self.assertTrue(s.is_hotkey_registered("hot", 300) and s.is_hotkey_registered("hot"))
        self.assertFalse(s.is_hotkey_registered("hot", 7) or s.is_hotkey_registered("cold"))
        self.assertEqual((s.get_uid_for_hotkey("hot", 300), s.get_uid_for_hotkey_on_subnet("hot", 7)), (4, None))

    def test_blocks(self):
        self.graph(row(0))
        self.assertEqual((self.subtensor.block, self.subtensor.get_current_block()), (HEAD, HEAD))
        self.assertEqual((self.subtensor.blocks_since_last_update(300, 0), self.subtensor.blocks_since_last_update(300, 1)), (2, None))

    def test_a_node_that_is_away(self):
        self.subtensor.rest.url, self.subtensor.rest.patience = "http://127.0.0.1:1", 0
        with self.assertRaisesRegex(Unreachable, "127.0.0.1:1 cannot be reached"):
            self.subtensor.block


class Calling(Case):
    uids, values = list(range(70)), [65535 - i for i in range(70)]

    def set_weights(self):
        return self.subtensor.set_weights(self.wallet, 300, self.uids, self.values, version_key=1 << 40)

    def test_weights_in_the_open(self):
        success, message = self.set_weights()
        self.assertTrue(success, message)
        self.assert_sent("set_weights")

    def test_serve_axon_once(self):
        info = types.SimpleNamespace(**AXON)
        axon = types.SimpleNamespace(info=lambda: info, wallet=self.wallet)
        self.graph(row(0, hotkey=self.key.ss58_address))
        self.assertTrue(self.subtensor.serve_axon(300, axon))
        self.assert_sent("serve_axon")
        self.graph(row(0, hotkey=self.key.ss58_address, axon=AXON))
        self.assertTrue(self.subtensor.serve_axon(300, axon))
        self.assertEqual(len(self.ledger.sent), 1)

    def test_a_refusal_is_told(self):
        self.ledger.refusals = [("incentive", 5, "3 of 5 blocks left")]
        result = self.set_weights()
        self.assertFalse(result)
        self.assertEqual(result.message, "3 of 5 blocks left")

    def test_a_sequence_that_is_behind_is_signed_anew(self):
        self.ledger.refusals = [("sdk", 32, "account sequence mismatch")]
        self.assertTrue(self.set_weights())
        self.assertEqual(len(self.ledger.sent), 2)

    def test_what_is_in_no_block_in_time_never_happens(self):
        self.ledger.lost = True
        post = self.ledger.post

        def and_then_time_passes(raw):
            self.ledger.height = HEAD + 61
            return post(raw)

        self.ledger.post = and_then_time_passes
        self.assertRegex(self.set_weights().message, "never will be: send it again")

    def test_floats_are_scaled(self):
        self.assertEqual(emitted([3, 4, 5], [0.1, 0.0, 0.2]), ([3, 5], [32768, 65535]))
        self.assertEqual(emitted(np.array([1]), np.array([0.5], dtype=np.float32)), ([1], [65535]))
        for uids, weights in (([1], [1, 2]), ([1], [-1]), ([1], [float("nan")])):
            with self.assertRaises(ValueError):
                emitted(uids, weights)

    def hide(self):
        self.ledger.hyper["commit_reveal_weights_enabled"] = True
        patches = mock.patch.multiple(hidden, SALT=2), mock.patch.object(hidden.secrets, "randbelow", side_effect=[1, 65535])
        with patches[0], patches[1]:
            return self.set_weights()

    def test_hidden_weights_are_committed_and_revealed(self):
        self.assertTrue(self.hide())
        self.assert_sent("commit_weights")
        self.assertEqual(self.kept()[0].stat().st_mode & 0o777, 0o600)
        self.ledger.commits = [{"hash": VECTORS["row_hash"], "state": "early"}]
        self.ledger.height = HEAD + 1
        self.subtensor.get_current_block()
        self.assertEqual(len(self.ledger.sent), 1)
        self.ledger.commits[0]["state"] = "open"
        self.subtensor.get_current_block()
        self.assertEqual(len(self.ledger.sent), 1, "it looks once a block")
        self.subtensor.rows.reveal()
        self.ledger.height = HEAD
        self.assertEqual(len(self.ledger.sent), 2)
        self.assertEqual(self.kept(), [])

    def test_a_reveal_is_what_the_ledger_reads(self):
        self.assertTrue(self.hide())
        self.ledger.commits = [{"hash": VECTORS["row_hash"], "state": "open"}]
        self.subtensor.rows.reveal()
        self.assert_sent("reveal_weights")

    def test_rows_outlive_the_process_and_expired_ones_go(self):
        self.assertTrue(self.hide())
        again = Subtensor(self.ledger.url, state=self.state.name)
        again.rows.keys[self.key.ss58_address] = self.key
        self.ledger.commits = [{"hash": VECTORS["row_hash"], "state": "expired"}]
        again.rows.reveal()
        self.assertEqual((len(self.ledger.sent), self.kept()), (1, []))

    def test_rows_of_a_uid_that_was_lost_go(self):
        self.assertTrue(self.hide())
        self.ledger.commits, self.ledger.height = None, HEAD + 1
        self.assertEqual((self.subtensor.block, self.kept()), (HEAD + 1, []))

    def test_a_refused_commit_keeps_nothing(self):
        self.ledger.refusals = [("incentive", 5, "too soon")]
        self.assertFalse(self.hide())
        self.assertEqual(self.kept(), [])


if __name__ == "__main__":
    unittest.main()
