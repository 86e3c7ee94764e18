package lab

import (
	"context"
	"fmt"
	"slices"
)

// Comparison is who gets what in two scenarios.
type Comparison struct {
	A      Compared          `json:"a"`
	B      Compared          `json:"b"`
	Seeds  int               `json:"seeds"`
	Groups []GroupDifference `json:"groups"`
}

// Compared is one side of a comparison.
type Compared struct {
	Scenario string `json:"scenario"`
	Market   string `json:"market,omitempty"` // none of an archive
	Profile  string `json:"profile,omitempty"`
}

// GroupDifference is one group, by name and by side of the market, in both scenarios.
type GroupDifference struct {
	Name  string `json:"name"`
	Mines bool   `json:"mines"`
	// Players and share of all pay; nil where a scenario has no such group.
	A *GroupPart `json:"a,omitempty"`
	B *GroupPart `json:"b,omitempty"`
	// Difference is B's share less A's, seed by seed; an absent group has none.
	Difference Estimate `json:"difference"`
}

// GroupPart is a group in one of the scenarios.
type GroupPart struct {
	Players int      `json:"players"`
	Share   Estimate `json:"share"`
}

// Compare plays two scenarios with the same seeds and says which part of all pay each group gets, and
// the difference. The two are paired by seed, so that luck which both share does not blur it. Played
// side by side like Sweep; done is as there.
func Compare(ctx context.Context, a, b *Scenario, base uint64, seeds int, done func(played, of int)) (*Comparison, error) {
	if err := CheckSeeds(seeds); err != nil {
		return nil, err
	}
	both := [2]*Scenario{a, b}
	runs := make([][2][]GroupPay, seeds)
	played := tally{of: 2 * seeds, tell: done}
	err := parallel(ctx, 2*seeds, func(ctx context.Context, i int) error {
		r, err := Run(ctx, both[i%2], seedOf(base, i/2))
		if err != nil {
			return err
		}
		runs[i/2][i%2] = r.Groups()
		played.one()
		return nil
	})
	if err != nil {
		return nil, err
	}
	c := &Comparison{A: compared(a), B: compared(b), Seeds: seeds}
	c.hold(runs)
	return c, nil
}

// CompareArchives settles two archives, or one under two sets of rules, and says which part of all pay
// each uid gets. Nothing is left to luck: there is one seed, and every interval is 0. The error wraps
// ErrInput for an archive that cannot be settled, or is ctx's when it ends first.
func CompareArchives(ctx context.Context, a, b *Archive) (*Comparison, error) {
	var runs [1][2][]GroupPay
	for side, archive := range []*Archive{a, b} {
		if err := archive.Check(); err != nil {
			return nil, inputError{fmt.Errorf("archive %q: %w", archive.Name, err)}
		}
		r, err := Replay(ctx, archive, nil)
		if err != nil {
			return nil, err
		}
		for i := range r.Players {
			r.Players[i].Name = fmt.Sprint("uid ", i)
		}
		runs[0][side] = r.Groups()
	}
	c := &Comparison{A: Compared{Scenario: a.Name}, B: Compared{Scenario: b.Name}, Seeds: 1}
	c.hold(runs[:])
	return c, nil
}

// hold holds the groups of both sides against each other, A's first.
func (c *Comparison) hold(runs [][2][]GroupPay) {
	for side := range runs[0] {
		for _, g := range runs[0][side] {
			if find(c.Groups, g) < 0 {
				c.Groups = append(c.Groups, difference(runs, g))
			}
		}
	}
}

func compared(s *Scenario) Compared {
	return Compared{Scenario: s.Name, Market: s.Market, Profile: s.Profile}
}

func find(list []GroupDifference, g GroupPay) int {
	return slices.IndexFunc(list, func(d GroupDifference) bool { return d.Name == g.Name && d.Mines == g.Mines })
}

func difference(runs [][2][]GroupPay, g GroupPay) GroupDifference {
	share := func(run [2][]GroupPay, side int) (float64, int) {
		for _, x := range run[side] {
			if x.Name == g.Name && x.Mines == g.Mines {
				return x.Share, x.Players
			}
		}
		return 0, 0
	}
	part := func(side int) *GroupPart {
		_, players := share(runs[0], side)
		if players == 0 {
			return nil
		}
		return &GroupPart{players, estimate(runs, func(run [2][]GroupPay) float64 { s, _ := share(run, side); return s })}
	}
	return GroupDifference{Name: g.Name, Mines: g.Mines, A: part(0), B: part(1), Difference: estimate(runs, func(run [2][]GroupPay) float64 {
		a, _ := share(run, 0)
		b, _ := share(run, 1)
		return b - a
	})}
}
