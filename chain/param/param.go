// Package param describes the parameters of a module as the rows of a table: how each is called,
// what it may be, and how it is read and written as text. Modules whose root sets one parameter a
// message (chain §4.4) share it.
package param

import (
	"fmt"
	"strconv"
	"strings"
)

// Row is one parameter of a P.
type Row[P any] struct {
	Name  string
	Unit  string
	Range string

	get func(*P) string
	set func(*P, string) error
}

// Of is a row with readers and writers of the caller's.
func Of[P any](name, unit, allowed string, get func(*P) string, set func(*P, string) error) Row[P] {
	return Row[P]{name, unit, allowed, get, set}
}

// Get writes the parameter's value the way Set reads it.
func (r Row[P]) Get(from *P) string { return r.get(from) }

// Set reads text into the parameter. The error names the value and what is allowed; nothing is
// changed then.
func (r Row[P]) Set(to *P, text string) error { return r.set(to, text) }

// Number is a row for a whole number from least to most.
func Number[P any, T uint32 | uint64](name, unit string, least, most T, field func(*P) *T) Row[P] {
	allowed := fmt.Sprintf("%d..%d", least, most)
	return Of(name, unit, allowed,
		func(p *P) string { return strconv.FormatUint(uint64(*field(p)), 10) },
		func(p *P, text string) error {
			v, err := strconv.ParseUint(text, 10, 64)
			if err != nil || v < uint64(least) || v > uint64(most) {
				return fmt.Errorf("%s: %.40q is not a whole number in %s (%s)", name, text, allowed, unit)
			}
			*field(p) = T(v)
			return nil
		})
}

// Flag is a row for true or false.
func Flag[P any](name string, field func(*P) *bool) Row[P] {
	return Of(name, "flag", "true|false",
		func(p *P) string { return strconv.FormatBool(*field(p)) },
		func(p *P, text string) error {
			if text != "true" && text != "false" {
				return fmt.Errorf("%s: %.40q is neither true nor false", name, text)
			}
			*field(p) = text == "true"
			return nil
		})
}

// Find is the row of that name; names lists all of them for the error where there is none.
func Find[P any](table []Row[P], name string) (row Row[P], names string, ok bool) {
	all := make([]string, len(table))
	for i, r := range table {
		if r.Name == name {
			return r, "", true
		}
		all[i] = r.Name
	}
	return row, strings.Join(all, ", "), false
}
