package types

import "fmt"

// MaxName is the longest name of a subnet in bytes.
const MaxName = 32

// ValidName says whether a subnet can be called so: at most 32 bytes of printable ASCII, which
// needs no escaping in a log line, a terminal or a web page's text.
func ValidName(name string) error {
	if len(name) > MaxName {
		return ErrInvalidName.Wrapf("name has %d bytes; use at most %d", len(name), MaxName)
	}
	for i := 0; i < len(name); i++ {
		if name[i] < ' ' || name[i] > '~' {
			return ErrInvalidName.Wrapf("byte %d of name %q is not printable ASCII", i, name)
		}
	}
	return nil
}

// Netuid reads a message's netuid, 0..65535; ErrSubnetDoesNotExist beyond.
func Netuid(n uint32) (uint16, error) {
	if n > MaxSubnets {
		return 0, ErrSubnetDoesNotExist.Wrapf("netuid %d; netuids end at %d", n, MaxSubnets)
	}
	return uint16(n), nil
}

// NewGenesis is a network without subnets. The price of the first starts at the minimum
// (chain §3.6).
func NewGenesis(p Params) *GenesisState {
	return &GenesisState{Params: p, Network: Network{LastLock: p.MinLock}}
}

// Validate says what is wrong with the state, or nil. Subnets are in ascending netuid, neurons
// in ascending (netuid, uid) beginning with the members of root, each subnet's uids are 0..n-1.
func (g *GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	if int(g.Network.Count) != len(g.Subnets) {
		return ErrGenesis.Wrapf("network counts %d subnets, %d are listed", g.Network.Count, len(g.Subnets))
	}
	rest, err := g.validRoot()
	if err != nil {
		return err
	}
	last := uint32(0)
	for i := range g.Subnets {
		s := &g.Subnets[i]
		if s.Netuid <= last || s.Netuid > MaxSubnets {
			return ErrGenesis.Wrapf("netuid %d after %d; list netuids 1..%d in ascending order", s.Netuid, last, MaxSubnets)
		}
		last = s.Netuid
		if err := s.Validate(); err != nil {
			return ErrGenesis.Wrapf("subnet %d: %v", s.Netuid, err)
		}
		if int(s.N) > len(rest) {
			return ErrGenesis.Wrapf("subnet %d has %d uids, only %d neurons are left", s.Netuid, s.N, len(rest))
		}
		if err := validNeurons(s.Netuid, rest[:s.N], g.Params.AllowLoopback); err != nil {
			return ErrGenesis.Wrapf("subnet %d: %v", s.Netuid, err)
		}
		rest = rest[s.N:]
	}
	if len(rest) > 0 {
		return ErrGenesis.Wrapf("neuron of netuid %d belongs to no listed subnet", rest[0].Netuid)
	}
	if err := g.validChanges(); err != nil {
		return err
	}
	return g.validPublished()
}

// validChanges tests that the change logs are listed in the order of subnets and slots, each
// whole.
func (g *GenesisState) validChanges() error {
	rest := g.Changes
	for i := range g.Subnets {
		s := &g.Subnets[i]
		n := min(s.Changes, KeptChanges)
		if n > uint64(len(rest)) {
			return ErrGenesis.Wrapf("subnet %d has %d changes, only %d are left", s.Netuid, n, len(rest))
		}
		for slot, c := range rest[:n] {
			if c.Netuid != s.Netuid || c.Slot != uint32(slot) || len(c.Change.Account) != 32 {
				return ErrGenesis.Wrapf("change (%d, %d) by an account of %d bytes where (%d, %d) belongs", c.Netuid, c.Slot, len(c.Change.Account), s.Netuid, slot)
			}
		}
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return ErrGenesis.Wrapf("change of netuid %d belongs to no listed subnet", rest[0].Netuid)
	}
	return nil
}

// validRoot tests the members of root, who come first, and returns the other neurons.
func (g *GenesisState) validRoot() ([]GenesisNeuron, error) {
	n := g.Root.N
	switch {
	case n > MaxRootMembers:
		return nil, ErrGenesis.Wrapf("root has %d members, at most %d", n, MaxRootMembers)
	case int(n) > len(g.Neurons):
		return nil, ErrGenesis.Wrapf("root has %d members, only %d neurons are listed", n, len(g.Neurons))
	}
	if err := validNeurons(uint32(RootNetuid), g.Neurons[:n], false); err != nil {
		return nil, ErrGenesis.Wrapf("root: %v", err)
	}
	return g.Neurons[n:], nil
}

// Validate says what is wrong with a stored subnet, or nil.
func (s *Subnet) Validate() error {
	if err := ValidName(s.Name); err != nil {
		return err
	}
	if err := s.Hyper.Validate(); err != nil {
		return err
	}
	switch {
	case s.Mechanism != MechanismYuma:
		return fmt.Errorf("mechanism %q is unknown; use %q", s.Mechanism, MechanismYuma)
	case s.N > s.Hyper.MaxAllowedUids:
		return fmt.Errorf("%d uids in use, max_allowed_uids is %d", s.N, s.Hyper.MaxAllowedUids)
	case s.Terms.Burn < s.Hyper.MinBurn || s.Terms.Burn > s.Hyper.MaxBurn:
		return fmt.Errorf("burn %d is outside min_burn..max_burn, %d..%d rao", s.Terms.Burn, s.Hyper.MinBurn, s.Hyper.MaxBurn)
	case s.Terms.PowRegsInterval > s.Terms.RegsInterval:
		return fmt.Errorf("%d registrations by proof of work of %d in all", s.Terms.PowRegsInterval, s.Terms.RegsInterval)
	case s.Terms.Difficulty < s.Hyper.MinDifficulty || s.Terms.Difficulty > s.Hyper.MaxDifficulty:
		return fmt.Errorf("difficulty %d is outside min_difficulty..max_difficulty, %d..%d", s.Terms.Difficulty, s.Hyper.MinDifficulty, s.Hyper.MaxDifficulty)
	}
	return nil
}

func validNeurons(netuid uint32, neurons []GenesisNeuron, allowLoopback bool) error {
	seen := make(map[uint64]uint32, len(neurons)) // looked up, never ranged over
	for i, gn := range neurons {
		n := gn.Neuron
		if gn.Netuid != netuid || n.Uid != uint32(i) {
			return fmt.Errorf("neuron (%d, %d) where (%d, %d) belongs", gn.Netuid, n.Uid, netuid, i)
		}
		if other, ok := seen[n.Hotkey]; ok {
			return fmt.Errorf("hotkey id %d holds uids %d and %d", n.Hotkey, other, n.Uid)
		}
		seen[n.Hotkey] = n.Uid
		if n.Axon != nil {
			if err := n.Axon.Validate(allowLoopback); err != nil {
				return fmt.Errorf("axon of uid %d: %w", n.Uid, err)
			}
		}
		if n.Prometheus != nil {
			if err := n.Prometheus.Validate(allowLoopback); err != nil {
				return fmt.Errorf("prometheus of uid %d: %w", n.Uid, err)
			}
		}
	}
	return nil
}
