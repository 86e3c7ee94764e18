package explorer

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/ergon-network/ergon/internal/webpage"
)

//go:embed assets
var assets embed.FS

const (
	// shownNeurons and shownPayouts bound the page, which is sent again with every block; /api/state has all.
	shownNeurons = 64
	shownPayouts = 8
)

// view is what the templates see of a State.
type view struct {
	State
	Subnets  []subnetView
	Payouts  []payoutView // newest first
	Parts    []Part
	Unequal  string // why the money does not add up; empty when it does
	Change   string // of the supply since genesis, in TAO with its sign
	Announce string // what a screen reader is told; changes once an epoch
	Trouble  int    // processes that are not running
}

type subnetView struct {
	Subnet
	Miners, Validators group
	Elapsed            uint64 // blocks of the present epoch
}

// group is the neurons of one role, best paid first.
type group struct {
	Netuid uint16
	Role   Role
	List   []Neuron
	More   int    // not shown
	Peak   uint64 // largest epoch of the list, the common scale of its sparklines
}

type payoutView struct {
	Payout
	Subnet string
}

// newView prepares a bounded state for the templates.
func newView(s State) view {
	v := view{State: s, Parts: s.Totals.Parts(), Change: change(s.Totals)}
	if err := s.Totals.Check(); err != nil {
		v.Unequal = err.Error()
	}
	names := make(map[uint16]string, len(s.Subnets))
	for _, sn := range s.Subnets {
		names[sn.Netuid] = cmp.Or(sn.Name, sn.Market, fmt.Sprintf("Subnet %d", sn.Netuid))
		v.Subnets = append(v.Subnets, subnetView{
			Subnet: sn, Miners: newGroup(sn, Miner), Validators: newGroup(sn, Validator),
			Elapsed: sn.Tempo - min(sn.Tempo, sn.BlocksLeft),
		})
	}
	for _, p := range slices.Backward(last(s.Payouts, shownPayouts)) {
		v.Payouts = append(v.Payouts, payoutView{Payout: p, Subnet: cmp.Or(names[p.Netuid], fmt.Sprintf("Subnet %d", p.Netuid))})
	}
	if len(v.Payouts) > 0 {
		p := v.Payouts[0]
		v.Announce = fmt.Sprintf("Epoch %d of %s paid %s TAO to miners and %s TAO to validators.", p.Epoch, p.Subnet, TAO(p.MinersRao), TAO(p.ValidatorsRao))
	}
	for _, p := range s.Processes {
		if p.State != "running" && p.State != "done" {
			v.Trouble++
		}
	}
	return v
}

func newGroup(s Subnet, role Role) group {
	g := group{Netuid: s.Netuid, Role: role}
	for _, n := range s.Neurons {
		if n.Role == role {
			g.List = append(g.List, n)
		}
	}
	slices.SortStableFunc(g.List, func(a, b Neuron) int {
		return cmp.Or(cmp.Compare(b.EarnedRao, a.EarnedRao), cmp.Compare(a.UID, b.UID))
	})
	g.More = max(0, len(g.List)-shownNeurons)
	g.List = first(g.List, shownNeurons)
	for _, n := range g.List {
		for _, rao := range n.History {
			g.Peak = max(g.Peak, rao)
		}
	}
	return g
}

func change(t Totals) string {
	if t.SupplyNowRao < t.SupplyGenesisRao {
		return "−" + TAO(t.SupplyGenesisRao-t.SupplyNowRao)
	}
	return "+" + TAO(t.SupplyNowRao-t.SupplyGenesisRao)
}

// templates parses the embedded pages.
func templates() (*template.Template, error) {
	return template.New("").Funcs(template.FuncMap{
		"tao": TAO, "count": Count, "percent": Percent, "score": Score, "short": ShortKey,
		"mark": func() template.HTML { return webpage.Mark }, "icon": func() template.URL { return webpage.Icon },
		"bar": bar, "meter": meter, "spark": spark,
		"clock": func(t time.Time) string { return t.UTC().Format("15:04:05") },
		"stamp": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"web": func(url string) bool {
			return strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "https://")
		},
	}).ParseFS(assets, "assets/*.html")
}

// The drawings below are SVG made of numbers and of class names from this package, never of text from a State: a bounded role is one of two. They use attributes
// instead of style, which the content security policy forbids.

// bar draws parts side by side, each at least wide enough to be seen.
func bar(parts []Part) template.HTML {
	const width, least = 1000.0, 12.0
	seen, rest := 0, 0.0
	for _, p := range parts {
		if p.Rao > 0 {
			seen++
			rest += p.Share
		}
	}
	var b strings.Builder
	b.WriteString(`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">`)
	b.WriteString(`<rect class="track" width="1000" height="10"/>`)
	x := 0.0
	for _, p := range parts {
		if p.Rao == 0 {
			continue
		}
		w := least + p.Share/rest*(width-least*float64(seen))
		fmt.Fprintf(&b, `<rect class="fill-%s" x="%.1f" width="%.1f" height="10"/>`, p.Key, x, w)
		x += w
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// meter draws a share as a line.
func meter(role Role, share float64) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg class="meter" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">`+
		`<rect class="track" width="100" height="3"/><rect class="fill-%ss" width="%.1f" height="3"/></svg>`, role, 100*share))
}

// spark draws the earnings of the last epochs as columns on the scale of peak.
func spark(role Role, history []uint64, peak uint64) template.HTML {
	const width, height, least = 96.0, 24.0, 12
	if len(history) == 0 || peak == 0 {
		return ""
	}
	step := width / float64(max(len(history), least))
	x := width - step*float64(len(history)) // the newest epoch is always at the right edge
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="spark" viewBox="0 0 96 24" role="img" aria-label="earned in the last %d epochs, latest %s TAO">`,
		len(history), TAO(history[len(history)-1]))
	fmt.Fprintf(&b, `<rect class="track" y="23" width="96" height="1"/>`)
	for i, rao := range history {
		if rao == 0 {
			continue
		}
		h := max(height*float64(rao)/float64(peak), 1)
		fmt.Fprintf(&b, `<rect class="fill-%ss" x="%.2f" y="%.2f" width="%.2f" height="%.2f" rx="0.5"/>`,
			role, x+step*float64(i), height-h, max(step-1, 0.5), h)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}
