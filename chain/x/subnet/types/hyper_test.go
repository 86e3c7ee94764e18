package types

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

// Every field of the message has one row, in the message's order, and the row reads and writes
// that field and no other.
func TestHyperTableIsComplete(t *testing.T) {
	typ := reflect.TypeFor[Hyperparameters]()
	if typ.NumField() != len(hyperTable) {
		t.Fatalf("%d fields, %d rows", typ.NumField(), len(hyperTable))
	}
	for i, p := range hyperTable {
		tag := typ.Field(i).Tag.Get("protobuf")
		if !strings.Contains(tag, "name="+p.Name+",") {
			t.Errorf("row %d is %s, the field is %s", i, p.Name, tag)
			continue
		}
		if p.Unit == "" || p.Range == "" {
			t.Errorf("%s lacks a unit or a range", p.Name)
		}
		s := Subnet{Hyper: DefaultHyperparameters(Variant2026)}
		s.Hyper.LiquidAlpha = true
		value := other(p, &s.Hyper)
		before := s.Hyper
		if err := p.Set(&s, value, Root); err != nil {
			t.Errorf("%s to %s: %v", p.Name, value, err)
			continue
		}
		if got := p.Get(&s.Hyper); got != value {
			t.Errorf("%s: set %s, got %s", p.Name, value, got)
		}
		a, b := reflect.ValueOf(before), reflect.ValueOf(s.Hyper)
		for j := range typ.NumField() {
			if changed := !a.Field(j).Equal(b.Field(j)); changed != (i == j) {
				t.Errorf("setting %s changed %s: %t", p.Name, typ.Field(j).Name, changed)
			}
		}
		if err := s.Hyper.Validate(); err != nil {
			t.Errorf("%s to %s is stored but invalid: %v", p.Name, value, err)
		}
	}
}

// other is a valid value that differs from the present one; it first changes other fields where
// they would disagree with it.
func other(p Hyper, h *Hyperparameters) string {
	switch p.Name {
	case "yuma3", "liquid_alpha", "registration_allowed", "commit_reveal_weights_enabled", "pow_registration_allowed":
		return map[string]string{"true": "false", "false": "true"}[p.Get(h)]
	case "yuma_variant":
		h.Yuma3, h.LiquidAlpha = false, false
		return Variant2024
	case "max_allowed_uids":
		return "257"
	case "alpha_low", "alpha_high":
		return "50000"
	case "difficulty", "max_difficulty":
		h.MinDifficulty = 1
	case "max_allowed_validators":
		return "3"
	}
	return "7"
}

