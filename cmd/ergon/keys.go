package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/wallet"
)

// dial connects to the node that the flags name.
func (e *env) dial(ctx context.Context) (c *client.Client, err error) {
	err = e.step(ctx, "connecting to "+e.node+"…", func(ctx context.Context) error {
		c, err = client.Dial(ctx, e.node)
		return err
	})
	return c, err
}

// onLedger is a command's body that needs the ledger.
func (e *env) onLedger(f func(ctx context.Context, c *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		c, err := e.dial(ctx)
		if err != nil {
			return err
		}
		if e.as != "" {
			account, err := purse.Address(e.walletDir, e.as)
			if err != nil {
				return err
			}
			ctx = client.OnBehalf(ctx, account)
		}
		return f(ctx, c, args)
	}
}

// coldkey unlocks the wallet's coldkey. That takes seconds, so Ctrl-C does not wait for it.
func (e *env) coldkey(ctx context.Context) (*keys.Pair, error) {
	return e.pair(ctx, e.wallet, "")
}

// pair unlocks a wallet's hotkey, or with an empty name its coldkey, until the command ends.
func (e *env) pair(ctx context.Context, name, hotkey string) (*keys.Pair, error) {
	w, err := e.openWallet(ctx, name, hotkey)
	if err != nil {
		return nil, err
	}
	p := e.progress("unlocking the key…")
	defer p.stop()
	return interruptible(ctx, func() (*keys.Pair, error) {
		load := w.Coldkey
		if hotkey != "" {
			load = func() (*keys.Pair, error) { return w.Hotkey(hotkey) }
		}
		pair, err := load()
		if err == nil {
			e.atEnd(pair.Close)
		}
		return pair, err
	})
}

// openWallet opens a wallet whose key will be unlocked.
func (e *env) openWallet(ctx context.Context, name, hotkey string) (*wallet.Wallet, error) {
	return wallet.Open(e.walletDir, name, wallet.WithPassword(e.password(ctx, &e.passwords, e.keyPath(name, hotkey), false)))
}

// hotkeyAddress is the hotkey that an argument or --hotkey names.
func (e *env) hotkeyAddress(args []string, at int) (string, error) {
	name := e.hotkey
	if at < len(args) {
		name = args[at]
	}
	return purse.HotkeyAddress(e.walletDir, e.wallet, name)
}

// coldkeyAddress is the account that an argument, --as or --wallet names; it needs no password.
func (e *env) coldkeyAddress(args []string, at int) (string, error) {
	if at < len(args) {
		return purse.Address(e.walletDir, args[at])
	}
	if e.as != "" {
		return purse.Address(e.walletDir, e.as)
	}
	return e.walletAddress()
}

// walletAddress is the coldkey that signs.
func (e *env) walletAddress() (string, error) {
	w, err := wallet.Open(e.walletDir, e.wallet)
	if err != nil {
		return "", err
	}
	return w.ColdkeyAddress()
}

// hotkeyPair is the hotkey of --hotkey, to sign with.
func (e *env) hotkeyPair(ctx context.Context) (*keys.Pair, error) {
	return e.pair(ctx, e.wallet, e.hotkey)
}
