package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/lab"
)

// votes is what validators say of a miner.
func (t *telling) votes(m *lab.MinerSteps) {
	t.head("What validators say of it", "4.5 to §4.8")
	if len(m.Votes) == 0 {
		t.say("No validator has a vote, and none names it.")
		return
	}
	rows := newTable(">UID", "VALIDATOR", ">VOTE", ">WEIGHT", ">CLIPPED", ">COUNTS")
	rest := 0.0
	for i, v := range m.Votes {
		if i >= t.top {
			rest += v.Counts
			continue
		}
		rows.row(v.UID, clip(v.Name, 16), exactPercent(v.Vote), unlessDropped(v.Weight, v.Dropped), fraction(v.Clipped), fraction(v.Counts))
	}
	if n := len(m.Votes) - t.top; n > 0 {
		rows.row("", fmt.Sprintf("%d more", n), "", "", "", fraction(rest))
	}
	t.table(rows)
	dropped := map[string][]int{}
	for _, v := range m.Votes {
		if v.Dropped != "" {
			dropped[v.Dropped] = append(dropped[v.Dropped], v.UID)
		}
	}
	t.dropped("of validator", dropped)
	t.consensus(m)
	t.say("Rank is what the votes count together, vote times clipped weight: %s.", fraction(m.Rank))
}

// unlessDropped is a weight, unless it does not count.
func unlessDropped(weight float64, dropped string) string {
	if dropped != "" {
		return "dropped"
	}
	return fraction(weight)
}

// namedUIDs is how many uids a sentence names at most.
const namedUIDs = 10

func (t *telling) dropped(who string, uids map[string][]int) {
	for _, why := range slices.Sorted(maps.Keys(uids)) {
		list := uids[why]
		text := strings.Trim(fmt.Sprint(list[:min(len(list), namedUIDs)]), "[]")
		if n := len(list) - namedUIDs; n > 0 {
			text += fmt.Sprintf(" and %d more", n)
		}
		t.say("Dropped, %s %s: %s.", who, strings.ReplaceAll(text, " ", ", "), why)
	}
}

func (t *telling) consensus(m *lab.MinerSteps) {
	kappa := exactPercent(t.x.Rules.Kappa)
	switch {
	case m.Consensus == 0 && m.Next == 0:
		t.say("Nobody who votes names it: the consensus is 0.")
		return
	case m.Consensus == 0:
		t.say("The consensus is 0, and with it what every weight is clipped to: even the smallest weight, %s, is supported by only %s of the votes, and a majority (kappa) is %s.", fraction(m.Next), exactPercent(m.NextSupport), kappa)
		return
	}
	text := fmt.Sprintf("The consensus is %s, the largest weight that a majority (kappa, %s) supports: %s of the votes say that much or more", fraction(m.Consensus), kappa, exactPercent(m.Support))
	if m.Next > 0 {
		text += fmt.Sprintf(", for the next weight, %s, it is %s", fraction(m.Next), exactPercent(m.NextSupport))
	}
	t.say("%s. What is above the consensus is clipped to it.", text)
}

// incentive is from rank to pay.
func (t *telling) incentive(m *lab.MinerSteps) {
	t.head("Pay as a miner", "4.8, §4.10")
	if t.x.Pot.Fallback != "" {
		t.say("None: nobody has incentive in this epoch.")
		return
	}
	t.steps(
		"its rank", fraction(m.Rank), "all ranks", fraction(m.Ranks), "incentive, its part of them", exactPercent(m.Incentive),
		"all incentives and dividends", fraction(t.x.Pot.Parts), "its part of the pot", exactPercent(m.Part), "pay, TAO", coin.Decimal(m.Pay),
	)
}

// steps writes names and figures below each other.
func (t *telling) steps(cells ...string) {
	rows := newTable("", ">")
	for i := 0; i+1 < len(cells); i += 2 {
		rows.row(cells[i], cells[i+1])
	}
	var b strings.Builder
	rows.write(&b)
	_, body, _ := strings.Cut(b.String(), "\n") // there are no heads
	for line := range strings.Lines(body) {
		fmt.Fprint(t.w, "  "+line)
	}
}

