package cli

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/node"
	"github.com/ergon-network/ergon/internal/purse"
)

// joining is the command line of `ergon node join`.
type joining struct {
	dir, name, genesis, digest string
	block                      time.Duration
	sync                       []string
	trustHeight                int64
	trustHash                  string
	conf                       node.Config
}

func newNodeJoinCommand(e *env) *cobra.Command {
	j := joining{conf: node.DefaultConfig()}
	c := &cobra.Command{
		Use: "join", Short: "Make a node of a ledger that others run", Args: cobra.NoArgs,
		Long: `Make a node of a ledger that others run. Its genesis comes from a file or from
a node; the digest says whether it is the one you mean: ask an operator for it.
With two --sync the node begins at the state that two nodes agree on, instead of
the first block. To produce blocks, give the printed producer key to root (see
` + "`ergon node producers add --help`" + `).`,
		Example: "  ergon node join --genesis 10.0.0.7:26657 --digest 3f1c…\n" +
			"  ergon node join --genesis genesis.json --digest 3f1c… --peer ID@10.0.0.7:26656\n" +
			"  ergon node join --genesis 10.0.0.7:26657 --digest 3f1c… --sync 10.0.0.7:26657 --sync 10.0.0.8:26657 --json",
		RunE: func(cmd *cobra.Command, _ []string) error { return e.join(cmd.Context(), j) },
	}
	f := c.Flags()
	f.StringVar(&j.dir, "dir", e.home(".ergon", "node"), "the node's directory, empty or not there yet")
	f.StringVar(&j.name, "name", "producer", "the node's name, should it become a producer")
	f.StringVar(&j.genesis, "genesis", "", "a genesis file, or the RPC address of a node")
	f.StringVar(&j.digest, "digest", "", "SHA-256 the genesis must have; without it you are asked")
	f.DurationVar(&j.block, "block-time", time.Duration(j.conf.BlockTime), "time between two blocks of that ledger")
	f.StringArrayVar(&j.sync, "sync", nil, "RPC address of a node to state-sync from; give two")
	f.Int64Var(&j.trustHeight, "trust-height", 0, "a block you trust; 0 takes the latest that both agree on")
	f.StringVar(&j.trustHash, "trust-hash", "", "the hash of that block, as `ergon node status` shows it")
	configFlags(c, &j.conf)
	return c
}

func (e *env) join(ctx context.Context, j joining) error {
	if j.genesis == "" {
		return purse.Usage("--genesis is missing: give a file or the RPC address of a node")
	}
	if j.block <= 0 {
		return purse.Usage("a block time of %v; give a positive one", j.block)
	}
	if err := j.conf.Pruning.Check(); err != nil {
		return purse.Usage("%v", err)
	}
	j.conf.BlockTime = node.Duration(j.block)
	var doc *cmttypes.GenesisDoc
	err := e.long(ctx, "reading the genesis…", func(ctx context.Context, say func(string)) (err error) {
		ctx, cancel := context.WithTimeout(ctx, e.timeout)
		defer cancel()
		var peer string
		if doc, peer, err = node.FetchGenesis(ctx, j.genesis, j.digest, say); err != nil {
			return err
		}
		if peer != "" && len(j.conf.Peers) == 0 {
			j.conf.Peers = []string{peer}
		}
		if len(j.sync) == 0 && j.trustHash == "" && j.trustHeight == 0 {
			return nil
		}
		say("asking two nodes for a block to trust…")
		j.conf.StateSync, err = node.Trust(ctx, j.sync, j.trustHeight, j.trustHash)
		return err
	})
	var dialled *net.OpError
	if errors.As(err, &dialled) {
		return fmt.Errorf("%w: %w", client.ErrUnreachable, err)
	}
	if err != nil {
		return err
	}
	digest, err := node.Digest(doc)
	if err != nil {
		return err
	}
	if j.digest == "" {
		if err := e.confirm(ctx, "Genesis of %s has digest %s.\nIs that what an operator of the ledger tells you?", doc.ChainID, digest); err != nil {
			return err
		}
	}
	id, err := node.Join(j.dir, j.name, doc, j.conf)
	if err != nil {
		return err
	}
	out := struct {
		Dir     string          `json:"dir"`
		ChainID string          `json:"chain_id"`
		Digest  string          `json:"digest"`
		ID      string          `json:"id"`
		PubKey  string          `json:"producer_key"`
		Peers   []string        `json:"peers"`
		Sync    *node.StateSync `json:"state_sync,omitempty"`
	}{j.dir, doc.ChainID, digest, id.ID, base64.StdEncoding.EncodeToString(id.Producer.PubKey), j.conf.Peers, j.conf.StateSync}
	return e.print(out, func(w io.Writer) {
		pairs(w, "directory", j.dir, "ledger", doc.ChainID, "digest", digest, "peers dial", id.ID+"@"+j.conf.P2P, "producer key", out.PubKey)
		if s := j.conf.StateSync; s != nil {
			pairs(w, "trusts block", fmt.Sprintf("%d, %s", s.Height, s.Hash))
		}
		fmt.Fprintf(w, "Start it with `ergon node start --dir %s`.\n", j.dir)
	})
}

// long makes one long operation that says what it is doing. Without a terminal it is silent.
func (e *env) long(ctx context.Context, what string, f func(ctx context.Context, say func(string)) error) error {
	p := e.progress(what)
	defer p.stop()
	return f(ctx, p.set)
}
