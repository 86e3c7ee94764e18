package types

import (
	"strconv"
	"strings"
)

// Param describes a parameter of the module that root sets (chain §4.4).
type Param struct {
	Name  string
	Unit  string
	Range string

	get func(*Params) string
	set func(*Params, string) error
}

// Get writes the parameter's value the way Set reads it.
func (p Param) Get(from *Params) string { return p.get(from) }

// Set reads text into the parameter; ErrParamValue, and nothing is changed, if it is no value of it.
func (p Param) Set(to *Params, text string) error { return p.set(to, text) }

// ParamTable is every parameter that root can set. payout_history is not among them: the records
// that are kept lie in a ring of its length.
func ParamTable() []Param { return append([]Param(nil), paramTable...) }

// FindParam is the row of that name, or ErrUnknownParam listing the names.
func FindParam(name string) (Param, error) {
	names := make([]string, len(paramTable))
	for i, p := range paramTable {
		if p.Name == name {
			return p, nil
		}
		names[i] = p.Name
	}
	return Param{}, ErrUnknownParam.Wrapf("%.60q; root can set: %s", name, strings.Join(names, ", "))
}

const (
	maxU16 = 1<<16 - 1
	maxU32 = 1<<32 - 1
	maxRao = 21_000_000 * 1_000_000_000
	maxU64 = 1<<64 - 1
)

var paramTable = []Param{
	number("owner_cut", "of 65535", 0, maxU16, func(p *Params) *uint32 { return &p.OwnerCut }),
	number("epochs_per_block", "settlements", 1, maxU16, func(p *Params) *uint32 { return &p.EpochsPerBlock }),
	flag("closed_subnets_earn", func(p *Params) *bool { return &p.ClosedSubnetsEarn }),
	number("root_tempo", "blocks, 0 = no root", 0, maxU16, func(p *Params) *uint32 { return &p.RootTempo }),
	number("root_rho", "slope", 0, maxU16, func(p *Params) *uint32 { return &p.RootRho }),
	number("root_kappa", "of 65535", 0, maxU16, func(p *Params) *uint32 { return &p.RootKappa }),
	number("root_weights_rate_limit", "blocks", 0, maxU32, func(p *Params) *uint64 { return &p.RootWeightsRateLimit }),
	number("root_weights_min_stake", "rao", 0, maxRao, func(p *Params) *uint64 { return &p.RootWeightsMinStake }),
	number("root_weights_version", "version, 0 = any", 0, maxU64, func(p *Params) *uint64 { return &p.RootWeightsVersion }),
}

func number[T uint32 | uint64](name, unit string, least, most uint64, field func(*Params) *T) Param {
	allowed := strconv.FormatUint(least, 10) + ".." + strconv.FormatUint(most, 10)
	return Param{
		Name: name, Unit: unit, Range: allowed,
		get: func(p *Params) string { return strconv.FormatUint(uint64(*field(p)), 10) },
		set: func(p *Params, text string) error {
			v, err := strconv.ParseUint(text, 10, 64)
			if err != nil || v < least || v > most {
				return ErrParamValue.Wrapf("%s: %.40q is not a whole number in %s (%s)", name, text, allowed, unit)
			}
			*field(p) = T(v)
			return nil
		},
	}
}

func flag(name string, field func(*Params) *bool) Param {
	return Param{
		Name: name, Unit: "flag", Range: "true, false",
		get: func(p *Params) string { return strconv.FormatBool(*field(p)) },
		set: func(p *Params, text string) error {
			if text != "true" && text != "false" {
				return ErrParamValue.Wrapf("%s: %.40q is neither true nor false", name, text)
			}
			*field(p) = text == "true"
			return nil
		},
	}
}
