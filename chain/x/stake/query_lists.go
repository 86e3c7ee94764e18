package stake

import (
	"context"
	"math/big"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	p, err := s.keeper.Params(ctx)
	if err != nil {
		return nil, err
	}
	return &types.QueryParamsResponse{Params: p}, nil
}

func (s queryServer) Rate(ctx context.Context, q *types.QueryRateRequest) (*types.QueryRateResponse, error) {
	coldkey, hotkey, err := keyPair(q.GetColdkey(), q.GetHotkey())
	if err != nil {
		return nil, err
	}
	params, err := s.keeper.Params(ctx)
	if err != nil {
		return nil, err
	}
	h, err := s.keeper.hotkeyByAccount(ctx, hotkey)
	if err != nil {
		return nil, err
	}
	id, _, err := s.keeper.ColdkeyID(ctx, coldkey)
	if err != nil {
		return nil, err
	}
	res := &types.QueryRateResponse{Limit: params.StakesPerInterval, Interval: types.StakeInterval}
	res.Used, res.BlocksLeft, err = s.keeper.rateLeft(ctx, params, id, h.Id)
	if err != nil {
		return nil, err
	}
	res.BlocksLeft -= min(res.BlocksLeft, 1) // the next block is the first that can take a transaction
	return res, nil
}

func (s queryServer) Delegates(ctx context.Context, q *types.QueryDelegatesRequest) (*types.QueryDelegatesResponse, error) {
	after, err := s.hotkeyID(ctx, q.GetAfter())
	if err != nil {
		return nil, err
	}
	res, limit := &types.QueryDelegatesResponse{}, int(pageLimit(q.GetLimit()))
	rest := new(collections.Range[uint64]).StartExclusive(after)
	err = s.keeper.delegates.Walk(ctx, rest, func(id uint64) (bool, error) {
		if len(res.Delegates) == limit {
			res.Next = res.Delegates[limit-1].Hotkey
			return true, nil
		}
		d, err := s.delegate(ctx, id)
		res.Delegates = append(res.Delegates, d)
		return false, err
	})
	if err != nil {
		return nil, errorsmod.Wrap(err, "list delegates")
	}
	return res, nil
}

func (s queryServer) delegate(ctx context.Context, id uint64) (types.Delegate, error) {
	h, err := s.keeper.Hotkey(ctx, id)
	if err != nil {
		return types.Delegate{}, err
	}
	owner, err := s.keeper.Coldkey(ctx, h.Owner)
	if err != nil {
		return types.Delegate{}, err
	}
	return types.Delegate{
		Hotkey: keys.SS58(h.Account), Owner: keys.SS58(owner), Take: h.Take,
		Own: h.Own, Pool: h.Pool, Nominators: h.Nominators, Slots: h.Slots,
	}, nil
}

func (s queryServer) Nominators(ctx context.Context, q *types.QueryNominatorsRequest) (*types.QueryNominatorsResponse, error) {
	account, err := types.ParseKey("hotkey", q.GetHotkey())
	if err != nil {
		return nil, err
	}
	h, err := s.keeper.hotkeyByAccount(ctx, account)
	if err != nil {
		return nil, err
	}
	after, err := s.coldkeyID(ctx, q.GetAfter())
	if err != nil {
		return nil, err
	}
	res, limit := &types.QueryNominatorsResponse{}, int(pageLimit(q.GetLimit()))
	rest := collections.NewPrefixedPairRange[uint64, uint64](h.Id).StartExclusive(after)
	err = s.keeper.holdings.Walk(ctx, rest, func(key pair, shares []byte) (bool, error) {
		if len(res.Nominators) == limit {
			res.Next = res.Nominators[limit-1].Coldkey
			return true, nil
		}
		coldkey, err := s.keeper.Coldkey(ctx, key.K2())
		if err != nil {
			return true, err
		}
		amount := h.Nominations().Value(new(big.Int).SetBytes(shares))
		res.Nominators = append(res.Nominators, types.Nominator{Coldkey: keys.SS58(coldkey), Amount: amount})
		return false, nil
	})
	if err != nil {
		return nil, errorsmod.Wrapf(err, "list nominators of hotkey %d", h.Id)
	}
	return res, nil
}

func (s queryServer) ColdkeySwap(ctx context.Context, q *types.QueryColdkeySwapRequest) (*types.QueryColdkeySwapResponse, error) {
	coldkey, err := types.ParseKey("coldkey", q.GetColdkey())
	if err != nil {
		return nil, err
	}
	swap, pending, err := lookup(ctx, s.keeper.swaps, coldkey)
	if err != nil || !pending {
		return &types.QueryColdkeySwapResponse{}, errorsmod.Wrap(err, "look up coldkey swap")
	}
	res := &types.QueryColdkeySwapResponse{Pending: true, New: keys.SS58(swap.New), Due: swap.Due}
	if next := height(ctx) + 1; swap.Due > next {
		res.BlocksLeft = swap.Due - next
	}
	return res, nil
}

// hotkeyID is the id of the hotkey that a page begins behind, 0 for the first page.
func (s queryServer) hotkeyID(ctx context.Context, after string) (uint64, error) {
	account, err := optionalKey("after", after)
	if err != nil || account == nil {
		return 0, err
	}
	h, err := s.keeper.hotkeyByAccount(ctx, account)
	return h.Id, err
}

// coldkeyID is the id of the coldkey that a page begins behind, 0 for the first page.
func (s queryServer) coldkeyID(ctx context.Context, after string) (uint64, error) {
	account, err := optionalKey("after", after)
	if err != nil || account == nil {
		return 0, err
	}
	c, err := s.keeper.coldkeyByAccount(ctx, account)
	return c.Id, err
}
