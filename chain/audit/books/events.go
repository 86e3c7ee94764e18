package books

import (
	"fmt"
	"strconv"
	"strings"

	abci "github.com/cometbft/cometbft/abci/types"
)

// denom is the only coin.
const denom = "rao"

// maxEntries bounds one transaction's or payout's list: a subnet has at most 4096 uids.
const maxEntries = 4096

// handlers enter one event each. They read all of an event before they change anything.
var handlers = map[string]func(*Books, abci.Event) error{
	// What moved: x/bank.
	"coinbase":      coinbase,
	"burn":          burn,
	"coin_spent":    spent,
	"coin_received": received,
	// Why: x/stake.
	"HotkeyCreated":  created,
	"StakeAdded":     staked,
	"StakeRemoved":   unstaked,
	"StakeReleased":  unstaked,
	"StakeMoved":     moved,
	"HotkeySwapped":  (*Books).hotkeySwapped,
	"ColdkeySwapped": (*Books).coldkeySwapped,
	"Recycled":       recycled,
	"FeePaid":        feePaid,
	"Locked":         locked,
	"Unlocked":       unlocked,
	// Why: x/incentive.
	"EmissionSet":    (*Books).repriced,
	"EpochSettled":   (*Books).settled,
	"Payout":         (*Books).paidOut,
	"EmissionClosed": (*Books).dropped,
}

func coinbase(b *Books, e abci.Event) error {
	rao, err := coins(e)
	if err == nil {
		b.add(&b.Supply, rao, "supply")
		b.add(&b.day.minted, rao, "minted")
	}
	return err
}

func burn(b *Books, e abci.Event) error {
	rao, err := coins(e)
	if err == nil {
		b.sub(&b.Supply, rao, "supply")
		b.add(&b.day.burned, rao, "burned")
	}
	return err
}

func spent(b *Books, e abci.Event) error {
	who, rao, err := movement(e, "spender")
	if err == nil {
		b.subFrom(b.Balances, who, rao, "balance of")
	}
	return err
}

func received(b *Books, e abci.Event) error {
	who, rao, err := movement(e, "receiver")
	if err == nil {
		b.addTo(b.Balances, who, rao, "balance of")
	}
	return err
}

func movement(e abci.Event, key string) (who string, rao uint64, err error) {
	if who, err = attribute(e, key); err != nil {
		return "", 0, err
	}
	rao, err = coins(e)
	return who, rao, err
}

func created(b *Books, e abci.Event) error {
	hotkey, err := attribute(e, "hotkey")
	if err == nil {
		b.Stake[hotkey] += 0 // known from now on
	}
	return err
}

func staked(b *Books, e abci.Event) error {
	hotkey, rao, err := onHotkey(e)
	if err == nil {
		b.addTo(b.Stake, hotkey, rao, "stake on")
		b.add(&b.Staked, rao, "staked")
	}
	return err
}

func unstaked(b *Books, e abci.Event) error {
	hotkey, rao, err := onHotkey(e)
	if err == nil {
		b.subFrom(b.Stake, hotkey, rao, "stake on")
		b.sub(&b.Staked, rao, "staked")
	}
	return err
}

func moved(b *Books, e abci.Event) error {
	from, err := attribute(e, "from")
	if err != nil {
		return err
	}
	to, err := attribute(e, "to")
	if err != nil {
		return err
	}
	rao, err := number(e, "amount")
	if err == nil {
		b.subFrom(b.Stake, from, rao, "stake on")
		b.addTo(b.Stake, to, rao, "stake on")
	}
	return err
}

// hotkeySwapped gives a hotkey its new name, in the payouts that the ledger keeps too.
func (b *Books) hotkeySwapped(e abci.Event) error {
	before, now, err := names(e, "old")
	if err != nil {
		return err
	}
	b.addTo(b.Stake, now, b.Stake[before], "stake on")
	delete(b.Stake, before)
	for _, s := range b.Subnets {
		for _, p := range s.Payouts {
			for i := range p.Rewards {
				if p.Rewards[i].Hotkey == before {
					p.Rewards[i].Hotkey = now
				}
			}
		}
	}
	return nil
}

