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

// The people of the random ledger: few, so that they meet. Coldkeys are keys 0.., hotkeys 50.. Each
// swap takes them to a key that may or may not be in use.
const (
	people  = 6
	hotkeys = 5
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

// want is an amount, or now and then all.
func want(t *rapid.T, amount uint64) Want {
	if rapid.IntRange(0, 3).Draw(t, "all") == 0 {
		return Want{All: true}
	}
	return Want{Rao: amount}
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
					removed, err = l.keeper.RemoveStake(ctx, key(c), key(h), want(t, a))
					return err
				})
				if err == nil {
					require.Positive(t, removed)
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
			"move stake": func(t *rapid.T) {
				from, to := hotkey.Draw(t, "from"), hotkey.Draw(t, "to")
				c, a := coldkey.Draw(t, "coldkey"), amount.Draw(t, "amount")
				free, before, other := l.free(key(c)), l.staked(key(c), key(from)), l.staked(key(c), key(to))
				var moved uint64
				err := l.step(c, func(ctx sdk.Context) (err error) {
					moved, err = l.keeper.MoveStake(ctx, key(c), key(from), key(to), want(t, a))
					return err
				})
				if err == nil {
					require.Equal(t, free, l.free(key(c)))
					has, left := l.staked(key(c), key(to)), l.staked(key(c), key(from))
					require.True(t, has == other+moved || has+1 == other+moved, "%d after %d + %d", has, other, moved)
					require.True(t, left+moved == before || left+moved+1 == before, "%d of %d after %d", left, before, moved)
				}
			},
			"remove all": func(t *rapid.T) {
				c := coldkey.Draw(t, "coldkey")
				free := l.free(key(c))
				var out []types.Unstaked
				err := l.step(c, func(ctx sdk.Context) (err error) {
					out, _, err = l.keeper.RemoveAllStake(ctx, key(c), nil)
					return err
				})
				for _, u := range out {
					if err == nil && u.Code == 0 {
						free += u.Amount
					}
				}
				require.Equal(t, free, l.free(key(c)))
			},
			"take": func(t *rapid.T) {
				h, c := hotkey.Draw(t, "hotkey"), coldkey.Draw(t, "coldkey")
				take := rapid.Uint32Range(types.DefaultMinTake-1, types.DefaultMaxTake+1).Draw(t, "take")
				change := l.keeper.DecreaseTake
				if rapid.Bool().Draw(t, "raise") {
					change = l.keeper.IncreaseTake
				}
				_ = l.step(-1, func(ctx sdk.Context) error { return change(ctx, key(c), key(h), take) })
			},
			"ensure delegate": func(t *rapid.T) {
				if id, found := id(t); found {
					require.NoError(t, l.step(-1, func(ctx sdk.Context) error { return l.keeper.EnsureDelegate(ctx, id) }))
				}
			},
			"swap hotkey": func(t *rapid.T) {
				old, fresh, c := hotkey.Draw(t, "old"), hotkey.Draw(t, "new"), coldkey.Draw(t, "coldkey")
				before := l.snapshot()
				err := l.try(func(ctx sdk.Context) error {
					_, err := l.keeper.SwapHotkey(ctx, key(c), key(old), key(fresh), 0)
					return err
				})
				if err == nil {
					before[old-50], before[fresh-50] = before[fresh-50], before[old-50]
				}
				require.Equal(t, before, l.snapshot(), "nobody's stake changes")
			},
			"schedule swap": func(t *rapid.T) {
				c, fresh := coldkey.Draw(t, "coldkey"), coldkey.Draw(t, "new")
				_ = l.step(-1, func(ctx sdk.Context) error {
					_, _, err := l.keeper.ScheduleColdkeySwap(ctx, key(c), key(fresh), 0)
					return err
				})
			},
			"execute swap": func(t *rapid.T) {
				c := coldkey.Draw(t, "coldkey")
				swap, err := l.keeper.swapOf(l.ctx, key(c))
				before := l.snapshot()
				if err != nil || l.try(func(ctx sdk.Context) error {
					_, err := l.keeper.ExecuteColdkeySwap(ctx, key(c))
					return err
				}) != nil {
					return
				}
				for n := range people {
					if string(key(n)) == string(swap.New) {
						for h := range hotkeys {
							before[h][n], before[h][c] = before[h][c], before[h][n]
						}
					}
				}
				require.Equal(t, before, l.snapshot(), "all stake goes along, and only that")
				require.Zero(t, l.free(key(c)))
			},
			"cancel swap": func(t *rapid.T) {
				c := coldkey.Draw(t, "coldkey")
				_ = l.step(-1, func(ctx sdk.Context) error { return l.keeper.CancelColdkeySwap(ctx, key(c)) })
			},
			"parameters": func(t *rapid.T) {
				l.setParams(func(p *types.Params) {
					p.NominatorMin = rapid.SampledFrom([]uint64{0, 1, 1000, tao, 50 * tao}).Draw(t, "nominator min")
					p.StakesPerInterval = rapid.SampledFrom([]uint32{0, 1, 3}).Draw(t, "stakes")
					p.TxRateLimit = rapid.SampledFrom([]uint64{0, 2}).Draw(t, "calls")
					p.SwapCost = rapid.SampledFrom([]uint64{0, 1, tao}).Draw(t, "swap")
				})
			},
			"time": func(t *rapid.T) {
				l.at(l.ctx.BlockHeight() + rapid.SampledFrom([]int64{1, 5, 400}).Draw(t, "blocks"))
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
				n.at(l.ctx.BlockHeight())
				require.NoError(t, n.keeper.InitGenesis(n.ctx, g))
				l.fixture = n
				again, err := l.keeper.ExportGenesis(l.ctx)
				require.NoError(t, err)
				require.Equal(t, g, again)
			},
		})
	})
}
