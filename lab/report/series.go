package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/chart"
)

// measure reads one number of a uid from an epoch.
type measure func(e *lab.Epoch, uid int) float64

func paid(e *lab.Epoch, uid int) float64 {
	return float64(e.Miner[uid]+e.Validator[uid]) / float64(issuance.TAO)
}

func incentive(e *lab.Epoch, uid int) float64 { return float64(e.Incentive[uid]) / math.MaxUint16 }

func dividends(e *lab.Epoch, uid int) float64 { return float64(e.Dividends[uid]) / math.MaxUint16 }

func trust(e *lab.Epoch, uid int) float64 { return float64(e.Trust[uid]) / math.MaxUint16 }

// series is the sum over some uids: in each bucket the mean of its epochs.
func series(r *lab.Result, buckets []bucket, uids []int, of measure) []float64 {
	out := make([]float64, len(buckets))
	for i, b := range buckets {
		for e := b.from; e < b.to; e++ {
			for _, uid := range uids {
				out[i] += of(&r.Epochs[e], uid)
			}
		}
		out[i] /= float64(b.to - b.from)
	}
	return out
}

// total is the running sum of a series of means.
func total(ys []float64, buckets []bucket) []float64 {
	out, sum := make([]float64, len(ys)), 0.0
	for i, y := range ys {
		sum += y * float64(buckets[i].to-buckets[i].from)
		out[i] = sum
	}
	return out
}

func divided(ys []float64, by int) []float64 {
	out := make([]float64, len(ys))
	for i, y := range ys {
		out[i] = y / float64(by)
	}
	return out
}

// member is a group or a uid as a line: what to add up, and how to show it.
type member struct {
	name  string
	style int
	uids  []int
	over  int // players that the sum is divided by; 0: as many as the chart says
}

// mostLines leaves one of a chart's lines for the rest.
const mostLines = chart.Most - 1

// byGroup are the groups that a measure is of, the largest of them if there are many.
func (r *Report) byGroup(fits func(*group) bool) []member {
	var list []member
	for i := range r.groups {
		if g := &r.groups[i]; fits(g) {
			list = append(list, member{name: g.label(), style: g.Style, uids: g.UIDs})
		}
	}
	return r.largest(list, paid, "groups")
}

// byUID are the uids that a measure is of, the largest by it if there are many. A uid's name says its
// group.
func (r *Report) byUID(fits func(*group) bool, of measure) []member {
	var list []member
	for i := range r.groups {
		if g := &r.groups[i]; fits(g) {
			for _, uid := range g.UIDs {
				list = append(list, member{name: fmt.Sprintf("%d %s", uid, g.Name), uids: []int{uid}})
			}
		}
	}
	list = r.largest(list, of, r.word()+"s")
	for i := range list {
		list[i].style = i
		if rest := len(list[i].uids); rest > 1 {
			list[i].name += ", each"
			list[i].over = rest
		}
	}
	return list
}

// largest keeps the largest members in their order, and adds up the others.
func (r *Report) largest(list []member, of measure, what string) []member {
	if len(list) <= chart.Most {
		return list
	}
	sums := make([]float64, len(list))
	order := make([]int, len(list))
	for i, m := range list {
		order[i] = i
		for e := range r.result.Epochs {
			for _, uid := range m.uids {
				sums[i] += of(&r.result.Epochs[e], uid)
			}
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sums[b], sums[a]) })
	kept := slices.Sorted(slices.Values(order[:mostLines]))
	var out []member
	for _, i := range kept {
		out = append(out, list[i])
	}
	rest := member{name: fmt.Sprintf("the other %d %s", len(list)-mostLines, what), style: mostLines}
	for _, i := range order[mostLines:] {
		rest.uids = append(rest.uids, list[i].uids...)
	}
	return append(out, rest)
}

// bondLines are the mean bonds of pairs of groups, the largest at the end first.
func (r *Report) bondLines() []chart.Line {
	k := len(r.seen.sizes)
	var lines []chart.Line
	for v := range k {
		for m := range k {
			ys, any := make([]float64, len(r.seen.means)), false
			for i, means := range r.seen.means {
				ys[i] = means[v*k+m]
				any = any || ys[i] > 0
			}
			if any {
				lines = append(lines, chart.Line{Name: r.groupName(v, false) + " → " + r.groupName(m, true), Y: ys})
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b chart.Line) int { return cmp.Compare(b.Y[len(b.Y)-1], a.Y[len(a.Y)-1]) })
	return styled(lines[:min(len(lines), chart.Most)])
}

// groupName names one of the groups whose bonds are kept.
func (r *Report) groupName(i int, side bool) string {
	switch {
	case i == mostGroups-1 && len(r.groups) > mostGroups:
		return "other groups"
	case side:
		return r.groups[i].label()
	}
	return r.groups[i].Name
}

// bondPairs are the bonds of single pairs, the largest at the end first.
func (r *Report) bondPairs() []chart.Line {
	c := r.seen
	if len(c.fine) == 0 {
		return nil
	}
	type pair struct {
		i     int
		value float32
	}
	var pairs []pair
	for i, v := range c.fine[len(c.fine)-1] {
		if v > 0 {
			pairs = append(pairs, pair{i, v})
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(b.value, a.value) })
	var lines []chart.Line
	for _, p := range pairs[:min(len(pairs), chart.Most)] {
		l := chart.Line{Name: fmt.Sprintf("%[3]s %[1]d → %[3]s %[2]d", c.rows[p.i/c.n], p.i%c.n, r.word())}
		for _, f := range c.fine {
			l.Y = append(l.Y, float64(f[p.i]))
		}
		lines = append(lines, l)
	}
	return styled(lines)
}

func styled(lines []chart.Line) []chart.Line {
	for i := range lines {
		lines[i].Style = i
	}
	return lines
}
