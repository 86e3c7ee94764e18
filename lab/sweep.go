package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Limits of a sweep, so that a mistyped range does not take the machine for a day.
const (
	MaxPoints = 1000    // combinations
	maxWorlds = 100_000 // combinations times seeds
)

// ErrInput is wrapped by errors of what was asked for rather than of the playing: another value mends them.
var ErrInput = errors.New("input")

// inputError is such an error, with its own words only.
type inputError struct{ error }

func (e inputError) Is(target error) bool { return target == ErrInput }
func (e inputError) Unwrap() error        { return e.error }

// Axis is a field of a scenario with the values that a sweep gives it.
type Axis struct {
	Path   string   `json:"path"` // as for Scenario.With
	Values []string `json:"values"`
}

// Setting is one value of one field.
type Setting struct {
	Path  string `json:"path"`
	Value string `json:"value"`
}

// Grid is what a sweep found.
type Grid struct {
	Scenario string  `json:"scenario"`
	Seeds    int     `json:"seeds"`
	Axes     []Axis  `json:"axes"`
	Points   []Point `json:"points"` // every combination, the last axis fastest
}

// Point is one combination: what the attack is worth there, and who gets what.
type Point struct {
	Set       []Setting    `json:"set"`
	Soundness *Soundness   `json:"soundness,omitempty"` // nil without an attack
	Groups    []GroupShare `json:"groups"`
}

// GroupShare is the part of all pay that the players of one name get together, over seeds.
type GroupShare struct {
	Name    string   `json:"name"`
	Mines   bool     `json:"mines"`
	Players int      `json:"players"`
	Share   Estimate `json:"share"`
}

// ParseAxis reads PATH=VALUES, where VALUES is a list (100,1000,5000) or a range in equal steps, both
// ends included (0.3..0.7/5). Commas in brackets belong to a value.
func ParseAxis(text string) (Axis, error) {
	path, values, found := strings.Cut(text, "=")
	if path, values = strings.TrimSpace(path), strings.TrimSpace(values); !found || path == "" || values == "" {
		return Axis{}, fmt.Errorf("%q says not what to vary: write PATH=VALUES, for instance subnet.kappa=0.3..0.7/5 or validators[1].stake=100,1000", text)
	}
	a := Axis{Path: path}
	if from, rest, ranged := strings.Cut(values, ".."); ranged {
		list, err := steps(from, rest)
		if err != nil {
			return Axis{}, fmt.Errorf("%s: %q: %w", path, values, err)
		}
		a.Values = list
		return a, nil
	}
	depth := 0
	for value := range strings.FieldsFuncSeq(values+",", func(r rune) bool {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		}
		return r == ',' && depth == 0
	}) {
		a.Values = append(a.Values, strings.TrimSpace(value))
	}
	if len(a.Values) == 0 {
		return Axis{}, fmt.Errorf("%s has no values: write them with commas between, or FIRST..LAST/COUNT", path)
	}
	if len(a.Values) > MaxPoints {
		return Axis{}, fmt.Errorf("%s has %d values: use at most %d", path, len(a.Values), MaxPoints)
	}
	return a, nil
}

// steps are the values of first..last/count.
func steps(first, rest string) ([]string, error) {
	last, count, _ := strings.Cut(rest, "/")
	from, err1 := strconv.ParseFloat(first, 64)
	to, err2 := strconv.ParseFloat(last, 64)
	n, err3 := strconv.Atoi(count)
	if errors.Join(err1, err2, err3) != nil || n < 2 || n > MaxPoints {
		return nil, fmt.Errorf("write FIRST..LAST/COUNT with two numbers and a count of 2 to %d, for instance 0.3..0.7/5", MaxPoints)
	}
	list := make([]string, n)
	for i := range list {
		v := from + (to-from)*float64(i)/float64(n-1)
		list[i] = strconv.FormatFloat(v, 'g', 12, 64) // 0.6, not 0.6000000000000001
	}
	return list, nil
}

// point is a combination before it is played.
type point struct {
	set      []Setting
	scenario *Scenario
}

