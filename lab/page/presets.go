package page

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"

	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/scenarios"
)

// preset is where somebody may begin.
type preset struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	About    string   `json:"about"`
	Case     bool     `json:"case"`     // made for the page; else the first epoch of a scenario
	Profiles []string `json:"profiles"` // of a scenario's market
}

// presets lists the cases and the scenarios.
func (s *Server) presets(w http.ResponseWriter, _ *http.Request) {
	list := []preset{}
	for _, c := range cases {
		list = append(list, preset{Name: c.name, Title: c.title, About: c.about, Case: true, Profiles: []string{}})
	}
	for _, name := range scenarios.Names() {
		sc, err := scenarios.Named(name)
		if err != nil {
			s.fail(w, err)
			return
		}
		p := preset{Name: name, Title: sc.Name, About: sc.About, Profiles: []string{}}
		if m, err := lab.MarketNamed(sc.Market); err == nil {
			p.Profiles = append(p.Profiles, m.Profiles...)
			if i := slices.Index(p.Profiles, sc.Profile); i > 0 { // what is played unless told otherwise comes first
				p.Profiles = append([]string{sc.Profile}, slices.Delete(p.Profiles, i, i+1)...)
			}
		}
		list = append(list, p)
	}
	answer(w, http.StatusOK, struct {
		Presets []preset `json:"presets"`
	}{list})
}

// preset answers with a preset's archive.
func (s *Server) preset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	for _, c := range cases {
		if c.name == name {
			answer(w, http.StatusOK, c.archive())
			return
		}
	}
	done, err := take(s.replays)
	if err != nil {
		s.fail(w, err)
		return
	}
	defer done()
	sc, err := scenarios.Named(name)
	if err != nil {
		s.fail(w, &problem{http.StatusNotFound, err.Error()})
		return
	}
	a, err := firstEpoch(r.Context(), sc)
	if err != nil {
		s.fail(w, err)
		return
	}
	answer(w, http.StatusOK, a)
}

// shown is how many epochs of a case are settled at first.
const shown = 60

// firstEpoch makes an archive of the weights that a scenario's validators set first, in the second epoch:
// permits come with the first. What the scenario hides it opens for a look, and hides again.
func firstEpoch(ctx context.Context, sc *lab.Scenario) (*lab.Archive, error) {
	open := *sc
	open.Epochs, open.Subnet.CommitReveal = 2, 0
	a := &lab.Archive{Name: sc.Name, Subnet: sc.Subnet, Epochs: shown, Frames: make([]lab.Frame, 1)}
	f := &a.Frames[0]
	var holders []int
	run, err := lab.Follow(ctx, &open, 1, func(e lab.Settling) {
		if e.Epoch == 0 {
			return
		}
		holders = slices.Clone(e.Holder)
		for _, rao := range e.In.Stake {
			f.Stake = append(f.Stake, float64(rao)/float64(issuance.TAO))
		}
		for uid := range e.In.Stake {
			f.Weights = append(f.Weights, percents(e.In.Weights.Row(uid), len(e.In.Stake)))
		}
	})
	if err != nil {
		return nil, err
	}
	if n := len(holders); n > MaxUIDs {
		return nil, fmt.Errorf("scenario %s has %d uids: the page takes at most %d", sc.Name, n, MaxUIDs)
	}
	for uid, player := range holders {
		if !run.Players[player].Mines && len(f.Weights[uid]) == 0 {
			f.Weights[uid] = make([]float64, len(f.Stake)) // a validator that says nothing yet is still one
		}
	}
	return a, nil
}

// percents is a row on the page's scale: its largest weight is 100.
func percents(row []yuma.Pair, n int) []float64 {
	if len(row) == 0 {
		return nil
	}
	out := make([]float64, n)
	for _, p := range row {
		out[p.UID] = math.Round(100 * float64(p.Value) / math.MaxUint16)
	}
	return out
}
