package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
)

func newWeightsCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "weights", Short: "Say by hand what miners are worth",
		Long: `Say by hand what miners are worth; a running validator does it by itself.

Where a subnet hides weights, they are committed in one epoch and revealed in
the next: "commit" keeps the row and its salt in a file beside the wallet,
"reveal" finds it there. Elsewhere "set" says them at once.`,
		Example: "  ergon weights commit 1 2=60 3=40 --wallet alice\n  ergon weights status 1 --wallet alice\n  ergon weights reveal 1 --wallet alice",
	}, newWeightsSetCommand(e), newWeightsCommitCommand(e), newWeightsRevealCommand(e), newWeightsStatusCommand(e))
}

// weighing is the row of a command line.
type weighing struct {
	netuid  uint16
	uids    []uint16
	values  []uint16
	version uint64
}

// parse reads NETUID UID=VALUE...
func (w *weighing) parse(args []string) (err error) {
	if w.netuid, err = parseNetuid(args[0]); err != nil {
		return err
	}
	for _, text := range args[1:] {
		uid, value, found := strings.Cut(text, "=")
		if !found {
			return purse.Usage("%q is no UID=VALUE, such as 2=60", text)
		}
		u, err := parseUint16("uid", uid)
		if err != nil {
			return err
		}
		v, err := parseUint16("value", value)
		if err != nil {
			return err
		}
		w.uids, w.values = append(w.uids, u), append(w.values, v)
	}
	return nil
}

// signHotkey asks, opens the wallet's hotkey, submits, and shows what came of it.
func (e *env) signHotkey(ctx context.Context, question string, submit func(context.Context, *keys.Pair) (show func() error, err error)) error {
	return e.signWith(ctx, question, func(context.Context) (*keys.Pair, error) { return e.hotkeyPair() }, submit)
}

// weighed is a row as it went to the ledger.
type weighed struct {
	Netuid uint16 `json:"netuid"`
	Hotkey string `json:"hotkey"`
	Hash   string `json:"commit,omitempty"` // of the commit
	UIDs   int    `json:"uids"`
	done
}

const rowHelp = `

VALUE is a whole number from 0 to 65535; only proportions matter.`

func newWeightsSetCommand(e *env) *cobra.Command {
	var version uint64
	c := &cobra.Command{
		Use: "set NETUID UID=VALUE...", Short: "Set a validator's weights for all to see", Args: cobra.MinimumNArgs(1),
		Long:    `Set the weights of the hotkey of --hotkey, where the subnet does not hide them.` + rowHelp,
		Example: "  ergon weights set 1 2=60 3=40 --wallet alice\n  ergon weights set 1 2=60 3=40 --wallet alice --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			var row weighing
			if err := row.parse(args); err != nil {
				return err
			}
			return e.signHotkey(ctx, "Set these weights?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				r, err := c.SetWeights(ctx, key, row.netuid, row.uids, row.values, version)
				if err != nil {
					return nil, err
				}
				out := weighed{Netuid: row.netuid, Hotkey: key.Address(), UIDs: len(row.uids), done: where(r)}
				return e.shown(out, func(w io.Writer) {
					pairs(w, "weights", fmt.Sprintf("of %d uids set", out.UIDs), "hotkey", out.Hotkey, "block", out.Block, "hash", out.done.Hash)
				})
			})
		}),
	}
	c.Flags().Uint64Var(&version, "version-key", 0, "what the subnet asks validators to run")
	return c
}

