package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/internal/webpage"
	"github.com/ergon-network/ergon/lab/chart"
)

// view is what the template sees.
type view struct {
	*Report
	Style    template.CSS
	Script   template.JS
	Icon     template.URL
	Mark     template.HTML
	Played   []fact
	Rules    []fact
	Verdict  *verdict
	Duel     template.HTML
	Groups   []groupView
	Unlisted int // groups for which the table has no place
	Modes    []mode
	Matrices []template.HTML
	Sampled  string
	LeftOut  string
}

type fact struct{ Name, Value string }

type groupView struct {
	Colour                              int
	Name, Side, UIDs, Play, Means       string
	Players                             int
	AsMiners, AsValidators, Share, Each string
}

// mode is one way to look at the lines.
type mode struct {
	ID, Name string
	Charts   []template.HTML
}

func (r *Report) view() view {
	v := view{
		Report: r, Style: template.CSS(Style), Script: template.JS(Script), Icon: webpage.Icon, Mark: webpage.Mark,
		Played: r.played(), Rules: rules(r.subnet), Sampled: r.sampled(),
	}
	if r.sound != nil {
		words := judge(*r.sound)
		v.Verdict = &words
		v.Duel = r.duelChart()
	}
	for i := range r.groups[:min(len(r.groups), mostListed)] {
		v.Groups = append(v.Groups, r.groupView(&r.groups[i]))
	}
	v.Unlisted = len(r.groups) - len(v.Groups)
	v.Modes = r.modes()
	v.Matrices, v.LeftOut = r.matrices()
	return v
}

// numbers is how many epochs a chart's table has.
const numbers = 11

func (r *Report) epochs() []int {
	out := make([]int, len(r.seen.buckets))
	for i, b := range r.seen.buckets {
		out[i] = b.epoch()
	}
	return out
}

func all(*group) bool              { return true }
func mining(g *group) bool         { return g.Mines }
func validating(g *group) bool     { return !g.Mines }
func tao(rao uint64) float64       { return float64(rao) / float64(issuance.TAO) }
func taoText(rao uint64) string    { return chart.TAO.Write(tao(rao)) }
func percent(share float64) string { return chart.Share.Write(share) }

func (r *Report) groupView(g *group) groupView {
	v := groupView{
		Colour: g.Style % 7, Name: g.Name, Side: g.side(), UIDs: g.uids(r.word()), Play: g.Play, Players: len(g.UIDs), Means: r.means(g),
		AsMiners: taoText(g.Miner), AsValidators: taoText(g.Validator), Share: percent(g.Share), Each: taoText(g.paid() / uint64(len(g.UIDs))),
	}
	return v
}

// modes are the line charts: of whole groups, of one player of each, and of single uids.
func (r *Report) modes() []mode {
	groups := func(fits func(*group) bool, _ measure) []member { return r.byGroup(fits) }
	each := func(n int) int { return n }
	whole := func(int) int { return 1 }
	bonds, about := r.bondLines(), "Mean bond of a validator of one group in a miner of another"
	return []mode{
		{"groups", "Groups", append(r.charts("groups", "of all of a group", groups, whole), r.bondChart("groups", about, bonds))},
		{"each", "Per player", append(r.charts("each", "of one player of a group, on average", groups, each), r.bondChart("each", about, bonds))},
		{"uids", strings.ToUpper(r.word()[:1]) + r.word()[1:] + "s", append(r.charts("uids", "of a "+r.word(), r.byUID, whole), r.bondChart("uids", "The largest bonds of one validator in one miner", r.bondPairs()))},
	}
}

func (r *Report) bondChart(id, about string, lines []chart.Line) template.HTML {
	return chart.Lines{ID: id + "-bonds", Title: "Bonds", About: about, Unit: chart.Share, X: r.epochs(), Lines: lines, Numbers: numbers}.HTML()
}

type choose func(fits func(*group) bool, of measure) []member

func (r *Report) charts(id, whose string, members choose, by func(int) int) []template.HTML {
	each := func(n int) int { return n }
	var out []template.HTML
	for _, c := range []struct {
		id, title, about string
		unit             chart.Unit
		fits             func(*group) bool
		of               measure
		by               func(int) int
		running          bool
	}{
		{"pay", "Pay an epoch", "In TAO, " + whose, chart.TAO, all, paid, by, false},
		{"total", "Pay so far", "In TAO, " + whose, chart.TAO, all, paid, by, true},
		{"incentive", "Incentive", "Share of the miners' pay, " + whose, chart.Share, mining, incentive, by, false},
		{"dividends", "Dividends", "Share of the validators' pay, " + whose, chart.Share, validating, dividends, by, false},
		{"trust", "Validator trust", "What the consensus leaves of a validator's weights, on average", chart.Share, validating, trust, each, false},
	} {
		l := chart.Lines{ID: id + "-" + c.id, Title: c.title, About: c.about, Unit: c.unit, X: r.epochs(), Numbers: numbers}
		for _, m := range members(c.fits, c.of) {
			over := m.over
			if over == 0 {
				over = c.by(len(m.uids))
			}
			ys := divided(series(r.result, r.seen.buckets, m.uids, c.of), over)
			if c.running {
				ys = total(ys, r.seen.buckets)
			}
			l.Lines = append(l.Lines, chart.Line{Name: m.name, Style: m.style, Y: ys})
		}
		out = append(out, l.HTML())
	}
	return out
}

