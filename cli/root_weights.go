package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
)

func newRootWeightsCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "weights", Short: "What the members of root say, and what each subnet gets of it",
		Example: "  ergon root weights get\n  ergon root weights set 1=0.75 2=0.25 --wallet alice",
	}, newRootWeightsGetCommand(e), newRootWeightsSetCommand(e))
}

// rootSpeech is the root network: who says what, and what came of it.
type rootSpeech struct {
	Height        uint64        `json:"height"`
	Tempo         uint32        `json:"tempo"` // 0 = no root network
	NextEpoch     uint64        `json:"next_epoch"`
	DecidedAt     uint64        `json:"decided_at"`
	BlockEmission uint64        `json:"block_emission_rao,string"`
	Members       []rootSpeaker `json:"members"`
	Subnets       []rootShare   `json:"subnets"`
}

type rootSpeaker struct {
	UID        uint32        `json:"uid"`
	Hotkey     string        `json:"hotkey"`
	Coldkey    string        `json:"coldkey"`
	Stake      uint64        `json:"stake_rao,string"`
	LastUpdate uint64        `json:"last_update"`
	Weights    purse.RootRow `json:"weights"`
}

type rootShare struct {
	Netuid uint32  `json:"netuid"`
	Share  float64 `json:"share"`
	Rate   uint64  `json:"rate_rao,string"` // a block
}

func newRootSpeech(r *incentivetypes.QueryRootResponse, only string) rootSpeech {
	out := rootSpeech{
		Height: r.Height, Tempo: r.Tempo, NextEpoch: r.NextEpoch, DecidedAt: r.DecidedAt, BlockEmission: r.BlockEmission,
		Members: []rootSpeaker{}, Subnets: []rootShare{},
	}
	for _, m := range r.Members {
		if only == "" || only == m.Hotkey {
			out.Members = append(out.Members, rootSpeaker{m.Uid, m.Hotkey, m.Coldkey, m.Stake, m.LastUpdate, purse.ReadRootRow(m.Weights)})
		}
	}
	for _, s := range r.Subnets {
		out.Subnets = append(out.Subnets, rootShare{s.Netuid, float64(s.Share) / 1e9, s.Rate})
	}
	return out
}

func (r *rootSpeech) human(w io.Writer) {
	t := newTable(">UID", "HOTKEY", ">STAKE (TAO)", ">SET IN", "SAYS")
	for _, m := range r.Members {
		t.row(m.UID, short(m.Hotkey), coin.Short(m.Stake), m.LastUpdate, m.Weights)
	}
	t.write(w)
	fmt.Fprintln(w)
	t = newTable(">NETUID", ">SHARE", ">TAO A BLOCK")
	for _, s := range r.Subnets {
		t.row(s.Netuid, fmt.Sprintf("%.2f%%", s.Share*100), coin.Decimal(s.Rate))
	}
	t.write(w)
	if r.Tempo == 0 {
		fmt.Fprintln(w, "This ledger has no root network: its subnets share equally.")
		return
	}
	fmt.Fprintf(w, "Decided in block %d, next in block %d (now %d).\n", r.DecidedAt, r.NextEpoch, r.Height)
}

func newRootWeightsGetCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "get [HOTKEY]", Short: "Show the weights of root, of all members or one, and the subnets' shares", Args: cobra.MaximumNArgs(1),
		Example: "  ergon root weights get\n  ergon root weights get default --wallet alice --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			only := ""
			if len(args) > 0 {
				var err error
				if only, err = e.hotkeyAddress(args, 0); err != nil {
					return err
				}
			}
			r, err := e.rootNetwork(ctx, c)
			if err != nil {
				return err
			}
			out := newRootSpeech(r, only)
			return e.print(out, out.human)
		}),
	}
}

func (e *env) rootNetwork(ctx context.Context, c *client.Client) (r *incentivetypes.QueryRootResponse, err error) {
	err = e.step(ctx, "reading the root network…", func(ctx context.Context) error {
		r, err = c.RootNetwork(ctx)
		return err
	})
	return r, err
}

func newRootWeightsSetCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "set [NETUID=WEIGHT...]", Short: "Say what part of the emission each subnet should get", Args: cobra.ArbitraryArgs,
		Long: `Replace what a hotkey of the wallet says on root. Weights are in any unit, only
their ratios count; a subnet that is not named gets nothing of this member. What
is given to netuid 0 is paid to nobody. Without arguments the member says
nothing. The subnets' emission follows at the next root epoch.`,
		Example: "  ergon root weights set 1=0.75 2=0.25 --wallet alice\n  ergon root weights set 1=3 2=1 --wallet alice --hotkey default --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			row, err := purse.ParseRootRow(args)
			if err != nil {
				return err
			}
			hotkey, err := e.hotkeyAddress(nil, 0)
			if err != nil {
				return err
			}
			return e.speak(ctx, c, hotkey, row)
		}),
	}
}

// speak sends a row of root.
func (e *env) speak(ctx context.Context, c *client.Client, hotkey string, row purse.RootRow) error {
	e.note("%s says on root: %s.", hotkey, row)
	return e.sign(ctx, "Set these weights?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
		netuids, values := row.Values()
		r, err := c.SetRootWeights(ctx, key, hotkey, netuids, values, 0)
		if err != nil {
			return nil, err
		}
		out := struct {
			Hotkey  string        `json:"hotkey"`
			Coldkey string        `json:"coldkey"`
			Weights purse.RootRow `json:"weights"`
			done
		}{hotkey, key.Address(), row, where(r)}
		return e.shown(out, func(w io.Writer) { pairs(w, "hotkey", hotkey, "says", row, "block", out.Block, "hash", out.Hash) })
	})
}

// newRootShiftCommand is boost, and with sign -1 slash.
func newRootShiftCommand(e *env, name, short, long string, sign float64) *cobra.Command {
	return &cobra.Command{
		Use: name + " NETUID AMOUNT", Short: short, Args: cobra.ExactArgs(2), Long: long,
		Example: "  ergon root " + name + " 1 0.1 --wallet alice\n  ergon root " + name + " 1 0.1 --wallet alice --hotkey default --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			netuid, err := parseNetuid(args[0])
			if err != nil {
				return err
			}
			amount, err := strconv.ParseFloat(args[1], 64)
			if err != nil || !(amount > 0 && amount <= 1) {
				return purse.Usage("the amount %q: give a part of the row above 0 and up to 1, for instance 0.1", args[1])
			}
			hotkey, err := e.hotkeyAddress(nil, 0)
			if err != nil {
				return err
			}
			r, err := e.rootNetwork(ctx, c)
			if err != nil {
				return err
			}
			row := purse.RootRow{}
			for _, m := range r.Members {
				if m.Hotkey == hotkey {
					row = purse.ReadRootRow(m.Weights)
				}
			}
			if row, err = row.Shift(netuid, sign*amount); err != nil {
				return err
			}
			return e.speak(ctx, c, hotkey, row)
		}),
	}
}

func newRootBoostCommand(e *env) *cobra.Command {
	return newRootShiftCommand(e, "boost", "Give a subnet more of what a member of root says",
		`Add AMOUNT to the part that the wallet's hotkey gives a subnet on root; all
parts together were 1. The others keep their ratios.`, 1)
}

func newRootSlashCommand(e *env) *cobra.Command {
	return newRootShiftCommand(e, "slash", "Give a subnet less of what a member of root says",
		`Take AMOUNT from the part that the wallet's hotkey gives a subnet on root, down
to nothing; all parts together were 1. The others keep their ratios. No stake is
touched.`, -1)
}
