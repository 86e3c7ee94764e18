package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newManCommand writes the manual. Shell completion is cobra's own `completion` command.
func newManCommand(e *env) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "man", Short: "Write the manual pages", Args: cobra.NoArgs,
		Long:    `Write a manual page for every command, in section 1.`,
		Example: "  ergon man --dir ~/.local/share/man/man1\n  ergon man --dir man --json",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			if err := doc.GenManTree(c.Root(), &doc.GenManHeader{Title: "ERGON", Section: "1", Source: "Ergon"}, dir); err != nil {
				return fmt.Errorf("write manual pages into %s: %w", dir, err)
			}
			pages, err := os.ReadDir(dir)
			if err != nil {
				return err
			}
			out := struct {
				Dir   string `json:"dir"`
				Pages int    `json:"pages"`
			}{dir, len(pages)}
			return e.print(out, func(w io.Writer) { fmt.Fprintf(w, "%d pages in %s\n", out.Pages, dir) })
		},
	}
	c.Flags().StringVar(&dir, "dir", "man", "folder to write into")
	return c
}
