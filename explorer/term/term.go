// Package term shows an explorer.State in a terminal of 80 columns, the same figures as the page.
package term

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"

	"github.com/ergon-network/ergon/explorer"
)

// Columns is the width that no line exceeds.
const Columns = 80

// The columns of a neuron add up to 80 with the spaces between them.
const (
	uidCols      = 4
	neuronCols   = 22 // a name of 8, a space and a short key of 13
	strategyCols = 15
	tasksCols    = 6
	scoreCols    = 6
	shareCols    = 9
	earnedCols   = 12
	nameCols     = 8
	barCols      = 30
)

// Write prints the state of every subnet and where each rao went. It writes in one piece and returns the writer's error.
func Write(w io.Writer, s explorer.State) error {
	s = s.Bounded()
	var b strings.Builder
	head := fmt.Sprintf("Block %s  %s", explorer.Count(s.Height), s.ChainID)
	if !s.Time.IsZero() {
		head += "  " + s.Time.UTC().Format(time.DateTime) + " UTC"
	}
	line(&b, head)
	if s.Notice != "" {
		line(&b, s.Notice)
	}
	for _, sn := range s.Subnets {
		subnet(&b, sn)
	}
	money(&b, s.Totals)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print block %d: %w", s.Height, err)
	}
	return nil
}

func subnet(b *strings.Builder, s explorer.Subnet) {
	b.WriteByte('\n')
	line(b, title(s))
	line(b, fmt.Sprintf("  next epoch in %d of %d blocks, %s TAO pending, registration %s TAO",
		s.BlocksLeft, s.Tempo, explorer.TAO(s.PendingRao), explorer.TAO(s.BurnRao)))
	for _, text := range []string{s.Weights, s.Note} {
		if text != "" {
			line(b, "  "+text)
		}
	}
	for _, role := range []explorer.Role{explorer.Miner, explorer.Validator} {
		neurons(b, s, role)
	}
}

func neurons(b *strings.Builder, s explorer.Subnet, role explorer.Role) {
	var list []explorer.Neuron
	for _, n := range s.Neurons {
		if n.Role == role {
			list = append(list, n)
		}
	}
	if len(list) == 0 {
		return
	}
	slices.SortStableFunc(list, func(a, b explorer.Neuron) int {
		return cmp.Or(cmp.Compare(b.EarnedRao, a.EarnedRao), cmp.Compare(a.UID, b.UID))
	})
	shareTitle := "INCENTIVE"
	if role == explorer.Validator {
		shareTitle = "DIVIDENDS"
	}
	offline := false
	row(b, "UID", strings.ToUpper(string(role)), "STRATEGY", "TASKS", "SCORE", shareTitle, "EARNED TAO")
	for _, n := range list {
		score, share := explorer.Score(n.Score), n.Incentive
		if role == explorer.Validator {
			score, share = "-", n.Dividends
		}
		uid := fmt.Sprint(n.UID)
		if !n.Online {
			uid, offline = "×"+uid, true
		}
		row(b, uid, who(n), n.Strategy, fit(n.Tasks, tasksCols), score, explorer.Percent(share), amount(n.EarnedRao))
	}
	if offline {
		line(b, "   × offline")
	}
}

func row(b *strings.Builder, uid, neuron, strategy, tasks, score, share, earned string) {
	line(b, strings.Join([]string{
		right(uid, uidCols), left(neuron, neuronCols), left(strategy, strategyCols), right(tasks, tasksCols),
		right(score, scoreCols), right(share, shareCols), right(earned, earnedCols),
	}, " "))
}

// who names a neuron by its name, where it has one, and its key.
func who(n explorer.Neuron) string {
	key := explorer.ShortKey(n.Hotkey)
	if n.Name == "" {
		return key
	}
	return left(short(n.Name), nameCols) + " " + key
}

// short keeps both ends of a name that is too long: what tells siblings apart is often at its end.
func short(name string) string {
	runes := []rune(name)
	if len(runes) <= nameCols {
		return name
	}
	return string(runes[:nameCols-3]) + "…" + string(runes[len(runes)-2:])
}

func money(b *strings.Builder, t explorer.Totals) {
	b.WriteByte('\n')
	line(b, "Where each rao went since genesis, in TAO")
	for _, p := range t.Parts() {
		cells := int(p.Share*barCols + .5)
		if p.Rao > 0 {
			cells = max(cells, 1)
		}
		line(b, fmt.Sprintf("  %s %s %s %s", left(p.Name, 14), left(strings.Repeat("█", cells), barCols), right(explorer.TAO(p.Rao), 20), right(explorer.Percent(p.Share), 8)))
	}
	line(b, fmt.Sprintf("  Supply %s at genesis, %s now", explorer.TAO(t.SupplyGenesisRao), explorer.TAO(t.SupplyNowRao)))
	if t.DustRao > 0 {
		line(b, fmt.Sprintf("  Never minted %d rao", t.DustRao))
	}
	verdict := "Adds up to the rao: now − genesis = miners + validators + owners − recycled"
	if err := t.Check(); err != nil {
		verdict = "DOES NOT ADD UP: " + err.Error()
	}
	for _, l := range wrap(verdict) {
		line(b, l)
	}
}

// amount writes TAO in the column of the earnings, without decimals where they do not fit.
func amount(rao uint64) string {
	text := explorer.TAO(rao)
	if len(text) > earnedCols {
		text, _, _ = strings.Cut(text, ".")
	}
	return text
}

// fit writes a count in n columns, in thousands or millions where it does not fit.
func fit(count uint64, n int) string {
	text := explorer.Count(count)
	for _, unit := range []string{"k", "M", "G", "T", "P", "E"} {
		if len(text) <= n {
			break
		}
		count /= 1000
		text = explorer.Count(count) + unit
	}
	return text
}

// line ends a line, cut to the terminal's width and without spaces at its end.
func line(b *strings.Builder, text string) {
	b.WriteString(strings.TrimRight(cut(text, Columns), " "))
	b.WriteByte('\n')
}

// wrap breaks a text between words, indents it and indents further what follows the first line.
func wrap(text string) (lines []string) {
	current := " "
	for _, word := range strings.Fields(text) {
		if columns(current)+1+columns(word) > Columns {
			lines = append(lines, current)
			current = "   "
		}
		current += " " + word
	}
	return append(lines, current)
}

func left(text string, n int) string {
	text = cut(text, n)
	return text + strings.Repeat(" ", n-columns(text))
}

func right(text string, n int) string {
	text = cut(text, n)
	return strings.Repeat(" ", n-columns(text)) + text
}

// cut shortens a text to n columns and marks that with an ellipsis.
func cut(text string, n int) string {
	if columns(text) <= n {
		return text
	}
	var b strings.Builder
	used := 0
	for _, r := range text {
		if used+runeColumns(r) > n-1 {
			break
		}
		used += runeColumns(r)
		b.WriteRune(r)
	}
	return b.String() + "…"
}

func columns(text string) (n int) {
	for _, r := range text {
		n += runeColumns(r)
	}
	return n
}

// runeColumns is the number of cells a terminal gives to a rune.
func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// title names a subnet, and only says what is not said already.
func title(s explorer.Subnet) string {
	text := fmt.Sprintf("Subnet %d %s", s.Netuid, s.Name)
	if s.Market != s.Name {
		text += ", market " + s.Market
	}
	if s.Profile != "" {
		text += ", profile " + s.Profile
	}
	return text + ", " + explorer.Percent(s.Share) + " of the emission"
}
