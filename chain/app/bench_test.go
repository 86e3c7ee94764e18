package app_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	"github.com/ergon-network/ergon/chain/x/incentive"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

const (
	fullSubnet = 256 // uids
	voters     = 64  // hotkeys that set weights
	perBlock   = 256 // transactions
)

// crowd makes a ledger on goleveldb with so many full subnets, and returns the hotkeys of subnet 1.
func crowd(b *testing.B, subnets int) (*testnode.World, []*keys.Pair) {
	b.Helper()
	db, err := app.OpenDB(b.TempDir())
	require.NoError(b, err)
	o := genesis.Options{Tempo: 1_000_000, Tune: func(p *subnettypes.Params) {
		p.Defaults.TargetRegsPerInterval, p.Defaults.MaxRegsPerBlock = 1000, 1000
		p.Defaults.MaxBurn = testnode.TAO
		p.Defaults.Tempo = 50_000
		p.SubnetLimit, p.LockReductionInterval = 128, 1
	}}
	w, err := testnode.NewTunedWorld(db, o, []string{"a"}, baseapp.SetIAVLCacheSize(100_000))
	require.NoError(b, err)
	b.Cleanup(func() { _ = w.App.Close(); _ = db.Close() })
	var first []*keys.Pair
	for s := range subnets {
		netuid, err := w.Subnet(fmt.Sprintf("market-%d", s))
		require.NoError(b, err)
		var txs [][]byte
		for i := range fullSubnet {
			hot := testnode.Key(fmt.Sprintf("hot-%d", i))
			if s == 0 {
				first = append(first, hot)
			}
			tx, err := w.Sign(w.Owner, &subnettypes.MsgRegister{Coldkey: w.Owner.Address(), Hotkey: hot.Address(), Netuid: netuid})
			require.NoError(b, err)
			txs = append(txs, tx)
		}
		res, err := w.Block(txs...)
		require.NoError(b, err)
		for _, r := range res.TxResults {
			require.Zero(b, r.Code, r.Log)
		}
	}
	return w, first
}

func benchmarkSetWeights(b *testing.B, subnets int) {
	w, hot := crowd(b, subnets)
	uids, values := make([]uint32, fullSubnet), make([]uint32, fullSubnet)
	for i := range uids {
		uids[i], values[i] = uint32(i), uint32(i*7919%65536)
	}
	measure(b, w, func(i int) (*keys.Pair, sdk.Msg) {
		who := hot[i%voters]
		return who, &incentivetypes.MsgSetWeights{Hotkey: who.Address(), Netuid: 1, Uids: uids, Values: values, VersionKey: 0}
	})
}

// The owner's hotkeys need no permit under the 2026 rules, so no epoch has to run first.
func BenchmarkSetWeights1Subnet(b *testing.B)   { benchmarkSetWeights(b, 1) }
func BenchmarkSetWeights32Subnets(b *testing.B) { benchmarkSetWeights(b, 32) }

func benchmarkEmptyBlocks(b *testing.B, subnets int) {
	o := genesis.Options{Tempo: 50_000, Tune: func(p *subnettypes.Params) { p.SubnetLimit, p.LockReductionInterval = 128, 1 }}
	w, err := testnode.NewTunedWorld(nil, o, []string{"a"})
	require.NoError(b, err)
	for i := range subnets {
		_, err := w.Subnet(fmt.Sprintf("market-%d", i))
		require.NoError(b, err)
	}
	for b.Loop() {
		if _, err := w.Block(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "blocks/s")
}

func BenchmarkEmptyBlocks1Subnet(b *testing.B)    { benchmarkEmptyBlocks(b, 1) }
func BenchmarkEmptyBlocks32Subnets(b *testing.B)  { benchmarkEmptyBlocks(b, 32) }
func BenchmarkEmptyBlocks128Subnets(b *testing.B) { benchmarkEmptyBlocks(b, 128) }

// BenchmarkMetagraph reads a full subnet in one call, weights and bonds included.
func BenchmarkMetagraph(b *testing.B) {
	w, _ := crowd(b, 1)
	ctx, err := w.Context()
	require.NoError(b, err)
	q := incentive.Querier{Keeper: w.App.Incentive}
	for b.Loop() {
		if _, err := q.Metagraph(ctx, &incentivetypes.QueryMetagraphRequest{Netuid: 1, Full: true}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTransfers moves coins between accounts, fees included.
func BenchmarkTransfers(b *testing.B) {
	w, hot := crowd(b, 1)
	rich := make([]*keys.Pair, voters)
	for i := range rich {
		rich[i] = testnode.Key(fmt.Sprintf("rich-%d", i))
		_, err := w.Must(w.Owner, transfer(w.Owner, rich[i], 1000*testnode.TAO))
		require.NoError(b, err)
	}
	measure(b, w, func(i int) (*keys.Pair, sdk.Msg) {
		from := rich[i%voters]
		return from, transfer(from, hot[i%len(hot)], 1_000_000)
	})
}

func transfer(from, to *keys.Pair, amount uint64) sdk.Msg {
	return &banktypes.MsgSend{FromAddress: from.Address(), ToAddress: to.Address(), Amount: rao(amount)}
}

func rao(amount uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin("rao", math.NewIntFromUint64(amount)))
}

// measure signs b.N calls and then times executing them, perBlock at a time.
func measure(b *testing.B, w *testnode.World, call func(i int) (*keys.Pair, sdk.Msg)) {
	var blocks [][][]byte
	for i := range b.N {
		signer, msg := call(i)
		tx, err := w.Sign(signer, msg)
		require.NoError(b, err)
		if i%perBlock == 0 {
			blocks = append(blocks, nil)
		}
		blocks[len(blocks)-1] = append(blocks[len(blocks)-1], tx)
	}
	b.ResetTimer()
	for _, txs := range blocks {
		deliver(b, w, txs)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
}

func deliver(b *testing.B, w *testnode.World, txs [][]byte) {
	res, err := w.Block(txs...)
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range res.TxResults {
		if r.Code != 0 {
			b.Fatal(r.Log)
		}
	}
}
