package books

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	abci "github.com/cometbft/cometbft/abci/types"
)

// repriced enters what every subnet earns a block; one that is not listed earns nothing.
// Announced at the start of a block it holds from that block on, in a transaction from the next.
func (b *Books) repriced(e abci.Event) error {
	perBlock, err := number(e, "block_emission")
	if err != nil {
		return err
	}
	rates, err := readRates(e)
	if err != nil {
		return err
	}
	b.perBlock, b.day.rates = perBlock, rates
	from := b.Height
	if b.day.inTx {
		from++
	}
	for netuid, s := range b.Subnets {
		s.roll(from - 1)
		s.rate = rates[netuid]
	}
	return nil
}

// readRates reads [[netuid,"rao"],...].
func readRates(e abci.Event) (map[uint16]uint64, error) {
	list, err := attribute(e, "rates")
	if err != nil {
		return nil, err
	}
	var rows [][2]json.RawMessage
	if err := json.Unmarshal([]byte(list), &rows); err != nil {
		return nil, fmt.Errorf("its rates are no list of [netuid, rao]: %w", err)
	}
	rates := make(map[uint16]uint64, len(rows))
	for i, row := range rows {
		var netuid uint16
		var text string
		if err := json.Unmarshal(row[0], &netuid); err != nil {
			return nil, fmt.Errorf("rate %d: its netuid: %w", i, err)
		}
		if err := json.Unmarshal(row[1], &text); err != nil {
			return nil, fmt.Errorf("rate %d: its rao: %w", i, err)
		}
		if rates[netuid], err = strconv.ParseUint(text, 10, 64); err != nil {
			return nil, fmt.Errorf("rate %d: its rao: %w", i, err)
		}
	}
	return rates, nil
}

// priced checks the last rates once the block is over: all are of subnets that exist, together
// they are not more than the block emission, a closed subnet has none, and without a root network
// all open ones have the same. One transaction may reprice several times, and what is told in
// between is of subnets that it ends or opens later.
func (b *Books) priced() {
	if b.day.rates == nil {
		return
	}
	for _, netuid := range slices.Sorted(maps.Keys(b.day.rates)) {
		if b.Subnets[netuid] == nil {
			b.fault("subnet %d earns %d rao a block, and does not exist", netuid, b.day.rates[netuid])
		}
	}
	var sum uint64
	for _, netuid := range slices.Sorted(maps.Keys(b.Subnets)) {
		s := b.Subnets[netuid]
		what := fmt.Sprintf("rate of subnet %d", netuid)
		b.add(&sum, s.rate, what)
		switch {
		case !s.Open && !b.closedEarn:
			b.agree(what, s.rate, "closed, so", 0)
		case !b.root:
			b.agree(what, s.rate, "an equal share", b.perBlock/uint64(len(b.Subnets)))
		}
	}
	if sum > b.perBlock {
		b.fault("subnets earn %d rao a block, the block emission is %d", sum, b.perBlock)
	}
}
