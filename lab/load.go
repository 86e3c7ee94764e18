package lab

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/goccy/go-yaml"
)

// maxFile bounds a scenario file.
const maxFile = 1 << 20

// Load reads a scenario from a file. Errors name the line, what stands there and what to write.
func Load(path string) (*Scenario, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	s, err := Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Parse reads a scenario. What it does not say is as Defaults has it; a field that no scenario has is
// an error.
func Parse(raw []byte) (*Scenario, error) { return ParseFor("", raw) }

// ParseFor is Parse for another market than the scenario's, under its first profile; "" leaves the
// scenario's. Only the market that is played has to be known.
func ParseFor(market string, raw []byte) (*Scenario, error) {
	if len(raw) > maxFile {
		return nil, fmt.Errorf("a scenario of more than %d bytes", maxFile)
	}
	s := Defaults()
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.DisallowUnknownField()).Decode(&s); err != nil {
		return nil, fmt.Errorf("%s", yaml.FormatError(err, false, true))
	}
	if market != "" {
		s.Market, s.Profile = market, ""
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	return &s, nil
}

// UnmarshalYAML reads one number or a list of two.
func (r *Range) UnmarshalYAML(raw []byte) error {
	var one float64
	if err := yaml.Unmarshal(raw, &one); err == nil {
		r.From, r.To = one, one
		return nil
	}
	var two []float64
	if err := yaml.Unmarshal(raw, &two); err != nil || len(two) != 2 {
		return fmt.Errorf("%q is no range: write one number, or [first, last]", bytes.TrimSpace(raw))
	}
	r.From, r.To = two[0], two[1]
	return nil
}
