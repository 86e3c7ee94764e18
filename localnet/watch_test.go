package localnet

import (
	"testing"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/ergon-network/ergon/chain/client"
)

func event(kind string, pairs ...string) abci.Event {
	e := abci.Event{Type: kind}
	for i := 0; i < len(pairs); i += 2 {
		e.Attributes = append(e.Attributes, abci.EventAttribute{Key: pairs[i], Value: pairs[i+1]})
	}
	return e
}

func settled(netuid string) abci.Event {
	return event("EpochSettled", "netuid", netuid, "epoch", "0", "unissued", "3")
}

func payout(netuid, epoch, miners, rewards string) abci.Event {
	return event("Payout", "netuid", netuid, "epoch", epoch, "settled_at", "1", "owner", "x", "owner_cut", "18",
		"miners", miners, "validators", "41", "rewards", rewards)
}

func weighed(netuid string) []*abci.ExecTxResult {
	return []*abci.ExecTxResult{{Events: []abci.Event{event("WeightsSet", "netuid", netuid)}}}
}

func TestOnlyTemposWithFreshWeightsCount(t *testing.T) {
	l := NewLedger()
	apply := func(height uint64, txs []*abci.ExecTxResult, begin ...abci.Event) []Payout {
		paid, err := l.Apply(client.Block{Height: height, Begin: begin, Txs: txs})
		require.NoError(t, err)
		return paid
	}
	apply(5, weighed("1"))
	apply(10, nil, settled("1"))
	paid := apply(11, nil, payout("1", "0", "100", `[[2,"A","100","0"]]`))
	require.Len(t, paid, 1)
	require.False(t, paid[0].Fresh, "no epoch came before it")
	apply(15, weighed("1"))
	apply(20, nil, settled("1"))
	require.True(t, apply(21, nil, payout("1", "1", "100", `[[2,"A","60","0"],[3,"B","40","7"]]`))[0].Fresh)
	apply(30, nil, settled("1"))
	require.False(t, apply(31, nil, payout("1", "2", "100", `[[2,"A","100","0"]]`))[0].Fresh, "weights are of the epoch before")
	apply(35, weighed("1"))
	apply(40, nil, settled("1"))
	require.False(t, apply(41, nil, payout("1", "3", "0", `[]`))[0].Fresh, "nobody was paid")

	require.Equal(t, 1, l.PaidTempos(1))
	require.Zero(t, l.PaidTempos(2))
	require.EqualValues(t, 41, l.Height())
	earned, history := l.Earned(1, "A")
	require.EqualValues(t, 260, earned)
	require.Equal(t, []uint64{100, 60, 100, 0}, history)
	earned, history = l.Earned(1, "B")
	require.EqualValues(t, 47, earned)
	require.Equal(t, []uint64{0, 47, 0, 0}, history)
	_, unissued, _ := l.Payouts(1)
	require.EqualValues(t, 12, unissued)
}

func TestEventsThatDoNotParseAreErrors(t *testing.T) {
	for _, e := range []abci.Event{
		settled("many"), payout("1", "0", "-1", `[]`), payout("1", "0", "1", `[[1]]`), payout("1", "0", "1", `{`),
		payout("1", "0", "1", `[[1,2,"3","4"]]`),
	} {
		_, err := NewLedger().Apply(client.Block{Height: 1, Begin: []abci.Event{e}})
		require.Error(t, err, e)
	}
}
