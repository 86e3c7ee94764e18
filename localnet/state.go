package localnet

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ergon-network/ergon/chain/client"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/explorer"
	"github.com/ergon-network/ergon/localnet/supervise"
	"github.com/ergon-network/ergon/subnets"
)

// view assembles what the page, the tables and the final report show.
type view struct {
	*stage
	ledger *Ledger
	notice string
	shown  uint64                        // height of the last table
	last   explorer.State                // published
	giver  atomic.Pointer[client.Client] // set once the faucet can give
}

// state reads the network as it was after the last block that was followed, so that what the
// ledger says and what the blocks said are of one moment.
func (v *view) state(ctx context.Context) (explorer.State, error) {
	s := explorer.State{ChainID: v.plan.ChainID, Notice: v.notice, Time: time.Now(), Processes: processes(v.sup.Status())}
	s.Links = []explorer.Link{{Name: "ledger RPC", URL: "http://" + v.rpc}}
	if v.chain == nil {
		return s, nil
	}
	if height := v.ledger.Height(); height > 0 {
		ctx = client.At(ctx, height)
	}
	issuance, err := v.chain.Issuance(ctx)
	if err != nil {
		return s, err
	}
	root, err := v.chain.RootNetwork(ctx)
	if err != nil {
		return s, err
	}
	s.Height = issuance.Height
	s.Totals = explorer.Totals{
		SupplyGenesisRao: genesisSupply, SupplyNowRao: issuance.Issuance, MinersRao: issuance.Totals.Miners,
		ValidatorsRao: issuance.Totals.Validators, OwnerRao: issuance.Totals.Owners, RecycledRao: issuance.Totals.Recycled,
	}
	s.Subnets = make([]explorer.Subnet, len(v.netuids))
	g, ctx := errgroup.WithContext(ctx)
	for i, netuid := range v.netuids {
		g.Go(func() error {
			sub, err := v.subnet(ctx, i, netuid)
			s.Subnets[i] = sub
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return s, err
	}
	for i, netuid := range v.netuids {
		for _, r := range root.Subnets {
			if r.Netuid == uint32(netuid) {
				s.Subnets[i].Share, s.Subnets[i].RateRao = float64(r.Share)/1e9, r.Rate
			}
		}
		payouts, unissued, _ := v.ledger.Payouts(netuid)
		s.Totals.PendingRao += s.Subnets[i].PendingRao
		s.Totals.DustRao += unissued
		for _, p := range payouts {
			s.Payouts = append(s.Payouts, explorer.Payout{
				Netuid: netuid, Epoch: p.Epoch + 1, Height: p.PaidAt, MinersRao: p.Miners, ValidatorsRao: p.Validators, OwnerRao: p.OwnerCut,
			})
		}
	}
	return s, nil
}

func (v *view) subnet(ctx context.Context, i int, netuid uint16) (explorer.Subnet, error) {
	g, err := v.chain.Metagraph(ctx, netuid, false)
	if err != nil {
		return explorer.Subnet{}, err
	}
	planned := v.plan.Subnets[i]
	out := explorer.Subnet{
		Netuid: netuid, Name: g.Subnet.Name, Market: planned.Market, Profile: planned.Profile,
		Tempo: uint64(g.Subnet.Hyper.Tempo), PendingRao: g.Pending, BurnRao: g.Subnet.Burn, Recycled: g.Subnet.Recycled,
		NeuronLimit: uint64(g.Subnet.Hyper.MaxAllowedUids), LastEpoch: g.LastEpoch, Weights: hiddenWeights(g),
	}
	if g.NextEpoch > g.Height {
		out.BlocksLeft = g.NextEpoch - g.Height
	}
	if _, _, failed := v.ledger.Payouts(netuid); len(failed) > 0 {
		out.Note = "epoch failed at " + failed[len(failed)-1]
	}
	scores := v.scores(ctx, i)
	for _, n := range g.Neurons {
		row := v.neuron(planned, netuid, n, scores)
		if row.Role == explorer.Validator && row.Note == "" && g.Subnet.Hyper.CommitRevealWeightsEnabled {
			row.Note = rowNote(n)
		}
		out.Neurons = append(out.Neurons, row)
	}
	return out, nil
}

func (v *view) neuron(planned Subnet, netuid uint16, n incentivetypes.NeuronInfo, scores map[string]subnets.Score) explorer.Neuron {
	earned, history := v.ledger.Earned(netuid, n.Hotkey)
	out := explorer.Neuron{
		UID: uint16(n.Uid), Hotkey: n.Hotkey, Name: "visitor", Role: explorer.Miner, Strategy: "own",
		Incentive: float64(n.Incentive) / 65535, Dividends: float64(n.Dividends) / 65535,
		EarnedRao: earned, History: history, Online: n.Axon != nil && n.Axon.Port != 0,
	}
	for _, p := range planned.Neurons {
		if p.Hotkey == n.Hotkey {
			out.Name, out.Role, out.Strategy = strings.TrimPrefix(p.Name, planned.Prefix+"-"), explorer.Role(p.Role), p.Strategy
			out.Online = v.running(p.Name)
		}
	}
	if s, ok := scores[n.Hotkey]; ok {
		out.Tasks, out.Score, out.Note = s.Tasks, s.Score, s.Note
	}
	return out
}

func (v *view) running(name string) bool {
	for _, p := range v.sup.Status() {
		if p.Name == name {
			return p.State == supervise.Running
		}
	}
	return false
}

// scores asks the subnet's validators what they think: of each miner the mean of their scores and
// the sum of their tasks. One that is starting or being restarted has no opinion for a moment,
// which is no error.
func (v *view) scores(ctx context.Context, i int) map[string]subnets.Score {
	ctx, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	out, opinions := map[string]subnets.Score{}, map[string]float64{}
	for _, address := range v.status[i] {
		st, err := subnets.FetchStatus(ctx, address)
		if err != nil {
			continue
		}
		var given uint64
		for _, s := range st.Scores {
			n := opinions[s.Hotkey]
			mean := out[s.Hotkey]
			mean.Score = (mean.Score*n + s.Score) / (n + 1)
			mean.Tasks += s.Tasks
			mean.Note = s.Note
			out[s.Hotkey], opinions[s.Hotkey] = mean, n+1
			given += s.Tasks
		}
		out[st.Hotkey] = subnets.Score{Tasks: given, Note: st.Note}
	}
	return out
}

func processes(all []supervise.Process) []explorer.Process {
	out := make([]explorer.Process, len(all))
	for i, p := range all {
		out[i] = explorer.Process{Name: p.Name, PID: p.PID, State: string(p.State), Restarts: p.Restarts, Since: p.Since}
	}
	return out
}

// check holds a state against the money equation and, at the end of a run, reports it.
func check(s explorer.State) error {
	if err := s.Totals.Check(); err != nil {
		return fmt.Errorf("at block %d: %w", s.Height, err)
	}
	if s.Height == 0 {
		return errors.New("the ledger made no block")
	}
	return nil
}
