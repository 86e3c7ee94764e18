package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/internal/purse"
)

// sheet is a table for programs: a header and rows.
type sheet struct {
	head []string
	rows [][]any
}

func (s *sheet) row(cells ...any) { s.rows = append(s.rows, cells) }

// write writes CSV. Numbers are written so that reading them gives the same number.
func (s *sheet) write(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(s.head); err != nil {
		return err
	}
	for _, row := range s.rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			switch x := cell.(type) {
			case nil: // an empty cell
			case float64:
				cells[i] = strconv.FormatFloat(x, 'g', -1, 64)
			default:
				cells[i] = fmt.Sprint(x)
			}
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// csvFlag is --csv of a command whose result is a table.
type csvFlag bool

func (f *csvFlag) add(c *cobra.Command) {
	c.Flags().BoolVar((*bool)(f), "csv", false, "print the table as CSV")
}

// check refuses two forms at once, before the work begins.
func (f csvFlag) check(e *env) error {
	if bool(f) && e.json {
		return purse.Usage("--csv and --json are two forms of one answer: give one")
	}
	return nil
}

// print writes a result as CSV where that is asked for, else as env.print does.
func (f csvFlag) print(e *env, v any, table func() *sheet, human func(w io.Writer)) error {
	if f {
		return table().write(e.out)
	}
	return e.print(v, human)
}
