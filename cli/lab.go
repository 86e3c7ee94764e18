package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/lab"
	_ "github.com/ergon-network/ergon/lab/adversary" // the plays
	_ "github.com/ergon-network/ergon/lab/control"   // the two markets with a known exploit
	"github.com/ergon-network/ergon/lab/scenarios"
	_ "github.com/ergon-network/ergon/subnets/video/videolab" // the video market's adapter
)

const labHelp = `Play a market for many epochs on the code that pays, with an adversary in it,
and see who profits. A scenario is a YAML file, or the name of one that ships.

Pay is what the attackers earn against what they would earn honestly at equal
means: the same stake, and mining that costs as much. Above 0.5 an attack is
called profitable.`

// defaultSeeds is enough for an interval that tells profit from luck.
const defaultSeeds = 20

func newLabCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "lab", Short: "Attack a market before it is launched", Long: labHelp,
		Example: "  ergon lab scenarios\n  ergon lab table weight-copier weight-copier-hidden\n  ergon lab run my.yaml --json",
	}, newLabRunCommand(e), newLabTableCommand(e), newLabScenariosCommand(e), newLabShowCommand(e), newLabPlaysCommand(e))
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
}

func (f *labFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.market, "market", "", "play this market instead of the scenario's")
	c.Flags().StringVar(&f.profile, "profile", "", "judge by this profile of the market")
	c.Flags().IntVar(&f.epochs, "epochs", 0, "play so many epochs instead of the scenario's")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "what all randomness follows from")
}

func newLabTableCommand(e *env) *cobra.Command {
	var f labFlags
	var seeds int
	c := &cobra.Command{
		Use: "table [SCENARIO...]", Short: "Compare attacks with honesty at equal means", Args: cobra.ArbitraryArgs,
		Long:    "Compare attacks with honesty at equal means, over many seeds with the 95 %\nconfidence interval. Without names: every scenario that ships.",
		Example: "  ergon lab table weight-copier cabal-33\n  ergon lab table metric-hacker --profile seed --json",
		RunE: func(c *cobra.Command, args []string) error {
			if err := lab.CheckSeeds(seeds); err != nil {
				return purse.Usage("--%v", err)
			}
			if len(args) == 0 {
				args = scenarios.Names()
			}
			rows, err := e.sound(c.Context(), args, f, seeds)
			if err != nil {
				return err
			}
			return e.print(struct {
				Rows []lab.Soundness `json:"rows"`
			}{rows}, func(w io.Writer) { writeSoundness(w, args, rows) })
		},
	}
	f.add(c)
	c.Flags().IntVar(&seeds, "seeds", defaultSeeds, "worlds to play of each scenario")
	return c
}

