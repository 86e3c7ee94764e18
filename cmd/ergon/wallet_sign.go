package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/wallet"
)

// maxMessage bounds a message to sign in bytes.
const maxMessage = 1 << 20

// message is the argument, or what --file names.
func message(args []string, file string) ([]byte, error) {
	if (len(args) == 1) == (file != "") {
		return nil, purse.Usage("give either a MESSAGE or --file")
	}
	if file == "" {
		return []byte(args[0]), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxMessage+1))
	if err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	if len(raw) > maxMessage {
		return nil, purse.Usage("%s is larger than %d bytes; sign the hex of its digest", file, maxMessage)
	}
	return raw, nil
}

func newWalletSignCommand(e *env) *cobra.Command {
	var k keyFlags
	var file string
	c := &cobra.Command{
		Use: "sign [MESSAGE]", Short: "Sign a text, to prove whose key it is", Args: cobra.MaximumNArgs(1),
		Long: `Sign a text with the wallet's coldkey, or with its hotkey. Anybody can verify it
with the address, also with Bittensor's tools. What could be a transaction is
not signed. Sign only what you understand: a signature cannot be taken back.`,
		Example: "  ergon wallet sign \"I own this key.\" --wallet alice\n  ergon wallet sign \"uid 3 is mine\" --wallet alice --use-hotkey --hotkey miner --json\n" +
			"  ergon wallet sign --file statement.txt --wallet alice",
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := message(args, file)
			if err != nil {
				return err
			}
			if err := purse.CheckMessage(text); err != nil {
				return err
			}
			pair, err := e.pair(cmd.Context(), e.wallet, k.hotkeyOf(e))
			if err != nil {
				return err
			}
			signature, err := pair.Sign(text)
			if err != nil {
				return err
			}
			out := struct {
				Address   string `json:"address"`
				Bytes     int    `json:"bytes"`
				Signature string `json:"signature"`
			}{pair.Address(), len(text), "0x" + hex.EncodeToString(signature)}
			return e.print(out, func(w io.Writer) {
				pairs(w, "address", out.Address, "bytes", out.Bytes)
				fmt.Fprintf(w, "signature\n%s\n%s\n", out.Signature[:66], out.Signature[66:])
			})
		},
	}
	k.registerKey(c)
	c.Flags().StringVar(&file, "file", "", "file with the text")
	return c
}

func newWalletVerifyCommand(e *env) *cobra.Command {
	var k keyFlags
	var file, address, signature string
	c := &cobra.Command{
		Use: "verify [MESSAGE]", Short: "Verify a signed text", Args: cobra.MaximumNArgs(1),
		Long: `Verify a signature over a text, of this program, of Bittensor's tools or of a
browser's wallet. The exit code is 0 if it holds and 1 if it does not.`,
		Example: "  ergon wallet verify \"I own this key.\" --address 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --signature 0x…\n" +
			"  ergon wallet verify --file statement.txt --wallet alice --signature 0x… --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := message(args, file)
			if err != nil {
				return err
			}
			if signature == "" {
				return usage(cmd, errors.New("--signature is missing: 0x and 128 hex digits"))
			}
			raw, err := hex.DecodeString(strings.TrimPrefix(strings.Join(strings.Fields(signature), ""), "0x"))
			if err != nil || len(raw) != keys.SignatureSize {
				return purse.Usage("--signature %q: it is 0x and %d hex digits", clip(signature, 20), 2*keys.SignatureSize)
			}
			signer, err := e.signer(address, k.hotkeyOf(e))
			if err != nil {
				return err
			}
			return e.verify(signer, text, raw)
		},
	}
	k.registerKey(c)
	c.Flags().StringVar(&file, "file", "", "file with the text")
	c.Flags().StringVar(&address, "address", "", "who signed: address or wallet; else the key of --wallet")
	c.Flags().StringVar(&signature, "signature", "", "the signature, hex")
	return c
}

// signer is the address that should have signed.
func (e *env) signer(address, hotkey string) (string, error) {
	if address != "" {
		return purse.Address(e.walletDir, address)
	}
	w, err := wallet.Open(e.walletDir, e.wallet)
	if err != nil {
		return "", err
	}
	return w.AddressOf(hotkey)
}

func (e *env) verify(signer string, text, signature []byte) error {
	public, err := keys.ParseSS58(signer)
	if err != nil {
		return err
	}
	out := struct {
		Address string `json:"address"`
		Bytes   int    `json:"bytes"`
		Valid   bool   `json:"valid"`
	}{signer, len(text), keys.Verify(public, text, signature) == nil}
	err = e.print(out, func(w io.Writer) {
		pairs(w, "address", out.Address, "bytes", out.Bytes, "valid", yesno(out.Valid))
	})
	if err == nil && !out.Valid {
		return errReported
	}
	return err
}
