package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/node"
	"github.com/ergon-network/ergon/internal/purse"
)

func newNodeSnapshotCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "snapshot", Short: "Write a stopped node's ledger into one file, or list what a node keeps",
		Example: "  ergon node snapshot make --out ledger.snapshot\n  ergon node snapshot list",
	}, newSnapshotMakeCommand(e), newSnapshotListCommand(e))
}

func newSnapshotMakeCommand(e *env) *cobra.Command {
	var dir, file string
	c := &cobra.Command{
		Use: "make", Short: "Write the ledger of a stopped node into one file", Args: cobra.NoArgs,
		Example: "  ergon node snapshot make --out ledger.snapshot\n  ergon node snapshot make --dir /srv/ledger --out /backup/ledger.snapshot --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return purse.Usage("--out is missing: name the file to write")
			}
			var s node.Snapshot
			err := e.long(cmd.Context(), "opening the ledger…", func(_ context.Context, say func(string)) (err error) {
				s, err = node.MakeSnapshot(dir, file, say)
				return err
			})
			if err != nil {
				return err
			}
			return e.print(s, func(w io.Writer) { showSnapshot(w, file, s) })
		},
	}
	c.Flags().StringVar(&dir, "dir", e.home(".ergon", "node"), "the node's directory")
	c.Flags().StringVar(&file, "out", "", "the file to write")
	return c
}

func showSnapshot(w io.Writer, file string, s node.Snapshot) {
	pairs(w, "file", file, "ledger", s.ChainID, "block", s.Height, "block hash", s.BlockHash, "app hash", s.AppHash, "genesis digest", s.Genesis)
}

func newSnapshotListCommand(e *env) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "list", Short: "List the snapshots a node keeps for others to state-sync from", Args: cobra.NoArgs,
		Example: "  ergon node snapshot list\n  ergon node snapshot list --dir /srv/ledger --json",
		RunE: func(*cobra.Command, []string) error {
			all, err := node.ListSnapshots(dir)
			if err != nil {
				return err
			}
			return e.print(all, func(w io.Writer) {
				if len(all) == 0 {
					fmt.Fprintln(w, "None. node.json says how often one is made (snapshots.interval).")
					return
				}
				t := newTable(">block", ">parts", ">MB")
				for _, s := range all {
					t.row(s.Height, s.Chunks, fmt.Sprintf("%.1f", float64(s.Bytes)/1e6))
				}
				t.write(w)
			})
		},
	}
	c.Flags().StringVar(&dir, "dir", e.home(".ergon", "node"), "the node's directory")
	return c
}

func newNodeRestoreCommand(e *env) *cobra.Command {
	var dir, name, hash string
	conf := node.DefaultConfig()
	block := time.Duration(conf.BlockTime)
	c := &cobra.Command{
		Use: "restore FILE", Short: "Make a node of a snapshot, in an empty directory", Args: cobra.ExactArgs(1),
		Long: `Make a node of a snapshot, in an empty directory. The file is checked against
itself; whether its history is the one you mean, the hash of its block says:
compare it with another node's, or give it with --trust-hash. The node gets keys
of its own.`,
		Example: "  ergon node restore ledger.snapshot --trust-hash 5C1A… --peer ID@10.0.0.7:26656\n  ergon node restore ledger.snapshot --dir /srv/ledger --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if block <= 0 {
				return purse.Usage("a block time of %v; give a positive one", block)
			}
			if err := conf.Pruning.Check(); err != nil {
				return purse.Usage("%v", err)
			}
			conf.BlockTime = node.Duration(block)
			var s node.Snapshot
			err := e.long(cmd.Context(), "reading the snapshot…", func(ctx context.Context, say func(string)) (err error) {
				s, err = node.Restore(ctx, dir, name, args[0], hash, conf, say)
				return err
			})
			if err != nil {
				return err
			}
			return e.print(s, func(w io.Writer) {
				showSnapshot(w, args[0], s)
				fmt.Fprintf(w, "Start it with `ergon node start --dir %s`.\n", dir)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&dir, "dir", e.home(".ergon", "node"), "the node's directory, empty or not there yet")
	f.StringVar(&name, "name", "producer", "the node's name, should it become a producer")
	f.StringVar(&hash, "trust-hash", "", "the hash the snapshot's block must have")
	f.DurationVar(&block, "block-time", block, "time between two blocks of that ledger")
	configFlags(c, &conf)
	return c
}

func newNodeExportCommand(e *env) *cobra.Command {
	var dir, file string
	var height int64
	c := &cobra.Command{
		Use: "export", Short: "Write a stopped node's state as the genesis of a ledger that goes on", Args: cobra.NoArgs,
		Long: `Write a stopped node's state as the genesis of a ledger that goes on at the
next block with the same balances, subnets and producers. A height needs its
state: see --pruning of ` + "`ergon node init`" + `.`,
		Example: "  ergon node export --out genesis.json\n  ergon node export --dir /srv/ledger --height 1000 --out genesis.json --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return purse.Usage("--out is missing: name the file to write")
			}
			if _, err := os.Stat(file); err == nil {
				return fmt.Errorf("%s exists: name another file, or remove it", file)
			}
			if height < 0 {
				return purse.Usage("--height %d: give a block, or 0 for the last", height)
			}
			var doc *cmttypes.GenesisDoc
			err := e.long(cmd.Context(), "reading the state…", func(_ context.Context, say func(string)) (err error) {
				if doc, err = node.Export(dir, height); err != nil {
					return err
				}
				say("writing the genesis…")
				return doc.SaveAs(file)
			})
			if err != nil {
				return err
			}
			digest, err := node.Digest(doc)
			if err != nil {
				return err
			}
			out := struct {
				File    string `json:"file"`
				ChainID string `json:"chain_id"`
				Height  int64  `json:"height"`
				First   int64  `json:"initial_height"`
				Digest  string `json:"digest"`
			}{file, doc.ChainID, doc.InitialHeight - 1, doc.InitialHeight, digest}
			return e.print(out, func(w io.Writer) {
				pairs(w, "file", file, "ledger", out.ChainID, "state of", out.Height, "goes on at", out.First, "digest", digest)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&dir, "dir", e.home(".ergon", "node"), "the node's directory")
	f.StringVar(&file, "out", "", "the file to write")
	f.Int64Var(&height, "height", 0, "the block after which the state is taken; 0 takes the last")
	return c
}
