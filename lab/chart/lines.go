package chart

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Lines is a chart of values over epochs.
type Lines struct {
	ID      string // of the element, unique in a page: a-z, 0-9 and '-'
	Title   string
	About   string
	Unit    Unit
	X       []int // epochs, ascending
	Lines   []Line
	Numbers int // rows of the table below with the same as numbers; 0: none
}

// Line is one series of a chart.
type Line struct {
	Name  string
	Style int       // colour and dash
	Y     []float64 // one for each of X, not negative
}

// Most is how many lines a chart is legible with.
const Most = 13

// HTML draws the chart. Lines over Most are left out: the caller adds up the rest.
func (c Lines) HTML() template.HTML {
	c.Lines = c.Lines[:min(len(c.Lines), Most)]
	peak := 0.0
	for _, l := range c.Lines {
		for _, y := range l.Y {
			peak = max(peak, y)
		}
	}
	if len(c.X) == 0 || len(c.Lines) == 0 {
		return render("empty", c)
	}
	top, step := scale(peak * c.Unit.factor())
	v := linesView{Lines: c, Unit: c.Unit.name(), Top: top, Epochs: join(c.X), Last: c.X[len(c.X)-1]}
	for y := 0.0; y <= top*1.001; y += step {
		v.Ys = append(v.Ys, tick{At: 100 * (1 - y/top), Text: plain(y)})
		v.Grid += fmt.Sprintf("M0 %.1fH1000", 1000*(1-y/top))
	}
	v.Xs = epochTicks(c.X)
	for i, l := range c.Lines {
		last := l.Y[len(l.Y)-1]
		v.Drawn = append(v.Drawn, drawn{
			Name: l.Name, Paint: paint(l.Style), Tag: string(rune('A' + i)), D: c.path(l.Y, top), Now: c.Unit.Write(last),
			End: 100 * (1 - last*c.Unit.factor()/top),
		})
		v.Say = append(v.Say, l.Name+" "+c.Unit.Write(last))
	}
	spread(v.Drawn)
	v.table(c)
	return render("lines", v)
}

type linesView struct {
	Lines
	Unit   string
	Top    float64
	Epochs string
	Last   int
	Grid   string
	Ys, Xs []tick
	Drawn  []drawn
	Say    []string
	Rows   []row
}

type tick struct {
	At   float64 // percent
	Text string
	Edge string // where the text ends instead of its middle
}

type drawn struct {
	Name, Paint, Tag, D, Now string
	End                      float64 // percent from the top, of the line's tag
}

type row struct {
	Epoch int
	Cells []string
}

// path is a line in a field of 1000 × 1000. The script reads values back from it.
func (c Lines) path(ys []float64, top float64) string {
	b := []byte{'M'}
	for i, y := range ys {
		if i > 0 {
			b = append(b, ' ')
		}
		b = tenths(append(tenths(b, 1000*at(c.X, i)), ' '), 1000*(1-y*c.Unit.factor()/top))
	}
	if len(ys) == 1 {
		b = append(b, "H1000"...) // one epoch is a level
	}
	return string(b)
}

// tenths appends a coordinate with at most one decimal.
func tenths(b []byte, v float64) []byte {
	return strconv.AppendFloat(b, math.Round(10*v)/10, 'f', -1, 64)
}

// at is where the i-th epoch lies, 0..1.
func at(x []int, i int) float64 {
	if x[len(x)-1] == x[0] {
		return 0
	}
	return float64(x[i]-x[0]) / float64(x[len(x)-1]-x[0])
}

func epochTicks(x []int) []tick {
	first, last := x[0], x[len(x)-1]
	if first == last {
		return []tick{{Text: fmt.Sprintf("epoch %d", first), Edge: "start"}}
	}
	_, f := scale(float64(last - first))
	step := max(int(f), 1)
	ticks := []tick{{Text: fmt.Sprintf("epoch %d", first), Edge: "start"}}
	for e := (first/step + 1) * step; e <= last; e += step {
		p := 100 * float64(e-first) / float64(last-first)
		switch {
		case p < 30: // under the first one's text, where the chart is narrow
		case p > 97:
			ticks = append(ticks, tick{At: p, Text: fmt.Sprint(e), Edge: "end"})
		default:
			ticks = append(ticks, tick{At: p, Text: fmt.Sprint(e)})
		}
	}
	return ticks
}

// spread moves the tags of lines that end close together apart.
func spread(list []drawn) {
	const gap = 8.5 // percent of the height, a line of text
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(list[a].End, list[b].End) })
	below := -gap
	for _, i := range order {
		list[i].End = max(list[i].End, below+gap)
		below = list[i].End
	}
	above := 100.0 + gap
	for _, i := range slices.Backward(order) {
		list[i].End = min(list[i].End, above-gap)
		above = list[i].End
	}
}

// table is a part of the values, evenly spread over the epochs.
func (v *linesView) table(c Lines) {
	n := min(c.Numbers, len(c.X))
	for k := range n {
		i := 0
		if n > 1 {
			i = k * (len(c.X) - 1) / (n - 1)
		}
		r := row{Epoch: c.X[i]}
		for _, l := range c.Lines {
			r.Cells = append(r.Cells, c.Unit.Write(l.Y[i]))
		}
		v.Rows = append(v.Rows, r)
	}
}

func join(x []int) string { return strings.Trim(fmt.Sprint(x), "[]") }

// Largest keeps the lines that a chart has room for, those with the largest values at the end, in their
// order.
func Largest(lines []Line) []Line {
	if len(lines) <= Most {
		return lines
	}
	order := make([]int, len(lines))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(lines[b].Y[len(lines[b].Y)-1], lines[a].Y[len(lines[a].Y)-1])
	})
	kept := slices.Sorted(slices.Values(order[:Most]))
	out := make([]Line, len(kept))
	for i, k := range kept {
		out[i] = lines[k]
	}
	return out
}
