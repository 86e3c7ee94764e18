package stake

import (
	"context"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// Bounds of one query.
const (
	DefaultStakesLimit = 100
	MaxStakesLimit     = 1000
	// maxBacked is how many hotkeys of one coldkey Balance adds up before it gives up.
	maxBacked = 10_000
)

// queryServer answers the module's queries. What it reads is committed state, never written.
type queryServer struct{ keeper Keeper }

var _ types.QueryServer = queryServer{}

// NewQueryServer answers the module's queries.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k} }

func (s queryServer) Hotkey(ctx context.Context, q *types.QueryHotkeyRequest) (*types.QueryHotkeyResponse, error) {
	account, err := types.ParseKey("hotkey", q.GetHotkey())
	if err != nil {
		return nil, err
	}
	h, err := s.keeper.hotkeyByAccount(ctx, account)
	if err != nil {
		return nil, err
	}
	owner, err := s.keeper.Coldkey(ctx, h.Owner)
	if err != nil {
		return nil, err
	}
	return &types.QueryHotkeyResponse{
		Hotkey:     keys.SS58(h.Account),
		Owner:      keys.SS58(owner),
		Delegate:   h.Delegate,
		Take:       h.Take,
		Own:        h.Own,
		Pool:       h.Pool,
		Nominators: h.Nominators,
		Slots:      h.Slots,
	}, nil
}

func (s queryServer) Stakes(ctx context.Context, q *types.QueryStakesRequest) (*types.QueryStakesResponse, error) {
	account, err := types.ParseKey("coldkey", q.GetColdkey())
	if err != nil {
		return nil, err
	}
	after, err := s.hotkeyID(ctx, q.GetAfter())
	if err != nil {
		return nil, err
	}
	res, limit := &types.QueryStakesResponse{}, int(pageLimit(q.GetLimit()))
	coldkeyID, found, err := s.keeper.ColdkeyID(ctx, account)
	if err != nil || !found {
		return res, err
	}
	rest := collections.NewPrefixedPairRange[uint64, uint64](coldkeyID).StartExclusive(after)
	err = s.keeper.backed.Walk(ctx, rest, func(key pair) (bool, error) {
		if len(res.Stakes) == limit {
			res.Next = res.Stakes[limit-1].Hotkey
			return true, nil
		}
		entry, err := s.keeper.stakeEntry(ctx, coldkeyID, key.K2())
		res.Stakes = append(res.Stakes, entry)
		return false, err
	})
	if err != nil {
		return nil, errorsmod.Wrapf(err, "list stakes of coldkey %d", coldkeyID)
	}
	return res, nil
}

func (s queryServer) Balance(ctx context.Context, q *types.QueryBalanceRequest) (*types.QueryBalanceResponse, error) {
	account, err := s.keeper.addresses.StringToBytes(q.GetAddress())
	if err != nil {
		return nil, types.ErrAccount.Wrapf("address: %s", err)
	}
	coldkeyID, backed, err := s.keeper.backedBy(ctx, account)
	if err != nil {
		return nil, err
	}
	res := &types.QueryBalanceResponse{Free: s.keeper.FreeBalance(ctx, account)}
	for _, id := range backed {
		entry, err := s.keeper.stakeEntry(ctx, coldkeyID, id)
		if err != nil {
			return nil, err
		}
		res.Staked += entry.Amount // a part of totals.staked, which fits
	}
	return res, nil
}

func (s queryServer) Issuance(ctx context.Context, _ *types.QueryIssuanceRequest) (*types.QueryIssuanceResponse, error) {
	issuance, err := s.keeper.Issuance(ctx)
	if err != nil {
		return nil, err
	}
	totals, err := s.keeper.Totals(ctx)
	if err != nil {
		return nil, err
	}
	emission, next := s.keeper.emission(issuance)
	return &types.QueryIssuanceResponse{
		Issuance:      issuance,
		BlockEmission: emission,
		NextHalving:   next,
		Height:        uint64(sdk.UnwrapSDKContext(ctx).BlockHeight()),
		Totals:        totals,
	}, nil
}

// pageLimit is how many entries a page has when so many were asked for.
func pageLimit(asked uint64) uint64 {
	if asked == 0 {
		return DefaultStakesLimit
	}
	return min(asked, MaxStakesLimit)
}

// backedBy lists, in the order of their ids, the hotkeys that a coldkey owns or has a nomination
// on: nothing for a coldkey the ledger does not know, ErrTooMany above maxBacked.
func (k Keeper) backedBy(ctx context.Context, account []byte) (coldkeyID uint64, hotkeyIDs []uint64, err error) {
	coldkeyID, found, err := k.ColdkeyID(ctx, account)
	if err != nil || !found {
		return 0, nil, err
	}
	err = k.backed.Walk(ctx, collections.NewPrefixedPairRange[uint64, uint64](coldkeyID), func(key pair) (bool, error) {
		if len(hotkeyIDs) == maxBacked {
			return true, types.ErrTooMany.Wrapf("coldkey backs more than %d hotkeys: list its stakes page by page", maxBacked)
		}
		hotkeyIDs = append(hotkeyIDs, key.K2())
		return false, nil
	})
	return coldkeyID, hotkeyIDs, errorsmod.Wrapf(err, "list hotkeys of coldkey %d", coldkeyID)
}

func (k Keeper) stakeEntry(ctx context.Context, coldkeyID, hotkeyID uint64) (*types.Stake, error) {
	h, err := k.Hotkey(ctx, hotkeyID)
	if err != nil {
		return nil, err
	}
	amount, _, err := k.worth(ctx, h, coldkeyID)
	if err != nil {
		return nil, err
	}
	return &types.Stake{Hotkey: keys.SS58(h.Account), Owner: h.Owner == coldkeyID, Registered: h.Slots > 0, Amount: amount}, nil
}
