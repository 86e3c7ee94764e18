package yumas

import (
	"context"
	"embed"
	"fmt"
	"strings"

	"github.com/ergon-network/ergon/lab"
)

// maxShares bounds an outcome, epochs times uids: all models together then take less than a gigabyte.
const maxShares = 1 << 22

// Outcome is an archive under one model. Lists are by epoch, then by uid.
type Outcome struct {
	Model     string      `json:"model"`
	Exact     bool        `json:"exact"`
	Incentive [][]float64 `json:"incentive"`
	Dividends [][]float64 `json:"dividends"`
}

// Replay settles an archive under a model from its first epoch on; watch, if there is one, sees each result.
// What an archive's frames leave out stays as it was. Weights count in the epoch in which they are set,
// however the archive's subnet hides them. It fails for an archive that
// does not pass its Check or is too long to keep, and with ctx's error when that ends first.
func Replay(ctx context.Context, a *lab.Archive, m Model, watch func(epoch int, r *Result)) (*Outcome, error) {
	if err := a.Check(); err != nil {
		return nil, fmt.Errorf("archive %q: %w", a.Name, err)
	}
	if n := a.Length() * len(a.Frames[0].Stake); n > maxShares {
		return nil, fmt.Errorf("archive %q: %d epochs times uids, at most %d can be compared: leave epochs out", a.Name, n, maxShares)
	}
	out := &Outcome{Model: m.Name, Exact: m.Exact}
	var state State
	var stake []float64
	rows, p := make([][]float64, len(a.Frames[0].Stake)), ParamsOf(a.Subnet)
	for e := range a.Length() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f := a.Frames[min(e, len(a.Frames)-1)]
		if len(f.Stake) > 0 {
			stake = f.Stake
		}
		for uid, row := range f.Weights {
			if len(row) > 0 {
				rows[uid] = row
			}
		}
		r, err := m.Epoch(stake, rows, &state, p)
		if err != nil {
			return nil, fmt.Errorf("archive %q, epoch %d: %w", a.Name, e, err)
		}
		if watch != nil {
			watch(e, &r)
		}
		out.Incentive, out.Dividends = append(out.Incentive, r.Incentive), append(out.Dividends, r.Dividends)
	}
	return out, nil
}

// OfStake is what each uid has of all dividends, divided by its part of all stake, given by epoch as Stakes
// has it: 1 is what stake alone would bring, 0 where there is none.
func (o *Outcome) OfStake(stakes [][]float64) []float64 {
	paid := make([]float64, len(stakes[0]))
	due := make([]float64, len(paid))
	for e, dividends := range o.Dividends {
		for uid, d := range dividends {
			paid[uid] += d
			due[uid] += stakes[e][uid]
		}
	}
	for uid, x := range due {
		if x == 0 {
			x, paid[uid] = 1, 0
		}
		paid[uid] /= x
	}
	return paid
}

// Stakes are the shares of stake in each epoch of an archive that passes its Check.
func Stakes(a *lab.Archive) [][]float64 {
	out := make([][]float64, a.Length())
	for e := range out {
		switch {
		case e < len(a.Frames) && len(a.Frames[e].Stake) > 0:
			out[e] = shares(a.Frames[e].Stake)
		default:
			out[e] = out[e-1]
		}
	}
	return out
}

// Compare settles an archive under every model.
func Compare(ctx context.Context, a *lab.Archive) ([]*Outcome, error) {
	var list []*Outcome
	for _, m := range Models() {
		o, err := Replay(ctx, a, m, nil)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

//go:embed cases/*.json
var files embed.FS

// Cases lists the cases that ship, in the order of the alphabet.
func Cases() []string {
	entries, err := files.ReadDir("cases")
	if err != nil {
		panic(err) // part of the program
	}
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = strings.TrimSuffix(e.Name(), ".json")
	}
	return out
}

// Case reads a case that ships.
func Case(name string) (*lab.Archive, error) {
	raw, err := files.ReadFile("cases/" + name + ".json")
	if err != nil {
		return nil, fmt.Errorf("no case %q ships: use one of %s", name, strings.Join(Cases(), ", "))
	}
	a, err := lab.ParseArchive(raw)
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", name, err)
	}
	return a, nil
}
