package purse_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	"github.com/ergon-network/ergon/chain/client"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/wallet"
)

func pair(t testing.TB, fill byte) *keys.Pair {
	t.Helper()
	seed := make([]byte, 32)
	seed[0] = fill
	p, err := keys.FromSeed(seed)
	require.NoError(t, err)
	return p
}

func TestPlanTransfer(t *testing.T) {
	for _, c := range []struct {
		name                  string
		balance, amount, keep uint64
		fee                   uint64
		all                   bool
		want                  purse.Transfer
		err                   error
	}{
		{"some", 100, 30, 0, 0, false, purse.Transfer{Amount: 30, Left: 70}, nil},
		{"everything by amount", 100, 100, 0, 0, false, purse.Transfer{Amount: 100}, nil},
		{"more than there is", 100, 101, 0, 0, false, purse.Transfer{}, purse.ErrRefused},
		{"into what is kept", 100, 91, 10, 0, false, purse.Transfer{}, purse.ErrRefused},
		{"up to what is kept", 100, 90, 10, 0, false, purse.Transfer{Amount: 90, Left: 10}, nil},
		{"all", 100, 0, 0, 0, true, purse.Transfer{Amount: 100}, nil},
		{"all but some", 100, 0, 1, 0, true, purse.Transfer{Amount: 99, Left: 1}, nil},
		{"all of nothing", 0, 0, 0, 0, true, purse.Transfer{}, purse.ErrUsage},
		{"nothing", 100, 0, 0, 0, false, purse.Transfer{}, purse.ErrUsage},
		{"keep and fee are more than there is", 100, 1, 60, 41, false, purse.Transfer{}, purse.ErrRefused},
		{"keep more than there is", 100, 1, 101, 0, false, purse.Transfer{}, purse.ErrRefused},
	} {
		got, err := purse.PlanTransfer(c.balance, c.amount, c.all, c.keep, c.fee)
		require.ErrorIs(t, err, c.err, c.name)
		require.Equal(t, c.want, got, c.name)
	}
}

func TestPlanTransferConserves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		balance, amount, keep := rapid.Uint64().Draw(t, "balance"), rapid.Uint64().Draw(t, "amount"), rapid.Uint64().Draw(t, "keep")
		fee := rapid.Uint64().Draw(t, "fee")
		p, err := purse.PlanTransfer(balance, amount, rapid.Bool().Draw(t, "all"), keep, fee)
		if err == nil && (p.Amount+p.Left+fee != balance || p.Left < keep || p.Amount == 0 || p.Amount > balance) {
			t.Fatalf("%+v of %d, keep %d", p, balance, keep)
		}
	})
}

func TestMaxCostIsWhatWasShown(t *testing.T) {
	for _, c := range []struct {
		price, limit uint64
		limited      bool
		want         uint64
		err          error
	}{
		{5, 0, false, 5, nil},
		{0, 0, false, 1, nil}, // 0 would mean "any price" to the ledger
		{5, 7, true, 7, nil},
		{5, 5, true, 5, nil},
		{5, 4, true, 0, purse.ErrRefused},
		{0, 0, true, 1, nil},
	} {
		got, err := purse.MaxCost(c.price, c.limit, c.limited)
		require.ErrorIs(t, err, c.err)
		require.Equal(t, c.want, got)
	}
}

func TestAddressReadsAddressesAndNames(t *testing.T) {
	dir := t.TempDir()
	w, _, err := wallet.Create(dir, "alice", wallet.NoPassword())
	require.NoError(t, err)
	hot, _, err := w.CreateHotkey("miner")
	require.NoError(t, err)
	cold, err := w.ColdkeyAddress()
	require.NoError(t, err)

	got, err := purse.Address(dir, "alice")
	require.NoError(t, err)
	require.Equal(t, cold, got)
	got, err = purse.Address(dir, hot.Address())
	require.NoError(t, err)
	require.Equal(t, hot.Address(), got)
	got, err = purse.HotkeyAddress(dir, "alice", "miner")
	require.NoError(t, err)
	require.Equal(t, hot.Address(), got)
	got, err = purse.HotkeyAddress(dir, "no wallet needed", cold)
	require.NoError(t, err)
	require.Equal(t, cold, got)

	_, err = purse.Address(dir, "bob")
	require.ErrorIs(t, err, wallet.ErrNotFound)
	_, err = purse.HotkeyAddress(dir, "alice", "nobody")
	require.ErrorIs(t, err, wallet.ErrNotFound)
	mistyped := "5" + cold[2:] + "x"
	_, err = purse.Address(dir, mistyped)
	require.ErrorIs(t, err, keys.ErrAddress)
	_, err = purse.HotkeyAddress(dir, "alice", mistyped)
	require.ErrorIs(t, err, keys.ErrAddress)
	_, err = purse.Address(dir, "../alice")
	require.Error(t, err)

	b, err := purse.ParseBalance(dir, "alice=1.5")
	require.NoError(t, err)
	require.Equal(t, cold, b.Address)
	require.EqualValues(t, 1_500_000_000, b.Rao)
	_, err = purse.ParseBalance(dir, "alice")
	require.ErrorIs(t, err, purse.ErrUsage)
	_, err = purse.ParseBalance(dir, "alice=much")
	require.ErrorIs(t, err, coin.ErrAmount)
	_, err = purse.ParseBalance(dir, "bob=1")
	require.ErrorIs(t, err, wallet.ErrNotFound)
}

