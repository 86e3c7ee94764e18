package root

// Subnet is what decides whether a subnet makes room for a new one (chain §3.6).
type Subnet struct {
	Netuid       uint16
	Emission     uint64 // rao a block
	RegisteredAt uint64 // block
}

// Prune chooses the subnet that ends when there is room for no more: of those older than the
// immunity, the one with the least emission; of equals the oldest, and of those registered in
// one block the one with the highest netuid. It returns the place in the list, and false if all
// are immune.
func Prune(subnets []Subnet, block, immunity uint64) (int, bool) {
	best := -1
	for i, s := range subnets {
		if block < s.RegisteredAt || block-s.RegisteredAt < immunity {
			continue
		}
		if best < 0 || s.before(subnets[best]) {
			best = i
		}
	}
	return max(best, 0), best >= 0
}

// before says that s ends before o does.
func (s Subnet) before(o Subnet) bool {
	if s.Emission != o.Emission {
		return s.Emission < o.Emission
	}
	if s.RegisteredAt != o.RegisteredAt {
		return s.RegisteredAt < o.RegisteredAt
	}
	return s.Netuid > o.Netuid
}
