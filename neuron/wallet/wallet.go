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
	form      Form // of keys that are written; empty: the usual one
}

// Option configures Open, Create and List.
type Option func(*Wallet)

// WithPassword supplies a password when a key needs one, for instance by asking. The returned bytes
// are wiped after use. Without it EnvPassword is tried.
func WithPassword(ask func() ([]byte, error)) Option { return func(w *Wallet) { w.password = ask } }

// WithForm makes Create and Import write the key in the form. Without it a coldkey is Salted, a hotkey
// Plain.
func WithForm(form Form) Option { return func(w *Wallet) { w.form = form } }

// NoPassword makes Create store the coldkey in plain text: test networks only.
func NoPassword() Option { return WithForm(Plain) }

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

// Create makes the wallet dir/name with a fresh coldkey, and returns the coldkey's mnemonic,
// which is to be written down and is not kept outside the key file. It fails with ErrExists if there
// is a coldkey, and with ErrPassword if its form takes a password and none is given.
func Create(dir, name string, options ...Option) (*Wallet, Secret, error) {
	mnemonic, err := NewMnemonic()
	if err != nil {
		return nil, Secret{}, err
	}
	m, err := Parse(mnemonic)
	if err != nil {
		return nil, Secret{}, err
	}
	defer m.Close()
	w, err := Import(dir, name, "", m, options...)
	if err != nil {
		mnemonic.Close()
		return nil, Secret{}, err
	}
	return w, mnemonic, nil
}

// Import puts a key into the wallet dir/name, which is made if it is not there: as the named hotkey, or
// with an empty name as the coldkey. A key to watch leaves its address only, and its secret can be
// imported later. Errors as Create's.
func Import(dir, name, hotkey string, m *Material, options ...Option) (*Wallet, error) {
	w, err := newWallet(dir, name, options)
	if err != nil {
		return nil, err
	}
	s, err := w.slot(hotkey)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(hotkey, pubSuffix) {
		return nil, fmt.Errorf("hotkey name %q: the ending %s marks public files", hotkey, pubSuffix)
	}
	form := w.form
	if form == "" {
		form = Salted
		if hotkey != "" {
			form = Plain
		}
	}
	if err := w.store(s, m.file, form); err != nil {
		return nil, w.about(s, err)
	}
	return w, nil
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

// Coldkey loads the coldkey, unlocking it if need be. Close it after use. Errors: ErrNotFound,
// ErrPassword, ErrWatchOnly.
func (w *Wallet) Coldkey() (*keys.Pair, error) { return w.load("") }

// ColdkeyAddress is the coldkey's SS58 address, read without a password from the public file, or
// from the key file itself where that is plain.
func (w *Wallet) ColdkeyAddress() (string, error) { return w.AddressOf("") }

// Hotkey loads a hotkey. Close it after use. Errors: ErrNotFound, ErrPassword, ErrWatchOnly.
func (w *Wallet) Hotkey(name string) (*keys.Pair, error) {
	if err := checkName("hotkey", name); err != nil {
		return nil, err
	}
	return w.load(name)
}

// HotkeyAddress is a hotkey's SS58 address, read without touching its secret where a public file is.
func (w *Wallet) HotkeyAddress(name string) (string, error) {
	if err := checkName("hotkey", name); err != nil {
		return "", err
	}
	return w.AddressOf(name)
}

// CreateHotkey adds a plain hotkey drawn at random and returns it with its mnemonic.
func (w *Wallet) CreateHotkey(name string) (*keys.Pair, Secret, error) {
	if err := checkName("hotkey", name); err != nil {
		return nil, Secret{}, err
	}
	mnemonic, err := NewMnemonic()
	if err != nil {
		return nil, Secret{}, err
	}
	m, err := Parse(mnemonic)
	if err != nil {
		return nil, Secret{}, err
	}
	defer m.Close()
	if _, err := Import(w.dir, w.name, name, m); err != nil {
		return nil, Secret{}, err
	}
	pair, err := w.Hotkey(name)
	return pair, mnemonic, err
}

// Hotkeys lists the names of the wallet's hotkeys, sorted.
func (w *Wallet) Hotkeys() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(w.Path(), hotkeysDir))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list hotkeys of wallet %q: %w", w.name, err)
	}
	var names []string
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), pubSuffix) // of one to watch, there is only that
		if !e.IsDir() && checkName("hotkey", name) == nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
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
