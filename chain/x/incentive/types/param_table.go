package types

import "github.com/ergon-network/ergon/chain/param"

// Param is a parameter of the module that root sets (chain §4.4).
type Param struct{ param.Row[Params] }

// Set reads text into the parameter; ErrParamValue, and nothing is changed, if it is no value of it.
func (p Param) Set(to *Params, text string) error {
	if err := p.Row.Set(to, text); err != nil {
		return ErrParamValue.Wrap(err.Error())
	}
	return nil
}

// ParamTable is every parameter that root can set. payout_history is not among them: the records
// that are kept lie in a ring of its length.
func ParamTable() []Param {
	all := make([]Param, len(paramTable))
	for i, row := range paramTable {
		all[i] = Param{row}
	}
	return all
}

// FindParam is the row of that name, or ErrUnknownParam listing the names.
func FindParam(name string) (Param, error) {
	row, names, ok := param.Find(paramTable, name)
	if !ok {
		return Param{}, ErrUnknownParam.Wrapf("%.60q; root can set: %s", name, names)
	}
	return Param{row}, nil
}

const (
	maxU16 = 1<<16 - 1
	maxU32 = 1<<32 - 1
	maxRao = 21_000_000 * 1_000_000_000
	maxU64 = 1<<64 - 1
)

var paramTable = []param.Row[Params]{
	param.Number("owner_cut", "of 65535", 0, maxU16, func(p *Params) *uint32 { return &p.OwnerCut }),
	param.Number("epochs_per_block", "settlements", 1, maxU16, func(p *Params) *uint32 { return &p.EpochsPerBlock }),
	param.Flag("closed_subnets_earn", func(p *Params) *bool { return &p.ClosedSubnetsEarn }),
	param.Number("root_tempo", "blocks, 0 = no root", 0, maxU16, func(p *Params) *uint32 { return &p.RootTempo }),
	param.Number("root_rho", "slope", 0, maxU16, func(p *Params) *uint32 { return &p.RootRho }),
	param.Number("root_kappa", "of 65535", 0, maxU16, func(p *Params) *uint32 { return &p.RootKappa }),
	param.Number("root_weights_rate_limit", "blocks", 0, maxU32, func(p *Params) *uint64 { return &p.RootWeightsRateLimit }),
	param.Number("root_weights_min_stake", "rao", 0, maxRao, func(p *Params) *uint64 { return &p.RootWeightsMinStake }),
	param.Number("root_weights_version", "version, 0 = any", 0, maxU64, func(p *Params) *uint64 { return &p.RootWeightsVersion }),
}
