package books

import (
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
)

// removed takes a subnet that ended off the books; its account is closed by the events that follow.
func (b *Books) removed(e abci.Event) error {
	s, err := b.subnet(e)
	if err != nil {
		return err
	}
	unlocked, err := number(e, "unlocked")
	if err != nil {
		return err
	}
	b.agree(fmt.Sprintf("subnet %d unlocks", s.Netuid), unlocked, "locked", s.Locked)
	delete(b.Subnets, s.Netuid)
	if b.day.ended == nil {
		b.day.ended = map[uint16][]*Subnet{}
	}
	b.day.ended[s.Netuid] = append(b.day.ended[s.Netuid], s)
	return nil
}

// payee is the subnet that a payout belongs to. In a transaction only one that ended is paid.
func (b *Books) payee(e abci.Event) (*Subnet, error) {
	if !b.day.inTx {
		return b.subnet(e)
	}
	id, err := netuid(e)
	if err != nil {
		return nil, err
	}
	for _, s := range b.day.ended[id] {
		if s.loaded != nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("subnet %d is paid in a transaction in which none of that number ended that was owed a payout", id)
}

// dropped closes the account of a subnet that ended: what is pending is never minted.
func (b *Books) dropped(e abci.Event) error {
	id, err := netuid(e)
	if err != nil {
		return err
	}
	rao, err := number(e, "dropped")
	if err != nil {
		return err
	}
	ended := b.day.ended[id]
	if len(ended) == 0 {
		return fmt.Errorf("subnet %d did not end", id)
	}
	s := ended[0]
	b.day.ended[id] = ended[1:]
	b.agree(fmt.Sprintf("subnet %d drops", id), rao, "pending", s.Pending(b.Height))
	if s.loaded != nil {
		b.fault("subnet %d ended and epoch %d was never paid", id, s.loaded.Epoch)
	}
	return nil
}

// closed checks that no subnet ended without a word about what it was owed.
func (b *Books) closed() {
	for id, left := range b.day.ended {
		if len(left) > 0 {
			b.fault("subnet %d ended and its account was not closed", id)
		}
	}
}
