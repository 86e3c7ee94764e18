package types

import (
	"strconv"
	"strings"
)

// KeptChanges is how many entries of a subnet's change log are kept.
const KeptChanges = 64

// defaultsPrefix begins the names of what a new subnet starts with: defaults.tempo and so on.
const defaultsPrefix = "defaults."

// Param describes a global parameter that root sets (chain §4.4).
type Param struct {
	Name  string
	Unit  string
	Range string

	get func(*Params) string
	set func(*Params, string) error
}

// Get writes the parameter's value the way Set reads it.
func (p Param) Get(from *Params) string { return p.get(from) }

// Set reads text into the parameter; ErrParams if it is no value of the parameter or if the
// parameters then contradict each other. On an error they are unchanged.
func (p Param) Set(to *Params, text string) error {
	next := *to
	if err := p.set(&next, text); err != nil {
		return err
	}
	if err := next.Validate(); err != nil {
		return err
	}
	*to = next
	return nil
}

// ParamTable is every global parameter that root can set, those of new subnets last.
// allow_loopback is not among them: axons that are stored already would become invalid.
func ParamTable() []Param {
	all := append([]Param(nil), paramTable...)
	for _, h := range hyperTable {
		all = append(all, defaultOf(h))
	}
	return all
}

// FindParam is the row of that name, or ErrUnknownParam listing the names.
func FindParam(name string) (Param, error) {
	names := make([]string, 0, len(paramTable))
	for _, p := range paramTable {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	for _, h := range hyperTable {
		if name == defaultsPrefix+h.Name {
			return defaultOf(h), nil
		}
	}
	return Param{}, ErrUnknownParam.Wrapf("%.60q; root can set: %s, and %sX for each hyperparameter X", name, strings.Join(names, ", "), defaultsPrefix)
}

var paramTable = []Param{
	global("network_rate_limit", "blocks between two creations", 0, maxBlocks, func(p *Params) *uint64 { return &p.NetworkRateLimit }),
	global("min_lock", "rao", 0, maxRao, func(p *Params) *uint64 { return &p.MinLock }),
	global("lock_reduction_interval", "blocks", 1, maxBlocks, func(p *Params) *uint64 { return &p.LockReductionInterval }),
	global("subnet_limit", "subnets", 0, MaxSubnets, func(p *Params) *uint32 { return &p.SubnetLimit }),
	global("network_immunity", "blocks", 0, maxBlocks, func(p *Params) *uint64 { return &p.NetworkImmunity }),
	global("initial_burn", "rao", 0, maxRao, func(p *Params) *uint64 { return &p.InitialBurn }),
	global("identity_deposit", "rao", 0, maxRao/(1+maxExtra), func(p *Params) *uint64 { return &p.IdentityDeposit }),
	global("commitment_rate_limit", "blocks", 0, maxBlocks, func(p *Params) *uint64 { return &p.CommitmentRateLimit }),
	global("root_target_regs_per_interval", "registrations", 0, maxU16, func(p *Params) *uint32 { return &p.Root.TargetRegsPerInterval }),
	global("root_adjustment_interval", "blocks", 1, maxBlocks, func(p *Params) *uint64 { return &p.Root.AdjustmentInterval }),
	global("root_max_regs_per_block", "registrations", 0, maxU16, func(p *Params) *uint32 { return &p.Root.MaxRegsPerBlock }),
}

func global[T uint32 | uint64](name, unit string, least, most T, field func(*Params) *T) Param {
	allowed := span[T]{least, most}
	return Param{
		Name: name, Unit: unit, Range: allowed.String(),
		get: func(p *Params) string { return strconv.FormatUint(uint64(*field(p)), 10) },
		set: func(p *Params, text string) error {
			v, err := parse[T](text)
			if err != nil || !allowed.has(v) {
				return ErrParams.Wrapf("%s: %.40q is not a whole number in %s (%s)", name, text, allowed, unit)
			}
			*field(p) = v
			return nil
		},
	}
}

// defaultOf is the row of what a new subnet starts with, which root may set to anything that it
// may set in a subnet without uids.
func defaultOf(h Hyper) Param {
	return Param{
		Name: defaultsPrefix + h.Name, Unit: h.Unit, Range: h.Range,
		get: func(p *Params) string { return h.Get(&p.Defaults) },
		set: func(p *Params, text string) error {
			s := Subnet{Hyper: p.Defaults}
			if err := h.Set(&s, text, Root); err != nil {
				return ErrParams.Wrapf("%s%v", defaultsPrefix, err)
			}
			p.Defaults = s.Hyper
			return nil
		},
	}
}