func newWeightsCommitCommand(e *env) *cobra.Command {
	var version uint64
	c := &cobra.Command{
		Use: "commit NETUID UID=VALUE...", Short: "Commit weights by their hash", Args: cobra.MinimumNArgs(1),
		Long: `Commit the weights of the hotkey of --hotkey by their hash, to be revealed in
the next epoch. The row and its salt are kept in the folder "commits" of the
wallet before anything is sent: without that file nobody can reveal them.` + rowHelp,
		Example: "  ergon weights commit 1 2=60 3=40 --wallet alice\n  ergon weights commit 1 2=60 3=40 --wallet alice --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			var row weighing
			if err := row.parse(args); err != nil {
				return err
			}
			row.version = version
			return e.signHotkey(ctx, "Commit these weights?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				kept, hash, err := e.hiddenRows().Keep(key, purse.HiddenRow{Netuid: row.netuid, UIDs: row.uids, Values: row.values, Version: row.version})
				if err != nil {
					return nil, err
				}
				r, err := c.CommitWeights(ctx, key, row.netuid, hash)
				if err != nil {
					return nil, err
				}
				out := weighed{Netuid: row.netuid, Hotkey: key.Address(), Hash: kept.Hash, UIDs: len(row.uids), done: where(r)}
				return e.shown(out, func(w io.Writer) {
					pairs(w, "commit", short(kept.Hash), "hotkey", out.Hotkey, "epoch", r.Attribute(incentivetypes.EventCommitted, "epoch"),
						"reveal in", "epoch "+r.Attribute(incentivetypes.EventCommitted, "reveal_epoch"), "block", out.Block, "hash", out.done.Hash)
				})
			})
		}),
	}
	c.Flags().Uint64Var(&version, "version-key", 0, "what the subnet asks validators to run")
	return c
}

func newWeightsRevealCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "reveal NETUID [COMMIT]", Short: "Reveal committed weights in their epoch", Args: cobra.RangeArgs(1, 2),
		Long: `Reveal what the hotkey of --hotkey has committed: the newest commit that is
open, or the one whose hash begins with COMMIT. A row supersedes those that were
committed before it.`,
		Example: "  ergon weights reveal 1 --wallet alice\n  ergon weights reveal 1 --wallet alice --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			netuid, err := parseNetuid(args[0])
			if err != nil {
				return err
			}
			hotkey, err := e.hotkeyAddress(nil, 0)
			if err != nil {
				return err
			}
			prefix := ""
			if len(args) > 1 {
				prefix = strings.ToLower(args[1])
			}
			var kept purse.HiddenRow
			err = e.step(ctx, "looking for the commit…", func(ctx context.Context) error {
				r, err := c.Commits(ctx, netuid, hotkey)
				if err != nil {
					return err
				}
				kept, err = e.openRow(r, netuid, prefix)
				return err
			})
			if err != nil {
				return err
			}
			return e.signHotkey(ctx, "Reveal these weights?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				r, err := c.RevealWeights(ctx, key, netuid, kept.UIDs, kept.Values, kept.Salt, kept.Version)
				if err != nil {
					return nil, err
				}
				e.hiddenRows().Forget(kept)
				out := weighed{Netuid: netuid, Hotkey: key.Address(), Hash: kept.Hash, UIDs: len(kept.UIDs), done: where(r)}
				return e.shown(out, func(w io.Writer) {
					pairs(w, "weights", fmt.Sprintf("of %d uids revealed", out.UIDs), "commit", short(kept.Hash), "hotkey", out.Hotkey, "block", out.Block, "hash", out.done.Hash)
				})
			})
		}),
	}
}

func (e *env) hiddenRows() purse.HiddenRows { return purse.RowsOf(e.walletDir, e.wallet) }

// openRow chooses the row to reveal, or says why there is none.
func (e *env) openRow(r *incentivetypes.QueryCommitsResponse, netuid uint16, prefix string) (purse.HiddenRow, error) {
	if !r.Enabled {
		return purse.HiddenRow{}, purse.Refused("subnet %d takes weights in the open: set them with `ergon weights set`", netuid)
	}
	for i := len(r.Commits) - 1; i >= 0; i-- {
		c := r.Commits[i]
		if !strings.HasPrefix(c.Hash, prefix) || prefix == "" && c.State != incentivetypes.CommitOpen {
			continue
		}
		switch c.State {
		case incentivetypes.CommitEarly:
			return purse.HiddenRow{}, purse.Refused("too soon: commit %s opens at about block %d, in %d blocks", short(c.Hash), c.OpensAt, c.OpensAt-min(c.OpensAt, r.Height))
		case incentivetypes.CommitExpired:
			return purse.HiddenRow{}, purse.Refused("too late: commit %s was open in epoch %d, epoch %d runs; commit anew", short(c.Hash), c.RevealEpoch, r.Epoch)
		}
		return e.hiddenRows().Load(netuid, c.Hash)
	}
	if len(r.Commits) == 0 {
		return purse.HiddenRow{}, purse.Refused("nothing is committed: `ergon weights commit` does that")
	}
	return purse.HiddenRow{}, purse.Refused("no commit is open now; `ergon weights status` tells when the next one is")
}

func newWeightsStatusCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "status NETUID [HOTKEY]", Short: "Show which weights count and what waits to be revealed", Args: cobra.RangeArgs(1, 2),
		Example: "  ergon weights status 1 --wallet alice\n  ergon weights status 1 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			netuid, err := parseNetuid(args[0])
			if err != nil {
				return err
			}
			hotkey, err := e.hotkeyAddress(args, 1)
			if err != nil {
				return err
			}
			var s weightsStatus
			err = e.step(ctx, "reading commits…", func(ctx context.Context) error {
				r, err := c.Commits(ctx, netuid, hotkey)
				if err == nil {
					s = e.newWeightsStatus(r, netuid, hotkey)
				}
				return err
			})
			if err != nil {
				return err
			}
			return e.print(s, s.human)
		}),
	}
}

type weightsStatus struct {
	Netuid     uint16   `json:"netuid"`
	Hotkey     string   `json:"hotkey"`
	UID        uint32   `json:"uid"`
	Height     uint64   `json:"height"`
	Hidden     bool     `json:"commit_reveal"`
	Period     uint64   `json:"reveal_period"` // epochs
	Epoch      uint64   `json:"epoch"`
	NextEpoch  uint64   `json:"next_epoch"` // block
	LastUpdate uint64   `json:"last_update"`
	WeighedAt  uint64   `json:"weighed_at"`
	RevealedAt uint64   `json:"revealed_at"`
	BlocksLeft uint64   `json:"rate_limit_blocks_left"`
	Commits    []commit `json:"commits"`
}

type commit struct {
	Hash        string `json:"hash"`
	State       string `json:"state"` // early, open, expired
	CommittedAt uint64 `json:"committed_at"`
	Epoch       uint64 `json:"epoch"`
	RevealEpoch uint64 `json:"reveal_epoch"`
	OpensAt     uint64 `json:"opens_at,omitempty"`   // about
	ExpiresAt   uint64 `json:"expires_at,omitempty"` // about
	Kept        bool   `json:"kept"`                 // the row and its salt are in this wallet
}

func (e *env) newWeightsStatus(r *incentivetypes.QueryCommitsResponse, netuid uint16, hotkey string) weightsStatus {
	s := weightsStatus{
		Netuid: netuid, Hotkey: hotkey, UID: r.Uid, Height: r.Height, Hidden: r.Enabled, Period: r.Period, Epoch: r.Epoch, NextEpoch: r.NextEpoch,
		LastUpdate: r.LastUpdate, WeighedAt: r.WeighedAt, RevealedAt: r.RevealedAt, BlocksLeft: r.BlocksLeft, Commits: []commit{},
	}
	for _, c := range r.Commits {
		_, err := e.hiddenRows().Load(netuid, c.Hash)
		s.Commits = append(s.Commits, commit{c.Hash, c.State, c.CommittedAt, c.Epoch, c.RevealEpoch, c.OpensAt, c.ExpiresAt, err == nil})
	}
	return s
}

func (s weightsStatus) human(w io.Writer) {
	how := "set in the open"
	if s.Hidden {
		how = fmt.Sprintf("committed, and revealed %d epoch(s) later", s.Period)
	}
	pairs(w, "subnet", s.Netuid, "uid", s.UID, "hotkey", s.Hotkey, "weights are", how,
		"epoch", fmt.Sprintf("%d, the next in %d blocks", s.Epoch, s.NextEpoch-min(s.NextEpoch, s.Height)),
		"row in force", fmt.Sprintf("made at block %d, counts since block %d", s.WeighedAt, s.RevealedAt),
		"last update", s.LastUpdate, "next update", fmt.Sprintf("in %d blocks", s.BlocksLeft))
	if len(s.Commits) == 0 {
		return
	}
	t := newTable("COMMIT", "STATE", ">BLOCK", ">EPOCH", ">REVEAL", ">OPENS", ">EXPIRES", "KEPT HERE")
	for _, c := range s.Commits {
		t.row(short(c.Hash), c.State, c.CommittedAt, c.Epoch, c.RevealEpoch, about(c.OpensAt, s.Height), about(c.ExpiresAt, s.Height), yesno(c.Kept))
	}
	t.write(w)
}

// about is how far ahead an estimated block is.
func about(block, now uint64) string {
	if block <= now {
		return "-"
	}
	return fmt.Sprintf("in %d", block-now)
}
