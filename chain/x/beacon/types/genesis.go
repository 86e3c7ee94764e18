package types

import (
	"bytes"

	"github.com/ergon-network/ergon/consensus/beacon"
)

// DefaultGenesis is empty: the mix of a new ledger follows from its name.
func DefaultGenesis() *GenesisState { return &GenesisState{} }

// Validate checks that the state is empty or complete.
func (g *GenesisState) Validate() error {
	if len(g.State.Mix) == 0 {
		if len(g.State.Pending)+len(g.State.Chains) > 0 || g.State.Silent > 0 {
			return ErrGenesis.Wrap("a state without a mix: leave the whole state out")
		}
		return nil
	}
	_, err := g.State.Read()
	return err
}

// Read turns the record into what consensus/beacon computes with.
func (s *State) Read() (beacon.State, error) {
	out := beacon.State{Silent: s.Silent, Chains: make([]beacon.Chain, len(s.Chains))}
	if len(s.Mix) != beacon.Size || len(s.Pending) != beacon.Window || len(s.Chains) > 2*maxVotes {
		return out, ErrGenesis.Wrapf("mix of %d bytes, %d pending heights, %d chains: want %d, %d, at most %d",
			len(s.Mix), len(s.Pending), len(s.Chains), beacon.Size, beacon.Window, 2*maxVotes)
	}
	out.Mix = beacon.Value(s.Mix)
	for i, p := range s.Pending {
		if len(p.Sum) != beacon.Size {
			return out, ErrGenesis.Wrapf("pending height %d: sum of %d bytes, want %d", i, len(p.Sum), beacon.Size)
		}
		out.Pending[i] = beacon.Pending{Sum: beacon.Value(p.Sum), Values: p.Values}
	}
	for i, c := range s.Chains {
		if len(c.Producer) != beacon.AddressSize || len(c.Tip) != beacon.Size {
			return out, ErrGenesis.Wrapf("chain %d: producer of %d bytes and tip of %d, want %d and %d", i, len(c.Producer), len(c.Tip), beacon.AddressSize, beacon.Size)
		}
		if i > 0 && bytes.Compare(s.Chains[i-1].Producer, c.Producer) >= 0 {
			return out, ErrGenesis.Wrapf("chain %d: producer %x does not follow %x", i, c.Producer, s.Chains[i-1].Producer)
		}
		out.Chains[i] = beacon.Chain{Producer: beacon.Address(c.Producer), Tip: beacon.Value(c.Tip), Height: c.Height, Withheld: c.Withheld}
	}
	return out, nil
}

// Write makes the record of a state.
func Write(s *beacon.State) State {
	out := State{Mix: s.Mix[:], Silent: s.Silent, Pending: make([]Pending, len(s.Pending)), Chains: make([]Chain, len(s.Chains))}
	for i := range s.Pending {
		out.Pending[i] = Pending{Sum: s.Pending[i].Sum[:], Values: s.Pending[i].Values}
	}
	for i := range s.Chains {
		c := &s.Chains[i]
		out.Chains[i] = Chain{Producer: c.Producer[:], Tip: c.Tip[:], Height: c.Height, Withheld: c.Withheld}
	}
	return out
}
