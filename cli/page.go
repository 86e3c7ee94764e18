package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// page is what of a long list is shown.
type page struct {
	after string
	limit uint64 // 0: all
}

func (p *page) flags(c *cobra.Command, what string) {
	c.Flags().StringVar(&p.after, "after", "", "begin behind this "+what+"; the end of a page names it")
	c.Flags().Uint64Var(&p.limit, "limit", 100, "how many to show; 0 is all")
}

// more tells where to go on.
func (p *page) more(w io.Writer, next string) {
	if next != "" {
		fmt.Fprintf(w, "There is more: go on with --after\n%s\n", next)
	}
}

// mostOfAnswer is how many entries a node gives at once.
const mostOfAnswer = 1000

// collect reads a list up to the page's limit, as many answers as it takes, and returns with it
// where to go on.
func collect[T any](p page, read func(after string, limit uint64) ([]T, string, error)) (all []T, next string, err error) {
	for next = p.after; ; {
		ask := uint64(mostOfAnswer)
		if p.limit > 0 {
			ask = min(ask, p.limit-uint64(len(all)))
		}
		var entries []T
		if entries, next, err = read(next, ask); err != nil {
			return nil, "", err
		}
		all = append(all, entries...)
		if next == "" || p.limit > 0 && uint64(len(all)) >= p.limit {
			return all, next, nil
		}
	}
}
