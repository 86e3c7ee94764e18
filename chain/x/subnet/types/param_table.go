package types

import (
	"fmt"

	"github.com/ergon-network/ergon/chain/param"
)

// KeptChanges is how many entries of a subnet's change log are kept.
const KeptChanges = 64

// defaultsPrefix begins the names of what a new subnet starts with: defaults.tempo and so on.
const defaultsPrefix = "defaults."

// Param is a global parameter that root sets (chain §4.4).
type Param struct{ param.Row[Params] }

// Set reads text into the parameter; ErrParams if it is no value of the parameter or if the
// parameters then contradict each other. On an error they are unchanged.
func (p Param) Set(to *Params, text string) error {
	next := *to
	if err := p.Row.Set(&next, text); err != nil {
		return ErrParams.Wrap(err.Error())
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
	all := make([]Param, 0, len(paramTable)+len(hyperTable))
	for _, row := range paramTable {
		all = append(all, Param{row})
	}
	for _, h := range hyperTable {
		all = append(all, defaultOf(h))
	}
	return all
}

// FindParam is the row of that name, or ErrUnknownParam listing the names.
func FindParam(name string) (Param, error) {
	row, names, ok := param.Find(paramTable, name)
	if ok {
		return Param{row}, nil
	}
	for _, h := range hyperTable {
		if name == defaultsPrefix+h.Name {
			return defaultOf(h), nil
		}
	}
	return Param{}, ErrUnknownParam.Wrapf("%.60q; root can set: %s, and %sX for each hyperparameter X", name, names, defaultsPrefix)
}

var paramTable = []param.Row[Params]{
	param.Number("network_rate_limit", "blocks between two creations", 0, maxBlocks, func(p *Params) *uint64 { return &p.NetworkRateLimit }),
	param.Number("min_lock", "rao", 0, maxRao, func(p *Params) *uint64 { return &p.MinLock }),
	param.Number("lock_reduction_interval", "blocks", 1, maxBlocks, func(p *Params) *uint64 { return &p.LockReductionInterval }),
	param.Number("subnet_limit", "subnets", 0, MaxSubnets, func(p *Params) *uint32 { return &p.SubnetLimit }),
	param.Number("network_immunity", "blocks", 0, maxBlocks, func(p *Params) *uint64 { return &p.NetworkImmunity }),
	param.Number("initial_burn", "rao", 0, maxRao, func(p *Params) *uint64 { return &p.InitialBurn }),
	param.Number("identity_deposit", "rao", 0, maxRao/(1+maxExtra), func(p *Params) *uint64 { return &p.IdentityDeposit }),
	param.Number("commitment_rate_limit", "blocks", 0, maxBlocks, func(p *Params) *uint64 { return &p.CommitmentRateLimit }),
	param.Number("root_target_regs_per_interval", "registrations", 0, maxU16, func(p *Params) *uint32 { return &p.Root.TargetRegsPerInterval }),
	param.Number("root_adjustment_interval", "blocks", 1, maxBlocks, func(p *Params) *uint64 { return &p.Root.AdjustmentInterval }),
	param.Number("root_max_regs_per_block", "registrations", 0, maxU16, func(p *Params) *uint32 { return &p.Root.MaxRegsPerBlock }),
}

// defaultOf is the row of what a new subnet starts with, which root may set to anything that it
// may set in a subnet without uids.
func defaultOf(h Hyper) Param {
	return Param{param.Of(defaultsPrefix+h.Name, h.Unit, h.Range,
		func(p *Params) string { return h.Get(&p.Defaults) },
		func(p *Params, text string) error {
			s := Subnet{Hyper: p.Defaults}
			if err := h.Set(&s, text, Root); err != nil {
				return fmt.Errorf("%s%w", defaultsPrefix, err)
			}
			p.Defaults = s.Hyper
			return nil
		})}
}
