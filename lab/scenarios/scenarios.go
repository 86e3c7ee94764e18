// Package scenarios holds the scenarios that ship with the laboratory, one file each.
package scenarios

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/ergon-network/ergon/lab"
)

//go:embed *.yaml
var files embed.FS

// Names lists the scenarios, in the order of the alphabet.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // part of the program
	}
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = strings.TrimSuffix(e.Name(), ".yaml")
	}
	return out
}

// Source is the file of a scenario.
func Source(name string) ([]byte, error) {
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("scenario %q does not ship with the laboratory: `ergon lab scenarios` lists those that do, and a path to a file works too", name)
	}
	return files.ReadFile(name + ".yaml")
}

// Named reads a scenario.
func Named(name string) (*lab.Scenario, error) { return For("", name) }

// For is Named with another market in the place of the scenario's, under its first profile; "" leaves
// the scenario's.
func For(market, name string) (*lab.Scenario, error) {
	raw, err := Source(name)
	if err != nil {
		return nil, err
	}
	s, err := lab.ParseFor(market, raw)
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", name, err)
	}
	return s, nil
}

// Scenario is a scenario with the name that it ships under.
type Scenario struct {
	Name string
	*lab.Scenario
}

// All reads every scenario, in the order of their names, for a market as For does.
func All(market string) ([]Scenario, error) {
	var list []Scenario
	for _, name := range Names() {
		s, err := For(market, name)
		if err != nil {
			return nil, err
		}
		list = append(list, Scenario{name, s})
	}
	return list, nil
}

// ByMiners are the attacks on a market's reward functions: those in which no validator takes part.
func ByMiners(market string) ([]Scenario, error) {
	list, err := All(market)
	return slices.DeleteFunc(list, func(s Scenario) bool { return s.Kind != lab.KindAttack || s.ByValidators() }), err
}
