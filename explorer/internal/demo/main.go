// Command demo serves the explorer's page on a fixture that moves on by a block twice a second, to look at the page while working on it:
//
//	go run ./explorer/internal/demo -listen 127.0.0.1:8600 -height 640
package main

import (
	"context"
	"flag"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/ergon-network/ergon/explorer"
	"github.com/ergon-network/ergon/explorer/internal/fixture"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8600", "address of the page")
	height := flag.Uint64("height", 640, "first block shown")
	still := flag.Bool("still", false, "stay at the first block, for screenshots")
	hostile := flag.Bool("hostile", false, "show a state of hostile text, at rest")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *listen, *height, *still, *hostile); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen string, height uint64, still, hostile bool) error {
	srv, err := explorer.New(explorer.Config{
		Panels: []explorer.Panel{hello{}},
		Faucet: func(context.Context, string) (uint64, error) { return 1_000_000_000, nil },
		Log:    slog.Default(),
	})
	if err != nil {
		return err
	}
	srv.Publish(fixture.State(height))
	if hostile {
		srv.Publish(fixture.Hostile())
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", l.Addr())
	go func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for !still && !hostile {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				height++
				srv.Publish(fixture.State(height))
			}
		}
	}()
	return srv.Serve(ctx, l)
}

// hello shows where a market's own section appears.
type hello struct{}

func (hello) Name() string  { return "hello" }
func (hello) Title() string { return "A market's own panel" }
func (hello) Render(context.Context) (template.HTML, error) {
	return `<p class="quiet">A market may add a section of its own here, such as a field to drop a clip on.</p>`, nil
}
func (hello) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hello") })
}
