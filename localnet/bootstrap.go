package localnet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/node"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// What a localnet starts with, rao. The faucet holds everything; all else is transferred, locked,
// burned and staked by ordinary transactions.
const (
	tao            = 1_000_000_000
	genesisSupply  = 1_000_000 * tao
	ownerFunds     = 10_000 * tao
	validatorFunds = 11_000 * tao
	validatorStake = 10_000 * tao
	minerFunds     = 50 * tao
	maxBurn        = 20 * tao // what a neuron pays for its uid at most
)

// makeNodes prepares the producers' directories, with one genesis for all. Ports are chosen by
// the caller: ports[i] are node i's. It starts over where an earlier call was interrupted: no node
// runs before all are made.
func makeNodes(o Options, p Plan, ports []node.Config) error {
	var producers []authoritytypes.Producer
	for i := range ports {
		id, err := node.Prepare(nodeDir(o, i), nodeName(i))
		if err != nil {
			return err
		}
		producers = append(producers, id.Producer)
	}
	peers, err := node.Peers(nodeDirs(o, len(ports)), ports)
	if err != nil {
		return err
	}
	doc, err := genesis.New(genesis.Options{
		ChainID: p.ChainID, Time: time.Now(), Profile: genesis.Localnet, Tempo: p.Tempo, Producers: producers, Root: p.Owner,
		Balances: []genesis.Balance{{Address: p.Faucet, Rao: genesisSupply}},
	})
	if err != nil {
		return err
	}
	for i, c := range ports {
		c.Peers = peers[i]
		if err := os.Remove(filepath.Join(nodeDir(o, i), "format")); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := node.Init(nodeDir(o, i), doc, c); err != nil {
			return err
		}
	}
	return nil
}

func nodeName(i int) string           { return fmt.Sprintf("producer-%d", i+1) }
func nodeDir(o Options, i int) string { return o.path(nodeName(i)) }
func coins(rao uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(app.Denom, math.NewIntFromUint64(rao)))
}
func (n Neuron) funds() uint64 {
	if n.Role == Validator {
		return validatorFunds
	}
	return minerFunds
}

// bootstrap brings the ledger to what the plan says: subnets, funded wallets, registered and
// staked neurons. Every step looks before it acts, so that an interrupted start is completed by
// the next one. It returns the netuid of each planned subnet.
func bootstrap(ctx context.Context, o Options, p Plan, c *client.Client, say func(string, ...any)) ([]uint16, error) {
	if err := fund(ctx, o, p, c); err != nil {
		return nil, fmt.Errorf("fund wallets from the faucet: %w", err)
	}
	say("wallets funded by the faucet")
	netuids, err := createSubnets(ctx, o, p, c)
	if err != nil {
		return nil, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(16)
	for i, s := range p.Subnets {
		for _, n := range s.Neurons {
			g.Go(func() error {
				if err := join(ctx, o, c, netuids[i], n); err != nil {
					return fmt.Errorf("register %s on subnet %d: %w", n.Name, netuids[i], err)
				}
				return nil
			})
		}
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	say("subnets %v created, neurons registered and staked", netuids)
	return netuids, nil
}

// fund sends every wallet that has nothing its start money, all in one transaction.
func fund(ctx context.Context, o Options, p Plan, c *client.Client) error {
	faucet, _, err := openWallet(o, faucetWallet)
	if err != nil {
		return err
	}
	var msgs []sdk.Msg
	give := func(address string, rao uint64) error {
		b, err := c.Balance(ctx, address)
		if err != nil || b.Free+b.Staked > 0 {
			return err
		}
		msgs = append(msgs, &banktypes.MsgSend{FromAddress: faucet.Address(), ToAddress: address, Amount: coins(rao)})
		return nil
	}
	if err := give(p.Owner, ownerFunds); err != nil {
		return err
	}
	for _, s := range p.Subnets {
		for _, n := range s.Neurons {
			if err := give(n.Coldkey, n.funds()); err != nil {
				return err
			}
		}
	}
	if len(msgs) == 0 {
		return nil
	}
	_, err = c.Submit(ctx, faucet, msgs...)
	return err
}

// createSubnets makes the planned subnets that do not exist yet and returns all netuids in order.
func createSubnets(ctx context.Context, o Options, p Plan, c *client.Client) ([]uint16, error) {
	owner, _, err := openWallet(o, ownerWallet)
	if err != nil {
		return nil, err
	}
	have, err := c.Subnets(ctx)
	if err != nil {
		return nil, err
	}
	var netuids []uint16
	for i, s := range p.Subnets {
		if i < len(have.Subnets) && have.Subnets[i].Name == s.Market {
			netuids = append(netuids, uint16(have.Subnets[i].Netuid))
			continue
		}
		netuid, _, err := c.CreateSubnet(ctx, owner, s.Market, 0)
		if err != nil {
			return nil, fmt.Errorf("create subnet for %s: %w", s.Market, err)
		}
		netuids = append(netuids, netuid)
	}
	return netuids, nil
}

// join registers a neuron's hotkey and stakes a validator's coins.
func join(ctx context.Context, o Options, c *client.Client, netuid uint16, n Neuron) error {
	cold, _, err := openWallet(o, n.Name)
	if err != nil {
		return err
	}
	if err := register(ctx, c, cold, netuid, n.Hotkey); err != nil {
		return err
	}
	if n.Role != Validator {
		return nil
	}
	b, err := c.Balance(ctx, n.Coldkey)
	if err != nil || b.Staked >= validatorStake {
		return err
	}
	_, err = c.AddStake(ctx, cold, n.Hotkey, validatorStake)
	return err
}

// register buys a uid, trying again while blocks are full of other registrations.
func register(ctx context.Context, c *client.Client, cold *keys.Pair, netuid uint16, hotkey string) error {
	if _, err := c.Neuron(ctx, netuid, hotkey); err == nil {
		return nil
	}
	for {
		_, _, err := c.Register(ctx, cold, hotkey, netuid, maxBurn)
		switch {
		case err == nil, errors.Is(err, subnettypes.ErrHotKeyAlreadyRegisteredInSubNet):
			return nil
		case !errors.Is(err, subnettypes.ErrTooManyRegistrationsThisBlock):
			return err
		}
	}
}
