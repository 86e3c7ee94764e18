package cli

import (
	"context"
	"encoding/hex"
	"io"
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
)

func newServeCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "serve", Short: "Publish where a neuron listens",
		Example: "  ergon serve axon 1 203.0.113.7:8091 --wallet alice\n  ergon serve prometheus 1 203.0.113.7:7091 --wallet alice",
	}, newServeAxonCommand(e), newServePrometheusCommand(e))
}

// endpoint is an address as the ledger keeps it.
type endpoint struct {
	ip   string
	kind uint32
	port uint32
}

func parseEndpoint(text string) (endpoint, error) {
	a, err := netip.ParseAddrPort(text)
	if err != nil || a.Port() == 0 {
		return endpoint{}, purse.Usage("%q is no address: give digits and a port, 203.0.113.7:8091 or [2001:db8::1]:8091", text)
	}
	e := endpoint{ip: a.Addr().Unmap().String(), kind: 6, port: uint32(a.Port())}
	if a.Addr().Unmap().Is4() {
		e.kind = 4
	}
	return e, nil
}

// served is what a neuron published.
type served struct {
	Netuid  uint16 `json:"netuid"`
	Hotkey  string `json:"hotkey"`
	Address string `json:"address"`
	done
}

func newServeAxonCommand(e *env) *cobra.Command {
	var record subnettypes.Axon
	certificate := ""
	c := &cobra.Command{
		Use: "axon NETUID IP:PORT", Short: "Publish where a hotkey's axon listens", Args: cobra.ExactArgs(2),
		Long: `Publish the address at which others reach the axon of --hotkey on a subnet. A
running miner does it by itself. The subnet's serving_rate_limit says how often
it may change; publishing what is there already changes nothing.`,
		Example: "  ergon serve axon 1 203.0.113.7:8091 --wallet alice\n  ergon serve axon 1 '[2001:db8::1]:8091' --wallet alice --certificate 01c0ffee --json",
		RunE: e.publish(func(ctx context.Context, c *client.Client, key *keys.Pair, netuid uint16, at endpoint) (*client.Receipt, error) {
			var err error
			if record.Certificate, err = hex.DecodeString(certificate); err != nil {
				return nil, purse.Usage("--certificate is not hexadecimal: %v", err)
			}
			record.Ip, record.IpType, record.Port = at.ip, at.kind, at.port
			return c.ServeAxon(ctx, key, netuid, record)
		}),
	}
	c.Flags().Uint32Var(&record.Version, "version-number", 0, "version of the neuron's software, as a number")
	c.Flags().Uint32Var(&record.Protocol, "protocol", 4, "0 tcp, 1 udp, 4 as Bittensor's SDK says")
	c.Flags().StringVar(&certificate, "certificate", "", "TLS: an algorithm byte and the public key, hexadecimal, at most 65 bytes")
	return c
}

func newServePrometheusCommand(e *env) *cobra.Command {
	var record subnettypes.Prometheus
	c := &cobra.Command{
		Use: "prometheus NETUID IP:PORT", Short: "Publish where a hotkey's metrics are", Args: cobra.ExactArgs(2),
		Example: "  ergon serve prometheus 1 203.0.113.7:7091 --wallet alice\n  ergon serve prometheus 1 203.0.113.7:7091 --wallet alice --json",
		RunE: e.publish(func(ctx context.Context, c *client.Client, key *keys.Pair, netuid uint16, at endpoint) (*client.Receipt, error) {
			record.Ip, record.IpType, record.Port = at.ip, at.kind, at.port
			return c.ServePrometheus(ctx, key, netuid, record)
		}),
	}
	c.Flags().Uint32Var(&record.Version, "version-number", 0, "version of the neuron's software, as a number")
	return c
}

type publisher func(ctx context.Context, c *client.Client, key *keys.Pair, netuid uint16, at endpoint) (*client.Receipt, error)

// publish is the body of both commands. It costs nothing and can be published anew, so it asks nothing.
func (e *env) publish(submit publisher) func(*cobra.Command, []string) error {
	return e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
		netuid, err := parseNetuid(args[0])
		if err != nil {
			return err
		}
		at, err := parseEndpoint(args[1])
		if err != nil {
			return err
		}
		key, err := e.hotkeyPair()
		if err != nil {
			return err
		}
		out := served{Netuid: netuid, Hotkey: key.Address(), Address: args[1]}
		err = e.step(ctx, waiting, func(ctx context.Context) error {
			r, err := submit(ctx, c, key, netuid, at)
			if err == nil {
				out.done = where(r)
			}
			return err
		})
		if err != nil {
			return err
		}
		return e.print(out, func(w io.Writer) {
			pairs(w, "subnet", netuid, "hotkey", out.Hotkey, "serves at", out.Address, "block", out.Block, "hash", out.Hash)
		})
	})
}