// coldkeySwapped gives a coldkey its new name in the payouts; the bank tells what became of its coins.
func (b *Books) coldkeySwapped(e abci.Event) error {
	before, now, err := names(e, "coldkey")
	if err != nil {
		return err
	}
	for _, s := range b.Subnets {
		for i := range s.Payouts {
			if s.Payouts[i].Owner == before {
				s.Payouts[i].Owner = now
			}
		}
	}
	return nil
}

// names are the old and the new name of a swapped key.
func names(e abci.Event, old string) (before, now string, err error) {
	if before, err = attribute(e, old); err != nil {
		return "", "", err
	}
	now, err = attribute(e, "new")
	return before, now, err
}

func onHotkey(e abci.Event) (hotkey string, rao uint64, err error) {
	if hotkey, err = attribute(e, "hotkey"); err != nil {
		return "", 0, err
	}
	rao, err = number(e, "amount")
	return hotkey, rao, err
}

func recycled(b *Books, e abci.Event) error {
	rao, err := number(e, "amount")
	if err == nil {
		b.add(&b.Totals.Recycled, rao, "recycled")
		b.add(&b.day.recycled, rao, "recycled")
	}
	return err
}

// feePaid follows the Recycled event of the same rao.
func feePaid(b *Books, e abci.Event) error {
	rao, err := number(e, "amount")
	if err != nil {
		return err
	}
	b.add(&b.Fees, rao, "fees")
	b.add(&b.day.fees, rao, "fees")
	if b.day.fees > b.day.recycled {
		return fmt.Errorf("%d rao of fees in a block that has recycled %d", b.day.fees, b.day.recycled)
	}
	return nil
}

func locked(b *Books, e abci.Event) error {
	rao, err := number(e, "amount")
	if err == nil {
		b.add(&b.Locked, rao, "locked")
	}
	return err
}

func unlocked(b *Books, e abci.Event) error {
	rao, err := number(e, "amount")
	if err == nil {
		b.sub(&b.Locked, rao, "locked")
	}
	return err
}

// Attribute returns the first value of an attribute and whether there is one.
func Attribute(e abci.Event, key string) (string, bool) {
	for _, at := range e.Attributes {
		if at.Key == key {
			return at.Value, true
		}
	}
	return "", false
}

func attribute(e abci.Event, key string) (string, error) {
	value, found := Attribute(e, key)
	if !found || value == "" {
		return "", fmt.Errorf("it has no attribute %s", key)
	}
	return value, nil
}

func number(e abci.Event, key string) (uint64, error) {
	value, err := attribute(e, key)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("its %s is %.40q, not a whole number", key, value)
	}
	return n, nil
}

// numbers reads several attributes, in the order of the keys.
func numbers(e abci.Event, keys ...string) (out []uint64, err error) {
	out = make([]uint64, len(keys))
	for i, key := range keys {
		if out[i], err = number(e, key); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func netuid(e abci.Event) (uint16, error) {
	n, err := number(e, "netuid")
	if err == nil && n > 65535 {
		err = fmt.Errorf("its netuid is %d, over 65535", n)
	}
	return uint16(n), err
}

// coins reads the bank's amount: "1500rao", or nothing for no coins.
func coins(e abci.Event) (uint64, error) {
	value, found := Attribute(e, "amount")
	if !found {
		return 0, fmt.Errorf("it has no attribute amount")
	}
	if value == "" {
		return 0, nil
	}
	digits, ok := strings.CutSuffix(value, denom)
	n, err := strconv.ParseUint(digits, 10, 64)
	if !ok || err != nil {
		return 0, fmt.Errorf("its amount is %.40q, not whole rao", value)
	}
	return n, nil
}
