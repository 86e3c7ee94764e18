package main

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/neuron/wallet"
)

// keyFlags say which key of a wallet a command is about, and in which form it is written.
type keyFlags struct {
	useHotkey bool
	form      string
	plain     bool
	fresh     source // of the new file's password
}

func (k *keyFlags) registerKey(c *cobra.Command) {
	c.Flags().BoolVar(&k.useHotkey, "use-hotkey", false, "the hotkey of --hotkey, not the coldkey")
}

func (k *keyFlags) registerForm(c *cobra.Command, usual string) {
	c.Flags().StringVar(&k.form, "form", "", `how the file is kept: "salted", "compatible" (Bittensor's tools open it) or "plain"; `+usual)
	c.Flags().BoolVar(&k.plain, "no-password", false, "the same as --form plain: test networks only")
}

// written is the form that the flags ask for, empty if none.
func (k *keyFlags) written() (wallet.Form, error) {
	switch {
	case k.plain && k.form != "" && k.form != string(wallet.Plain):
		return "", purse.Usage("--no-password and --form %s contradict each other", k.form)
	case k.plain:
		return wallet.Plain, nil
	case k.form == "":
		return "", nil
	}
	form, err := wallet.ParseForm(k.form)
	if err != nil {
		return "", purse.Usage("%v", err)
	}
	return form, nil
}

// hotkeyOf is the name of the hotkey, or empty for the coldkey.
func (k *keyFlags) hotkeyOf(e *env) string {
	if k.useHotkey {
		return e.hotkey
	}
	return ""
}

// keyDone is what import, export and change-password print.
type keyDone struct {
	Wallet    string      `json:"wallet"`
	Key       string      `json:"key"` // coldkey or hotkey
	Hotkey    string      `json:"hotkey_name,omitempty"`
	Address   string      `json:"address"`
	Form      wallet.Form `json:"form"` // watch-only and public hold no secret
	File      string      `json:"file"`
	WatchOnly bool        `json:"watch_only"`
}

// Forms of files without a secret, and of bare words.
const (
	formWatch    = "watch-only"
	formPublic   = "public"
	formMnemonic = "mnemonic"
)

func (e *env) keyDone(name, hotkey string) keyDone {
	d := keyDone{Wallet: name, Key: "coldkey", Hotkey: hotkey, File: e.keyPath(name, hotkey)}
	if hotkey != "" {
		d.Key = "hotkey"
	}
	return d
}

func (d keyDone) human(w io.Writer) {
	pairs(w, "wallet", d.Wallet, "key", d.Key+" "+d.Hotkey, "address", d.Address, "form", d.Form, "file", d.File)
}

func (e *env) walletName(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return e.wallet
}

func newWalletImportCommand(e *env) *cobra.Command {
	var k keyFlags
	var file, address, fd string
	c := &cobra.Command{
		Use: "import [WALLET]", Short: "Restore a key, or watch an address", Args: cobra.MaximumNArgs(1),
		Long: `Put a key into a wallet, which is made if it is not there. The secret is asked
for, or read as a line from --from-fd: a mnemonic, a seed (0x and 64 digits), a
private key (0x and 128) or a secret URI such as //Alice. It is never given on
the command line, which others on the machine can read.
With --file it comes out of a key file: of this program, of any release of
Bittensor's tools, or an account that a browser's wallet exported. The
new file takes the old one's password unless --new-password-... gives another.
With --address only the address is noted: the wallet shows balances and its
secret stays elsewhere.`,
		Example: "  ergon wallet import alice\n  ergon wallet import alice --use-hotkey --hotkey miner --from-fd 0 --json < words.txt\n" +
			"  ergon wallet import alice --file ./account.json\n  ergon wallet import cold --address 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
		RunE: func(cmd *cobra.Command, args []string) error {
			return e.importKey(cmd.Context(), e.walletName(args), &k, file, address, fd)
		},
	}
	k.registerKey(c)
	k.registerForm(c, "a coldkey is salted, a hotkey plain")
	k.fresh.register(c.Flags(), "new-", "with --file: the new file's")
	c.Flags().StringVar(&file, "file", "", "key file or exported account to read")
	c.Flags().StringVar(&address, "address", "", "watch this address; no secret is read")
	c.Flags().StringVar(&fd, "from-fd", "", "open file descriptor with the secret, 0 for standard input")
	return c
}

