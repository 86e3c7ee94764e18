package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

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
	w, err := wallet.Open(e.walletDir, e.wallet, wallet.WithPassword(e.password(ctx, e.wallet, false)))
	if err != nil {
		return nil, err
	}
	p := e.progress("unlocking the coldkey…")
	defer p.stop()
	return interruptible(ctx, w.Coldkey)
}

// password says where a coldkey's password comes from: the file, the environment variable of the
// established tools (wire §9), or the person.
func (e *env) password(ctx context.Context, name string, isNew bool) func() ([]byte, error) {
	return func() ([]byte, error) {
		if e.passwordFile != "" {
			return readPasswordFile(e.passwordFile)
		}
		if p := wallet.EnvPassword(filepath.Join(e.walletDir, name, "coldkey")); p != nil {
			return p, nil
		}
		if !e.asks {
			return nil, fmt.Errorf("%w: no terminal to ask at", wallet.ErrPassword)
		}
		p, err := e.readSecret(ctx, "Password of wallet "+name+": ")
		if err != nil || !isNew {
			return p, err
		}
		again, err := e.readSecret(ctx, "The same once more: ")
		if err == nil && string(again) != string(p) {
			err = errors.New("the two passwords differ; nothing was written")
		}
		return p, err
	}
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
func (e *env) hotkeyPair() (*keys.Pair, error) {
	w, err := wallet.Open(e.walletDir, e.wallet)
	if err != nil {
		return nil, err
	}
	return w.Hotkey(e.hotkey)
}
