package localnet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"

	"github.com/ergon-network/ergon/explorer"
	"github.com/ergon-network/ergon/internal/durable"
	"github.com/ergon-network/ergon/subnets"
)

// page is the running explorer.
type page struct {
	server *explorer.Server
	url    string
}

// openPage serves the page until ctx ends. Its address is remembered in page.url for other tools.
func (v *view) openPage(ctx context.Context, markets []subnets.Market, log *slog.Logger) (*page, error) {
	address := v.o.Page
	if address == "" {
		var err error
		if address, err = v.address("page"); err != nil {
			return nil, err
		}
	}
	panels, err := v.panels(markets)
	if err != nil {
		return nil, err
	}
	server, err := explorer.New(explorer.Config{Faucet: v.faucet, Panels: panels, Log: log})
	if err != nil {
		return nil, err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("page: %w; choose another address with --page", err)
	}
	go func() {
		if err := server.Serve(ctx, ln); err != nil {
			log.Error("page ended", "error", err)
		}
	}()
	p := &page{server: server, url: "http://" + ln.Addr().String()}
	return p, durable.Write(v.o.path("page.url"), []byte(p.url+"\n"))
}

// panels are the markets' own sections, each over its subnet's first validator.
func (v *view) panels(markets []subnets.Market) ([]explorer.Panel, error) {
	var panels []explorer.Panel
	for i, m := range markets {
		if m.Panel == nil || slices.ContainsFunc(markets[:i], func(o subnets.Market) bool { return o.Name == m.Name }) {
			continue
		}
		api, err := v.address(firstValidator(v.plan.Subnets[i]) + statusSuffix)
		if err != nil {
			return nil, err
		}
		p, err := m.Panel(api)
		if err != nil {
			return nil, fmt.Errorf("panel of %s: %w", m.Name, err)
		}
		panels = append(panels, p)
	}
	return panels, nil
}

// faucet sends a visitor coins. The explorer has checked the address and bounds how often.
func (v *view) faucet(ctx context.Context, address string) (uint64, error) {
	chain := v.giver.Load()
	if chain == nil {
		return 0, errors.New("the ledger is starting: try again in a moment")
	}
	cold, _, err := openWallet(v.o, faucetWallet)
	if err != nil {
		return 0, err
	}
	_, err = chain.Transfer(ctx, cold, address, faucetGift)
	return faucetGift, err
}
