package genesis

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/keys"
)

// Bounds of a file of balances: more accounts than the network that is migrated had by ten, and
// lines no longer than an address and an amount.
const (
	MaxBalances = 5_000_000
	maxLine     = 256
)

// ReadBalances reads the accounts of a ledger that is migrated: one `address,rao` a line, SS58
// and whole rao, with or without that header. Errors name the line and what to do about it.
func ReadBalances(r io.Reader) ([]Balance, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, maxLine), maxLine)
	l := list{at: map[string]int{}, least: staketypes.DefaultParams().ExistentialDeposit}
	line := 0
	for in.Scan() {
		line++
		text := strings.TrimSpace(strings.TrimPrefix(in.Text(), "\ufeff"))
		if text == "" || line == 1 && strings.EqualFold(strings.ReplaceAll(text, " ", ""), "address,rao") {
			continue
		}
		if err := l.add(line, text); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d: longer than %d bytes; give one `address,rao` a line", line+1, maxLine)
	}
	if in.Err() != nil {
		return nil, fmt.Errorf("after line %d: %w", line, in.Err())
	}
	if len(l.balances) == 0 {
		return nil, errors.New("no balances; give one `address,rao` a line")
	}
	return l.balances, nil
}

// list is what was read so far.
type list struct {
	balances []Balance
	at       map[string]int // line of each address
	sum      uint64
	least    uint64 // the existential deposit
}

func (l *list) add(line int, text string) error {
	if len(l.balances) == MaxBalances {
		return fmt.Errorf("more than %d balances; merge the smallest into one account", MaxBalances)
	}
	address, amount, found := strings.Cut(text, ",")
	address, amount = strings.TrimSpace(address), strings.TrimSpace(amount)
	if !found {
		return fmt.Errorf("%q has no comma; give `address,rao`", text)
	}
	if _, err := keys.ParseSS58(address); err != nil {
		return fmt.Errorf("%w; give the SS58 address of the account", err)
	}
	rao, err := strconv.ParseUint(amount, 10, 64)
	if err != nil {
		return fmt.Errorf("amount %q: give whole rao, 1000000000 for 1 TAO", amount)
	}
	if rao < l.least {
		return fmt.Errorf("%d rao is under the existential deposit of %d: no account can hold it; remove the line", rao, l.least)
	}
	if first, twice := l.at[address]; twice {
		return fmt.Errorf("%s stands in line %d already; add the two up", address, first)
	}
	if rao > issuance.Cap-l.sum {
		return fmt.Errorf("with this account the balances exceed the cap of %d TAO; amounts are rao, not TAO", issuance.Cap/issuance.TAO)
	}
	l.at[address], l.sum = line, l.sum+rao
	l.balances = append(l.balances, Balance{Address: address, Rao: rao})
	return nil
}
