package onledger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab"
)

// One rao too many is found, and said where.
func TestDifference(t *testing.T) {
	result := func(change func(r *lab.Result)) *lab.Result {
		r := &lab.Result{Players: []lab.Player{{Name: "honest"}, {Name: "liar"}}, Stake: []uint64{5, 6}}
		for range 3 {
			r.Epochs = append(r.Epochs, lab.Epoch{
				Miner: []uint64{1, 2}, Validator: []uint64{3, 4}, Owner: 9, Cost: []float64{0, 1},
				Incentive: []uint16{0, 1}, Dividends: []uint16{1, 0}, Trust: []uint16{1, 0}, UID: []int{0, -1},
			})
		}
		change(r)
		return r
	}
	same := result(func(*lab.Result) {})
	require.Empty(t, difference(result(func(*lab.Result) {}), same))
	for want, change := range map[string]func(r *lab.Result){
		"epoch 2: player 1, liar: rao as a miner is 3 on the ledger and 2 in the pure run":       func(r *lab.Result) { r.Epochs[2].Miner[1]++ },
		"epoch 0: player 0, honest: rao as a validator is 4":                                     func(r *lab.Result) { r.Epochs[0].Validator[0]++ },
		"epoch 1: the owner got 10 rao on the ledger and 9":                                      func(r *lab.Result) { r.Epochs[1].Owner++ },
		"epoch 1: player 1, liar: uid is 3":                                                      func(r *lab.Result) { r.Epochs[1].UID[1] = 3 },
		"epoch 1: player 1, liar: cost is 2":                                                     func(r *lab.Result) { r.Epochs[1].Cost[1]++ },
		"epoch 0: incentive of 1 players on the ledger and of 2 in the pure run":                 func(r *lab.Result) { r.Epochs[0].Incentive = r.Epochs[0].Incentive[:1] },
		"player 1, liar: stake in rao at the end is 7 on the ledger and 6 in the pure run":       func(r *lab.Result) { r.Stake[1]++ },
		"epoch 2: player 0, honest: validator trust is 2 on the ledger and 1 in the pure run":    func(r *lab.Result) { r.Epochs[2].Trust[0]++ },
		"epoch 2: player 1, liar: dividends is 1 on the ledger and 0 in the pure run":            func(r *lab.Result) { r.Epochs[2].Dividends[1]++ },
		"epoch 0: the owner got 9 rao on the ledger and 9 in the pure run, 1 and 0 were not iss": func(r *lab.Result) { r.Epochs[0].Unissued++ },
	} {
		require.Contains(t, difference(result(change), same), want)
	}
}
