package onledger

import (
	"errors"
	"fmt"
	"strconv"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	"github.com/ergon-network/ergon/chain/x/incentive"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/lab"
)

// ledger is a lab.Ledger that is the state machine itself.
type ledger struct {
	founding lab.Founding
	rules    *lab.Subnet
	supply   supply
	epochs   int // that will be played
	node     *testnode.Node
	treasury *keys.Pair // root, and owner of the subnets
	took     Figures
	told     func(done, of int) // nil: nobody asks

	epoch    int
	players  []actor
	holders  []holder // by uid
	stake    []uint64 // rao by uid
	released []uint64 // rao by player, not staked again yet
}

// actor is a player's keys.
type actor struct {
	cold    *keys.Pair
	hot     *keys.Pair // the newest that had a uid; nil: none had
	hotkeys int        // how many it had
	funds   uint64     // rao left for registrations, at least
}

// holder is who has a uid.
type holder struct {
	player int
	hot    *keys.Pair
	hidden []secret // oldest first
}

var _ lab.Ledger = (*ledger)(nil)

// allowance is what a player has for registrations before the treasury has to help.
const allowance = 2 * issuance.TAO

func open(f lab.Founding, epochs int) (*ledger, error) {
	if f.Rules.Tempo < minTempo {
		return nil, fmt.Errorf("subnet.tempo is %d: on the ledger an epoch's messages need %d blocks", f.Rules.Tempo, minTempo)
	}
	s, err := supplyFor(f.Rules.Rate())
	if err != nil {
		return nil, err
	}
	l := &ledger{
		founding: f, rules: &f.Rules, supply: s, epochs: epochs, treasury: testnode.Key("laboratory"),
		players: make([]actor, f.Players), released: make([]uint64, f.Players),
	}
	for i := range l.players {
		l.players[i] = actor{cold: testnode.Key(fmt.Sprint("laboratory, coldkey ", i)), funds: allowance}
	}
	return l, nil
}

// Found implements lab.Ledger: a genesis, the subnet, its first players and their stakes.
func (l *ledger) Found(stake []uint64) error {
	balances := make([]genesis.Balance, len(l.players))
	for i, p := range l.players {
		balances[i] = genesis.Balance{Address: p.cold.Address(), Rao: allowance}
		if i < len(stake) {
			balances[i].Rao += stake[i] + l.rules.Burn()
		}
	}
	o, err := options(l.founding, l.epochs, l.supply, l.treasury, balances)
	if err != nil {
		return err
	}
	if l.node, err = testnode.New(nil, o); err != nil {
		return err
	}
	var b batch
	for range l.supply.subnets {
		b.add(l.treasury, &subnettypes.MsgCreateSubnet{Coldkey: l.treasury.Address(), Name: "laboratory"})
	}
	b.add(l.treasury, l.hyper("tempo", uint64(l.rules.Tempo)))
	for i := range stake {
		p := &l.players[i]
		p.hot, p.hotkeys = hotkey(i, 0), 1
		l.holders = append(l.holders, holder{player: i, hot: p.hot})
		b.add(p.cold, l.register(p.cold, p.hot, 0))
	}
	for i, rao := range stake {
		if rao > 0 {
			b.add(l.players[i].cold, l.addStake(i, rao))
		}
	}
	if _, err := l.must(l.rules.Opening(), b); err != nil {
		return fmt.Errorf("found the subnet: %w", err)
	}
	b = batch{}
	b.add(l.treasury, l.hyper("target_regs_per_interval", uint64(l.rules.Registrations)))
	b.add(l.treasury, l.hyper("adjustment_interval", uint64(l.rules.AdjustmentInterval)))
	if _, err := l.must(l.rules.Opening()+1, b); err != nil {
		return fmt.Errorf("open the subnet: %w", err)
	}
	_, err = l.look()
	return err
}

// hotkey is the n-th hotkey of a player.
func hotkey(player, n int) *keys.Pair {
	return testnode.Key(fmt.Sprint("laboratory, hotkey ", player, " ", n))
}

func (l *ledger) hyper(name string, value uint64) sdk.Msg {
	return &subnettypes.MsgSetHyperparameter{Coldkey: l.treasury.Address(), Netuid: lab.Netuid, Name: name, Value: strconv.FormatUint(value, 10)}
}

func (l *ledger) register(cold, hot *keys.Pair, maxCost uint64) sdk.Msg {
	return &subnettypes.MsgRegister{Coldkey: cold.Address(), Hotkey: hot.Address(), Netuid: lab.Netuid, MaxCost: maxCost}
}

func (l *ledger) addStake(player int, rao uint64) sdk.Msg {
	p := &l.players[player]
	return &staketypes.MsgAddStake{Coldkey: p.cold.Address(), Hotkey: p.hot.Address(), Amount: rao}
}

// Stake implements lab.Ledger.
func (l *ledger) Stake() []uint64 { return l.stake }

