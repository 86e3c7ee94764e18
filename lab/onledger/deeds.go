package onledger

import (
	"fmt"
	"strconv"

	abci "github.com/cometbft/cometbft/abci/types"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/client"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/consensus/price"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/lab"
)

// This file is what players do, as messages.

// secret is a row that was committed.
type secret struct {
	row   yuma.Commitment
	epoch int
}

// Price implements lab.Ledger: the ledger's terms as they will stand in the block of registrations.
func (l *ledger) Price() (uint64, error) {
	ctx, err := l.node.Context()
	if err != nil {
		return 0, err
	}
	s, err := l.node.App.Subnet.Get(ctx, lab.Netuid)
	if err != nil {
		return 0, err
	}
	terms := s.Terms.At(l.rules.Door(l.epoch), &s.Hyper, func(current uint64, regs, target uint32, alpha, least, most uint64) uint64 {
		return price.Term{Current: current, Alpha: alpha, Min: least, Max: most}.Next(regs, target)
	})
	return terms.Burn, nil
}

// Register implements lab.Ledger. Stakes come a block later, as only then it is known who got a uid.
func (l *ledger) Register(list []lab.Application) ([]lab.Admission, error) {
	var b batch
	l.help(&b, list)
	first := len(b.msgs)
	hot := make([]*keys.Pair, len(list))
	for i, a := range list {
		p := &l.players[a.Player]
		if hot[i] = p.hot; a.Fresh || p.hot == nil {
			hot[i] = hotkey(a.Player, p.hotkeys)
		}
		b.add(p.cold, l.register(p.cold, hot[i], max(a.MaxCost, 1)))
	}
	results, err := l.deliver(l.rules.Door(l.epoch), b)
	if err != nil {
		return nil, err
	}
	entries := make([]lab.Admission, len(list))
	for i, a := range list {
		if entries[i], err = l.entered(a.Player, hot[i], results[first+i]); err != nil {
			return nil, err
		}
	}
	if err := l.restake(list, entries); err != nil {
		return nil, err
	}
	_, err = l.look()
	return entries, err
}

// help sends players what they would pay and do not have.
func (l *ledger) help(b *batch, list []lab.Application) {
	for _, a := range list {
		p := &l.players[a.Player]
		need := min(a.MaxCost, lab.MaxBurn) + staketypes.DefaultExistentialDeposit
		if p.funds >= need {
			continue
		}
		coins := sdk.NewCoins(sdk.NewCoin(app.Denom, math.NewIntFromUint64(need-p.funds)))
		b.add(l.treasury, &banktypes.MsgSend{FromAddress: l.treasury.Address(), ToAddress: p.cold.Address(), Amount: coins})
		p.funds = need
	}
}

// entered notes what became of an application.
func (l *ledger) entered(player int, hot *keys.Pair, r *abci.ExecTxResult) (lab.Admission, error) {
	if r.Code != 0 {
		return lab.Admission{UID: lab.Refused}, nil
	}
	uid, err := number(r, "NeuronRegistered", "uid")
	if err != nil {
		return lab.Admission{}, err
	}
	cost, err := number(r, "NeuronRegistered", "burned")
	if err != nil {
		return lab.Admission{}, err
	}
	p := &l.players[player]
	if p.hot != hot {
		p.hot, p.hotkeys = hot, p.hotkeys+1
	}
	p.funds -= min(cost, p.funds)
	if int(uid) == len(l.holders) {
		l.holders = append(l.holders, holder{})
	} else if has(r, staketypes.EventStakeReleased) {
		rao, err := number(r, staketypes.EventStakeReleased, staketypes.AttributeAmount)
		if err != nil {
			return lab.Admission{}, err
		}
		l.released[l.holders[uid].player] += rao
	}
	l.holders[uid] = holder{player: player, hot: hot}
	return lab.Admission{UID: int(uid), Cost: cost}, nil
}

