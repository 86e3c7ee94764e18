package page

import (
	"context"
	"fmt"
	"html/template"
	"math"
	"net/http"

	"github.com/ergon-network/ergon/consensus/fixed"
	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/chart"
)

// mostPoints bounds the epochs of an answer; of a longer replay it has every second, third… up to the last.
const mostPoints = 150

// Answer is a replayed archive. Lists by point follow Epochs, lists by validator follow Validators, and
// so on. Shares are 0..1, rounded to six decimals.
type Answer struct {
	Epochs     []int         `json:"epochs"`
	Validators []int         `json:"validators"` // uids that set weights
	Miners     []int         `json:"miners"`     // the other uids
	Dividends  [][]float64   `json:"dividends"`  // by point and validator
	Trust      [][]float64   `json:"validator_trust"`
	Incentive  [][]float64   `json:"incentive"` // by point and miner
	Consensus  [][]float64   `json:"consensus"`
	Bonds      [][][]float64 `json:"bonds"`   // by point, validator and miner
	Pay        [][]float64   `json:"pay_tao"` // by point and uid, of that epoch
	// Charts are drawings of the above, as HTML, by what they show.
	Charts map[string]template.HTML `json:"charts"`
}

func (s *Server) replay(w http.ResponseWriter, r *http.Request) {
	done, err := take(s.replays)
	if err != nil {
		s.fail(w, err)
		return
	}
	defer done()
	archive, err := read(r)
	if err != nil {
		s.fail(w, err)
		return
	}
	chosen, err := miners(r, len(archive.Frames[0].Stake))
	if err != nil {
		s.fail(w, err)
		return
	}
	out, err := settle(r.Context(), archive)
	if err != nil {
		s.fail(w, err)
		return
	}
	out.draw(chosen)
	answer(w, http.StatusOK, out)
}

// settle replays an archive and keeps what the page shows.
func settle(ctx context.Context, a *lab.Archive) (*Answer, error) {
	epochs := a.Length()
	every := (epochs + mostPoints - 1) / mostPoints
	out := &Answer{}
	var bonds [][][]float64 // by point and uid
	run, err := lab.Replay(ctx, a, func(e lab.Settling) {
		if (epochs-1-e.Epoch)%every != 0 {
			return
		}
		out.Epochs = append(out.Epochs, e.Epoch)
		out.Consensus = append(out.Consensus, proportions(e.Out.Raw.Consensus))
		bonds = append(bonds, matrix(&e.Out.Raw.Bonds))
	})
	if err != nil {
		return nil, err
	}
	for _, p := range run.Players {
		if p.Mines {
			out.Miners = append(out.Miners, p.UID)
		} else {
			out.Validators = append(out.Validators, p.UID)
		}
	}
	for i, epoch := range out.Epochs {
		e := &run.Epochs[epoch]
		out.Dividends = append(out.Dividends, of65535(e.Dividends, out.Validators))
		out.Trust = append(out.Trust, of65535(e.Trust, out.Validators))
		out.Incentive = append(out.Incentive, of65535(e.Incentive, out.Miners))
		out.Consensus[i] = picked(out.Consensus[i], out.Miners)
		out.Bonds = append(out.Bonds, nil)
		for _, v := range out.Validators {
			out.Bonds[i] = append(out.Bonds[i], picked(bonds[i][v], out.Miners))
		}
		pay := make([]float64, len(e.Miner))
		for uid := range pay {
			pay[uid] = rounded(float64(e.Miner[uid]+e.Validator[uid]) / float64(issuance.TAO))
		}
		out.Pay = append(out.Pay, pay)
	}
	return out, nil
}

func rounded(v float64) float64 { return math.Round(v*1e6) / 1e6 }

func proportion(v fixed.I32F32) float64 { return rounded(float64(v) / float64(fixed.One)) }

func proportions(list []fixed.I32F32) []float64 {
	out := make([]float64, len(list))
	for i, v := range list {
		out[i] = proportion(v)
	}
	return out
}

