package wallet

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ergon-network/ergon/internal/durable"
	"github.com/ergon-network/ergon/keys"
)

// slot is one key of a wallet and where it lies.
type slot struct{ what, path, public string }

// slot finds a hotkey, or with an empty name the coldkey.
func (w *Wallet) slot(hotkey string) (slot, error) {
	if hotkey == "" {
		return slot{"coldkey", filepath.Join(w.Path(), coldkeyFile), filepath.Join(w.Path(), coldkeyPub)}, nil
	}
	if err := checkName("hotkey", hotkey); err != nil {
		return slot{}, err
	}
	path := filepath.Join(w.Path(), hotkeysDir, hotkey)
	return slot{"hotkey " + hotkey, path, path + pubSuffix}, nil
}

// about says which key of which wallet an error is about.
func (w *Wallet) about(s slot, err error) error {
	return fmt.Errorf("%s of wallet %q: %w", s.what, w.name, err)
}

// plain reads and, where encrypted, unlocks a key file; the caller wipes it.
func (w *Wallet) plain(s slot) (plain []byte, form Form, err error) {
	raw, err := readFile(s.path)
	if errors.Is(err, ErrNotFound) {
		if _, statErr := os.Stat(s.public); statErr == nil {
			err = fmt.Errorf("%w: only %s is here; import the key to sign with it", ErrWatchOnly, filepath.Base(s.public))
		}
	}
	if err != nil {
		return nil, "", w.about(s, err)
	}
	defer clear(raw)
	plain, err = unlock(raw, func() ([]byte, error) { return w.ask(s.path) })
	if err != nil {
		return nil, "", w.about(s, err)
	}
	return plain, FormOf(raw), nil
}

func (w *Wallet) load(hotkey string) (*keys.Pair, error) {
	s, err := w.slot(hotkey)
	if err != nil {
		return nil, err
	}
	plain, _, err := w.plain(s)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	file, err := parseKeyfile(plain)
	if err != nil {
		return nil, w.about(s, err)
	}
	defer file.close()
	pair, err := file.pair()
	if err != nil {
		return nil, w.about(s, err)
	}
	return pair, nil
}

func (w *Wallet) ask(path string) ([]byte, error) {
	if w.password == nil {
		if password := EnvPassword(path); password != nil {
			return password, nil
		}
		return nil, fmt.Errorf("%w: the key is encrypted", ErrPassword)
	}
	return w.password()
}

// AddressOf is the SS58 address of the named hotkey, or with an empty name of the coldkey: from the
// public file, or where there is none from the key's own, which must be plain then. Errors:
// ErrNotFound.
func (w *Wallet) AddressOf(hotkey string) (string, error) {
	s, err := w.slot(hotkey)
	if err != nil {
		return "", err
	}
	raw, err := readFile(s.public)
	if errors.Is(err, ErrNotFound) {
		raw, err = readFile(s.path)
	}
	if err != nil {
		return "", w.about(s, err)
	}
	defer clear(raw)
	if FormOf(raw).encrypted() {
		return "", w.about(s, fmt.Errorf("encrypted, and %s with its address is missing; changing the password writes it again", filepath.Base(s.public)))
	}
	file, err := parseKeyfile(raw)
	if err != nil {
		return "", w.about(s, err)
	}
	defer file.close()
	if file.public != "" {
		return file.public, nil
	}
	pair, err := file.pair()
	if err != nil {
		return "", w.about(s, err)
	}
	defer pair.Close()
	return pair.Address(), nil
}

// store writes a new key in the form, the secret before the public half, which may be there already.
// Nothing is written before all that can fail has passed.
func (w *Wallet) store(s slot, k *keyfile, form Form) error {
	watch := (&Material{k}).WatchOnly()
	if _, err := os.Lstat(s.path); err == nil && !watch {
		return fmt.Errorf("%s %w", s.path, ErrExists) // before seconds of key stretching
	}
	if err := checkPublic(s.public, k.public); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	var sealed []byte
	if !watch {
		var err error
		if sealed, err = sealKeyfile(k, form, func() ([]byte, error) { return w.ask(s.path) }); err != nil {
			return err
		}
		defer clear(sealed)
	}
	if err := os.MkdirAll(filepath.Join(w.Path(), hotkeysDir), 0o700); err != nil {
		return err
	}
	if !watch {
		if err := writeNew(s.path, sealed); err != nil {
			return err
		}
	}
	return writePublic(s.public, k.public)
}

func sealKeyfile(k *keyfile, form Form, ask func() ([]byte, error)) ([]byte, error) {
	plain, err := k.marshal()
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	return sealWith(plain, form, ask)
}

// sealWith asks for the password if the form takes one.
func sealWith(plain []byte, form Form, ask func() ([]byte, error)) ([]byte, error) {
	if !form.encrypted() {
		return form.seal(nil, plain)
	}
	password, err := ask()
	if err != nil {
		return nil, err
	}
	defer clear(password)
	if len(password) == 0 {
		return nil, fmt.Errorf("%w: an encrypted key needs one", ErrPassword)
	}
	return form.seal(password, plain)
}

// checkPublic makes sure that a public file, if it is there, names the address. Errors: ErrNotFound,
// ErrExists for one of another key.
func checkPublic(path, address string) error {
	raw, err := readFile(path)
	if err != nil {
		return err
	}
	there, err := parseKeyfile(raw)
	if err == nil && there.public != address {
		err = fmt.Errorf("%s %w and names %s, not %s", path, ErrExists, there.public, address)
	}
	return err
}

// writePublic writes the file with the public half. One that is there already must name the same key.
func writePublic(path, address string) error {
	err := checkPublic(path, address)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	return ExportPublic(address, path)
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw := make([]byte, maxKeyfile+1)
	n, err := io.ReadFull(f, raw)
	if n > maxKeyfile {
		clear(raw)
		return nil, fmt.Errorf("%s is larger than %d bytes: not a key file", path, maxKeyfile)
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		clear(raw)
		return nil, err
	}
	return raw[:n], nil
}

// writeNew writes a whole file or none, mode 0600, and never over an existing one: the bytes go to
// a temporary name first, and linking that to the final name fails if the name is taken.
func writeNew(path string, raw []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("write key file %s: %w", path, err)
	}
	if err := os.Link(f.Name(), path); err != nil {
		if errors.Is(err, os.ErrExist) {
			return fmt.Errorf("%s %w", path, ErrExists)
		}
		return fmt.Errorf("write key file: %w", err)
	}
	return nil
}

// replace writes over the key file at path, where a link leads to it, or leaves the old one whole.
func replace(path string, raw []byte) error {
	target, err := filepath.EvalSymlinks(path)
	if err == nil {
		err = durable.Write(target, raw)
	}
	if err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	return nil
}
