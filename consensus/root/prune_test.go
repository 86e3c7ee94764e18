package root

import (
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/ergon-network/ergon/consensus/internal/vectors"
)

func TestSubnetPruningVectors(t *testing.T) {
	var section struct {
		Cases []struct {
			Emission map[string]uint64
			Order    []uint16 `json:"registered_at_order"`
			Expected uint16
		}
	}
	vectors.Must(t, "../yuma/testdata/chain.json", "subnet_pruning", &section)
	if len(section.Cases) != 4 {
		t.Errorf("%d cases, want 4", len(section.Cases))
	}
	for i, c := range section.Cases {
		var subnets []Subnet
		for netuid := uint16(1); int(netuid) <= len(c.Order); netuid++ {
			age := slices.Index(c.Order, netuid)
			subnets = append(subnets, Subnet{netuid, c.Emission[strconv.Itoa(int(netuid))], uint64(age + 1)})
		}
		if got, ok := Prune(subnets, 50_410, 50_400); !ok || subnets[got].Netuid != c.Expected {
			t.Errorf("case %d: place %d (%t), want netuid %d", i, got, ok, c.Expected)
		}
	}
}

func TestPrune(t *testing.T) {
	for name, c := range map[string]struct {
		subnets []Subnet
		want    int // place, -1 = all immune
	}{
		"none":                       {nil, -1},
		"immune to the last block":   {[]Subnet{{1, 0, 901}}, -1},
		"immune until then":          {[]Subnet{{1, 0, 900}}, 0},
		"an immune one earns less":   {[]Subnet{{1, 5, 1}, {2, 0, 950}}, 0},
		"same block: highest netuid": {[]Subnet{{1, 5, 7}, {3, 5, 7}, {2, 5, 7}}, 1},
		"from the future":            {[]Subnet{{1, 5, 1001}}, -1},
	} {
		got, ok := Prune(c.subnets, 1000, 100)
		if ok != (c.want >= 0) || ok && got != c.want {
			t.Errorf("%s: place %d (%t), want %d", name, got, ok, c.want)
		}
	}
}

// The choice does not depend on the order of the list.
func TestPruneKnowsNoOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint16Range(1, 20).Draw(t, "n")
		var subnets []Subnet
		for netuid := uint16(1); netuid <= n; netuid++ {
			subnets = append(subnets, Subnet{netuid, rapid.Uint64Range(0, 2).Draw(t, "emission"), rapid.Uint64Range(0, 3).Draw(t, "registered")})
		}
		first, ok := Prune(subnets, 5, 3)
		shuffled := rapid.Permutation(subnets).Draw(t, "shuffled")
		second, again := Prune(shuffled, 5, 3)
		if ok != again || ok && subnets[first] != shuffled[second] {
			t.Fatalf("%v (%t), in another order %v (%t)", subnets[first], ok, shuffled[second], again)
		}
	})
}
