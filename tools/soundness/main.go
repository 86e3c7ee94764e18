// Command soundness writes docs/soundness.md: what every attack that ships with the laboratory earns in
// the video market under three profiles, and in the smallest market.
//
//	go run ./tools/soundness -o docs/soundness.md
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"time"

	"github.com/ergon-network/ergon/lab"
	_ "github.com/ergon-network/ergon/lab/adversary" // the plays
	_ "github.com/ergon-network/ergon/lab/control"   // the markets with a known exploit
	"github.com/ergon-network/ergon/lab/scenarios"
	_ "github.com/ergon-network/ergon/subnets/template"       // the smallest market
	_ "github.com/ergon-network/ergon/subnets/video/videolab" // the video market
)

// What the page is made from.
const (
	baseSeed = 1
	seeds    = 20
	video    = "video"
	template = "template"
	ours     = "ergon"
)

// profiles of the video market, as they came.
var profiles = []string{"seed", "head-2026-08", ours}

func main() {
	debug.SetGCPercent(400) // worlds come and go
	out := flag.String("o", "docs/soundness.md", "file to write")
	n := flag.Int("seeds", seeds, "worlds of each row")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out, *n); err != nil {
		fmt.Fprintln(os.Stderr, "soundness:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, path string, n int) error {
	all, err := cells()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := play(ctx, all, n, func(played, of int) {
		if played%200 == 0 || played == of {
			fmt.Fprintf(os.Stderr, "%d of %d worlds, %.0f s\n", played, of, time.Since(began).Seconds())
		}
	}); err != nil {
		return err
	}
	page, err := render(all, n)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(page), 0o644)
}

// cell is one scenario in one market under one profile, and what was found.
type cell struct {
	scenarios.Scenario
	profile string // of the video market; empty elsewhere
	found   lab.Soundness
}

// cells are all that the page shows: the attacks of the video market under each profile, its archetypes
// and settings under ours, the miners' attacks in the smallest market, and the controls.
func cells() ([]*cell, error) {
	list, err := scenarios.All("")
	if err != nil {
		return nil, err
	}
	var out []*cell
	for _, s := range list {
		if s.Market == template && s.Kind == lab.KindAttack && !s.ByValidators() {
			continue // with the other attacks of miners there
		}
		if s.Market != video && s.Kind != lab.KindControl {
			return nil, fmt.Errorf("scenario %s plays the market %s: the page shows %s, the miners' attacks on %s, and controls", s.Name, s.Market, video, template)
		}
		shown := profiles
		switch s.Kind {
		case lab.KindControl:
			shown = []string{""}
		case lab.KindArchetype, lab.KindSetting:
			shown = []string{ours}
		}
		for _, p := range shown {
			under := *s.Scenario
			under.Profile = p
			out = append(out, &cell{Scenario: scenarios.Scenario{Name: s.Name, Scenario: &under}, profile: p})
		}
	}
	miners, err := scenarios.ByMiners(template)
	if err != nil {
		return nil, err
	}
	for _, s := range miners {
		out = append(out, &cell{Scenario: s})
	}
	return out, nil
}

func play(ctx context.Context, all []*cell, n int, done func(played, of int)) error {
	list := make([]*lab.Scenario, len(all))
	for i, c := range all {
		list[i] = c.Scenario.Scenario
	}
	rows, err := lab.Table(ctx, list, baseSeed, n, done)
	if err != nil {
		return err
	}
	for i, r := range rows {
		all[i].found = r
	}
	return nil
}
