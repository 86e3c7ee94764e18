package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ergon-network/ergon/lab"
)

// column is what was found, by the name of the scenario.
type column map[string]*cell

// page is what the text is made from.
type page struct {
	strings.Builder
	seeds     int
	under     map[string]column // by profile of the video market
	template  column
	control   column
	attacks   []string // names, in order
	settings  []string
	archetype []string
	templates []string
	controls  []string
}

// render writes the page. It is an error if an attack, under the rules of a new subnet or others, earns more than half of honesty under our profile
// and its scenario does not say why, or if a repair is named that there is not.
func render(all []*cell, n int) (string, error) {
	p := &page{seeds: n, under: map[string]column{}, template: column{}, control: column{}}
	for _, name := range profiles {
		p.under[name] = column{}
	}
	for _, c := range all {
		p.sort(c)
	}
	if err := p.check(); err != nil {
		return "", err
	}
	p.head()
	p.summary()
	p.main()
	p.reasons()
	p.smallest()
	p.others()
	p.details()
	return p.String(), nil
}

func (p *page) sort(c *cell) {
	switch {
	case c.Kind == lab.KindControl:
		p.control[c.Name] = c
		p.controls = append(p.controls, c.Name)
		return
	case c.Market == template:
		p.template[c.Name] = c
		p.templates = append(p.templates, c.Name)
		return
	}
	p.under[c.profile][c.Name] = c
	if c.profile != ours {
		return
	}
	switch c.Kind {
	case lab.KindSetting:
		p.settings = append(p.settings, c.Name)
	case lab.KindArchetype:
		p.archetype = append(p.archetype, c.Name)
	default:
		p.attacks = append(p.attacks, c.Name)
	}
}

func (p *page) check() error {
	for _, name := range slices.Concat(p.attacks, p.settings) {
		c := p.under[ours][name]
		if c.found.Profitable() && c.Why == "" {
			return fmt.Errorf("%s earns %s of honesty under %s and nothing says why: repair it, or give lab/scenarios/%s.yaml a reason (why:)", name, pay(c), ours, name)
		}
		if c.Repaired != "" && p.repaired(c) == nil {
			return fmt.Errorf("lab/scenarios/%s.yaml says that %s repairs it: there is no such scenario", name, c.Repaired)
		}
	}
	for _, name := range p.controls {
		if c := p.control[name]; !c.found.Profitable() {
			return fmt.Errorf("the laboratory is blind: %s earns %s", name, pay(c))
		}
	}
	return nil
}

// repaired is the row that shows the repair of another, if there is one: of the video market, or else of
// the smallest one.
func (p *page) repaired(c *cell) *cell {
	if r := p.under[ours][c.Repaired]; r != nil {
		return r
	}
	return p.template[c.Repaired]
}

// beyond is the pay from which on only "more than" is said: honesty earns next to nothing there.
const beyond = 100

func pay(c *cell) string {
	if c.found.Pay.Mean >= beyond {
		return fmt.Sprintf("> %d", beyond)
	}
	return fmt.Sprintf("%.2f ± %.2f", c.found.Pay.Mean, c.found.Pay.Half)
}

func harm(c *cell) string {
	return fmt.Sprintf("%.1f ± %.1f %%", 100*c.found.Harm.Mean, 100*c.found.Harm.Half)
}

func top(c *cell) string {
	return fmt.Sprintf("%.0f ± %.0f %%", 100*c.found.Concentration.Mean, 100*c.found.Concentration.Half)
}

func stops(c *cell) string {
	if c.found.Detected < 0 {
		return "never"
	}
	return fmt.Sprint(c.found.Detected)
}

// marked is pay, in bold where it is more than half of honesty.
func marked(c *cell) string {
	if c.found.Profitable() {
		return "**" + pay(c) + "**"
	}
	return pay(c)
}

func (p *page) line(form string, args ...any) { fmt.Fprintf(p, form+"\n", args...) }