func (e *env) importKey(ctx context.Context, name string, k *keyFlags, file, address, fd string) error {
	form, err := k.written()
	if err != nil {
		return err
	}
	if file != "" && address != "" || file != "" && fd != "" || address != "" && fd != "" {
		return purse.Usage("give one of --file, --address and --from-fd")
	}
	hotkey := k.hotkeyOf(e)
	out := e.keyDone(name, hotkey)
	ask := e.password(ctx, &e.passwords, out.File, true)
	var m *wallet.Material
	switch {
	case address != "":
		m, err = wallet.Watch(address)
	case file != "":
		asked := e.remember(e.password(ctx, &e.passwords, file, false))
		m, err = wallet.ReadFile(file, asked.ask)
		ask = e.freshPassword(ctx, k, asked, out.File)
	default:
		m, err = e.typedMaterial(ctx, fd)
	}
	if err != nil {
		return err
	}
	defer m.Close()
	options := []wallet.Option{wallet.WithPassword(ask)}
	if form != "" {
		options = append(options, wallet.WithForm(form))
	}
	if _, err := interruptible(ctx, func() (*wallet.Wallet, error) { return wallet.Import(e.walletDir, name, hotkey, m, options...) }); err != nil {
		return err
	}
	out.Address, out.WatchOnly, out.Form = m.Address(), m.WatchOnly(), formWatch
	if out.WatchOnly {
		out.File = pub(out.File)
	} else if out.Form, err = wallet.FormOfFile(out.File); err != nil {
		return err
	}
	return e.print(out, out.human)
}

// pub is the public file beside a key file.
func pub(keyFile string) string { return keyFile + "pub.txt" }

// typedMaterial reads a secret that is piped or typed.
func (e *env) typedMaterial(ctx context.Context, fd string) (*wallet.Material, error) {
	var line []byte
	var err error
	switch {
	case fd != "":
		line, err = e.readDescriptor(ctx, fd)
	case !e.asks:
		return nil, purse.Usage("no terminal to ask for the secret at; pipe it and name the pipe with --from-fd 0, or use --file or --address")
	default:
		line, err = e.readSecret(ctx, "Mnemonic, seed, private key or secret URI (it is not shown): ")
	}
	if err != nil {
		return nil, err
	}
	secret := wallet.NewSecret(line)
	defer secret.Close()
	return wallet.Parse(secret)
}

// remembered is a password that was asked for and may be needed again in the same command.
type remembered struct {
	ask   func() ([]byte, error)
	known []byte
}

func (e *env) remember(ask func() ([]byte, error)) *remembered {
	r := &remembered{}
	r.ask = func() ([]byte, error) {
		p, err := ask()
		if err == nil {
			r.known = bytes.Clone(p)
			e.atEnd(func() { clear(r.known) })
		}
		return p, err
	}
	return r
}

// freshPassword is a new file's: what the flags name, or else the old file's, or else a new one.
func (e *env) freshPassword(ctx context.Context, k *keyFlags, old *remembered, path string) func() ([]byte, error) {
	return func() ([]byte, error) {
		switch {
		case k.fresh.named():
			return k.fresh.read(ctx, e)
		case len(old.known) > 0:
			return bytes.Clone(old.known), nil
		}
		return e.password(ctx, &e.passwords, path, true)()
	}
}

