package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/lab"
	_ "github.com/ergon-network/ergon/lab/adversary" // the plays
	_ "github.com/ergon-network/ergon/lab/control"   // the markets with a known exploit
	"github.com/ergon-network/ergon/lab/scenarios"
	_ "github.com/ergon-network/ergon/subnets/video/videolab" // the video market's adapter
)

const labHelp = `Play a market for many epochs on the code that pays, with an adversary in it,
and see who profits. A scenario is a YAML file, or the name of one that ships.

Pay is what the attackers earn against what they would earn honestly at equal
means: the same stake, and mining that costs as much. Above 0.5 an attack is
called profitable.

run, explain and compare also take an archive, stakes and weights that are
given: a JSON file, or one or two CSV files with a comma between.`

// defaultSeeds is enough for an interval that tells profit from luck.
const defaultSeeds = 20

func newLabCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "lab", Short: "Attack a market before it is launched", Long: labHelp,
		Example: "  ergon lab scenarios\n  ergon lab table weight-copier weight-copier-hidden\n  ergon lab run my.yaml --json",
	}, newLabRunCommand(e), newLabExplainCommand(e), newLabTableCommand(e), newLabSweepCommand(e), newLabCompareCommand(e),
		newLabScenariosCommand(e), newLabShowCommand(e), newLabPlaysCommand(e), newLabYumasCommand(e), newLabSnapshotCommand(e),
		newLabReportCommand(e), newLabServeCommand(e))
}

// scenario reads the scenario of a name that ships or of a path.
func scenario(name string) (*lab.Scenario, error) {
	if strings.ContainsAny(name, "./\\") {
		s, err := lab.Load(name)
		if os.IsNotExist(err) {
			return nil, fmt.Errorf("there is no file %s; `ergon lab scenarios` lists the scenarios that ship", name)
		}
		return s, err
	}
	return scenarios.Named(name)
}

// tuned reads a scenario under the flags that change it. Whatever is wrong with it is for its writer to
// mend.
func tuned(name, market, profile string, epochs int) (*lab.Scenario, error) {
	if archived(name) {
		return nil, purse.Usage("%s is an archive, in which nobody plays: `ergon lab run`, `explain` and `compare` take archives", name)
	}
	s, err := scenario(name)
	if err != nil {
		return nil, purse.Usage("%v", err)
	}
	if market != "" {
		s.Market, s.Profile = market, ""
	}
	if profile != "" {
		s.Profile = profile
	}
	if epochs != 0 {
		s.Epochs = epochs
	}
	if err := s.Check(); err != nil {
		return nil, purse.Usage("%s: %v", name, err)
	}
	return s, nil
}

// labFlags are the flags that change a scenario.
type labFlags struct {
	market, profile string
	epochs          int
	seed            uint64
	set             []string // KEY=VALUE
}

func (f *labFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.market, "market", "", "play this market instead of the scenario's")
	c.Flags().StringVar(&f.profile, "profile", "", "judge by this profile of the market")
	c.Flags().IntVar(&f.epochs, "epochs", 0, "play so many epochs instead of the scenario's")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "what all randomness follows from")
	c.Flags().StringArrayVar(&f.set, "set", nil, "set a field, `KEY=VALUE`; can be repeated")
}

// scenario reads a scenario under the flags.
func (f *labFlags) scenario(name string) (*lab.Scenario, error) {
	s, err := tuned(name, f.market, f.profile, f.epochs)
	if err != nil {
		return nil, err
	}
	return applied(s, f.set, strings.Join(f.set, " "))
}

// settable is a scenario or an archive.
type settable[T any] interface {
	With(path, value string) (T, error)
	Check() error
}

// applied is x with fields set, in that order; what names it where the whole cannot be played.
func applied[T settable[T]](x T, settings []string, what string) (T, error) {
	var none T
	for _, text := range settings {
		path, value, err := keyValue(text)
		if err != nil {
			return none, err
		}
		if x, err = x.With(path, value); err != nil {
			return none, purse.Usage("%v", err)
		}
	}
	if err := x.Check(); err != nil {
		return none, purse.Usage("%s: %v", what, err)
	}
	return x, nil
}

func keyValue(text string) (path, value string, err error) {
	path, value, found := strings.Cut(text, "=")
	if !found {
		return "", "", purse.Usage("%q sets nothing: write KEY=VALUE, for instance subnet.kappa=0.6", text)
	}
	return strings.TrimSpace(path), strings.TrimSpace(value), nil
}

// archived reports whether a name is that of an archive's file, or of two.
func archived(name string) bool {
	ending := strings.ToLower(filepath.Ext(name))
	return ending == ".json" || ending == ".csv"
}

// labWorld is what can be settled: a scenario with its seed, or an archive.
type labWorld struct {
	scenario *lab.Scenario
	seed     uint64
	archive  *lab.Archive
}

// world reads a scenario or an archive under the flags.
func (f *labFlags) world(name string) (labWorld, error) {
	if !archived(name) {
		s, err := f.scenario(name)
		return labWorld{scenario: s, seed: f.seed}, err
	}
	if f.market != "" || f.profile != "" {
		return labWorld{}, purse.Usage("%s is an archive, in which nobody plays: leave --market and --profile out", name)
	}
	a, err := lab.LoadArchive(strings.Split(name, ",")...)
	if err != nil {
		return labWorld{}, purse.Usage("%v", err)
	}
	if f.epochs != 0 {
		a.Epochs = f.epochs
	}
	a, err = applied(a, f.set, a.Name)
	return labWorld{archive: a}, err
}

func (w *labWorld) name() string {
	if w.archive != nil {
		return w.archive.Name
	}
	return w.scenario.Name
}

func (w *labWorld) epochs() int {
	if w.archive != nil {
		return w.archive.Length()
	}
	return w.scenario.Epochs
}

func (w *labWorld) run(ctx context.Context) (*lab.Result, error) {
	if w.archive != nil {
		return lab.Replay(ctx, w.archive, nil)
	}
	return lab.Run(ctx, w.scenario, w.seed)
}

func (w *labWorld) explain(ctx context.Context, uid, epoch int) (*lab.Explanation, error) {
	if w.archive != nil {
		return lab.ExplainArchive(ctx, w.archive, uid, epoch)
	}
	return lab.Explain(ctx, w.scenario, w.seed, uid, epoch)
}
