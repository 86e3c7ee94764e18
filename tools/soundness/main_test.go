package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/scenarios"
)

// section is the part of the page under a heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/soundness.md")
	require.NoError(t, err)
	_, text, found := strings.Cut(string(raw), "\n## "+heading+"\n")
	require.True(t, found, "no section %q", heading)
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

var row = regexp.MustCompile(`(?m)^\| ([a-z0-9-]+) \|(.*)$`)

// rows are the cells of a section's tables by their first.
func rows(t *testing.T, heading string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, m := range row.FindAllStringSubmatch(section(t, heading), -1) {
		if m[1] != "attack" && m[1] != "scenario" {
			out[m[1]] = strings.Split(m[2], " | ")
		}
	}
	return out
}

// What the page shows is what is in the folder, each scenario in its place.
func TestThePageHasEveryScenario(t *testing.T) {
	all, err := cells()
	require.NoError(t, err)
	want := map[string]map[string]bool{}
	add := func(heading, name string) {
		if want[heading] == nil {
			want[heading] = map[string]bool{}
		}
		want[heading][name] = true
	}
	for _, c := range all {
		switch {
		case c.Kind == lab.KindControl:
			add("Controls", c.Name)
		case c.Market == template:
			add("The smallest market", c.Name)
		case c.Kind == lab.KindSetting:
			add("Other rules", c.Name)
		case c.Kind == lab.KindArchetype:
			add("Ways of mining that are no attack", c.Name)
		default:
			add("The table", c.Name)
			add("HARM, TOP and STOPS under the published profiles", c.Name)
		}
	}
	for heading, names := range want {
		got := map[string]bool{}
		for name := range rows(t, heading) {
			got[name] = true
		}
		require.Equal(t, names, got, "%s: run make soundness", heading)
	}
}

// Two worlds of a few rows say what the page says, to what twenty may differ from two.
func TestThePageIsTrue(t *testing.T) {
	all, err := cells()
	require.NoError(t, err)
	shown := map[string][2]string{ // heading, cell of PAY
		"liar ergon": {"The table", "2"}, "sybil ergon": {"The table", "2"}, "lazy-validator ergon": {"The table", "2"},
		"relay seed": {"The table", "0"}, "output-sharer ": {"The smallest market", "0"}, "control-sybil ": {"Controls", "0"},
	}
	var played []*cell
	for _, c := range all {
		if _, ok := shown[c.Name+" "+c.profile]; ok {
			played = append(played, c)
		}
	}
	require.Len(t, played, len(shown))
	require.NoError(t, play(t.Context(), played, 2, nil))
	for _, c := range played {
		at := shown[c.Name+" "+c.profile]
		column, err := strconv.Atoi(at[1])
		require.NoError(t, err)
		text := strings.Trim(rows(t, at[0])[c.Name][column], " *|")
		mean, _, _ := strings.Cut(text, " ")
		said, err := strconv.ParseFloat(mean, 64)
		require.NoError(t, err, "%s: %q", c.Name, text)
		require.InDelta(t, said, c.found.Pay.Mean, 0.05+0.05*said, "%s %s: run make soundness", c.Name, c.profile)
	}
}

// A row above half of honesty needs a reason, and a repair has to exist.
func TestWhatPaysHasToBeNamed(t *testing.T) {
	paid := func(change func(*lab.Scenario)) error {
		s, err := scenarios.Named("weight-copier-hidden")
		require.NoError(t, err)
		s.Profile, s.Why, s.Repaired = ours, "", ""
		change(s)
		c := &cell{Scenario: scenarios.Scenario{Name: "weight-copier-hidden", Scenario: s}, profile: ours}
		c.found.Pay.Mean = 0.7
		_, err = render([]*cell{c}, 2)
		return err
	}
	require.ErrorContains(t, paid(func(*lab.Scenario) {}), "lab/scenarios/weight-copier-hidden.yaml a reason")
	require.ErrorContains(t, paid(func(s *lab.Scenario) { s.Why, s.Repaired = "x", "nothing" }), "no such scenario")
}
