package cli

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/internal/purse"
)

// commitment is what a neuron published, as text where it is text.
type commitment struct {
	UID    uint32 `json:"uid"`
	Hotkey string `json:"hotkey"`
	Block  uint64 `json:"set_in"`
	Format string `json:"format"`
	Hex    string `json:"hex"`
	Text   string `json:"text,omitempty"`
}

func newCommitment(c subnettypes.CommitmentInfo) commitment {
	out := commitment{UID: c.Uid, Hotkey: c.Hotkey, Block: c.Commitment.Block, Format: c.Commitment.Format, Hex: hex.EncodeToString(c.Commitment.Data)}
	if out.Format == "raw" && utf8.Valid(c.Commitment.Data) {
		out.Text = printable(string(c.Commitment.Data))
	}
	return out
}

func (c commitment) shown() string { return fallback(c.Text, "0x"+c.Hex) }

func newSubnetCommitCommand(e *env) *cobra.Command {
	format := "raw"
	c := &cobra.Command{
		Use: "commit NETUID DATA", Short: "Publish up to 128 bytes under a hotkey's uid", Args: cobra.ExactArgs(2),
		Long: `Publish up to 128 bytes under the uid that the hotkey of --hotkey holds on a
subnet, in place of what it published before: where its model is, for example.
DATA is text, or 0x and hexadecimal digits; with another --format than raw it is
a hash of 32 bytes. It is free, may change every commitment_rate_limit blocks,
and goes when the uid does.`,
		Example: "  ergon subnet commit 1 huggingface.co/me/model@c0ffee --wallet alice\n" +
			"  ergon subnet commit 1 0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 --format sha256 --wallet alice --json",
	}
	c.Flags().StringVar(&format, "format", format, "what DATA is: "+strings.Join(subnettypes.CommitmentFormats(), ", "))
	c.RunE = e.onLedger(func(ctx context.Context, l *client.Client, args []string) error {
		netuid, err := parseNetuid(args[0])
		if err != nil {
			return err
		}
		data := []byte(args[1])
		if digits, found := strings.CutPrefix(args[1], "0x"); found {
			if data, err = hex.DecodeString(digits); err != nil {
				return purse.Usage("DATA begins with 0x and is not hexadecimal: %v", err)
			}
		}
		if err := (subnettypes.Commitment{Format: format, Data: data}).Validate(); err != nil {
			return purse.Usage("%v", err)
		}
		key, err := e.hotkeyPair()
		if err != nil {
			return err
		}
		out := struct {
			Netuid uint16 `json:"netuid"`
			Hotkey string `json:"hotkey"`
			Format string `json:"format"`
			Bytes  int    `json:"bytes"`
			done
		}{Netuid: netuid, Hotkey: key.Address(), Format: format, Bytes: len(data)}
		err = e.step(ctx, waiting, func(ctx context.Context) error {
			r, err := l.SetCommitment(ctx, key, netuid, format, data)
			if err == nil {
				out.done = where(r)
			}
			return err
		})
		if err != nil {
			return err
		}
		return e.print(out, func(w io.Writer) {
			pairs(w, "subnet", netuid, "hotkey", out.Hotkey, "published", fmt.Sprintf("%d bytes of %s", out.Bytes, format), "block", out.Block, "hash", out.Hash)
		})
	})
	return c
}

func newSubnetCommitmentsCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "commitments NETUID [HOTKEY]", Short: "Show what the neurons of a subnet have published", Args: cobra.RangeArgs(1, 2),
		Example: "  ergon subnet commitments 1\n  ergon subnet commitments 1 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			netuid, err := parseNetuid(args[0])
			if err != nil {
				return err
			}
			hotkey := ""
			if len(args) == 2 {
				if hotkey, err = e.hotkeyAddress(args, 1); err != nil {
					return err
				}
			}
			out := struct {
				Netuid      uint16       `json:"netuid"`
				Commitments []commitment `json:"commitments"`
			}{Netuid: netuid, Commitments: []commitment{}}
			err = e.step(ctx, "reading commitments…", func(ctx context.Context) error {
				var all []subnettypes.CommitmentInfo
				if hotkey == "" {
					all, err = c.Commitments(ctx, netuid)
				} else {
					var one *subnettypes.CommitmentInfo
					if one, err = c.Commitment(ctx, netuid, hotkey); err == nil {
						all = append(all, *one)
					}
				}
				for _, one := range all {
					out.Commitments = append(out.Commitments, newCommitment(one))
				}
				return err
			})
			if err != nil {
				return err
			}
			return e.print(out, func(w io.Writer) {
				t := newTable(">UID", "HOTKEY", ">BLOCK", "FORMAT", "DATA")
				for _, one := range out.Commitments {
					t.row(one.UID, short(one.Hotkey), one.Block, one.Format, clip(one.shown(), 38))
				}
				t.write(w)
			})
		}),
	}
}
