package explorer

import (
	"fmt"
	"strconv"
	"strings"
)

// raoPerTAO is the number of rao in one TAO.
const raoPerTAO = 1_000_000_000

// TAO writes an amount of rao in TAO with four decimals, rounded down so that no sum looks larger than its parts, and thousands grouped:
// "1,234.5678". An amount that would show as nothing is "<0.0001".
func TAO(rao uint64) string {
	fraction := rao % raoPerTAO / (raoPerTAO / 10_000)
	if rao > 0 && rao < raoPerTAO/10_000 {
		return "<0.0001"
	}
	return fmt.Sprintf("%s.%04d", Count(rao/raoPerTAO), fraction)
}

// Count writes a number with its thousands grouped: "1,234,567".
func Count(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Percent writes a share of 0 … 1 with one decimal: "34.1 %".
func Percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + " %" }

// Score writes a score with three decimals: "0.812".
func Score(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) }

// ShortKey shortens an address to its first and last six characters, which is how people compare them: "5Grwva…GKutQY".
func ShortKey(hotkey string) string {
	runes := []rune(hotkey)
	if len(runes) <= 13 {
		return hotkey
	}
	return string(runes[:6]) + "…" + string(runes[len(runes)-6:])
}

// Part is a piece of a whole.
type Part struct {
	Key   string // "miners", "validators", "owner", "recycled" or "pending"
	Name  string
	Rao   uint64
	Share float64 // of the whole, 0 … 1
}

// Parts divides the money since genesis by where it went: minted to miners, validators and owners, recycled, and pending.
func (t Totals) Parts() []Part {
	return shared([]Part{
		{Key: "miners", Name: "Miners", Rao: t.MinersRao},
		{Key: "validators", Name: "Validators", Rao: t.ValidatorsRao},
		{Key: "owner", Name: "Subnet owners", Rao: t.OwnerRao},
		{Key: "recycled", Name: "Recycled", Rao: t.RecycledRao},
		{Key: "pending", Name: "Pending", Rao: t.PendingRao},
	})
}

// Parts divides an epoch's payout.
func (p Payout) Parts() []Part {
	return shared([]Part{
		{Key: "miners", Name: "Miners", Rao: p.MinersRao},
		{Key: "validators", Name: "Validators", Rao: p.ValidatorsRao},
		{Key: "owner", Name: "Owner", Rao: p.OwnerRao},
	})
}

// TotalRao is what an epoch paid.
func (p Payout) TotalRao() uint64 { return p.MinersRao + p.ValidatorsRao + p.OwnerRao }

func shared(parts []Part) []Part {
	var whole float64
	for _, p := range parts {
		whole += float64(p.Rao)
	}
	for i := range parts {
		if whole > 0 {
			parts[i].Share = float64(parts[i].Rao) / whole
		}
	}
	return parts
}
