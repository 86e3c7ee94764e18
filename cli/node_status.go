package cli

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
)

// nodeStatus is what `ergon node status` tells.
type nodeStatus struct {
	ChainID    string    `json:"chain_id"`
	Height     int64     `json:"height"`
	BlockTime  time.Time `json:"block_time"`
	CatchingUp bool      `json:"catching_up"`
	Earliest   int64     `json:"earliest_block"`
	AppHash    string    `json:"app_hash"`
	BlockHash  string    `json:"block_hash"`
	ID         string    `json:"id"`
	PubKey     string    `json:"producer_key"`
	Producer   bool      `json:"producer"`
	Producers  int       `json:"producers"`
	Tolerated  int       `json:"tolerated_crashes"`
	Meaning    string    `json:"meaning,omitempty"` // "three producers tolerate no crash"
	Peers      []string  `json:"peers"`
	Disk       *int64    `json:"disk_bytes,omitempty"`
}

func newNodeStatusCommand(e *env) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "status", Short: "Show how far a node is, and what the producers survive", Args: cobra.NoArgs,
		Example: "  ergon node status\n  ergon node status --node 10.0.0.7:26657 --json\n  ergon node status --dir /srv/ledger",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, _ []string) error {
			var s nodeStatus
			err := e.step(ctx, "asking the node…", func(ctx context.Context) (err error) {
				s, err = askStatus(ctx, c)
				return err
			})
			if err != nil {
				return err
			}
			if dir != "" {
				n, err := diskUse(dir)
				if err != nil {
					return fmt.Errorf("measure %s: %w", dir, err)
				}
				s.Disk = &n
			}
			return e.print(s, func(w io.Writer) { showStatus(w, s, e.now()) })
		}),
	}
	c.Flags().StringVar(&dir, "dir", "", "the node's directory, where it is on this machine: measures the disk")
	return c
}

func askStatus(ctx context.Context, c *client.Client) (nodeStatus, error) {
	st, err := c.Status(ctx)
	if err != nil {
		return nodeStatus{}, err
	}
	s := nodeStatus{
		ChainID: c.ChainID(), Height: st.SyncInfo.LatestBlockHeight, BlockTime: st.SyncInfo.LatestBlockTime, CatchingUp: st.SyncInfo.CatchingUp,
		Earliest: st.SyncInfo.EarliestBlockHeight, AppHash: st.SyncInfo.LatestAppHash.String(), BlockHash: st.SyncInfo.LatestBlockHash.String(),
		ID: string(st.NodeInfo.ID()), PubKey: base64.StdEncoding.EncodeToString(st.ValidatorInfo.PubKey.Bytes()), Producer: st.ValidatorInfo.VotingPower > 0,
	}
	if s.Peers, err = c.Peers(ctx); err != nil || s.Height == 0 {
		return s, err
	}
	producers, err := c.Producers(ctx)
	if err != nil {
		return s, err
	}
	s.Producers, s.Tolerated, s.Meaning = len(producers), authoritytypes.Tolerates(producers), authoritytypes.Tolerance(producers)
	return s, nil
}

func showStatus(w io.Writer, s nodeStatus, now time.Time) {
	role := "follows"
	if s.Producer {
		role = "produces blocks"
	}
	pairs(w, "ledger", s.ChainID, "block", s.Height, "of", fmt.Sprintf("%s (%s ago)", s.BlockTime.Format(time.RFC3339), now.Sub(s.BlockTime).Round(time.Second)),
		"catching up", yesno(s.CatchingUp), "block hash", s.BlockHash, "app hash", s.AppHash, "first block", s.Earliest,
		"node", s.ID, "producer key", s.PubKey, "role", role, "producers", s.Producers, "peers", len(s.Peers))
	for _, p := range s.Peers {
		fmt.Fprintf(w, "  %s\n", p)
	}
	if s.Disk != nil {
		pairs(w, "disk", fmt.Sprintf("%.1f MB", float64(*s.Disk)/1e6))
	}
	if s.Meaning != "" {
		fmt.Fprintf(w, "%s.\n", s.Meaning)
	}
}

func diskUse(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return nil // a file that has gone meanwhile takes no room
	})
	return sum, err
}
