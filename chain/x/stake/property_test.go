package stake

import (
	"errors"
	"testing"

	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

// The people of the random ledger: few, so that they meet. Coldkeys are keys 0.., hotkeys 50..
const (
	people  = 5
	hotkeys = 4
)

// ledger is the random ledger with what a reader of its history would know.
type ledger struct {
	*fixture
	funded, locked uint64
}

// snapshot is every stake by (hotkey, coldkey).
type snapshot [hotkeys][people]uint64

func (l *ledger) snapshot() (s snapshot) {
	for h := range hotkeys {
		for c := range people {
			s[h][c] = l.staked(key(c), key(50+h))
		}
	}
	return s
}

// checkMoney tests supply = balances + stake + locks, and that the totals tell how it came about
// (chain §9.1).
func (l *ledger) checkMoney() {
	issuance, err := l.keeper.Issuance(l.ctx)
	require.NoError(l.t, err)
	totals, err := l.keeper.Totals(l.ctx)
	require.NoError(l.t, err)
	var balances uint64
	for c := range people {
		balances += l.free(key(c))
	}
	locks := l.free(authtypes.NewModuleAddress(types.LocksName))
	require.Equal(l.t, l.locked, locks)
	require.Equal(l.t, issuance, balances+totals.Staked+locks)
	require.Equal(l.t, issuance, l.funded+totals.Miners+totals.Validators+totals.Owners-totals.Recycled)
	for h := range hotkeys {
		require.Zero(l.t, l.free(key(50+h)))
	}
}

// step runs an operation; who, if not -1, is the only coldkey whose stake it may lower (chain
// §9.14), and only with the ledger's own errors may it fail, leaving no trace (§9.13).
func (l *ledger) step(who int, op func(sdk.Context) error) error {
	before := l.snapshot()
	err := l.try(op)
	after := l.snapshot()
	if err != nil {
		var known *errorsmod.Error
		require.True(l.t, errors.As(err, &known), "%v", err)
		require.NotErrorIs(l.t, err, types.ErrInvariant)
		require.Equal(l.t, before, after)
		return err
	}
	for h := range hotkeys {
		for c := range people {
			if c != who {
				require.GreaterOrEqual(l.t, after[h][c], before[h][c], "hotkey %d, coldkey %d", h, c)
			}
		}
	}
	return nil
}

// TestRandomOperations runs everything the module can do in random order and checks everything it
// promises after each step.
func TestRandomOperations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &ledger{fixture: newFixture(t)}
		l.setParams(func(p *types.Params) {
			p.NominatorMin = rapid.SampledFrom([]uint64{0, 1, 1000, tao}).Draw(t, "nominator min")
		})
		coldkey := rapid.IntRange(0, people-1)
		hotkey := rapid.IntRange(50, 50+hotkeys-1)
		amount := rapid.OneOf(rapid.Uint64Range(0, 20), rapid.Uint64Range(1, 100*tao), rapid.Uint64Range(1, 1e15))
		id := func(t *rapid.T) (uint64, bool) {
			id, found, err := l.keeper.HotkeyID(l.ctx, key(hotkey.Draw(t, "hotkey")))
			require.NoError(t, err)
			return id, found
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				l.check()
				l.checkMoney()
			},
			"fund": func(t *rapid.T) {
				a := amount.Draw(t, "amount")
				l.fund(key(coldkey.Draw(t, "coldkey")), a)
				l.funded += a
			},
			"register": func(t *rapid.T) {
				h, c := hotkey.Draw(t, "hotkey"), coldkey.Draw(t, "coldkey")
				_ = l.step(-1, func(ctx sdk.Context) error {
					id, err := l.keeper.EnsureOwned(ctx, key(h), key(c))
					if err != nil {
						return err
					}
					return l.keeper.AddSlot(ctx, id)
				})
			},
			"delegate": func(t *rapid.T) {
				h, c := hotkey.Draw(t, "hotkey"), coldkey.Draw(t, "coldkey")
				_ = l.step(-1, func(ctx sdk.Context) error { return l.keeper.BecomeDelegate(ctx, key(c), key(h)) })
			},
			"add stake": func(t *rapid.T) {
				h, c, a := hotkey.Draw(t, "hotkey"), coldkey.Draw(t, "coldkey"), amount.Draw(t, "amount")
				before, free := l.staked(key(c), key(h)), l.free(key(c))
				var staked uint64
				err := l.step(-1, func(ctx sdk.Context) (err error) {
					staked, err = l.keeper.AddStake(ctx, key(c), key(h), a)
					return err
				})
				if err == nil {
					require.Equal(t, free-staked, l.free(key(c)))
					has := l.staked(key(c), key(h))
					require.True(t, has == before+staked || has+1 == before+staked, "%d after %d + %d", has, before, staked)
				}
			},
			"remove stake": func(t *rapid.T) {
				h, c, a := hotkey.Draw(t, "hotkey"), coldkey.Draw(t, "coldkey"), amount.Draw(t, "amount")
				if has := l.staked(key(c), key(h)); has > 0 && rapid.Bool().Draw(t, "within") {
					a = rapid.Uint64Range(1, has).Draw(t, "part")
				}
				free := l.free(key(c))
				var removed uint64
				err := l.step(c, func(ctx sdk.Context) (err error) {
					removed, err = l.keeper.RemoveStake(ctx, key(c), key(h), Want{Rao: a})
					return err
				})
				if err == nil {
					require.GreaterOrEqual(t, removed, a)
					require.Equal(t, free+removed, l.free(key(c)))
				}
			},
			"payout": func(t *rapid.T) {
				var credits []Credit
				for range rapid.IntRange(0, 3).Draw(t, "credits") {
					if id, found := id(t); found {
						credits = append(credits, earned(id, amount.Draw(t, "miner"), amount.Draw(t, "validator")))
					}
				}
				c, known, err := l.keeper.ColdkeyID(l.ctx, key(coldkey.Draw(t, "owner")))
				require.NoError(t, err)
				cut := amount.Draw(t, "cut")
				err = l.step(-1, func(ctx sdk.Context) error { return l.keeper.Payout(ctx, credits, c, cut) })
				require.Equal(t, !known && cut > 0, err != nil)
			},
			"drop slot": func(t *rapid.T) {
				if id, found := id(t); found {
					// Everybody may be unstaked here; Invariants and the money check watch it.
					_ = l.try(func(ctx sdk.Context) error { return l.keeper.DropSlot(ctx, id) })
				}
			},
			"block": func(t *rapid.T) {
				require.NoError(t, l.keeper.BeginBlock(l.ctx))
			},
			"recycle": func(t *rapid.T) {
				c, a := coldkey.Draw(t, "coldkey"), amount.Draw(t, "amount")
				_ = l.step(-1, func(ctx sdk.Context) error { return l.keeper.Recycle(ctx, key(c), a) })
			},
			"lock": func(t *rapid.T) {
				c, a := coldkey.Draw(t, "coldkey"), amount.Draw(t, "amount")
				if l.step(-1, func(ctx sdk.Context) error { return l.keeper.Lock(ctx, key(c), a) }) == nil {
					l.locked += a
				}
			},
			"unlock": func(t *rapid.T) {
				c, a := coldkey.Draw(t, "coldkey"), rapid.Uint64Range(0, l.locked).Draw(t, "amount")
				require.NoError(t, l.step(-1, func(ctx sdk.Context) error { return l.keeper.Unlock(ctx, key(c), a) }))
				l.locked -= a
			},
			"export and import": func(t *rapid.T) {
				g, err := l.keeper.ExportGenesis(l.ctx)
				require.NoError(t, err)
				n := bareFixture(t)
				n.bank.InitGenesis(n.ctx, l.bank.ExportGenesis(l.ctx))
				require.NoError(t, n.keeper.InitGenesis(n.ctx, g))
				l.fixture = n
				again, err := l.keeper.ExportGenesis(l.ctx)
				require.NoError(t, err)
				require.Equal(t, g, again)
			},
		})
	})
}
