package cli

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// laboratory is a designer's walk: look at a scenario, change it, play it, see who profits.
func (s *shell) laboratory() {
	t := s.t
	require.Contains(t, s.text(exitOK, "lab", "scenarios"), "control-sybil")
	require.Greater(t, len(s.json(exitOK, "lab", "scenarios")["scenarios"].([]any)), 40)
	require.Contains(t, s.text(exitOK, "lab", "plays"), "weight-copier")
	require.NotEmpty(t, s.json(exitOK, "lab", "plays")["plays"])

	file := filepath.Join(s.dir, "mine.yaml")
	shown := s.text(exitOK, "lab", "show", "control-sybil")
	require.Equal(t, shown, s.json(exitOK, "lab", "show", "control-sybil")["file"])
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(shown, "epochs: 150", "epochs: 20", 1)), 0o600))

	require.Contains(t, s.text(exitOK, "lab", "table", file, "--seeds", "2"), "yes")
	require.Contains(t, s.text(exitOK, "lab", "table", "weight-copier-hidden-long", "liar", "--profile", "head-2026-08", "--seeds", "2", "--epochs", "8"), "head-2026-08")
	rows := s.json(exitOK, "lab", "table", file, "--seeds", "2")["rows"].([]any)
	require.Len(t, rows, 1)
	require.Greater(t, rows[0].(map[string]any)["pay_of_honest"].(map[string]any)["mean"], 2.0)

	require.Contains(t, s.text(exitOK, "lab", "run", file), "sybil")
	first, second := s.json(exitOK, "lab", "run", file), s.json(exitOK, "lab", "run", file)
	require.Equal(t, first, second)
	require.Len(t, first["epochs"], 20)
	s.explanations(file)
	s.combinations(file)
	s.archives()
}

// explanations say why somebody got what the run says.
func (s *shell) explanations(file string) {
	t := s.t
	told := s.text(exitOK, "lab", "explain", file, "0", "last")
	for _, word := range []string{"STAKE AND VOTE  §4.1", "BONDS  §4.9", "dividends", "more", `"honest", in epoch 19`} {
		require.Contains(t, told, word)
	}
	require.NotContains(t, s.text(exitOK, "lab", "explain", file, "0", "last", "--all"), " more ")
	paid := s.json(exitOK, "lab", "run", file)["epochs"].([]any)[7].(map[string]any)
	for _, uid := range []string{"0", "10"} {
		x := s.json(exitOK, "lab", "explain", file, uid, "7")
		i, err := strconv.Atoi(uid)
		require.NoError(t, err)
		for side, steps := range map[string]string{"miner": "miner_rao", "validator": "validator_rao"} {
			want := strconv.FormatFloat(paid[steps].([]any)[i].(float64), 'f', 0, 64)
			require.Equal(t, want, x[steps])
			if part, has := x[side].(map[string]any); has {
				require.Equal(t, want, part["pay_rao"])
			}
		}
	}
	for _, set := range []string{"subnet.yuma=2024", "subnet.liquid_alpha=true", "subnet.commit_reveal=3", "subnet.bonds_penalty=0.5", "subnet.kappa=1"} {
		for _, epoch := range []string{"0", "2", "last"} {
			for _, uid := range []string{"0", "10"} { // the screen's width is looked at
				require.Contains(t, s.text(exitOK, "lab", "explain", file, uid, epoch, "--set", set), "§4.10", set)
			}
		}
	}
}