// ledger knows one hotkey, and stake on three hotkeys, which it gives back two a call; it skips the
// second.
type ledger struct {
	calls   []string
	failure error
	empty   bool
}

func (l *ledger) Hotkey(context.Context, string) (*staketypes.QueryHotkeyResponse, error) {
	if l.failure != nil {
		return nil, l.failure
	}
	return &staketypes.QueryHotkeyResponse{Owner: "owner"}, nil
}

func (l *ledger) RemoveAllStake(_ context.Context, _ *keys.Pair, after string) (*staketypes.MsgRemoveAllStakeResponse, *client.Receipt, error) {
	l.calls = append(l.calls, after)
	switch {
	case l.empty:
		return nil, nil, fmt.Errorf("refused: %w", staketypes.ErrNotEnoughStake)
	case after == "":
		return &staketypes.MsgRemoveAllStakeResponse{Next: "b", Hotkeys: []staketypes.Unstaked{
			{Hotkey: "a", Amount: 1}, {Hotkey: "b", Amount: 2, Code: staketypes.ErrUnstakeRate.ABCICode(), BlocksLeft: 77},
		}}, &client.Receipt{Height: 7}, nil
	case l.failure != nil:
		return nil, nil, l.failure
	}
	return &staketypes.MsgRemoveAllStakeResponse{Hotkeys: []staketypes.Unstaked{{Hotkey: "c", Amount: 3}}}, &client.Receipt{Height: 8}, nil
}

func TestRemoveAllGoesOnAfterARefusal(t *testing.T) {
	l := &ledger{}
	out, err := purse.RemoveAll(context.Background(), l, pair(t, 1))
	require.NoError(t, err)
	require.Equal(t, []string{"", "b"}, l.calls)
	require.Len(t, out, 3)
	require.NoError(t, out[0].Err)
	require.ErrorIs(t, out[1].Err, purse.ErrRefused)
	require.ErrorContains(t, out[1].Err, "unstaked too often")
	require.ErrorContains(t, out[1].Err, "77 blocks")
	require.Equal(t, purse.Removed{Hotkey: "c", Amount: 3, Receipt: &client.Receipt{Height: 8}}, out[2])

	l.failure = errors.New("down")
	out, err = purse.RemoveAll(context.Background(), l, pair(t, 1))
	require.ErrorIs(t, err, l.failure)
	require.Len(t, out, 2, "what was done is told")
	out, err = purse.RemoveAll(context.Background(), &ledger{empty: true}, pair(t, 1))
	require.NoError(t, err)
	require.Empty(t, out)
}

func TestOwnerOfHotkey(t *testing.T) {
	owner, err := purse.OwnerOfHotkey(context.Background(), &ledger{}, "5…")
	require.NoError(t, err)
	require.Equal(t, "owner", owner)
	owner, err = purse.OwnerOfHotkey(context.Background(), &ledger{failure: fmt.Errorf("read: %w", status.Error(codes.NotFound, "no"))}, "5…")
	require.NoError(t, err)
	require.Empty(t, owner)
	_, err = purse.OwnerOfHotkey(context.Background(), &ledger{failure: errors.New("down")}, "5…")
	require.Error(t, err)
}

func TestAskFaucet(t *testing.T) {
	address := pair(t, 2).Address()
	answer := func(w http.ResponseWriter, r *http.Request) { t.Error("not set") }
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r) }))
	defer page.Close()
	ask := func(page string) (purse.Gift, error) { return purse.AskFaucet(context.Background(), page, address) }

	answer = func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/faucet" || r.FormValue("address") != address {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"address": address, "rao": 5, "message": "there"})
	}
	g, err := ask(page.URL + "/")
	require.NoError(t, err)
	require.Equal(t, purse.Gift{Rao: 5, Message: "there"}, g)

	answer = func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTooManyRequests)
		_ = json.NewEncoder(w).Encode(map[string]any{"message": "Come back in 9 s."})
	}
	_, err = ask(page.URL)
	require.ErrorContains(t, err, "Come back in 9 s.")

	answer = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://elsewhere.invalid/", http.StatusSeeOther)
	}
	_, err = ask(page.URL)
	require.ErrorContains(t, err, "not as a faucet does")

	answer = func(w http.ResponseWriter, r *http.Request) {
		for range 1 << 10 {
			_, _ = w.Write(make([]byte, 1<<10))
		}
	}
	_, err = ask(page.URL)
	require.Error(t, err)

	for _, bad := range []string{"", "127.0.0.1:8080", "ftp://x", "http://", "::"} {
		_, err = ask(bad)
		require.ErrorIs(t, err, purse.ErrUsage, bad)
	}
	_, err = purse.AskFaucet(context.Background(), page.URL, "nobody")
	require.ErrorIs(t, err, keys.ErrAddress)
}