// Sweep plays a scenario and its honest twin under every combination of the axes' values, each with the
// same seeds. Worlds are played side by side on all processors; the result does not depend on how many.
// done, where not nil, is told how many of all worlds have been played, twins not counted, one call
// at a time. The error wraps ErrInput and names the combination that cannot be played, or is ctx's when
// it ends first.
func Sweep(ctx context.Context, s *Scenario, axes []Axis, base uint64, seeds int, done func(played, of int)) (*Grid, error) {
	if err := CheckSeeds(seeds); err != nil {
		return nil, inputError{err}
	}
	points, err := combine(s, axes)
	if err != nil {
		return nil, inputError{err}
	}
	worlds := len(points) * seeds
	if worlds > maxWorlds {
		return nil, inputError{fmt.Errorf("%d combinations with %d seeds each are %d worlds: use fewer values or seeds, for at most %d", len(points), seeds, worlds, maxWorlds)}
	}
	list := make([]*Scenario, len(points))
	for i, p := range points {
		list[i] = p.scenario
	}
	alike, err := byTwin(list)
	if err != nil {
		return nil, err
	}
	w := sweep{points: list, seeds: seeds, found: make([]comparison, worlds), groups: make([][]GroupPay, worlds), played: tally{of: worlds, tell: done}}
	err = parallel(ctx, len(alike)*seeds, func(ctx context.Context, i int) error {
		return w.play(ctx, alike[i/seeds], i%seeds, seedOf(base, i%seeds))
	})
	if err != nil {
		return nil, err
	}
	g := &Grid{Scenario: s.Name, Seeds: seeds, Axes: axes}
	for i, p := range points {
		from, to := i*seeds, (i+1)*seeds
		out := Point{Set: p.set, Groups: groupShares(w.groups[from:to])}
		if p.scenario.Attack() {
			row := soundness(p.scenario, w.found[from:to])
			out.Soundness = &row
		}
		g.Points = append(g.Points, out)
	}
	return g, nil
}

// sweep is a sweep under way. What each world found has a place of its own: point times seeds plus seed.
type sweep struct {
	points []*Scenario
	seeds  int
	found  []comparison
	groups [][]GroupPay
	played tally
}

// play plays points that have the same twin, with one seed.
func (w *sweep) play(ctx context.Context, alike *twins, i int, seed uint64) error {
	var honest *Result
	if alike.twin != nil {
		var err error
		if honest, err = Run(ctx, alike.twin, seed); err != nil {
			return err
		}
	}
	for _, at := range alike.rows {
		place := at*w.seeds + i
		r, err := Run(ctx, w.points[at], seed)
		if err != nil {
			return err
		}
		if honest != nil {
			w.found[place] = compare(r, honest)
		}
		w.groups[place] = r.Groups()
		w.played.one()
	}
	return nil
}

// combine makes the scenario of every combination and checks it.
func combine(s *Scenario, axes []Axis) ([]point, error) {
	if len(axes) == 0 {
		return nil, errors.New("nothing is varied: name a field and its values, for instance subnet.kappa=0.3..0.7/5")
	}
	points := []point{{scenario: s}}
	for i, a := range axes {
		if slices.ContainsFunc(axes[:i], func(b Axis) bool { return b.Path == a.Path }) {
			return nil, fmt.Errorf("%s is varied twice: give all its values at once", a.Path)
		}
		if n := len(points) * len(a.Values); n > MaxPoints {
			return nil, fmt.Errorf("the values up to those of %s make %d combinations: use at most %d", a.Path, n, MaxPoints)
		}
		var more []point
		for _, p := range points {
			for _, v := range a.Values {
				changed, err := p.scenario.With(a.Path, v)
				if err != nil {
					return nil, err
				}
				more = append(more, point{set: append(slices.Clone(p.set), Setting{a.Path, v}), scenario: changed})
			}
		}
		points = more
	}
	for _, p := range points {
		if err := p.scenario.Check(); err != nil {
			return nil, fmt.Errorf("%s: %w", written(p.set), err)
		}
	}
	return points, nil
}

func written(set []Setting) string {
	list := make([]string, len(set))
	for i, x := range set {
		list[i] = x.Path + "=" + x.Value
	}
	return strings.Join(list, " ")
}

// groupShares are estimates over runs of one scenario, whose groups are the same in each.
func groupShares(runs [][]GroupPay) []GroupShare {
	var out []GroupShare
	for i, g := range runs[0] {
		share := estimate(runs, func(run []GroupPay) float64 { return run[i].Share })
		out = append(out, GroupShare{Name: g.Name, Mines: g.Mines, Players: g.Players, Share: share})
	}
	return out
}

// Attack reports whether there is an attack at any point.
func (g *Grid) Attack() bool {
	return slices.ContainsFunc(g.Points, func(p Point) bool { return p.Soundness != nil })
}
