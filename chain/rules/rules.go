// Package rules finds what the modules' specifications say about a word: an error, a message, an
// event, a parameter. The READMEs of chain/x and docs/fees.md are the one place where the ledger's
// rules are written down; this package reads them, so what `ergon explain` shows cannot differ from
// them. What an error means to a person, and what to do about it, is in the tables of errors.go.
package rules

import (
	"regexp"
	"strings"
	"sync"

	"github.com/ergon-network/ergon/chain/x/authority"
	"github.com/ergon-network/ergon/chain/x/beacon"
	"github.com/ergon-network/ergon/chain/x/incentive"
	"github.com/ergon-network/ergon/chain/x/stake"
	"github.com/ergon-network/ergon/chain/x/subnet"
	"github.com/ergon-network/ergon/chain/x/upgrade"
	"github.com/ergon-network/ergon/docs"
)

// Rule is one table row or paragraph of a specification.
type Rule struct {
	Module  string `json:"module"`  // "stake"; "fees" is docs/fees.md
	Section string `json:"section"` // headings above it, "Messages > MsgRegister"
	Cells   []Cell `json:"cells,omitempty"`
	Text    string `json:"text,omitempty"` // of a paragraph or list item
}

// Cell is one column of a table row.
type Cell struct {
	Column string `json:"column"`
	Value  string `json:"value"`
}

// specs in the order in which they are searched.
var specs = []struct{ module, text string }{
	{"subnet", subnet.Spec}, {"stake", stake.Spec}, {"incentive", incentive.Spec}, {"authority", authority.Spec},
	{"upgrade", upgrade.Spec}, {"beacon", beacon.Spec}, {"fees", docs.Fees},
}

// all are the rules of every specification, read once.
var all = sync.OnceValue(func() []Rule {
	var rules []Rule
	for _, s := range specs {
		rules = append(rules, parse(s.module, s.text)...)
	}
	return rules
})

// Find returns the rules that name word, whole words first, at most most of them. Case, spaces and
// underscores do not matter: "not enough stake", "NotEnoughStake" and "ErrNotEnoughStake" are one.
func Find(word string, most int) []Rule {
	key := fold(word)
	if key == "" {
		return nil
	}
	var exact, rest []Rule
	for _, r := range all() {
		switch r.match(key) {
		case whole:
			exact = append(exact, r)
		case part:
			rest = append(rest, r)
		}
	}
	found := append(exact, rest...)
	return found[:min(len(found), most)]
}

// titles stands between the headings in a rule's section.
const titles = ">"

type fit int

const (
	none fit = iota
	part
	whole
)

// match tells whether a rule names the word: as a whole identifier somewhere, or only inside others.
// What stands under a heading that is the word is about it too.
func (r Rule) match(key string) fit {
	best := none
	if r.headed(key) {
		return whole
	}
	for _, text := range append([]string{r.Text}, r.values()...) {
		for _, w := range identifiers.FindAllString(text, -1) {
			if f := fold(w); f == key || strings.TrimPrefix(f, "err") == strings.TrimPrefix(key, "err") {
				return whole
			}
		}
		if strings.Contains(fold(text), key) {
			best = part
		}
	}
	return best
}

// headed tells whether the word is the last heading above the rule, as a whole or as the message
// whose form it gives: "MsgRegister(coldkey, …)".
func (r Rule) headed(key string) bool {
	title := r.Section[strings.LastIndex(r.Section, titles)+1:]
	name, _, _ := strings.Cut(title, "(")
	return key != "" && (strings.TrimPrefix(fold(name), "msg") == strings.TrimPrefix(key, "msg") || fold(title) == key)
}

func (r Rule) values() []string {
	values := make([]string, len(r.Cells))
	for i, c := range r.Cells {
		values[i] = c.Value
	}
	return values
}

var (
	identifiers = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_]*`)
	separators  = regexp.MustCompile(`^\|[\s:|-]+\|$`)
)

// fold drops what does not distinguish two words.
func fold(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		}
		return -1
	}, text)
}

// parse splits a specification into its rows and paragraphs.
func parse(module, text string) []Rule {
	var rules []Rule
	var heads, columns, paragraph []string
	fenced, first := false, ""
	flush := func() {
		if len(paragraph) > 0 {
			rules = append(rules, Rule{Module: module, Section: strings.Join(heads, " "+titles+" "), Text: strings.Join(paragraph, " ")})
		}
		paragraph = nil
	}
	for line := range strings.Lines(text + "\n\n") {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			flush()
			fenced = !fenced
		case fenced:
		case strings.HasPrefix(line, "#"):
			flush()
			level := len(line) - len(strings.TrimLeft(line, "#"))
			if level > 1 {
				heads = append(heads[:min(len(heads), level-2)], plain(strings.TrimLeft(line, "# ")))
			}
		case strings.HasPrefix(line, "|"):
			flush()
			if separators.MatchString(line) {
				continue
			}
			if columns == nil {
				columns = cells(line)
				continue
			}
			values := cells(line)
			if values[0] == "" { // the same as in the row above
				values[0] = first
			}
			first = values[0]
			rules = append(rules, row(module, heads, columns, values))
			continue // keeps the columns
		case line == "":
			flush()
		case strings.HasPrefix(line, "- "), len(line) > 2 && line[0] >= '0' && line[0] <= '9' && line[1] == '.':
			flush()
			paragraph = []string{plain(line)}
		default:
			paragraph = append(paragraph, plain(line))
		}
		columns, first = nil, ""
	}
	flush()
	return rules
}

func row(module string, heads, columns, values []string) Rule {
	r := Rule{Module: module, Section: strings.Join(heads, " "+titles+" ")}
	for i, v := range values {
		if v == "" || i >= len(columns) {
			continue
		}
		r.Cells = append(r.Cells, Cell{columns[i], v})
	}
	return r
}

// cells splits a table line; `\|` is a bar inside a cell.
func cells(line string) []string {
	line = strings.ReplaceAll(strings.Trim(line, "|"), `\|`, "\x00")
	parts := strings.Split(line, "|")
	for i, p := range parts {
		parts[i] = plain(strings.ReplaceAll(p, "\x00", "|"))
	}
	return parts
}

// plain drops the marks of Markdown.
func plain(text string) string {
	return strings.TrimSpace(strings.NewReplacer("`", "", "**", "").Replace(text))
}
