package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/chart"
)

// verdict is a row of the soundness table in words.
type verdict struct {
	Pays     bool
	Headline string
	Says     []string
	Pay      string
	Gauge    float64 // pay of honest, 0..100 % of the gauge's width, which ends at twice honesty
	Figures  []fact
}

func judge(s lab.Soundness) verdict {
	v := verdict{Pays: s.Profitable(), Headline: "The attack does not pay", Pay: times(s.Pay), Gauge: min(50*s.Pay.Mean, 100)}
	if v.Pays {
		v.Headline = "The attack pays"
	}
	v.Says = []string{
		fmt.Sprintf("In %d worlds the attackers earn %s of what the same players earn honestly with the same stake and the same cost of mining. Above 0.5 an attack is called profitable.", s.Seeds, v.Pay),
		harm(s.Harm),
	}
	if s.Detected >= 0 {
		v.Says = append(v.Says, fmt.Sprintf("From epoch %d on the attack earns less than half of honesty until the end.", s.Detected))
	} else {
		v.Says = append(v.Says, "The attack never falls under half of honesty for good.")
	}
	stops := "never"
	if s.Detected >= 0 {
		stops = fmt.Sprintf("epoch %d", s.Detected)
	}
	v.Figures = []fact{
		{"Others lose", signed(s.Harm)}, {"Largest share of pay", interval(s.Concentration)}, {"Attack stops at", stops}, {"Worlds", fmt.Sprint(s.Seeds)},
	}
	return v
}

func times(e lab.Estimate) string { return fmt.Sprintf("%.2f ± %.2f", e.Mean, e.Half) }

func interval(e lab.Estimate) string {
	return fmt.Sprintf("%.1f ± %.1f %%", 100*e.Mean, 100*e.Half)
}

func signed(e lab.Estimate) string {
	if e.Mean < 0 {
		return "−" + interval(lab.Estimate{Mean: -e.Mean, Half: e.Half})
	}
	return interval(e)
}

func harm(e lab.Estimate) string {
	if e.Mean < 0 {
		return fmt.Sprintf("Everybody else earns %s more than without it.", percent(-e.Mean))
	}
	return fmt.Sprintf("Everybody else loses %s of their pay to it.", percent(e.Mean))
}

// played says what was played.
func (r *Report) played() []fact {
	n := map[bool]int{}
	for i := range r.groups {
		n[r.groups[i].Mines] += len(r.groups[i].UIDs)
	}
	facts := []fact{
		{"Epochs", fmt.Sprint(len(r.result.Epochs))}, {"Validators", fmt.Sprint(n[false])}, {"Miners", fmt.Sprint(n[true])},
	}
	if r.scenario == nil {
		return append([]fact{{"Played", "an archive's stakes and weights"}}, facts...)
	}
	market := []fact{{"Market", r.scenario.Market}}
	if p := r.scenario.Profile; p != "" {
		market = append(market, fact{"Profile", p})
	} else if m, err := lab.MarketNamed(r.scenario.Market); err == nil && len(m.Profiles) > 0 {
		market = append(market, fact{"Profile", m.Profiles[0]})
	}
	return append(append(market, fact{"Seed", fmt.Sprint(r.result.Seed)}), append(facts, fact{"Rounds an epoch", fmt.Sprint(r.scenario.Rounds)})...)
}

// rules are the subnet's, in words.
func rules(n lab.Subnet) []fact {
	bonds := "per validator (Yuma 3)"
	if n.Yuma == "2024" || n.Yuma3 != nil && !*n.Yuma3 {
		bonds = "shares of each miner"
	}
	liquid := "off"
	if n.LiquidAlpha {
		liquid = fmt.Sprintf("%g to %g", n.AlphaLow, n.AlphaHigh)
	}
	weights := "open"
	if n.CommitReveal > 0 {
		weights = fmt.Sprintf("hidden for %d epoch(s)", n.CommitReveal)
	}
	return []fact{
		{"Yuma", n.Yuma}, {"Kappa", fmt.Sprintf("%g", n.Kappa)}, {"Bonds", bonds}, {"Old bonds that stay an epoch", percent(n.BondsAverage)}, {"Bonds penalty", fmt.Sprintf("%g", n.BondsPenalty)},
		{"Liquid alpha", liquid}, {"Weights", weights}, {"Least uids in a row", fmt.Sprint(n.MinWeights)}, {"Largest share of a row", percent(n.MaxWeight)},
		{"Validator permits", fmt.Sprint(n.Permits)}, {"Tempo", fmt.Sprintf("%d blocks", n.Tempo)}, {"Emission", chart.TAO.Write(n.Emission) + " a block"}, {"Owner's cut", percent(n.OwnerCut)},
		{"A uid costs", fmt.Sprintf("%g of a miner's work an epoch", n.UIDCost)}, {"A new hotkey costs", fmt.Sprintf("%g of a miner's work", n.Registration)},
	}
}

// means is what a group has: its stake and error of measurement, or its skill.
func (r *Report) means(g *group) string {
	if r.scenario == nil {
		return r.staked(g)
	}
	side := r.scenario.Validators
	if g.Mines {
		side = r.scenario.Miners
	}
	var parts []string
	for _, s := range side {
		name := s.Name
		if name == "" {
			name = s.Play
		}
		if name == "" {
			name = lab.Honest
		}
		if name != g.Name {
			continue
		}
		switch {
		case !g.Mines:
			parts = append(parts, fmt.Sprintf("%s each, noise %g", chart.TAO.Write(s.Stake), s.Noise))
		case s.Skill.From == s.Skill.To:
			parts = append(parts, fmt.Sprintf("skill %g", s.Skill.From))
		default:
			parts = append(parts, fmt.Sprintf("skill %g to %g", s.Skill.From, s.Skill.To))
		}
	}
	return strings.Join(slices.Compact(parts), "; ")
}

func (r *Report) staked(g *group) string {
	sum := 0.0
	for _, uid := range g.UIDs {
		sum += r.archive.Frames[0].Stake[uid]
	}
	return chart.TAO.Write(sum) + " at first"
}

// sampled says what of a long run is drawn.
func (r *Report) sampled() string {
	b := r.seen.buckets
	if len(b) == len(r.result.Epochs) {
		return ""
	}
	size := b[len(b)-1].to - b[len(b)-1].from
	return fmt.Sprintf("The run has %d epochs: every point of pay, incentive and dividends is the mean of %d of them, every point of bonds is the last of %d. Sums and the table are of all epochs.", len(r.result.Epochs), size, size)
}