// Settle implements lab.Ledger: it lets blocks go by until the epoch is settled and paid.
func (l *ledger) Settle() (*lab.Settled, error) {
	settles := l.rules.Block(l.epoch+1, 0)
	if err := l.until(settles + 1); err != nil {
		return nil, err
	}
	ctx, err := l.node.Context()
	if err != nil {
		return nil, err
	}
	paid, err := incentive.Querier{Keeper: l.node.App.Incentive}.Payouts(ctx, &incentivetypes.QueryPayoutsRequest{Netuid: lab.Netuid, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(paid.Payouts) != 1 || paid.Payouts[0].EpochIndex != uint64(l.epoch) || paid.Payouts[0].SettledAt != settles {
		return nil, fmt.Errorf("epoch %d was not settled in block %d: the newest payouts are %v", l.epoch, settles, paid.Payouts)
	}
	l.epoch++
	if l.told != nil {
		l.told(l.epoch, l.epochs)
	}
	return l.settled(paid.Payouts[0])
}

func (l *ledger) settled(p incentivetypes.PayoutInfo) (*lab.Settled, error) {
	neurons, err := l.look()
	if err != nil {
		return nil, err
	}
	n := len(neurons)
	s := &lab.Settled{
		Miner: make([]uint64, n), Validator: make([]uint64, n), Owner: p.OwnerCut, Unissued: p.Unissued,
		Incentive: make([]uint16, n), Dividends: make([]uint16, n), Trust: make([]uint16, n),
	}
	for _, r := range p.Rewards {
		s.Miner[r.Uid], s.Validator[r.Uid] = r.Miner, r.Validator
	}
	for uid, x := range neurons {
		s.Incentive[uid], s.Dividends[uid], s.Trust[uid] = uint16(x.Incentive), uint16(x.Dividends), uint16(x.ValidatorTrust)
	}
	return s, nil
}

// look reads the neurons, and keeps their stakes.
func (l *ledger) look() ([]incentivetypes.NeuronInfo, error) {
	ctx, err := l.node.Context()
	if err != nil {
		return nil, err
	}
	graph, err := incentive.Querier{Keeper: l.node.App.Incentive}.Metagraph(ctx, &incentivetypes.QueryMetagraphRequest{Netuid: lab.Netuid})
	if err != nil {
		return nil, err
	}
	if len(graph.Neurons) != len(l.holders) {
		return nil, fmt.Errorf("the subnet has %d uids, there should be %d", len(graph.Neurons), len(l.holders))
	}
	l.stake = l.stake[:0]
	for uid, n := range graph.Neurons {
		if n.Hotkey != l.holders[uid].hot.Address() {
			return nil, fmt.Errorf("uid %d is held by %s, it should be by %s", uid, n.Hotkey, l.holders[uid].hot.Address())
		}
		l.stake = append(l.stake, n.Stake)
	}
	return graph.Neurons, nil
}

// batch is messages of one block, in order.
type batch struct {
	signers []*keys.Pair
	msgs    []sdk.Msg
}

func (b *batch) add(signer *keys.Pair, msg sdk.Msg) {
	b.signers, b.msgs = append(b.signers, signer), append(b.msgs, msg)
}

// until lets empty blocks go by.
func (l *ledger) until(height uint64) error {
	for uint64(l.node.Height) < height {
		res, err := l.node.Block()
		if err != nil {
			return err
		}
		for _, e := range res.Events {
			if e.Type == incentivetypes.EventEpochFailed {
				return fmt.Errorf("block %d: %s", l.node.Height, client.Attribute(res.Events, e.Type, "reason"))
			}
		}
	}
	return nil
}

// deliver executes a batch in the block of a height.
func (l *ledger) deliver(height uint64, b batch) ([]*abci.ExecTxResult, error) {
	if uint64(l.node.Height) >= height {
		return nil, fmt.Errorf("block %d is over, its messages come too late", height)
	}
	if err := l.until(height - 1); err != nil {
		return nil, err
	}
	txs := make([][]byte, len(b.msgs))
	for i, m := range b.msgs {
		var err error
		if txs[i], err = l.node.Sign(b.signers[i], m); err != nil {
			return nil, fmt.Errorf("sign %T: %w", m, err)
		}
	}
	res, err := l.node.Block(txs...)
	if err != nil {
		return nil, err
	}
	l.took.Messages += len(txs)
	for i, r := range res.TxResults {
		if r.Code == 0 {
			continue
		}
		l.took.Refused++
		if r.Codespace != subnettypes.ModuleName && r.Codespace != incentivetypes.ModuleName {
			return nil, fmt.Errorf("block %d, %T: %s", height, b.msgs[i], r.Log)
		}
	}
	return res.TxResults, nil
}

// must is deliver for messages that have to be accepted.
func (l *ledger) must(height uint64, b batch) ([]*abci.ExecTxResult, error) {
	results, err := l.deliver(height, b)
	for i, r := range results {
		if r.Code != 0 {
			err = errors.Join(err, fmt.Errorf("%T refused: %s", b.msgs[i], r.Log))
		}
	}
	return results, err
}