// combinations are sweeps and comparisons, as text, JSON and CSV.
func (s *shell) combinations(file string) {
	t := s.t
	sweep := []string{"lab", "sweep", file, "--seeds", "2", "--vary", "subnet.kappa=0.4..0.6/3", "--vary", "miners[1].count=2,4"}
	told := s.text(exitOK, sweep...)
	require.Contains(t, told, "6 combinations")
	require.Regexp(t, `(?m)^KAPPA +COUNT +PAY`, told)
	points := s.json(exitOK, sweep...)["points"].([]any)
	require.Len(t, points, 6)
	rows := s.csv(sweep...)
	require.Len(t, rows, 7)
	require.Equal(t, []string{"subnet.kappa", "miners[1].count", "pay_of_honest"}, rows[0][:3])
	last := points[5].(map[string]any)["soundness"].(map[string]any)
	require.Equal(t, []string{"0.6", "4", fmt.Sprint(last["pay_of_honest"].(map[string]any)["mean"])}, rows[6][:3])
	require.Contains(t, s.text(exitOK, "lab", "sweep", file, "--seeds", "2", "--vary", "miners[1].play=honest,sybil"), "no attack")
	mixed := s.csv("lab", "sweep", file, "--seeds", "2", "--vary", "miners[1].play=honest,sybil")
	require.Empty(t, mixed[1][1], "no attack, no pay of it")
	require.NotEmpty(t, mixed[2][1])
	honest := []string{"lab", "sweep", file, "--seeds", "2", "--set", "miners[1].play=honest", "--vary", "validators[0].stake=10,20", "--vary", "miners[0].count=3",
		"--vary", "epochs=4", "--vary", "rounds=1"}
	require.Contains(t, s.text(exitOK, honest...), "GROUP")
	require.Equal(t, "share", s.csv(honest...)[0][7])

	compare := []string{"lab", "compare", file, "--b", "miners[1].count=9", "--seeds", "3"}
	require.Regexp(t, `sybil +mines +\d+/9 .* \*`, s.text(exitOK, compare...))
	groups := s.json(exitOK, compare...)["groups"].([]any)
	require.Len(t, s.csv(compare...), 1+len(groups))
	require.Contains(t, s.text(exitOK, "lab", "compare", "control-sybil", "liar", "--seeds", "2", "--epochs", "5"), "B: ")

	require.Len(t, s.csv("lab", "table", file, "--seeds", "2"), 2)
	run := s.csv("lab", "run", file, "--epochs", "3")
	require.Equal(t, []string{"epoch", "uid", "name", "mines", "miner_rao", "validator_rao", "incentive", "dividends"}, run[0])
	require.Len(t, run, 1+3*len(s.json(exitOK, "lab", "run", file)["players"].([]any)))
}

// csv runs a command whose answer is CSV.
func (s *shell) csv(args ...string) [][]string {
	s.t.Helper()
	out, errs := s.exec(exitOK, append(args, "--csv")...)
	require.Empty(s.t, errs)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(s.t, err)
	return rows
}

