package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/ergon-network/ergon/chain/client"
)

// print writes a command's result: v as JSON, or what human writes.
func (e *env) print(v any, human func(w io.Writer)) error {
	if !e.json {
		human(e.out)
		return nil
	}
	enc := json.NewEncoder(e.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// note tells a person something on the side; JSON carries it in its own fields, but whoever is asked
// has to know what for.
func (e *env) note(format string, args ...any) {
	if e.tells() {
		fmt.Fprintln(e.err, wrap(printable(fmt.Sprintf(format, args...)), screen))
	}
}

func (e *env) tells() bool { return !e.json || e.asks && !e.yes && !e.no }

// screen is how many columns everything fits that is not asked to be wide.
const screen = 80

// hanging is text wrapped to the screen, for a place that is indented by so many columns.
func hanging(text string, indent int) string {
	return strings.ReplaceAll(wrap(text, screen-indent), "\n", "\n"+strings.Repeat(" ", indent))
}

// wrap breaks a sentence into lines of at most width characters, where it has spaces.
func wrap(text string, width int) string {
	var b strings.Builder
	used := 0
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case used+1+n > width:
			b.WriteByte('\n')
			used = 0
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}

// table prints columns, separated by two spaces. A head that starts with ">" is right-aligned.
type table struct {
	heads []string
	rows  [][]string
}

func newTable(heads ...string) *table { return &table{heads: heads} }

func (t *table) row(cells ...any) {
	row := make([]string, len(t.heads))
	for i := range row {
		if i < len(cells) {
			row[i] = strings.Map(oneLine, printable(fmt.Sprint(cells[i])))
		}
	}
	t.rows = append(t.rows, row)
}

func oneLine(r rune) rune {
	if r == '\n' || r == '\t' {
		return ' '
	}
	return r
}

func (t *table) write(w io.Writer) {
	heads := make([]string, len(t.heads))
	width := make([]int, len(t.heads))
	for i, h := range t.heads {
		heads[i] = strings.TrimPrefix(h, ">")
	}
	lines := append([][]string{heads}, t.rows...)
	for _, line := range lines {
		for i, cell := range line {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range lines {
		var b strings.Builder
		for i, cell := range line {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if strings.HasPrefix(t.heads[i], ">") {
				cell = pad + cell
			} else {
				cell += pad
			}
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(cell)
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// pairs prints names and values below each other.
func pairs(w io.Writer, cells ...any) {
	t := newTable("", "")
	for i := 0; i+1 < len(cells); i += 2 {
		t.row(cells[i], cells[i+1])
	}
	width := 0
	for _, r := range t.rows {
		width = max(width, len(r[0]))
	}
	for _, r := range t.rows {
		fmt.Fprintf(w, "%-*s  %s\n", width, r[0], r[1])
	}
}

// short shows the two ends of an address: enough to tell neighbours apart, never to send to.
func short(address string) string {
	if len(address) <= 13 {
		return address
	}
	return address[:6] + "…" + address[len(address)-4:]
}

// clip cuts a name to fit a column.
func clip(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}

func yesno(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// done is where a transaction happened.
type done struct {
	Hash  string `json:"hash"`
	Block uint64 `json:"block"`
}

func where(r *client.Receipt) done { return done{Hash: r.Hash, Block: r.Height} }
