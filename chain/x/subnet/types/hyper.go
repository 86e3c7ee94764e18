package types

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Setter is who changes a hyperparameter.
type Setter uint8

const (
	// Root is the network's governance; it may set everything.
	Root Setter = iota
	// Owner is the coldkey that created the subnet.
	Owner
)

func (s Setter) String() string {
	if s == Owner {
		return "owner"
	}
	return "root"
}

// Hyper describes one field of Hyperparameters: how it is called, who sets it and to what.
type Hyper struct {
	Name   string // the message field's name, and the one users type
	Unit   string
	Setter Setter // the least powerful that may set it (chain §4.5, column J24)
	Range  string // what root may set, and what every stored value satisfies
	Narrow string // what the owner may set, where that is less; else empty

	get   func(*Hyperparameters) string
	set   func(*Hyperparameters, string, Setter) error
	valid func(*Hyperparameters) error
	need  func(*Subnet) error // conditions on the subnet at the moment of setting; may be nil
}

// Get writes the parameter's value the way Set reads it.
func (p Hyper) Get(h *Hyperparameters) string { return p.get(h) }

// FindHyper is the table's row of that name, or ErrUnknownHyperparameter listing the names an
// owner can set.
func FindHyper(name string) (Hyper, error) {
	var names []string
	for _, p := range hyperTable {
		if p.Name == name {
			return p, nil
		}
		if p.Setter == Owner {
			names = append(names, p.Name)
		}
	}
	return Hyper{}, ErrUnknownHyperparameter.Wrapf("%.40q; an owner can set: %s", name, strings.Join(names, ", "))
}

// HyperTable is every hyperparameter in the order of the message's fields.
func HyperTable() []Hyper { return append([]Hyper(nil), hyperTable...) }

// Set reads text into the parameter of s, in this order: may `by` set it (ErrBadOrigin), is
// the value of its type and range, do the conditions on the subnet hold, do all parameters
// still agree (all ErrHyperparameter). On an error s is unchanged.
func (p Hyper) Set(s *Subnet, text string, by Setter) error {
	if p.Setter == Root && by != Root {
		return ErrBadOrigin.Wrapf("%s is set by root only; ask the network's governance", p.Name)
	}
	next := s.Hyper
	if err := p.set(&next, text, by); err != nil {
		return err
	}
	if p.need != nil {
		changed := *s
		changed.Hyper = next
		if err := p.need(&changed); err != nil {
			return err
		}
	}
	if err := next.agree(); err != nil {
		return err
	}
	s.Hyper = next
	return nil
}

// Validate says whether every value is in its range and all agree with each other.
func (h *Hyperparameters) Validate() error {
	for _, p := range hyperTable {
		if err := p.valid(h); err != nil {
			return err
		}
	}
	return h.agree()
}

// agree holds the tests the original leaves out: values that contradict each other.
func (h *Hyperparameters) agree() error {
	switch {
	case h.MinBurn > h.MaxBurn:
		return ErrHyperparameter.Wrapf("min_burn %d is above max_burn %d rao", h.MinBurn, h.MaxBurn)
	case h.MinDifficulty > h.MaxDifficulty:
		return ErrHyperparameter.Wrapf("min_difficulty %d is above max_difficulty %d", h.MinDifficulty, h.MaxDifficulty)
	case h.AlphaLow > h.AlphaHigh:
		return ErrHyperparameter.Wrapf("alpha_low %d is above alpha_high %d", h.AlphaLow, h.AlphaHigh)
	case h.MaxAllowedValidators > h.MaxAllowedUids:
		return ErrHyperparameter.Wrapf("max_allowed_validators %d is above max_allowed_uids %d", h.MaxAllowedValidators, h.MaxAllowedUids)
	case h.YumaVariant != Variant2026 && h.Yuma3:
		return ErrHyperparameter.Wrapf("yuma3 needs yuma_variant %q, which is %q", Variant2026, h.YumaVariant)
	case h.YumaVariant != Variant2026 && h.LiquidAlpha:
		return ErrHyperparameter.Wrapf("liquid_alpha needs yuma_variant %q, which is %q", Variant2026, h.YumaVariant)
	}
	return nil
}

// span is an inclusive range.
type span[T cmp.Ordered] struct{ min, max T }

func (s span[T]) has(v T) bool   { return s.min <= v && v <= s.max }
func (s span[T]) String() string { return fmt.Sprintf("%v..%v", s.min, s.max) }

// number is a row for an integer field.
func number[T uint32 | uint64 | int32](name, unit string, who Setter, all span[T], field func(*Hyperparameters) *T) Hyper {
	return narrowed(name, unit, who, all, all, field)
}

// narrowed is number with a smaller range for the owner.
func narrowed[T uint32 | uint64 | int32](name, unit string, who Setter, all, owner span[T], field func(*Hyperparameters) *T) Hyper {
	check := func(v T, allowed span[T]) error {
		if allowed.has(v) {
			return nil
		}
		return ErrHyperparameter.Wrapf("%s: %v is outside %s (%s)", name, v, allowed, unit)
	}
	p := Hyper{Name: name, Unit: unit, Setter: who, Range: all.String()}
	if owner != all {
		p.Narrow = owner.String()
	}
	p.get = func(h *Hyperparameters) string { return fmt.Sprint(*field(h)) }
	p.valid = func(h *Hyperparameters) error { return check(*field(h), all) }
	p.set = func(h *Hyperparameters, text string, by Setter) error {
		allowed := all
		if by == Owner {
			allowed = owner
		}
		v, err := parse[T](text)
		if err != nil {
			return ErrHyperparameter.Wrapf("%s: %.40q is not a whole number in %s (%s)", name, text, allowed, unit)
		}
		if err := check(v, allowed); err != nil {
			return err
		}
		*field(h) = v
		return nil
	}
	return p
}

func parse[T uint32 | uint64 | int32](text string) (T, error) {
	switch any(T(0)).(type) {
	case int32:
		v, err := strconv.ParseInt(text, 10, 32)
		return T(v), err
	case uint32:
		v, err := strconv.ParseUint(text, 10, 32)
		return T(v), err
	}
	v, err := strconv.ParseUint(text, 10, 64)
	return T(v), err
}

// flag is a row for a boolean field.
func flag(name string, who Setter, field func(*Hyperparameters) *bool) Hyper {
	return Hyper{
		Name: name, Unit: "flag", Setter: who, Range: "true|false",
		get:   func(h *Hyperparameters) string { return strconv.FormatBool(*field(h)) },
		valid: func(*Hyperparameters) error { return nil },
		set: func(h *Hyperparameters, text string, _ Setter) error {
			if text != "true" && text != "false" {
				return ErrHyperparameter.Wrapf("%s: %.40q is neither true nor false", name, text)
			}
			*field(h) = text == "true"
			return nil
		},
	}
}

// choice is a row for a field that takes one of a few words.
func choice(name, unit string, who Setter, words []string, field func(*Hyperparameters) *string) Hyper {
	check := func(v string) error {
		for _, w := range words {
			if v == w {
				return nil
			}
		}
		return ErrHyperparameter.Wrapf("%s: %.40q is none of %s", name, v, strings.Join(words, ", "))
	}
	return Hyper{
		Name: name, Unit: unit, Setter: who, Range: strings.Join(words, "|"),
		get:   func(h *Hyperparameters) string { return *field(h) },
		valid: func(h *Hyperparameters) error { return check(*field(h)) },
		set: func(h *Hyperparameters, text string, _ Setter) error {
			if err := check(text); err != nil {
				return err
			}
			*field(h) = text
			return nil
		},
	}
}
