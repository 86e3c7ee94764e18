package app_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/crypto"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/keys"
)

// pythonVectors are what python/ergon_subtensor is tested against: it writes transactions by hand.
const pythonVectors = "../../python/tests/vectors.json"

// TestTransactionsOfThePythonPackage holds the vectors against the ledger's own encoding.
// ERGON_RECORD=1 writes them anew.
func TestTransactionsOfThePythonPackage(t *testing.T) {
	key, err := keys.FromSeed(bytes.Repeat([]byte{7}, 32))
	require.NoError(t, err)
	hotkey := key.Address()
	row := yuma.Commitment{
		Hotkey: [32]byte(key.Public()), Index: 300, UIDs: make([]uint16, 70), Values: make([]uint16, 70), Salt: []uint16{1, 65535}, VersionKey: 1 << 40,
	}
	for i := range row.UIDs {
		row.UIDs[i], row.Values[i] = uint16(i), uint16(65535-i)
	}
	hash := row.Hash()
	msgs := map[string]sdk.Msg{
		"serve_axon": &subnettypes.MsgServeAxon{Hotkey: hotkey, Netuid: 300, Axon: subnettypes.Axon{
			Version: 10005000, Ip: "192.0.2.1", Port: 8091, IpType: 4, Protocol: 4,
		}},
		"set_weights":    &incentivetypes.MsgSetWeights{Hotkey: hotkey, Netuid: 300, Uids: wide(row.UIDs), Values: wide(row.Values), VersionKey: row.VersionKey},
		"commit_weights": &incentivetypes.MsgCommitWeights{Hotkey: hotkey, Netuid: 300, Hash: hash[:]},
		"reveal_weights": &incentivetypes.MsgRevealWeights{
			Hotkey: hotkey, Netuid: 300, Uids: wide(row.UIDs), Values: wide(row.Values), Salt: wide(row.Salt), VersionKey: row.VersionKey,
		},
	}
	enc, err := app.MakeEncoding()
	require.NoError(t, err)
	made := map[string]any{
		"from": "chain/app TestTransactionsOfThePythonPackage", "hotkey": hotkey, "public_key": hex.EncodeToString(key.Public()),
		"chain_id": "vectors", "number": "12714548420350506973", "sequence": 300, "until": 70_000, "row_hash": hex.EncodeToString(hash[:]),
	}
	for name, msg := range msgs {
		d := app.Draft{Msgs: []sdk.Msg{msg}, PubKey: crypto.NewPubKey(key.Public()), ChainID: "vectors", Number: 12714548420350506973, Sequence: 300, Until: 70_000}
		payload, err := d.Payload(context.Background(), enc)
		require.NoError(t, err)
		raw, err := d.Finish(enc, make([]byte, keys.SignatureSize))
		require.NoError(t, err)
		made[name] = map[string]string{"payload": hex.EncodeToString(payload), "transaction": hex.EncodeToString(raw)}
	}
	text, err := json.MarshalIndent(made, "", " ")
	require.NoError(t, err)
	text = append(text, '\n')
	if os.Getenv("ERGON_RECORD") != "" {
		require.NoError(t, os.WriteFile(pythonVectors, text, 0o644))
	}
	kept, err := os.ReadFile(pythonVectors)
	require.NoError(t, err)
	require.JSONEq(t, string(text), string(kept), "the ledger encodes transactions otherwise than %s says: change python/ergon_subtensor too", pythonVectors)
}

func wide(row []uint16) []uint32 {
	out := make([]uint32, len(row))
	for i, v := range row {
		out[i] = uint32(v)
	}
	return out
}
