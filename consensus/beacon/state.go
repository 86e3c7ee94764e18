package beacon

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"sort"
)

// Window is for how many heights a value may still come in: its own and those of the seven blocks
// after. Only then it is mixed.
const Window = 8

// AddressSize of a producer's consensus address in bytes.
const AddressSize = 20

// Address names a producer.
type Address [AddressSize]byte

// Chain is how far one producer's hash chain is opened.
type Chain struct {
	Producer Address
	Tip      Value  // the next value must lead here
	Height   uint64 // of the vote that brought the tip
	Withheld uint64 // values that did not come within the window
}

// Pending is what the values of one height add up to so far.
type Pending struct {
	Sum    Value
	Values uint32
}

// State is the beacon after some block.
type State struct {
	Mix     Value
	Pending [Window]Pending // the newest height first
	Chains  []Chain         // by producer, ascending
	Silent  uint64          // heights mixed without any value
}

// Vote is one producer's part in the commit of a height.
type Vote struct {
	Producer Address
	Value    *Value // nil: none came
	Next     *Value // the tip of the chain that follows; nil: the same goes on
}

// Genesis is the beacon before the first block of a ledger of that name.
func Genesis(ledger string) State {
	return State{Mix: sha256.Sum256([]byte(domainMix + "/genesis/" + ledger))}
}

// Advance takes in the votes for a height, once a block, and mixes the height that leaves the
// window. The order of the votes does not matter; without votes the mix moves on all the same.
func (s *State) Advance(height uint64, votes []Vote) {
	copy(s.Pending[1:], s.Pending[:Window-1])
	s.Pending[0] = Pending{}
	for i := range votes {
		if votes[i].Value != nil {
			s.open(height, &votes[i])
		}
	}
	for i := range votes {
		if c := s.Chain(votes[i].Producer); c != nil && c.Height+Window <= height {
			c.Withheld++ // nothing has opened the height that is mixed now
		}
	}
	leaving := s.Pending[Window-1]
	if leaving.Values == 0 {
		s.Silent++
	}
	s.Mix = hash(domainMix, s.Mix[:], leaving.Sum[:])
}

// open enters a value that leads to the producer's tip, for its own height and for those since
// the tip that are still in the window. A value that leads nowhere may begin a new chain, but only
// where the old one has nothing left to open: nobody leaves a chain to keep a value back.
func (s *State) open(height uint64, v *Vote) {
	tip := *v.Value
	if v.Next != nil {
		tip = *v.Next
	}
	c := s.Chain(v.Producer)
	switch {
	case c == nil:
		s.insert(Chain{Producer: v.Producer, Tip: tip, Height: height})
	case c.Height < height && height-c.Height <= Length && Back(*v.Value, height-c.Height) == c.Tip:
		value := *v.Value
		for age := range min(height-c.Height, Window) {
			s.Pending[age].add(v.Producer, value)
			value = step(value)
		}
		c.Tip, c.Height = tip, height
	case c.Height > height: // the ledger was started anew from an export, with lower heights
		c.Tip, c.Height = tip, height
	case c.Height+Window <= height:
		c.Tip, c.Height = tip, height
		c.Withheld += Window
	}
}

// add is exclusive or: values may come in any order. They cannot be chosen to cancel others,
// because each was fixed before its owner could know theirs.
func (p *Pending) add(producer Address, v Value) {
	h := hash(domainValue, producer[:], v[:])
	for i := range p.Sum {
		p.Sum[i] ^= h[i]
	}
	p.Values++
}

// Chain is a producer's chain, nil before its first value.
func (s *State) Chain(producer Address) *Chain {
	if i, found := s.find(producer); found {
		return &s.Chains[i]
	}
	return nil
}

func (s *State) find(producer Address) (int, bool) {
	return sort.Find(len(s.Chains), func(i int) int { return bytes.Compare(producer[:], s.Chains[i].Producer[:]) })
}

func (s *State) insert(c Chain) {
	i, _ := s.find(c.Producer)
	s.Chains = slices.Insert(s.Chains, i, c)
}

// Keep drops the chains of everybody who is not a producer any more.
func (s *State) Keep(is func(Address) bool) {
	s.Chains = slices.DeleteFunc(s.Chains, func(c Chain) bool { return !is(c.Producer) })
}

func hash(domain string, parts ...[]byte) Value {
	h := sha256.New()
	h.Write([]byte(domain))
	for _, p := range parts {
		h.Write(p)
	}
	var v Value
	h.Sum(v[:0])
	return v
}
