package wallet

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ergon-network/ergon/keys"
)

// load reads and, where encrypted, unlocks a key file.
func (w *Wallet) load(what, path string) (*keys.Pair, error) {
	raw, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s of wallet %q: %w", what, w.name, err)
	}
	defer wipe(raw)
	if raw, err = w.decrypt(path, raw); err != nil {
		return nil, fmt.Errorf("%s of wallet %q: %w", what, w.name, err)
	}
	defer wipe(raw)
	file, err := parseKeyfile(raw)
	if err != nil {
		return nil, fmt.Errorf("%s of wallet %q: %w", what, w.name, err)
	}
	pair, err := file.pair()
	if err != nil {
		return nil, fmt.Errorf("%s of wallet %q: %w", what, w.name, err)
	}
	return pair, nil
}

func (w *Wallet) decrypt(path string, raw []byte) ([]byte, error) {
	if err := refuseLegacy(raw); err != nil {
		return nil, err
	}
	if !isEncrypted(raw) {
		return raw, nil
	}
	password, err := w.ask(path)
	if err != nil {
		return nil, err
	}
	defer wipe(password)
	key := deriveKey(password)
	defer wipe(key[:])
	return unseal(key, raw)
}

func (w *Wallet) ask(path string) ([]byte, error) {
	if w.password == nil {
		if password := EnvPassword(path); password != nil {
			return password, nil
		}
		return nil, fmt.Errorf("%w: the key is encrypted", ErrPassword)
	}
	password, err := w.password()
	if err != nil {
		return nil, fmt.Errorf("read password: %w", err)
	}
	if len(password) == 0 {
		return nil, ErrPassword
	}
	return password, nil
}

func (w *Wallet) writeColdkey(path string, file *keyfile) error {
	if w.plain {
		return writeKeyfile(path, file)
	}
	password, err := w.ask(path)
	if err != nil {
		return fmt.Errorf("%w; give one, or ask for no password on a test network", err)
	}
	defer wipe(password)
	if _, err := os.Lstat(path); err == nil {
		return ErrExists // before seconds of key stretching
	}
	plain, err := file.marshal()
	if err != nil {
		return err
	}
	defer wipe(plain)
	key := deriveKey(password)
	defer wipe(key[:])
	sealed, err := seal(key, plain)
	if err != nil {
		return err
	}
	return writeNew(path, sealed)
}

// addressOf reads the address from the first of paths that exists.
func (w *Wallet) addressOf(what string, paths ...string) (string, error) {
	var raw []byte
	var err error
	for _, path := range paths {
		if raw, err = readFile(path); !errors.Is(err, ErrNotFound) {
			break
		}
	}
	if err != nil {
		return "", fmt.Errorf("address of %s of wallet %q: %w", what, w.name, err)
	}
	defer wipe(raw)
	file, err := parseKeyfile(raw)
	if err != nil {
		return "", fmt.Errorf("address of %s of wallet %q: %w", what, w.name, err)
	}
	return file.address()
}

func writeKeyfile(path string, file *keyfile) error {
	raw, err := file.marshal()
	if err != nil {
		return err
	}
	defer wipe(raw)
	return writeNew(path, raw)
}

func writePublic(path string, pair *keys.Pair) error { return writeKeyfile(path, publicKeyfile(pair)) }

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxKeyfile+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxKeyfile {
		return nil, fmt.Errorf("%s is larger than %d bytes: not a key file", path, maxKeyfile)
	}
	return raw, nil
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