func TestHyperSetRefuses(t *testing.T) {
	for _, c := range []struct {
		name, value string
		by          Setter
		want        string // part of the error, "" = accepted
	}{
		{"kappa", "65535", Owner, ""},
		{"kappa", "65536", Owner, "65536 is outside 0..65535 (of 65535)"},
		{"kappa", "4294967296", Owner, `"4294967296" is not a whole number in 0..65535`},
		{"kappa", "-1", Owner, "not a whole number"},
		{"kappa", "0.5", Owner, "not a whole number"},
		{"kappa", "", Owner, "not a whole number"},
		{"kappa", " 1", Owner, "not a whole number"},
		{"yuma3", "1", Owner, "neither true nor false"},
		{"yuma3", "TRUE", Owner, "neither true nor false"},
		{"tempo", "10", Owner, "set by root only"},
		{"tempo", "10", Root, ""},
		{"tempo", "0", Root, ""},
		{"yuma_variant", "2025", Root, "none of 2024, 2026"},
		{"yuma_variant", "2024", Root, "yuma3 needs yuma_variant"},
		{"adjustment_interval", "0", Root, "outside 1..4294967295"},
		{"target_regs_per_interval", "0", Root, "outside 1..65535"},
		{"adjustment_alpha", "18446744073709551615", Owner, ""},
		{"adjustment_alpha", "18446744073709551616", Owner, "not a whole number"},
		{"alpha_sigmoid_steepness", "-1", Owner, "-1 is outside 0..32767"},
		{"alpha_sigmoid_steepness", "-1", Root, ""},
		{"min_burn", "1000000000", Owner, ""},
		{"min_burn", "1000000001", Owner, "outside 0..1000000000 (rao)"},
		{"min_burn", "100000000001", Root, "min_burn 100000000001 is above max_burn 100000000000"},
		{"max_burn", "0", Owner, "min_burn 1 is above max_burn 0"},
		{"alpha_low", "1638", Owner, "liquid_alpha is off"},
		{"max_allowed_uids", "63", Root, "max_allowed_validators 64 is above max_allowed_uids 63"},
		{"max_allowed_uids", "10", Root, "10 does not exceed the 10 uids in use"},
		{"max_allowed_uids", "4097", Root, "outside 0..4096"},
		{"max_allowed_validators", "257", Root, "above max_allowed_uids"},
		{"bonds_moving_average", "1000001", Owner, "outside 0..1000000 (per million)"},
		{"weights_version", "18446744073709551615", Owner, ""},
	} {
		s := Subnet{N: 10, Hyper: DefaultHyperparameters(Variant2026)}
		before := s
		p, err := FindHyper(c.name)
		if err == nil {
			err = p.Set(&s, c.value, c.by)
		}
		if c.want == "" {
			if err != nil || p.Get(&s.Hyper) != c.value {
				t.Errorf("%s to %s by %s: %v", c.name, c.value, c.by, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s to %s by %s: %v, want %q", c.name, c.value, c.by, err, c.want)
		}
		if s != before {
			t.Errorf("%s to %s was refused and changed the subnet", c.name, c.value)
		}
	}
}

func TestUnknownHyperparameterListsTheOwners(t *testing.T) {
	_, err := FindHyper(strings.Repeat("x", 1000))
	if !errors.Is(err, ErrUnknownHyperparameter) || !strings.Contains(err.Error(), "kappa, rho, immunity_period") ||
		strings.Contains(err.Error(), "tempo") || len(err.Error()) > 700 {
		t.Error(err)
	}
}

func FuzzHyperSet(f *testing.F) {
	for i, p := range hyperTable {
		h := DefaultHyperparameters(Variant2026)
		f.Add(uint8(i), p.Get(&h), true)
		f.Add(uint8(i), "-32768", false)
	}
	f.Fuzz(func(t *testing.T, row uint8, text string, owner bool) {
		p := hyperTable[int(row)%len(hyperTable)]
		s := Subnet{N: 3, Hyper: DefaultHyperparameters(Variant2026)}
		by := Root
		if owner {
			by = Owner
		}
		if p.Set(&s, text, by) != nil {
			return
		}
		if err := s.Hyper.Validate(); err != nil {
			t.Errorf("%s accepted %q: %v", p.Name, text, err)
		}
		if owner && p.Setter == Root {
			t.Errorf("an owner set %s", p.Name)
		}
		again := s
		if err := p.Set(&again, p.Get(&s.Hyper), by); err != nil || again != s {
			t.Errorf("%s: written as %s, read back as %v (%v)", p.Name, p.Get(&s.Hyper), fmt.Sprint(again.Hyper), err)
		}
	})
}

// The specification lists every row as it is.
func TestReadmeListsTheTable(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	d := DefaultParams().Defaults
	for _, p := range hyperTable {
		allowed := strings.ReplaceAll(p.Range, "|", ", ")
		if p.Narrow != "" {
			allowed += ", owner " + p.Narrow
		}
		row := fmt.Sprintf("| `%s` | %s | %s | %s | %s |", p.Name, p.Unit, p.Setter, allowed, p.Get(&d))
		if !strings.Contains(string(readme), row) {
			t.Errorf("README.md lacks the row %s", row)
		}
	}
}
