package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets/video"
)

// videoFrom is where a command reads scores: a validator's read API, or its folder.
type videoFrom struct{ api, dir string }

func newVideoCommand(e *env) *cobra.Command {
	var from videoFrom
	c := group(&cobra.Command{Use: "video", Short: "See why the video market scored as it did",
		Example: "  ergon video scores --uid 3\n  ergon video verify 42"},
		newVideoScoresCommand(e, &from), newVideoVerifyCommand(e, &from))
	c.PersistentFlags().StringVar(&from.api, "api", e.getenv("ERGON_VALIDATOR"), "a validator's read API (env ERGON_VALIDATOR)")
	c.PersistentFlags().StringVar(&from.dir, "dir", "", "a validator's folder on this machine, instead of --api")
	return c
}

func (f *videoFrom) open(ctx context.Context) (video.Source, error) {
	switch {
	case f.dir != "":
		return video.OpenDir(ctx, f.dir)
	case f.api != "":
		return video.OpenAPI(f.api)
	}
	return nil, errors.New("name a validator: --api HOST:PORT, or --dir FOLDER (in a localnet, `eval \"$(ergon localnet env)\"` does)")
}

func newVideoScoresCommand(e *env, from *videoFrom) *cobra.Command {
	var uid, limit int
	c := &cobra.Command{
		Use: "scores", Short: "List scores: what was measured, and which gate decided", Args: cobra.NoArgs,
		Example: "  ergon video scores --uid 3\n  ergon video scores --uid 3 --json",
		RunE: func(c *cobra.Command, _ []string) error {
			src, err := from.open(c.Context())
			if err != nil {
				return err
			}
			defer func() { _ = src.Close() }()
			q := scoredb.Query{Limit: limit}
			if c.Flags().Changed("uid") {
				q.UID = &uid
			}
			rows, err := src.Scores(c.Context(), q)
			if err != nil {
				return err
			}
			rows = append([]scoredb.Score{}, rows...) // no rows are [], not null
			return e.print(rows, func(w io.Writer) { videoTable(rows).write(w) })
		},
	}
	c.Flags().IntVar(&uid, "uid", 0, "only this miner's")
	c.Flags().IntVar(&limit, "limit", 20, "rows, newest first")
	return c
}

func videoTable(rows []scoredb.Score) *table {
	t := newTable(">SCORE", ">ROUND", ">UID", "TASK", ">VMAF", ">NEG", ">CHROMA", ">RATE", ">S_F", ">PAID", "GATE")
	for _, s := range rows {
		gate := s.Gate
		if gate == "" {
			gate = "passed"
		}
		t.row(s.ID, s.Round, s.UID, s.Kind[:min(len(s.Kind), 8)], measured(s.VMAF), measured(s.NEG), measured(least(s.PSNRCb, s.PSNRCr)),
			fmt.Sprintf("%.3f", s.Rate), fmt.Sprintf("%.3f", s.SF), fmt.Sprintf("%.3f", s.Paid), gate)
	}
	return t
}

func measured(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f", *v)
}

// least is the smaller of two measurements, if both were made.
func least(a, b *float64) *float64 {
	if a == nil || b == nil || *a < *b {
		return a
	}
	return b
}

func newVideoVerifyCommand(e *env, from *videoFrom) *cobra.Command {
	return &cobra.Command{
		Use: "verify SCORE", Short: "Fetch reference and result of a score and measure again", Args: cobra.ExactArgs(1),
		Long: "Fetches what a score was made from, measures and judges it again under the same\n" +
			"profile, checks the signatures, and says whether the numbers are the same.\nReferences stay private until their time is over.",
		Example: "  ergon video verify 42\n  ergon video verify 42 --json",
		RunE: func(c *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 63)
			if err != nil {
				return usage(c, fmt.Errorf("score %q is no number; `ergon video scores` lists them", args[0]))
			}
			src, err := from.open(c.Context())
			if err != nil {
				return err
			}
			defer func() { _ = src.Close() }()
			tool, err := media.Find()
			if err != nil {
				return err
			}
			var again video.Recheck
			err = e.step(c.Context(), "measuring again…", func(ctx context.Context) error {
				again, err = video.Verify(ctx, tool, src, id)
				return err
			})
			if err != nil {
				return err
			}
			if err := e.print(again, func(w io.Writer) { writeRecheck(w, again) }); err != nil {
				return err
			}
			if !again.Same {
				return errReported
			}
			return nil
		},
	}
}

func writeRecheck(w io.Writer, r video.Recheck) {
	t := newTable("", ">STORED", ">MEASURED AGAIN")
	for _, row := range []struct {
		name        string
		then, then2 *float64
	}{
		{"VMAF", r.Score.VMAF, r.Again.VMAF}, {"VMAF NEG", r.Score.NEG, r.Again.NEG}, {"PSNR Cb", r.Score.PSNRCb, r.Again.PSNRCb},
		{"PSNR Cr", r.Score.PSNRCr, r.Again.PSNRCr}, {"rate", &r.Score.Rate, &r.Again.Rate}, {"S_F", &r.Score.SF, &r.Again.SF},
		{"paid", &r.Score.Paid, &r.Again.Paid},
	} {
		t.row(row.name, exact(row.then), exact(row.then2))
	}
	t.row("gate", r.Score.Gate, r.Again.Gate)
	t.write(w)
	fmt.Fprintf(w, "signed by validator %s: %v\nthe miner's signature under its answer: %v\n", r.Score.Validator, r.Signed, r.Answered)
	if r.Same {
		fmt.Fprintln(w, "The same, number for number.")
	}
	for _, d := range r.Differs {
		fmt.Fprintln(w, "differs:", printable(d))
	}
	if r.Note != "" {
		fmt.Fprintln(w, printable(r.Note))
	}
}

func exact(v *float64) string {
	if v == nil {
		return "-"
	}
	return strconv.FormatFloat(*v, 'f', 9, 64)
}
