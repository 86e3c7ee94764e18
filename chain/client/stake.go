package client

import (
	"context"
	"fmt"

	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"

	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// AddStake moves rao from the coldkey's balance to its stake on a hotkey.
func (c *Client) AddStake(ctx context.Context, coldkey *keys.Pair, hotkey string, rao uint64) (*Receipt, error) {
	return c.Submit(ctx, coldkey, &staketypes.MsgAddStake{Coldkey: coldkey.Address(), Hotkey: hotkey, Amount: rao})
}

// RemoveStake moves the coldkey's own stake on a hotkey back to its balance.
func (c *Client) RemoveStake(ctx context.Context, coldkey *keys.Pair, hotkey string, rao uint64) (*Receipt, error) {
	return c.Submit(ctx, coldkey, &staketypes.MsgRemoveStake{Coldkey: coldkey.Address(), Hotkey: hotkey, Amount: rao})
}

// RemoveWholeStake moves all of the coldkey's stake on a hotkey back: how much that is the ledger knows.
func (c *Client) RemoveWholeStake(ctx context.Context, coldkey *keys.Pair, hotkey string) (*Receipt, error) {
	return c.Submit(ctx, coldkey, &staketypes.MsgRemoveStake{Coldkey: coldkey.Address(), Hotkey: hotkey, All: true})
}

// RemoveAllStake moves the coldkey's stake on the next of its hotkeys back, from the one behind
// after ("" for the first). The response tells what became of each, and where to go on.
func (c *Client) RemoveAllStake(ctx context.Context, coldkey *keys.Pair, after string) (*staketypes.MsgRemoveAllStakeResponse, *Receipt, error) {
	r, err := c.Submit(ctx, coldkey, &staketypes.MsgRemoveAllStake{Coldkey: coldkey.Address(), After: after})
	if err != nil {
		return nil, nil, err
	}
	var res staketypes.MsgRemoveAllStakeResponse
	return &res, r, r.response(&res)
}

// response decodes the answer to a transaction's only message.
func (r *Receipt) response(into proto.Message) error {
	var data sdk.TxMsgData
	if err := proto.Unmarshal(r.Data, &data); err != nil {
		return fmt.Errorf("decode the result of transaction %s: %w", r.Hash, err)
	}
	if len(data.MsgResponses) != 1 {
		return fmt.Errorf("transaction %s has %d results, not 1", r.Hash, len(data.MsgResponses))
	}
	if err := proto.Unmarshal(data.MsgResponses[0].Value, into); err != nil {
		return fmt.Errorf("decode the result of transaction %s: %w", r.Hash, err)
	}
	return nil
}

// MoveStake moves rao of the coldkey's own stake from one hotkey to another; 0 is all of it.
func (c *Client) MoveStake(ctx context.Context, coldkey *keys.Pair, from, to string, rao uint64) (*Receipt, error) {
	return c.Submit(ctx, coldkey, &staketypes.MsgMoveStake{Coldkey: coldkey.Address(), From: from, To: to, Amount: rao, All: rao == 0})
}

// BecomeDelegate opens a hotkey to nominations.
func (c *Client) BecomeDelegate(ctx context.Context, coldkey *keys.Pair, hotkey string) (*Receipt, error) {
	return c.Submit(ctx, coldkey, &staketypes.MsgBecomeDelegate{Coldkey: coldkey.Address(), Hotkey: hotkey})
}

// DecreaseTake lowers the take of a delegate, of 65535.
func (c *Client) DecreaseTake(ctx context.Context, coldkey *keys.Pair, hotkey string, take uint32) (*Receipt, error) {
	return c.Submit(ctx, coldkey, &staketypes.MsgDecreaseTake{Coldkey: coldkey.Address(), Hotkey: hotkey, Take: take})
}

// IncreaseTake raises the take of a delegate, of 65535.
func (c *Client) IncreaseTake(ctx context.Context, coldkey *keys.Pair, hotkey string, take uint32) (*Receipt, error) {
	return c.Submit(ctx, coldkey, &staketypes.MsgIncreaseTake{Coldkey: coldkey.Address(), Hotkey: hotkey, Take: take})
}

// SwapHotkey gives all of a hotkey's state to a new key, paying at most maxCost rao (0 = any).
func (c *Client) SwapHotkey(ctx context.Context, coldkey *keys.Pair, old, fresh string, maxCost uint64) (*Receipt, error) {
	return c.Submit(ctx, coldkey, &staketypes.MsgSwapHotkey{Coldkey: coldkey.Address(), Old: old, New: fresh, MaxCost: maxCost})
}

// ScheduleColdkeySwap announces that a new key takes over all of a coldkey's, which is frozen from
// then on, paying at most maxCost rao (0 = any).
func (c *Client) ScheduleColdkeySwap(ctx context.Context, coldkey *keys.Pair, fresh string, maxCost uint64) (*Receipt, error) {
	return c.Submit(ctx, coldkey, &staketypes.MsgScheduleColdkeySwap{Coldkey: coldkey.Address(), New: fresh, MaxCost: maxCost})
}

// ExecuteColdkeySwap carries out an announced swap that is due; any account may sign.
func (c *Client) ExecuteColdkeySwap(ctx context.Context, signer *keys.Pair, coldkey string) (*Receipt, error) {
	return c.Submit(ctx, signer, &staketypes.MsgExecuteColdkeySwap{Signer: signer.Address(), Coldkey: coldkey})
}

// CancelColdkeySwap withdraws an announced swap; root signs.
func (c *Client) CancelColdkeySwap(ctx context.Context, root *keys.Pair, coldkey string) (*Receipt, error) {
	return c.Submit(ctx, root, &staketypes.MsgCancelColdkeySwap{Root: root.Address(), Coldkey: coldkey})
}

// SetStakeParams replaces the parameters of stake; root signs.
func (c *Client) SetStakeParams(ctx context.Context, root *keys.Pair, p staketypes.Params) (*Receipt, error) {
	return c.Submit(ctx, root, &staketypes.MsgSetParams{Root: root.Address(), Params: p})
}

// Stakes lists everything a coldkey has staked, whatever became of the hotkeys.
func (c *Client) Stakes(ctx context.Context, coldkey string) ([]*staketypes.Stake, error) {
	return pages(func(after string) ([]*staketypes.Stake, string, error) {
		return c.StakesPage(ctx, coldkey, after, 1000)
	})
}

// StakesPage lists at most limit (1..1000, 0 = 100) of a coldkey's stakes behind a hotkey ("" for
// the first); next is where to go on, "" at the end.
func (c *Client) StakesPage(ctx context.Context, coldkey, after string, limit uint64) (page []*staketypes.Stake, next string, err error) {
	r, err := read(ctx, c, "stakes of "+coldkey, staketypes.NewQueryClient(c.query).Stakes, &staketypes.QueryStakesRequest{Coldkey: coldkey, After: after, Limit: limit})
	if err != nil {
		return nil, "", err
	}
	return r.Stakes, r.Next, nil
}

// Hotkey is who owns a hotkey and what is staked on it.
func (c *Client) Hotkey(ctx context.Context, hotkey string) (*staketypes.QueryHotkeyResponse, error) {
	return read(ctx, c, "hotkey "+hotkey, staketypes.NewQueryClient(c.query).Hotkey, &staketypes.QueryHotkeyRequest{Hotkey: hotkey})
}

// StakeParams are the parameters of stake: limits, the price of a key swap.
func (c *Client) StakeParams(ctx context.Context) (staketypes.Params, error) {
	r, err := read(ctx, c, "stake parameters", staketypes.NewQueryClient(c.query).Params, &staketypes.QueryParamsRequest{})
	if err != nil {
		return staketypes.Params{}, err
	}
	return r.Params, nil
}

// StakeRate tells when a coldkey may stake or unstake on a hotkey again.
func (c *Client) StakeRate(ctx context.Context, coldkey, hotkey string) (*staketypes.QueryRateResponse, error) {
	return read(ctx, c, "stake rate on "+hotkey, staketypes.NewQueryClient(c.query).Rate, &staketypes.QueryRateRequest{Coldkey: coldkey, Hotkey: hotkey})
}

// Delegates lists all hotkeys that take nominations, the oldest first.
func (c *Client) Delegates(ctx context.Context) ([]staketypes.Delegate, error) {
	return pages(func(after string) ([]staketypes.Delegate, string, error) { return c.DelegatesPage(ctx, after, 1000) })
}

// DelegatesPage is a page of Delegates, behind a hotkey; the form is that of StakesPage.
func (c *Client) DelegatesPage(ctx context.Context, after string, limit uint64) (page []staketypes.Delegate, next string, err error) {
	r, err := read(ctx, c, "delegates", staketypes.NewQueryClient(c.query).Delegates, &staketypes.QueryDelegatesRequest{After: after, Limit: limit})
	if err != nil {
		return nil, "", err
	}
	return r.Delegates, r.Next, nil
}

// Nominators lists all who back a hotkey besides its owner.
func (c *Client) Nominators(ctx context.Context, hotkey string) ([]staketypes.Nominator, error) {
	return pages(func(after string) ([]staketypes.Nominator, string, error) {
		return c.NominatorsPage(ctx, hotkey, after, 1000)
	})
}

// NominatorsPage is a page of Nominators, behind a coldkey; the form is that of StakesPage.
func (c *Client) NominatorsPage(ctx context.Context, hotkey, after string, limit uint64) (page []staketypes.Nominator, next string, err error) {
	r, err := read(ctx, c, "nominators of "+hotkey, staketypes.NewQueryClient(c.query).Nominators,
		&staketypes.QueryNominatorsRequest{Hotkey: hotkey, After: after, Limit: limit})
	if err != nil {
		return nil, "", err
	}
	return r.Nominators, r.Next, nil
}

// pages reads a list page by page.
func pages[T any](page func(after string) (entries []T, next string, err error)) ([]T, error) {
	var all []T
	for after := ""; ; {
		entries, next, err := page(after)
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
		if next == "" {
			return all, nil
		}
		after = next
	}
}

// ColdkeySwap tells whether a coldkey's swap is announced, and when it is due.
func (c *Client) ColdkeySwap(ctx context.Context, coldkey string) (*staketypes.QueryColdkeySwapResponse, error) {
	return read(ctx, c, "swap of "+coldkey, staketypes.NewQueryClient(c.query).ColdkeySwap, &staketypes.QueryColdkeySwapRequest{Coldkey: coldkey})
}
