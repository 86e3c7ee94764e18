// Package purse is what a person does with keys and coins on a ledger, without a screen: look an
// address up, plan a transfer, quote a price, take all stake back. The commands print what it
// returns.
package purse

import (
	"context"
	"errors"
	"fmt"
	"strings"

	errorsmod "cosmossdk.io/errors"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/genesis"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/wallet"
)

// Kinds of errors that this package finds before a ledger has to.
var (
	ErrUsage   = errors.New("usage")   // what was asked for makes no sense
	ErrRefused = errors.New("refused") // it makes sense, but the ledger would say no
)

// fault is an error of a kind whose text is only what happened.
type fault struct {
	kind error
	text string
}

func (f *fault) Error() string { return f.text }
func (f *fault) Unwrap() error { return f.kind }

// Usage makes an error of kind ErrUsage.
func Usage(format string, args ...any) error { return &fault{ErrUsage, sentence(format, args)} }

// Refused makes an error of kind ErrRefused.
func Refused(format string, args ...any) error { return &fault{ErrRefused, sentence(format, args)} }

// sentence is fmt.Sprintf for people: an error of a module, given to %v, would show the line of the
// source that made it.
func sentence(format string, args []any) string {
	for i, a := range args {
		if err, ok := a.(error); ok {
			args[i] = err.Error()
		}
	}
	return fmt.Sprintf(format, args...)
}

func refused(format string, args ...any) error { return Refused(format, args...) }

// Address reads an SS58 address, or takes the coldkey address of the wallet of that name in dir.
func Address(dir, text string) (string, error) {
	if _, err := keys.ParseSS58(text); err == nil {
		return text, nil
	}
	w, err := wallet.Open(dir, text)
	if err == nil {
		return w.ColdkeyAddress()
	}
	if looksLikeAddress(text) {
		_, err := keys.ParseSS58(text)
		return "", err
	}
	return "", fmt.Errorf("%q is neither an address nor a wallet: %w", text, err)
}

// HotkeyAddress reads an SS58 address, or takes that of the hotkey of that name in a wallet.
func HotkeyAddress(dir, walletName, text string) (string, error) {
	if looksLikeAddress(text) {
		_, err := keys.ParseSS58(text)
		return text, err
	}
	w, err := wallet.Open(dir, walletName)
	if err != nil {
		return "", fmt.Errorf("hotkey %q: %w", text, err)
	}
	return w.HotkeyAddress(text)
}

// looksLikeAddress tells a mistyped address from a name: names of that length are unlikely.
func looksLikeAddress(text string) bool { return len(text) >= 40 && strings.HasPrefix(text, "5") }

// Transfer is a transfer before it is signed, rao.
type Transfer struct {
	Amount uint64
	Left   uint64 // in the balance afterwards
}

// PlanTransfer decides how much leaves a balance that also pays the fee: amount, or with all
// everything above keep. It never leaves less than keep. Errors are ErrRefused, or ErrUsage for
// nothing.
func PlanTransfer(balance, amount uint64, all bool, keep, fee uint64) (Transfer, error) {
	if balance < keep {
		return Transfer{}, refused("the balance of %s is below the %s to keep", coin.Format(balance), coin.Format(keep))
	}
	if balance-keep < fee {
		return Transfer{}, refused("the balance of %s cannot pay the fee of %s and keep %s", coin.Format(balance), coin.Format(fee), coin.Format(keep))
	}
	balance -= fee
	if all {
		amount = balance - keep
	}
	switch {
	case amount == 0:
		return Transfer{}, Usage("nothing would be transferred; give an amount above 0")
	case amount > balance-keep:
		return Transfer{}, refused("the balance of %s cannot pay %s beside the fee and keep %s; send at most %s",
			coin.Format(balance+fee), coin.Format(amount), coin.Format(keep), coin.Format(balance-keep))
	}
	return Transfer{Amount: amount, Left: balance - amount}, nil
}

// HotkeyLedger is the question whether an address is a hotkey. *client.Client is one.
type HotkeyLedger interface {
	Hotkey(ctx context.Context, hotkey string) (*staketypes.QueryHotkeyResponse, error)
}

// OwnerOfHotkey is the coldkey that owns an address, if the ledger knows that address as a hotkey;
// else "". Coins sent to a hotkey are in reach of whoever runs the neuron.
func OwnerOfHotkey(ctx context.Context, l HotkeyLedger, address string) (string, error) {
	h, err := l.Hotkey(ctx, address)
	if status.Code(err) == codes.NotFound || errors.Is(err, staketypes.ErrHotkeyNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return h.Owner, nil
}

// MaxCost is what a purchase may cost at most: what the user said, or the price that was shown, so
// that nobody ever pays more than was on the screen. A price above the user's limit is refused
// before anything is signed: ErrRefused.
func MaxCost(price, limit uint64, limited bool) (uint64, error) {
	if !limited {
		// The ledger reads 0 as "no limit".
		return max(price, 1), nil
	}
	if price > limit {
		return 0, refused("the price is %s, above the limit of %s; raise the limit or wait for a lower price",
			coin.Format(price), coin.Format(limit))
	}
	return max(limit, 1), nil
}

// StakeLedger is what taking all stake back needs. *client.Client is one.
type StakeLedger interface {
	RemoveAllStake(ctx context.Context, coldkey *keys.Pair, after string) (*staketypes.MsgRemoveAllStakeResponse, *client.Receipt, error)
}

// Removed is what became of the stake on one hotkey.
type Removed struct {
	Hotkey  string
	Amount  uint64          // rao, taken back or still there
	Receipt *client.Receipt // of the transaction that dealt with it
	Err     error           // why it is still there
}

// RemoveAll takes back all stake of a coldkey, as many transactions as the ledger wants. A hotkey
// that cannot be unstaked now does not stop the others. What was done before an error is returned
// with it.
func RemoveAll(ctx context.Context, l StakeLedger, coldkey *keys.Pair) ([]Removed, error) {
	out := []Removed{}
	for after := ""; ; {
		res, receipt, err := l.RemoveAllStake(ctx, coldkey, after)
		if errors.Is(err, staketypes.ErrNotEnoughStake) {
			return out, nil // nothing, or nothing more
		}
		if err != nil {
			return out, err
		}
		for _, u := range res.Hotkeys {
			r := Removed{Hotkey: u.Hotkey, Amount: u.Amount, Receipt: receipt}
			if u.Code != 0 {
				r.Err = refused("%s: wait %d blocks", errorsmod.ABCIError(staketypes.ModuleName, u.Code, "not unstaked"), u.BlocksLeft)
			}
			out = append(out, r)
		}
		if after = res.Next; after == "" {
			return out, nil
		}
	}
}

// ParseBalance reads a genesis balance, ADDRESS=AMOUNT. ADDRESS may be a wallet's name.
func ParseBalance(dir, text string) (genesis.Balance, error) {
	who, amount, found := strings.Cut(text, "=")
	if !found {
		return genesis.Balance{}, Usage("the balance %q: write ADDRESS=AMOUNT, for instance alice=1000", text)
	}
	address, err := Address(dir, who)
	if err != nil {
		return genesis.Balance{}, err
	}
	rao, err := coin.Parse(amount)
	if err != nil {
		return genesis.Balance{}, fmt.Errorf("balance of %s: %w", who, err)
	}
	return genesis.Balance{Address: address, Rao: rao}, nil
}
