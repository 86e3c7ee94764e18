// Package labtest lets the laboratory be a market's test: ten lines of Go in which the miners' attacks
// that are known are played against it.
//
//	func TestNoAdversaryEarnsMoreThanHalfOfHonesty(t *testing.T) {
//		labtest.Sound(t, "plums", labtest.Known{"sybil-small-work": "the task is too small to fill a machine"})
//	}
package labtest

import (
	"strings"
	"testing"

	"github.com/ergon-network/ergon/lab"
	_ "github.com/ergon-network/ergon/lab/adversary" // the plays
	"github.com/ergon-network/ergon/lab/scenarios"
)

// Known are attacks that a market does not withstand, by the name of their scenario, with the reason.
type Known map[string]string

// Few worlds and short ones: an attack that pays shows in them, and the test takes a second.
const (
	seeds  = 3
	epochs = 60
)

// Limits of what an attack may earn against honesty at equal means.
const (
	half = 0.5
	// asMuch is for attackers who do part of the work (Scenario.Works). It is more than 1 because the twin,
	// in which all of them work, shares the same pay among more.
	asMuch = 1.2
)

// Sound plays every attack of miners that ships against a market, under its first profile. The test
// fails for each that earns more than half of honesty at equal means, or, where the attackers do part
// of the work, more than honesty; and for each that is said to and does not. The adapter of the market
// has to be linked in.
func Sound(t testing.TB, market string, known Known) {
	t.Helper()
	list, err := scenarios.ByMiners(market)
	if err != nil {
		t.Fatal(err)
	}
	var played []*lab.Scenario
	names := map[string]bool{}
	for _, n := range list {
		n.Epochs = min(n.Epochs, epochs)
		played = append(played, n.Scenario)
		names[n.Name] = true
	}
	for name := range known {
		if !names[name] {
			t.Errorf("there is no attack of miners named %q: `ergon lab scenarios` lists them", name)
		}
	}
	rows, err := lab.Table(t.Context(), played, 1, seeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	var pay []string
	for i, n := range list {
		limit := half
		if n.Works {
			limit = asMuch
		}
		reason, excepted := known[n.Name]
		switch pays := rows[i].Pay.Mean > limit; {
		case pays && !excepted:
			t.Errorf("%s earns %.2f of honesty, %.1f at most is sound: %s", n.Name, rows[i].Pay.Mean, limit, n.About)
			pay = append(pay, n.Name)
		case !pays && excepted:
			t.Errorf("%s earns %.2f of honesty, so it does not pay any more: take it off the list (%s)", n.Name, rows[i].Pay.Mean, reason)
		}
	}
	if len(pay) > 0 {
		t.Errorf("see who gets what: go run . lab table %s --market %s", strings.Join(pay, " "), market)
	}
}
