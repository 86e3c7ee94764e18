package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/node"
	"github.com/ergon-network/ergon/internal/doctor"
	"github.com/ergon-network/ergon/media"
)

// lookTime is how long a check asks a node that may not be there.
const lookTime = 2 * time.Second

func newDoctorCommand(e *env) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "doctor", Short: "Check whether this machine can run Ergon", Args: cobra.NoArgs,
		Long: `Check ports, disk, clock, key files and the tools that some markets need. Each
check is ok, warn or fail, with a remedy. The exit code is 1 if one fails.`,
		Example: "  ergon doctor\n  ergon doctor --dir /srv/ledger --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			results, healthy := doctor.Run(cmd.Context(), e.checks(dir)...)
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			out := struct {
				Healthy bool            `json:"healthy"`
				Checks  []doctor.Result `json:"checks"`
			}{healthy, results}
			if err := e.print(out, func(w io.Writer) { doctorHuman(w, results) }); err != nil {
				return err
			}
			if !healthy {
				return errReported
			}
			return nil
		},
	}
	c.Flags().StringVar(&dir, "dir", e.home(".ergon", "node"), "the node's directory, existing or planned")
	return c
}

func (e *env) checks(dir string) []doctor.Check {
	conf := node.DefaultConfig()
	own := func(ctx context.Context, _ string) bool { _, err := e.head(ctx); return err == nil }
	return []doctor.Check{
		doctor.Port("port rpc", conf.RPC, own), doctor.Port("port p2p", conf.P2P, own),
		doctor.Port("port rest", conf.REST, own), doctor.Port("port grpc", conf.GRPC, own),
		doctor.Disk(dir, doctor.FreeSpace),
		doctor.Clock(e.now, e.head),
		doctor.Wallets(e.walletDir),
		doctor.Tool("ffmpeg", findFFmpeg, "only video markets need it: run `make setup` in the project, or set "+media.BinaryEnv),
	}
}

// findFFmpeg looks for the program as the video markets do.
func findFFmpeg(context.Context) (string, error) {
	t, err := media.Find()
	if err != nil {
		return "", err
	}
	build := t.Build()
	return t.Path() + ", " + build[:min(len(build), len("sha256:")+16)] + "…", nil
}

// head asks the node that --node names for its latest block.
func (e *env) head(ctx context.Context) (doctor.Head, error) {
	ctx, cancel := context.WithTimeout(ctx, min(lookTime, e.timeout))
	defer cancel()
	c, err := client.Dial(ctx, e.node)
	if err != nil {
		return doctor.Head{}, err
	}
	s, err := c.Status(ctx)
	if err != nil {
		return doctor.Head{}, err
	}
	i := s.SyncInfo
	return doctor.Head{Height: uint64(i.LatestBlockHeight), Time: i.LatestBlockTime, CatchingUp: i.CatchingUp}, nil
}

func doctorHuman(w io.Writer, results []doctor.Result) {
	for _, r := range results {
		lines := wrap(printable(r.Detail), screen-17)
		if r.Remedy != "" {
			lines += "\n" + wrap("-> "+printable(r.Remedy), screen-17)
		}
		fmt.Fprintf(w, "%-4s  %-9s  %s\n", r.Status, r.Name, strings.ReplaceAll(lines, "\n", "\n                 "))
	}
}