func of65535(list []uint16, uids []int) []float64 {
	out := make([]float64, len(uids))
	for i, uid := range uids {
		out[i] = rounded(float64(list[uid]) / math.MaxUint16)
	}
	return out
}

func picked(list []float64, uids []int) []float64 {
	out := make([]float64, len(uids))
	for i, uid := range uids {
		out[i] = list[uid]
	}
	return out
}

func matrix(m *yuma.Matrix) [][]float64 {
	out := make([][]float64, m.Len())
	for i := range out {
		out[i] = make([]float64, m.Len())
		for _, c := range m.Row(i) {
			out[i][c.UID] = proportion(c.Value)
		}
	}
	return out
}

// draw adds the charts: one of each list, and one of the bonds in each chosen miner.
func (a *Answer) draw(chosen []int) {
	a.Charts = map[string]template.HTML{
		"dividends": a.lines("dividends", "Dividends", "Share of the validators' pay", "validator", a.Validators, a.Dividends),
		"incentive": a.lines("incentive", "Incentive", "Share of the miners' pay", "miner", a.Miners, a.Incentive),
		"matrix":    a.matrix(),
	}
	var all template.HTML
	for _, uid := range chosen {
		for k, m := range a.Miners {
			if m != uid {
				continue
			}
			column := make([][]float64, len(a.Bonds))
			for i, rows := range a.Bonds {
				for _, row := range rows {
					column[i] = append(column[i], row[k])
				}
			}
			all += a.lines(fmt.Sprintf("bonds-%d", uid), fmt.Sprintf("Bonds in miner %d", uid), "By validator", "validator", a.Validators, column)
		}
	}
	a.Charts["bonds"] = all
	a.Charts["pay"] = a.paid()
}

// lines draws a list by point and uid. A uid keeps its colour; of many, the largest at the end are drawn.
func (a *Answer) lines(id, title, about, role string, uids []int, values [][]float64) template.HTML {
	c := chart.Lines{ID: id, Title: title, About: about, Unit: chart.Share, X: a.Epochs}
	for i, uid := range uids {
		l := chart.Line{Name: fmt.Sprintf("%s %d", role, uid), Style: i}
		for _, at := range values {
			l.Y = append(l.Y, at[i])
		}
		c.Lines = append(c.Lines, l)
	}
	if c.Lines = chart.Largest(c.Lines); len(c.Lines) < len(uids) {
		c.About += fmt.Sprintf(", the largest %d of %d", len(c.Lines), len(uids))
	}
	return c.HTML()
}

// paid draws what each validator earned in an epoch.
func (a *Answer) paid() template.HTML {
	c := chart.Lines{ID: "pay", Title: "Pay of validators", About: "In TAO an epoch", Unit: chart.TAO, X: a.Epochs}
	for i, uid := range a.Validators {
		l := chart.Line{Name: fmt.Sprintf("validator %d", uid), Style: i}
		for _, pay := range a.Pay {
			l.Y = append(l.Y, pay[uid])
		}
		c.Lines = append(c.Lines, l)
	}
	c.Lines = chart.Largest(c.Lines)
	return c.HTML()
}

// matrix draws the bonds of the last epoch.
func (a *Answer) matrix() template.HTML {
	h := chart.Heat{ID: "matrix", Title: "Bonds at the end", About: "Of a validator (down) in a miner (across)"}
	for i, uid := range a.Validators {
		h.Rows = append(h.Rows, chart.Label{Short: fmt.Sprint(uid), Long: fmt.Sprintf("validator %d", uid), Style: i})
	}
	for i, uid := range a.Miners {
		h.Cols = append(h.Cols, chart.Label{Short: fmt.Sprint(uid), Long: fmt.Sprintf("miner %d", uid), Style: i})
	}
	last := len(a.Epochs) - 1
	f := chart.Frame{Epoch: a.Epochs[last]}
	for _, row := range a.Bonds[last] {
		for _, v := range row {
			f.Cells = append(f.Cells, uint16(math.Round(min(v, 1)*math.MaxUint16)))
		}
	}
	h.Frames = []chart.Frame{f}
	return h.HTML()
}
