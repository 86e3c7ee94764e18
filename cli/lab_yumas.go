package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/yumas"
)

const labYumasHelp = `Settle the same stakes and weights under every form of Yuma that simulators
compare, in floats, and under the ledger's own integers. ARCHIVE is the name of
a case that ships, or a JSON file or one or two CSV files, with a comma between,
of stakes and weights; without one, all cases that ship are settled. --json has
every epoch.

A figure is what a validator has of all dividends, divided by its part of the
stake: 1.00 is what stake alone would bring.`

func newLabYumasCommand(e *env) *cobra.Command {
	var uid int
	c := &cobra.Command{
		Use: "yumas [ARCHIVE]", Short: "Compare forms of Yuma on given stakes and weights", Args: cobra.MaximumNArgs(1), Long: labYumasHelp,
		Example: "  ergon lab yumas\n  ergon lab yumas majority-delayed --uid 1\n  ergon lab yumas metagraph.json --json",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = yumas.Cases()
			}
			list, err := e.compareYumas(c.Context(), args)
			if err != nil {
				return err
			}
			if c.Flags().Changed("uid") && (uid < 0 || uid >= len(list[0].OfStake[0])) {
				return purse.Usage("--uid %d: %s has uids 0 to %d", uid, args[0], len(list[0].OfStake[0])-1)
			}
			return e.print(struct {
				Cases []yumaCase `json:"cases"`
			}{list}, func(w io.Writer) {
				for i, x := range list {
					if i > 0 {
						fmt.Fprintln(w)
					}
					x.write(w, args[i])
					if c.Flags().Changed("uid") {
						fmt.Fprintln(w)
						x.writeEpochs(w, uid)
					}
				}
				writeYumaModels(w)
			})
		},
	}
	c.Flags().IntVar(&uid, "uid", 0, "show this validator's epochs in which something changes")
	return c
}

// yumaCase is one archive under all models.
type yumaCase struct {
	Name     string           `json:"name"`
	Stake    [][]float64      `json:"stake"`    // shares by epoch, then uid
	OfStake  [][]float64      `json:"of_stake"` // by model, then uid: dividends of all epochs divided by what stake brings
	Outcomes []*yumas.Outcome `json:"models"`
}

func (e *env) compareYumas(ctx context.Context, names []string) ([]yumaCase, error) {
	p := e.progress("")
	defer p.stop()
	var list []yumaCase
	for _, name := range names {
		p.set("settling " + name)
		a, err := yumaArchive(name)
		if err != nil {
			return nil, purse.Usage("%v", err)
		}
		outcomes, err := yumas.Compare(ctx, a)
		if err != nil {
			return nil, err
		}
		x := yumaCase{Name: a.Name, Stake: yumas.Stakes(a), Outcomes: outcomes}
		for _, o := range outcomes {
			x.OfStake = append(x.OfStake, o.OfStake(x.Stake))
		}
		list = append(list, x)
	}
	return list, nil
}

// yumaArchive reads the case of a name that ships, or the archive of a path.
func yumaArchive(name string) (*lab.Archive, error) {
	if !archived(name) {
		return yumas.Case(name)
	}
	a, err := lab.LoadArchive(strings.Split(name, ",")...)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s; cases that ship: %s", name, strings.Join(yumas.Cases(), ", "))
	}
	return a, err
}

func yumaTable(first string) *table {
	heads := []string{">" + first, ">STAKE"}
	for _, m := range yumas.Models() {
		heads = append(heads, ">"+m.Name)
	}
	return newTable(heads...)
}

func (x *yumaCase) write(w io.Writer, name string) {
	fmt.Fprintf(w, "%s\n\n", wrap(printable(name+": "+x.Name), screen))
	t := yumaTable("UID")
	for uid, share := range x.Stake[0] {
		if share == 0 {
			continue
		}
		cells := []any{uid, stakeShare(share)}
		for _, of := range x.OfStake {
			cells = append(cells, fmt.Sprintf("%.2f", of[uid]))
		}
		t.row(cells...)
	}
	t.write(w)
}

// writeEpochs prints the epochs in which what a uid gets is not what it got in the one before.
func (x *yumaCase) writeEpochs(w io.Writer, uid int) {
	t := yumaTable("EPOCH")
	last := ""
	for epoch, stake := range x.Stake {
		cells := []any{stakeShare(stake[uid])}
		for _, o := range x.Outcomes {
			of := 0.0
			if stake[uid] > 0 {
				of = o.Dividends[epoch][uid] / stake[uid]
			}
			cells = append(cells, fmt.Sprintf("%.2f", of))
		}
		if line := fmt.Sprint(cells...); line != last {
			t.row(append([]any{epoch}, cells...)...)
			last = line
		}
	}
	t.write(w)
}

func stakeShare(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

func writeYumaModels(w io.Writer) {
	fmt.Fprintln(w)
	for _, m := range yumas.Models() {
		fmt.Fprintf(w, "%-12s %s\n", m.Name, hanging(m.About, 13))
	}
}
