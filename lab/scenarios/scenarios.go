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
func Named(name string) (*lab.Scenario, error) {
	raw, err := Source(name)
	if err != nil {
		return nil, err
	}
	s, err := lab.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", name, err)
	}
	return s, nil
}