func (e *env) sound(ctx context.Context, names []string, f labFlags, seeds int) ([]lab.Soundness, error) {
	p := e.progress("")
	defer p.stop()
	var rows []lab.Soundness
	for i, name := range names {
		p.set(fmt.Sprintf("playing %s, %d of %d", name, i+1, len(names)))
		s, err := tuned(name, f.market, f.profile, f.epochs)
		if err != nil {
			return nil, err
		}
		row, err := lab.Sound(ctx, s, f.seed, seeds)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func writeSoundness(w io.Writer, names []string, rows []lab.Soundness) {
	t := newTable("SCENARIO", "RULES", ">PAY", ">HARM", ">TOP", ">STOPS", "PAYS")
	for i, r := range rows {
		pays, stops := "no", "never"
		if r.Profitable() {
			pays = "yes"
		}
		if r.Detected >= 0 {
			stops = fmt.Sprint(r.Detected)
		}
		name := strings.TrimSuffix(filepath.Base(names[i]), ".yaml")
		t.row(clip(name, 25), clip(fallback(r.Profile, r.Market), 12), fmt.Sprintf("%.2f±%.2f", r.Pay.Mean, r.Pay.Half), fmt.Sprintf("%.1f %%", 100*r.Harm.Mean),
			fmt.Sprintf("%.0f %%", 100*r.Concentration.Mean), stops, pays)
	}
	t.write(w)
	fmt.Fprintln(w, "\n"+wrap("PAY: of honesty at equal means; above 0.5 the attack PAYS. HARM: what everybody else loses. TOP: the largest share of all pay. STOPS: the epoch from which on the attack earns less than half of honesty.", screen))
}

// labTeam is what one group of players got in a run.
type labTeam struct {
	Name             string
	Players          int
	Miner, Validator uint64  // rao
	Share            float64 // of all pay
}

func newLabRunCommand(e *env) *cobra.Command {
	var f labFlags
	var onLedger bool
	c := &cobra.Command{
		Use: "run SCENARIO", Short: "Play one world and show who got what", Args: cobra.ExactArgs(1),
		Long:    "Play one world and show what every group of players got. --json has every\nepoch. --on-ledger plays it on the ledger itself as well, with every message\nsigned and executed, and says whether both pay the same to the rao.",
		Example: "  ergon lab run cabal-33\n  ergon lab run my.yaml --seed 7 --json\n  ergon lab run uid-hoarder --epochs 20 --on-ledger",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := tuned(args[0], f.market, f.profile, f.epochs)
			if err != nil {
				return err
			}
			if onLedger {
				return e.runOnLedger(c.Context(), s, f.seed)
			}
			p := e.progress("playing " + s.Name)
			r, err := lab.Run(c.Context(), s, f.seed)
			p.stop()
			if err != nil {
				return err
			}
			return e.print(r, func(w io.Writer) { writeRun(w, s, r) })
		},
	}
	f.add(c)
	c.Flags().BoolVar(&onLedger, "on-ledger", false, "compare with a run on the ledger itself")
	return c
}

// teamsOf adds up a run by the groups of its scenario.
func teamsOf(r *lab.Result) []labTeam {
	var teams []labTeam
	index, all := map[string]int{}, uint64(0)
	for _, p := range r.Players {
		key := fmt.Sprint(p.Name, p.Mines)
		i, ok := index[key]
		if !ok {
			i = len(teams)
			index[key] = i
			teams = append(teams, labTeam{Name: p.Name})
		}
		teams[i].Players++
		for _, epoch := range r.Epochs {
			teams[i].Miner += epoch.Miner[p.UID]
			teams[i].Validator += epoch.Validator[p.UID]
			all += epoch.Miner[p.UID] + epoch.Validator[p.UID]
		}
	}
	for i := range teams {
		teams[i].Share = float64(teams[i].Miner+teams[i].Validator) / float64(max(all, 1))
	}
	return teams
}

func writeRun(w io.Writer, s *lab.Scenario, r *lab.Result) {
	fmt.Fprintf(w, "%s: %d epochs, seed %d\n\n", printable(s.Name), len(r.Epochs), r.Seed)
	t := newTable("GROUP", ">PLAYERS", ">AS MINERS", ">AS VALIDATORS", ">SHARE", ">EACH")
	for _, g := range teamsOf(r) {
		tao := func(rao uint64) string { return fmt.Sprintf("%.1f", float64(rao)/1e9) }
		t.row(clip(g.Name, 24), g.Players, tao(g.Miner), tao(g.Validator), fmt.Sprintf("%.1f %%", 100*g.Share), fmt.Sprintf("%.2f %%", 100*g.Share/float64(g.Players)))
	}
	t.write(w)
	fmt.Fprintln(w, "\nPay is in TAO.")
}

func newLabScenariosCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "scenarios", Short: "List the scenarios that ship", Args: cobra.NoArgs,
		Example: "  ergon lab scenarios\n  ergon lab scenarios --json",
		RunE: func(_ *cobra.Command, _ []string) error {
			type entry struct {
				Name   string `json:"name"`
				Market string `json:"market"`
				About  string `json:"about"`
			}
			var list []entry
			for _, name := range scenarios.Names() {
				s, err := scenarios.Named(name)
				if err != nil {
					return err
				}
				list = append(list, entry{name, s.Market, s.About})
			}
			return e.print(struct {
				Scenarios []entry `json:"scenarios"`
			}{list}, func(w io.Writer) {
				for _, x := range list {
					fmt.Fprintf(w, "%s\n  %s\n", x.Name, strings.ReplaceAll(wrap(x.About, screen-2), "\n", "\n  "))
				}
			})
		},
	}
}

func newLabShowCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show SCENARIO", Short: "Print the file of a scenario that ships, to change it", Args: cobra.ExactArgs(1),
		Example: "  ergon lab show cabal-33 > mine.yaml\n  ergon lab show cabal-33 --json",
		RunE: func(_ *cobra.Command, args []string) error {
			raw, err := scenarios.Source(args[0])
			if err != nil {
				return purse.Usage("%v", err)
			}
			return e.print(struct {
				Name string `json:"name"`
				File string `json:"file"`
			}{args[0], string(raw)}, func(w io.Writer) { _, _ = w.Write(raw) })
		},
	}
}

func newLabPlaysCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "plays", Short: "List how players can behave, with their options", Args: cobra.NoArgs,
		Example: "  ergon lab plays\n  ergon lab plays --json",
		RunE: func(_ *cobra.Command, _ []string) error {
			type option struct {
				Name    string  `json:"name"`
				Default float64 `json:"default"`
				Min     float64 `json:"min"`
				Max     float64 `json:"max"`
				About   string  `json:"about"`
			}
			type entry struct {
				Name    string   `json:"name"`
				About   string   `json:"about"`
				Options []option `json:"options"`
			}
			list := []entry{}
			for _, p := range lab.Plays() {
				x := entry{Name: p.Name, About: p.Summary, Options: []option{}}
				for _, o := range p.Options {
					x.Options = append(x.Options, option(o))
				}
				list = append(list, x)
			}
			return e.print(struct {
				Plays []entry `json:"plays"`
			}{list}, func(w io.Writer) {
				for _, x := range list {
					fmt.Fprintf(w, "%s\n  %s\n", x.Name, strings.ReplaceAll(wrap(x.About, screen-2), "\n", "\n  "))
					for _, o := range x.Options {
						fmt.Fprintf(w, "    %s\n", strings.ReplaceAll(wrap(fmt.Sprintf("%s %v to %v, %v unless said: %s", o.Name, o.Min, o.Max, o.Default, o.About), screen-6), "\n", "\n      "))
					}
				}
			})
		},
	}
}
