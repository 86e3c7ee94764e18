package cli

import (
	"fmt"
	"io"
	"net"

	"github.com/spf13/cobra"

	labpage "github.com/ergon-network/ergon/lab/page"
)

const labServeHelp = `Serve a page on this machine on which stakes, weights and rules are dragged, and
bonds and dividends over the epochs move at once, settled by the code that pays.
It also plays the scenarios that ship and shows their reports. It keeps nothing:
a case is in the address of the page and can be sent as a link.`

func newLabServeCommand(e *env) *cobra.Command {
	var listen string
	var hosts []string
	c := &cobra.Command{
		Use: "serve", Short: "Serve a page to drag stakes and weights on", Long: labServeHelp, Args: cobra.NoArgs,
		Example: "  ergon lab serve\n  ergon lab serve --listen 127.0.0.1:9000 --json",
		RunE: func(c *cobra.Command, _ []string) error {
			log, err := e.logger(c)
			if err != nil {
				return err
			}
			server, err := labpage.New(hosts, log)
			if err != nil {
				return err
			}
			l, err := (&net.ListenConfig{}).Listen(c.Context(), "tcp", listen)
			if err != nil {
				return fmt.Errorf("page: %w; choose another address with --listen", err)
			}
			at := struct {
				Page string `json:"page"`
			}{"http://" + l.Addr().String()}
			if err := e.print(at, func(w io.Writer) { fmt.Fprintf(w, "page  %s\nCtrl-C ends it.\n", at.Page) }); err != nil {
				l.Close()
				return err
			}
			return server.Serve(c.Context(), l)
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8610", "address of the page; port 0 takes a free one")
	c.Flags().StringArrayVar(&hosts, "host", nil, "name under which the page may be asked for besides localhost; repeat for several")
	return c
}