// restake puts what was released back behind the players that want it and got a uid.
func (l *ledger) restake(list []lab.Application, entries []lab.Admission) error {
	var b batch
	for i, a := range list {
		uid := entries[i].UID
		if !a.Stakes || uid == lab.Refused || l.holders[uid].player != a.Player || l.released[a.Player] == 0 {
			continue
		}
		b.add(l.players[a.Player].cold, l.addStake(a.Player, l.released[a.Player]))
		l.released[a.Player] = 0
	}
	if len(b.msgs) == 0 {
		return nil
	}
	_, err := l.must(l.rules.Door(l.epoch)+1, b)
	return err
}

// Reveal implements lab.Ledger.
func (l *ledger) Reveal() ([]lab.Ballot, error) {
	var b batch
	var votes []lab.Ballot
	for uid := range l.holders {
		h := &l.holders[uid]
		for len(h.hidden) > 0 && h.hidden[0].epoch+l.rules.CommitReveal <= l.epoch {
			s := h.hidden[0]
			h.hidden = h.hidden[1:]
			b.add(h.hot, &incentivetypes.MsgRevealWeights{
				Hotkey: h.hot.Address(), Netuid: lab.Netuid, Uids: wide(s.row.UIDs), Values: wide(s.row.Values), Salt: wide(s.row.Salt),
			})
			votes = append(votes, lab.Ballot{UID: uid, Row: yuma.MakePairs(s.row.UIDs, s.row.Values)})
		}
	}
	if len(b.msgs) == 0 {
		return nil, nil
	}
	results, err := l.deliver(l.rules.Door(l.epoch)+2, b)
	if err != nil {
		return nil, err
	}
	var opened []lab.Ballot
	for i, r := range results {
		if r.Code == 0 {
			opened = append(opened, votes[i])
		}
	}
	return opened, nil
}

// Weigh implements lab.Ledger.
func (l *ledger) Weigh(votes []lab.Ballot, part float64) ([]bool, error) {
	if len(votes) == 0 {
		return nil, nil
	}
	var b batch
	secrets := make([]secret, len(votes))
	for i, v := range votes {
		hot := l.holders[v.UID].hot
		row := yuma.Commitment{Hotkey: [32]byte(hot.Public()), Index: lab.Netuid, Salt: []uint16{uint16(l.epoch)}}
		for _, p := range v.Row {
			row.UIDs, row.Values = append(row.UIDs, p.UID), append(row.Values, p.Value)
		}
		secrets[i] = secret{row, l.epoch}
		if l.rules.CommitReveal == 0 {
			b.add(hot, &incentivetypes.MsgSetWeights{Hotkey: hot.Address(), Netuid: lab.Netuid, Uids: wide(row.UIDs), Values: wide(row.Values)})
			continue
		}
		hash := row.Hash()
		b.add(hot, &incentivetypes.MsgCommitWeights{Hotkey: hot.Address(), Netuid: lab.Netuid, Hash: hash[:]})
	}
	results, err := l.deliver(l.rules.Block(l.epoch, part), b)
	if err != nil {
		return nil, err
	}
	taken := make([]bool, len(votes))
	for i, r := range results {
		taken[i] = r.Code == 0
		if h := &l.holders[votes[i].UID]; taken[i] && l.rules.CommitReveal > 0 {
			h.hidden = append(h.hidden, secrets[i])
		}
	}
	return taken, nil
}

func wide(short []uint16) []uint32 {
	out := make([]uint32, len(short))
	for i, v := range short {
		out[i] = uint32(v)
	}
	return out
}

func has(r *abci.ExecTxResult, event string) bool {
	for _, e := range r.Events {
		if e.Type == event {
			return true
		}
	}
	return false
}

func number(r *abci.ExecTxResult, event, attribute string) (uint64, error) {
	text := client.Attribute(r.Events, event, attribute)
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("event %s: %s is %q: %w", event, attribute, text, err)
	}
	return n, nil
}
