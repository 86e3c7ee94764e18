package wallet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ergon-network/ergon/keys"
)

const (
	coldkeyFile = "coldkey"
	coldkeyPub  = "coldkeypub.txt"
	hotkeysDir  = "hotkeys"
	pubSuffix   = "pub.txt"
	maxName     = 64 // characters of a wallet or hotkey name
)

// Wallet is one wallet folder. It holds paths, no secrets; safe for concurrent use.
type Wallet struct {
	dir, name string
	password  func() ([]byte, error)
	plain     bool
	mnemonic  Secret
}

// Option configures Open and Create.
type Option func(*Wallet)

// WithPassword supplies the coldkey's password when it is needed, for instance by asking. The
// returned bytes are wiped after use. Without it EnvPassword is tried.
func WithPassword(ask func() ([]byte, error)) Option { return func(w *Wallet) { w.password = ask } }

// NoPassword makes Create store the coldkey in plain text: test networks only.
func NoPassword() Option { return func(w *Wallet) { w.plain = true } }

// FromMnemonic makes Create restore the coldkey from a mnemonic instead of drawing one.
func FromMnemonic(mnemonic Secret) Option { return func(w *Wallet) { w.mnemonic = mnemonic } }

// Name is the wallet's folder name.
func (w *Wallet) Name() string { return w.name }

// Path is the wallet's folder.
func (w *Wallet) Path() string { return filepath.Join(w.dir, w.name) }

// Open opens the existing wallet dir/name. It reads no key yet.
func Open(dir, name string, options ...Option) (*Wallet, error) {
	w, err := newWallet(dir, name, options)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(w.Path())
	if errors.Is(err, os.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, fmt.Errorf("wallet %q in %s: %w; create it first", name, dir, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("open wallet %q: %w", name, err)
	}
	return w, nil
}

// Create makes the wallet dir/name with a coldkey, and returns the coldkey's mnemonic, which is to
// be written down and is not kept outside the key file. It fails with ErrExists if there is a
// coldkey, and with ErrPassword if neither a password nor NoPassword is given.
func Create(dir, name string, options ...Option) (*Wallet, Secret, error) {
	w, err := newWallet(dir, name, options)
	if err != nil {
		return nil, Secret{}, err
	}
	mnemonic := w.mnemonic
	w.mnemonic = Secret{}
	if mnemonic.Empty() {
		if mnemonic, err = NewMnemonic(); err != nil {
			return nil, Secret{}, err
		}
	}
	file, pair, err := newKeyfile(mnemonic)
	if err != nil {
		return nil, Secret{}, fmt.Errorf("create wallet %q: %w", name, err)
	}
	if err := os.MkdirAll(filepath.Join(w.Path(), hotkeysDir), 0o700); err != nil {
		return nil, Secret{}, fmt.Errorf("create wallet %q: %w", name, err)
	}
	path := filepath.Join(w.Path(), coldkeyFile)
	if err := w.writeColdkey(path, file); err != nil {
		return nil, Secret{}, fmt.Errorf("create coldkey of wallet %q: %w", name, err)
	}
	if err := writePublic(filepath.Join(w.Path(), coldkeyPub), pair); err != nil {
		return nil, Secret{}, fmt.Errorf("create coldkey of wallet %q: %w", name, err)
	}
	return w, mnemonic, nil
}

func newWallet(dir, name string, options []Option) (*Wallet, error) {
	if err := checkName("wallet", name); err != nil {
		return nil, err
	}
	w := &Wallet{dir: dir, name: name}
	for _, o := range options {
		o(w)
	}
	return w, nil
}

// checkName admits letters, digits, '-', '_' and inner '.', so that a name is one plain folder.
func checkName(what, name string) error {
	ok := name != "" && len(name) <= maxName && name[0] != '.' && name[0] != '-'
	for _, r := range name {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r))
	}
	if !ok {
		return fmt.Errorf("%s name %q: use 1 to %d letters, digits, '-', '_' or '.', not starting with '.' or '-'", what, name, maxName)
	}
	return nil
}

// Coldkey loads the coldkey, unlocking it if need be. Errors: ErrNotFound, ErrPassword, ErrWatchOnly.
func (w *Wallet) Coldkey() (*keys.Pair, error) {
	return w.load("coldkey", filepath.Join(w.Path(), coldkeyFile))
}

// ColdkeyAddress is the coldkey's SS58 address, read without a password from the public file, or
// from the key file itself where that is plain.
func (w *Wallet) ColdkeyAddress() (string, error) {
	return w.addressOf("coldkey", filepath.Join(w.Path(), coldkeyPub), filepath.Join(w.Path(), coldkeyFile))
}

// Hotkey loads a hotkey. Errors: ErrNotFound, ErrPassword, ErrWatchOnly.
func (w *Wallet) Hotkey(name string) (*keys.Pair, error) {
	if err := checkName("hotkey", name); err != nil {
		return nil, err
	}
	return w.load("hotkey "+name, filepath.Join(w.Path(), hotkeysDir, name))
}

// HotkeyAddress is a hotkey's SS58 address, read without touching its secret where a public file is.
func (w *Wallet) HotkeyAddress(name string) (string, error) {
	if err := checkName("hotkey", name); err != nil {
		return "", err
	}
	path := filepath.Join(w.Path(), hotkeysDir, name)
	return w.addressOf("hotkey "+name, path+pubSuffix, path)
}

// CreateHotkey adds a plain hotkey drawn at random and returns it with its mnemonic.
func (w *Wallet) CreateHotkey(name string) (*keys.Pair, Secret, error) {
	mnemonic, err := NewMnemonic()
	if err != nil {
		return nil, Secret{}, err
	}
	pair, err := w.RestoreHotkey(name, mnemonic)
	return pair, mnemonic, err
}

// RestoreHotkey adds a plain hotkey from its mnemonic.
func (w *Wallet) RestoreHotkey(name string, mnemonic Secret) (*keys.Pair, error) {
	if err := checkName("hotkey", name); err != nil {
		return nil, err
	}
	if strings.HasSuffix(name, "pub.txt") {
		return nil, fmt.Errorf("hotkey name %q: the ending pub.txt marks public files", name)
	}
	file, pair, err := newKeyfile(mnemonic)
	if err != nil {
		return nil, fmt.Errorf("create hotkey %q: %w", name, err)
	}
	path := filepath.Join(w.Path(), hotkeysDir, name)
	if err := writeKeyfile(path, file); err != nil {
		return nil, fmt.Errorf("create hotkey %q: %w", name, err)
	}
	if err := writePublic(path+pubSuffix, pair); err != nil {
		return nil, fmt.Errorf("create hotkey %q: %w", name, err)
	}
	return pair, nil
}

// Hotkeys lists the names of the wallet's hotkeys, sorted.
func (w *Wallet) Hotkeys() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(w.Path(), hotkeysDir))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list hotkeys of wallet %q: %w", w.name, err)
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && checkName("hotkey", e.Name()) == nil && !strings.HasSuffix(e.Name(), pubSuffix) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// List opens every wallet under dir, sorted by name. A missing dir holds none.
func List(dir string, options ...Option) ([]*Wallet, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list wallets: %w", err)
	}
	var out []*Wallet
	for _, e := range entries {
		if !e.IsDir() || checkName("wallet", e.Name()) != nil {
			continue
		}
		w, err := newWallet(dir, e.Name(), options)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b *Wallet) int { return strings.Compare(a.name, b.name) })
	return out, nil
}
