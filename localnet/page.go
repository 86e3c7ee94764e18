package localnet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/ergon-network/ergon/explorer"
)

// page is the running explorer.
type page struct {
	server *explorer.Server
	url    string
}

// openPage serves the page until ctx ends. Its address is remembered in page.url for other tools.
func (v *view) openPage(ctx context.Context, log *slog.Logger) (*page, error) {
	address := v.o.Page
	if address == "" {
		var err error
		if address, err = v.address("page"); err != nil {
			return nil, err
		}
	}
	server, err := explorer.New(explorer.Config{Faucet: v.faucet, Log: log})
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
	return p, writeAtomic(v.o.path("page.url"), []byte(p.url+"\n"))
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