func newWalletExportCommand(e *env) *cobra.Command {
	var k keyFlags
	var to string
	c := &cobra.Command{
		Use: "export [WALLET]", Short: "Copy a key, or its address, into a new file", Args: cobra.MaximumNArgs(1),
		Long: `Copy a key into a new file that only you can read. The form says what it holds:
  public      the address, for a machine that only watches; needs no password
  salted      the key, encrypted; ` + "`age --decrypt`" + ` opens it too
  compatible  the key, encrypted as Bittensor's tools do it
  plain       the key in clear text
  mnemonic    the words in clear text
The copy has the key's password unless --new-password-... gives another.`,
		Example: "  ergon wallet export alice --to ./coldkeypub.txt\n  ergon wallet export alice --to ./coldkey --form compatible --json\n" +
			"  ergon wallet export alice --use-hotkey --hotkey miner --to ./words --form mnemonic",
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return usage(cmd, errors.New("--to is missing: name the file to write"))
			}
			return e.exportKey(cmd.Context(), e.walletName(args), &k, to)
		},
	}
	k.registerKey(c)
	k.fresh.register(c.Flags(), "new-", "the copy's")
	c.Flags().StringVar(&k.form, "form", formPublic, "public, salted, compatible, plain or mnemonic")
	c.Flags().StringVar(&to, "to", "", "file to write; it must not be there")
	return c
}

func (e *env) exportKey(ctx context.Context, name string, k *keyFlags, to string) error {
	hotkey := k.hotkeyOf(e)
	out := e.keyDone(name, hotkey)
	out.Form, out.File = wallet.Form(k.form), to
	asked := e.remember(e.password(ctx, &e.passwords, e.keyPath(name, hotkey), false))
	w, err := wallet.Open(e.walletDir, name, wallet.WithPassword(asked.ask))
	if err != nil {
		return err
	}
	if out.Address, err = w.AddressOf(hotkey); err != nil {
		return err
	}
	var write func() error
	switch k.form {
	case formPublic:
		out.WatchOnly = true
		write = func() error { return wallet.ExportPublic(out.Address, to) }
	case formMnemonic:
		write = func() error { return w.ExportMnemonic(hotkey, to) }
	default:
		form, err := k.written()
		if err != nil {
			return purse.Usage("form %q: use public, salted, compatible, plain or mnemonic", k.form)
		}
		write = func() error { return w.Export(hotkey, to, form, e.freshPassword(ctx, k, asked, to)) }
	}
	if k.form == formMnemonic || k.form == string(wallet.Plain) {
		if err := e.confirm(ctx, "%s will hold the secret in clear text. Write it?", to); err != nil {
			return err
		}
	}
	if _, err := interruptible(ctx, func() (struct{}, error) { return struct{}{}, write() }); err != nil {
		return err
	}
	return e.print(out, out.human)
}

func newWalletChangePasswordCommand(e *env) *cobra.Command {
	var k keyFlags
	c := &cobra.Command{
		Use: "change-password [WALLET]", Short: "Give a key another password or another form", Args: cobra.MaximumNArgs(1),
		Long: `Encrypt a key anew. The file is replaced whole or not at all. It keeps its form,
so that Bittensor's tools still open what they made; their older forms and plain
files become salted. Copies made earlier keep the old password.`,
		Example: "  ergon wallet change-password alice\n  ergon wallet change-password alice --form compatible\n" +
			"  ergon wallet change-password alice --password-env OLD --new-password-env NEW --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return e.changePassword(cmd.Context(), e.walletName(args), &k)
		},
	}
	k.registerKey(c)
	k.registerForm(c, "it stays as it is")
	k.fresh.register(c.Flags(), "new-", "the new")
	return c
}

func (e *env) changePassword(ctx context.Context, name string, k *keyFlags) error {
	form, err := k.written()
	if err != nil {
		return err
	}
	hotkey := k.hotkeyOf(e)
	out := e.keyDone(name, hotkey)
	w, err := e.openWallet(ctx, name, hotkey)
	if err != nil {
		return err
	}
	if form == wallet.Plain {
		if err := e.confirm(ctx, "%s will hold the secret in clear text. Write it?", out.File); err != nil {
			return err
		}
	}
	fresh := e.password(ctx, &k.fresh, out.File, true)
	out.Form, err = interruptible(ctx, func() (wallet.Form, error) { return w.ChangePassword(hotkey, form, fresh) })
	if err != nil {
		return err
	}
	if out.Address, err = w.AddressOf(hotkey); err != nil {
		return err
	}
	return e.print(out, out.human)
}