func (r *Report) duelChart() template.HTML {
	about := "Pay of the attackers in TAO an epoch, in the world of this seed"
	if r.duel.means != 1 {
		about += fmt.Sprintf("; what they mine honestly is multiplied by %.3g, the part of its cost that the attack takes", r.duel.means)
	}
	return chart.Lines{
		ID: "duel", Title: "The same players, attacking and honest", About: about, Unit: chart.TAO, X: r.epochs(), Numbers: numbers,
		Lines: []chart.Line{
			{Name: "with the attack", Style: styleAttack, Y: r.duel.attack},
			{Name: "played honestly", Style: styleMiners + 7, Y: r.duel.honest},
			{Name: "half of honesty", Style: styleMiners + 14, Y: divided(r.duel.honest, 2)},
		},
	}.HTML()
}

// matrices are the weights and the bonds, and what of them had no place.
func (r *Report) matrices() (drawn []template.HTML, leftOut string) {
	c := r.seen
	cols, rest := r.columns()
	rows := make([]chart.Label, len(c.rows))
	for i, uid := range c.rows {
		rows[i] = r.label(uid)
	}
	labels := make([]chart.Label, 0, len(cols)+1)
	for _, uid := range cols {
		labels = append(labels, r.label(uid))
	}
	if len(rest) > 0 {
		labels = append(labels, chart.Label{Short: "+", Long: fmt.Sprintf("the other %d miners together", len(rest)), Style: styleOther, Group: "others", Sum: true})
	}
	for _, m := range []struct {
		id, title, about string
		frames           []frame
	}{
		{"weights", "Weights", "Share of its weights that a validator (down) gives a miner (across)", c.weights},
		{"bonds-of", "Bonds", "Bond of a validator (down) in a miner (across)", c.bonds},
	} {
		h := chart.Heat{ID: m.id, Title: m.title, About: m.about, Rows: rows, Cols: labels}
		for _, f := range m.frames {
			h.Frames = append(h.Frames, chart.Frame{Epoch: f.epoch, Cells: c.cut(f, cols, rest)})
		}
		drawn = append(drawn, h.HTML())
	}
	voting := 0
	for i := range r.groups {
		if !r.groups[i].Mines {
			voting += len(r.groups[i].UIDs)
		}
	}
	if voting > len(c.rows) {
		leftOut = fmt.Sprintf("The matrices show %d of %d validators, those with the most stake of every group.", len(c.rows), voting)
	}
	return drawn, leftOut
}

func (r *Report) groupOf(uid int) *group {
	p := r.result.Players[uid]
	i := slices.IndexFunc(r.groups, func(g group) bool { return g.Name == p.Name && g.Mines == p.Mines })
	return &r.groups[i]
}

// word is what a number of a player is: its uid, as long as none changes hands.
func (r *Report) word() string {
	if last := len(r.result.Epochs) - 1; r.result.Epochs[last].Holder != nil {
		return "player"
	}
	return "uid"
}

func (r *Report) label(uid int) chart.Label {
	g := r.groupOf(uid)
	return chart.Label{Short: fmt.Sprint(uid), Long: fmt.Sprintf("%s %d, %s", r.word(), uid, g.Name), Group: g.label() + ", " + g.uids(r.word()), Style: g.Style}
}

// columns are the miners of the matrices: the best paid of every group if there are many.
func (r *Report) columns() (shown, rest []int) {
	earned := make([]uint64, r.seen.n)
	for _, e := range r.result.Epochs {
		for uid := range earned {
			earned[uid] += e.Miner[uid]
		}
	}
	var targets []group
	n := 0
	for _, g := range r.groups {
		if g.Mines {
			targets = append(targets, g)
			n += len(g.UIDs)
		}
	}
	most := mostCols
	if n > most {
		most--
	}
	shown = fair(targets, most, func(a, b int) int { return cmp.Compare(earned[b], earned[a]) })
	for _, g := range targets {
		for _, uid := range g.UIDs {
			if !slices.Contains(shown, uid) {
				rest = append(rest, uid)
			}
		}
	}
	return shown, rest
}

// cut takes the shown columns out of a frame and adds up the others.
func (c *recorder) cut(f frame, cols, rest []int) []uint16 {
	var out []uint16
	for i := range c.rows {
		row := f.cells[i*c.n : (i+1)*c.n]
		for _, uid := range cols {
			out = append(out, row[uid])
		}
		if len(rest) > 0 {
			sum := 0
			for _, uid := range rest {
				sum += int(row[uid])
			}
			out = append(out, uint16(min(sum, 65535)))
		}
	}
	return out
}
