package app_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/testnode"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// nominators is how many back each of the voters, who are all delegates.
const nominators = 1000

// batch collects transactions and executes them perBlock at a time.
type batch struct {
	b   *testing.B
	w   *testnode.World
	txs [][]byte
}

func (x *batch) add(signer *keys.Pair, msg sdk.Msg) {
	tx, err := x.w.Sign(signer, msg)
	require.NoError(x.b, err)
	if x.txs = append(x.txs, tx); len(x.txs) == 8*perBlock {
		x.flush()
	}
}

func (x *batch) flush() {
	if len(x.txs) > 0 {
		deliver(x.b, x.w, x.txs)
	}
	x.txs = nil
}

// nominate lets a thousand coldkeys back each of the hotkeys.
func (x *batch) nominate(hot []*keys.Pair) {
	backers := make([]*keys.Pair, nominators)
	for i := range backers {
		backers[i] = testnode.Key(fmt.Sprintf("backer-%d", i))
	}
	const outputs = 50 // of one transaction
	for i := 0; i < nominators; i += outputs {
		m := &banktypes.MsgMultiSend{Inputs: []banktypes.Input{{Address: x.w.Owner.Address(), Coins: rao(outputs * 100 * testnode.TAO)}}}
		for _, to := range backers[i : i+outputs] {
			m.Outputs = append(m.Outputs, banktypes.Output{Address: to.Address(), Coins: rao(100 * testnode.TAO)})
		}
		x.add(x.w.Owner, m)
	}
	x.flush()
	for _, h := range hot {
		x.add(x.w.Owner, &staketypes.MsgAddStake{Coldkey: x.w.Owner.Address(), Hotkey: h.Address(), Amount: 10 * testnode.TAO})
		x.add(x.w.Owner, &staketypes.MsgBecomeDelegate{Coldkey: x.w.Owner.Address(), Hotkey: h.Address()})
	}
	x.flush()
	for _, h := range hot {
		for _, from := range backers {
			x.add(from, &staketypes.MsgAddStake{Coldkey: from.Address(), Hotkey: h.Address(), Amount: testnode.TAO})
		}
	}
	x.flush()
}

// benchmarkSettlement makes so many full subnets due in one block, every other block: one settles
// them all, the next one pays. 64 delegates with a thousand nominators each weigh all 256 uids.
func benchmarkSettlement(b *testing.B, subnets int) {
	w, hot := crowd(b, subnets)
	x := &batch{b: b, w: w}
	x.nominate(hot[:voters])
	uids, values := make([]uint32, fullSubnet), make([]uint32, fullSubnet)
	for i := range uids {
		uids[i], values[i] = uint32(i), uint32(1+i*7919%65535)
	}
	for netuid := range uint32(subnets) {
		for _, h := range hot[:voters] {
			x.add(h, &incentivetypes.MsgSetWeights{Hotkey: h.Address(), Netuid: netuid + 1, Uids: uids, Values: values})
		}
	}
	x.flush()
	x.add(w.Root, &incentivetypes.MsgSetParam{Root: w.Root.Address(), Name: "epochs_per_block", Value: fmt.Sprint(subnets)})
	for netuid := range uint32(subnets) {
		x.add(w.Root, &subnettypes.MsgSetHyperparameter{Coldkey: w.Root.Address(), Netuid: netuid + 1, Name: "tempo", Value: "2"})
	}
	x.flush()
	paid := func() (d time.Duration, events int) {
		start := time.Now()
		res, err := w.Block()
		require.NoError(b, err)
		d = time.Since(start)
		for _, e := range res.Events {
			if e.Type == "EpochFailed" {
				b.Fatal(e)
			}
			if e.Type == "EpochSettled" {
				events++
			}
		}
		return d, events
	}
	for range 8 { // permits and bonds come with the first epochs
		paid()
	}
	var settle, pay time.Duration
	rounds := 0
	for b.Loop() {
		for range 2 {
			if d, settled := paid(); settled > 0 {
				require.Equal(b, subnets, settled)
				settle += d
				rounds++
			} else {
				pay += d
			}
		}
	}
	b.ReportMetric(settle.Seconds()*1e3/float64(rounds), "settle-ms")
	b.ReportMetric(pay.Seconds()*1e3/float64(rounds), "payout-ms")
}

func BenchmarkSettlement32Subnets(b *testing.B)  { benchmarkSettlement(b, 32) }
func BenchmarkSettlement64Subnets(b *testing.B)  { benchmarkSettlement(b, 64) }
func BenchmarkSettlement128Subnets(b *testing.B) { benchmarkSettlement(b, 128) }