// archives are settled and explained like worlds.
func (s *shell) archives() {
	t := s.t
	write := func(name, text string) string {
		path := filepath.Join(s.dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	dumped := write("dumped.json", `{"S": [300, 400, 300, 0, 0], "W": [[0,0,0,1,0],[0,0,0,1,0],[0,0,0,0,1],[],[]]}`)
	pair := write("stakes.csv", "epoch,uid,stake\n0,0,300\n0,1,400\n0,2,300\n") + "," + write("weights.csv", "epoch,from,to,weight\n0,0,3,1\n0,1,3,1\n0,2,4,1\n")
	require.Contains(t, s.text(exitOK, "lab", "run", dumped, "--epochs", "4"), "dumped: 4 epochs")
	require.Equal(t, s.json(exitOK, "lab", "run", dumped, "--epochs", "4")["epochs"], s.json(exitOK, "lab", "run", pair, "--epochs", "4")["epochs"])
	told := s.text(exitOK, "lab", "explain", dumped, "4", "last", "--epochs", "4")
	require.Contains(t, strings.ReplaceAll(told, "\n ", ""), "is supported by only 30.0000 % of the votes")
	told = s.text(exitOK, "lab", "explain", dumped, "4", "last", "--epochs", "4", "--set", "subnet.kappa=0.2")
	require.Contains(t, strings.ReplaceAll(told, "\n ", ""), "the largest weight that a majority (kappa, 20")
	compare := []string{"lab", "compare", dumped, "--epochs", "4", "--b", "subnet.kappa=0.2"}
	require.Regexp(t, `uid 4 +mines +0.0000 % +\d+\.\d+ % +\+\d`, s.text(exitOK, compare...))
	require.Len(t, s.json(exitOK, compare...)["groups"], 5)
	require.Len(t, s.csv(compare...), 6)
	late := write("late.json", `[{"S": [0, 1], "W": []}, {"S": [0, 1], "W": [[0, 1], []]}]`)
	require.Contains(t, s.text(exitOK, "lab", "explain", late, "1", "0"), "No validator has a vote")
	require.Contains(t, s.text(exitOK, "lab", "explain", late, "0", "0"), "pay: none: nobody names it")
}

func TestLaboratory(t *testing.T) { newShell(t).laboratory() }

func TestLabErrors(t *testing.T) {
	s := newShell(t)
	broken := filepath.Join(s.dir, "broken.csv")
	require.NoError(t, os.WriteFile(broken, []byte("0,1,2\n"), 0o600))
	for _, c := range []struct {
		want string
		args []string
	}{
		{"lab scenarios", []string{"lab", "run", "nowhere"}},
		{"no file", []string{"lab", "run", "./nowhere.yaml"}},
		{"it has ergon", []string{"lab", "run", "liar", "--profile", "unheard-of"}},
		{"use 2 to", []string{"lab", "table", "control-liar", "--seeds", "1"}},
		{"known to the laboratory", []string{"lab", "run", "liar", "--market", "plums"}},
		{"subnet has yuma", []string{"lab", "run", "liar", "--set", "subnet.kapa=1"}},
		{"write KEY=VALUE", []string{"lab", "run", "liar", "--set", "subnet.kappa"}},
		{"use 0 to 1", []string{"lab", "table", "liar", "--set", "subnet.kappa=2"}},
		{"give one", []string{"lab", "table", "liar", "--csv"}},
		{"give one", []string{"lab", "run", "liar", "--csv"}},
		{"give one", []string{"lab", "sweep", "liar", "--csv"}},
		{"give one", []string{"lab", "compare", "liar", "--csv"}},
		{"nothing is varied", []string{"lab", "sweep", "liar"}},
		{"write PATH=VALUES", []string{"lab", "sweep", "liar", "--vary", "subnet.kappa"}},
		{"subnet has yuma", []string{"lab", "sweep", "liar", "--vary", "subnet.kapa=1"}},
		{"use 2 to", []string{"lab", "sweep", "liar", "--seeds", "1"}},
		{"use 2 to", []string{"lab", "compare", "liar", "sybil", "--seeds", "1"}},
		{"say what is different with --b", []string{"lab", "compare", "liar"}},
		{"no profile", []string{"lab", "compare", "liar", "--b", "profile=none"}},
		{"lab scenarios", []string{"lab", "compare", "liar", "nowhere"}},
		{"uid \"one\"", []string{"lab", "explain", "liar", "one", "1"}},
		{"uid is 500: use 0 to", []string{"lab", "explain", "liar", "500", "1"}},
		{"epoch is 500: use 0 to", []string{"lab", "explain", "liar", "1", "500"}},
		{"neither a number", []string{"lab", "explain", "liar", "1", "first"}},
		{"nowhere.json", []string{"lab", "explain", "nowhere.json", "1", "1"}},
		{"line 1: there is no header", []string{"lab", "run", broken}},
		{"leave --market", []string{"lab", "run", broken, "--market", "template"}},
		{"nobody plays", []string{"lab", "table", broken}},
		{"nobody plays", []string{"lab", "sweep", broken}},
		{"two of a kind", []string{"lab", "compare", "liar", broken}},
		{"there is no header", []string{"lab", "compare", broken, "--b", "subnet.kappa=0.2"}},
	} {
		_, message := s.refused(exitUsage, c.args...)
		require.Contains(t, message, c.want)
	}
}

// snapshot takes the live subnet into the laboratory, where its miner earns as it does on the ledger.
func (s *shell) snapshot() {
	t := s.t
	file := filepath.Join(s.dir, "live.json")
	require.NoError(t, os.WriteFile(file, []byte(s.text(exitOK, "lab", "snapshot", "1")), 0o600))
	require.Contains(t, s.text(exitOK, "lab", "explain", file, "1", "last", "--epochs", "3"), "its part of the pot")
	a := s.json(exitOK, "lab", "snapshot", "1", "--epochs", "3")
	require.Equal(t, 0.5, a["subnet"].(map[string]any)["kappa"])
	require.Equal(t, 0.18002, a["subnet"].(map[string]any)["owner_cut"], "what the laboratory reads as 11797, which the story set")
	require.Len(t, a["frames"], 3)
	s.refused(exitUsage, "lab", "snapshot", "one")
	s.refused(exitUsage, "lab", "snapshot", "1", "--epochs", "0")
	s.refused(exitRefused, "lab", "snapshot", "77")
}