// row is what a validator says, and what clipping leaves of it.
func (t *telling) row(v *lab.ValidatorSteps) {
	t.head("What it says of miners", "4.5, §4.7")
	if len(v.Row) == 0 {
		if t.x.Rules.CommitReveal > 0 {
			t.say("No weights of it are in force: weights stay hidden for %d epochs here.", t.x.Rules.CommitReveal)
		} else {
			t.say("No weights of it are in force.")
		}
		return
	}
	t.say("The row in force is of block %d.", v.WeighedAt)
	rows := newTable(">UID", "MINER", ">WEIGHT", ">CONSENSUS", ">CLIPPED", ">LOST")
	rest := [3]float64{}
	dropped := map[string][]int{}
	for i, w := range v.Row {
		if w.Dropped != "" {
			dropped[w.Dropped] = append(dropped[w.Dropped], w.UID)
		}
		if i >= t.top {
			rest = [3]float64{rest[0] + w.Weight, rest[1] + w.Clipped, rest[2] + w.Weight - w.Clipped}
			continue
		}
		rows.row(w.UID, clip(w.Name, 16), unlessDropped(w.Weight, w.Dropped), fraction(w.Consensus), fraction(w.Clipped), fraction(w.Weight-w.Clipped))
	}
	if n := len(v.Row) - t.top; n > 0 {
		rows.row("", fmt.Sprintf("%d more", n), fraction(rest[0]), "", fraction(rest[1]), fraction(rest[2]))
	}
	t.table(rows)
	t.dropped("for uid", dropped)
	t.say("Validator trust is what clipping left of the row: %s.", fraction(v.Trust))
}

// bonds are what a validator holds of miners, and what they earn.
func (t *telling) bonds(v *lab.ValidatorSteps) {
	r := t.x.Rules
	t.head("Bonds", "4.9")
	toward := "the clipped weight"
	if r.BondsPenalty < 1 {
		toward = fmt.Sprintf("the weight, clipped for %s of what is above the consensus", exactPercent(r.BondsPenalty))
	}
	switch r.Bonds {
	case "classic":
		t.say("Classic bonds: parts of each miner. In each epoch they move %s of the way toward the validator's part of all votes for that miner (vote times %s), and are scaled so that those of all validators are 1.", exactPercent(r.BondsSpeed), toward)
	case "liquid":
		t.say("Yuma3 bonds with liquid alpha (§5): each moves toward %s at a speed of its own.", toward)
	default:
		t.say("Yuma3 bonds: each moves %s of the way toward %s in an epoch.", exactPercent(r.BondsSpeed), toward)
	}
	if len(v.Bonds) == 0 {
		t.say("It has none.")
		return
	}
	heads := []string{">UID", "MINER", ">BEFORE", ">TOWARD", ">AFTER", ">OF ALL", ">INCENTIVE", ">EARNS"}
	if r.Bonds == "liquid" {
		heads[1] = ">SPEED"
	}
	rows, rest := newTable(heads...), 0.0
	for i, b := range v.Bonds {
		if i >= t.top {
			rest += b.Earns
			continue
		}
		second := clip(b.Name, 10)
		if r.Bonds == "liquid" {
			second = exactPercent(b.Speed)
		}
		rows.row(b.UID, second, fraction(b.Before), fraction(b.Toward), fraction(b.After), exactPercent(b.Share), exactPercent(b.Incentive), fraction(b.Earns))
	}
	if n := len(v.Bonds) - t.top; n > 0 {
		rows.row("", fmt.Sprintf("%d more", n), "", "", "", "", "", fraction(rest))
	}
	t.table(rows)
	t.say("OF ALL is its part of all bonds in the miner; it earns that part of the miner's incentive.")
}

// dividends is from bonds to pay.
func (t *telling) dividends(v *lab.ValidatorSteps) {
	t.head("Pay as a validator", "4.9, §4.10")
	if f := t.x.Pot.Fallback; f != "" {
		t.steps("its part of all "+f, exactPercent(v.Part), "pay, TAO", coin.Decimal(v.Pay))
		return
	}
	cells := []string{"what its bonds earn", fraction(v.Sum)}
	if t.x.Rules.Bonds != "classic" {
		cells = append(cells, "its vote", exactPercent(t.x.Standing.Vote), "the product", fraction(v.Earned))
	}
	t.steps(append(cells,
		"the same of all validators", fraction(v.AllEarned), "dividends, its part of that", exactPercent(v.Dividends),
		"all incentives and dividends", fraction(t.x.Pot.Parts), "its part of the pot", exactPercent(v.Part), "pay, TAO", coin.Decimal(v.Pay),
	)...)
}
