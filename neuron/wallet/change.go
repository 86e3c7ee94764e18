package wallet

import (
	"fmt"

	"github.com/ergon-network/ergon/keys"
)

// ChangePassword seals a key anew: the named hotkey, or with an empty name the coldkey. Without a form
// an encrypted key keeps its own, so that the tools which made it still open it; where that form is not
// written any more, or the key was plain, it becomes Salted. ask supplies the new password. The file is
// replaced whole or not at all. It returns the form written. Errors: ErrNotFound, ErrPassword,
// ErrWatchOnly.
func (w *Wallet) ChangePassword(hotkey string, form Form, ask func() ([]byte, error)) (Form, error) {
	s, err := w.slot(hotkey)
	if err != nil {
		return "", err
	}
	plain, old, err := w.plain(s)
	if err != nil {
		return "", err
	}
	defer clear(plain)
	address, err := addressIn(plain)
	if err != nil {
		return "", w.about(s, err)
	}
	if form == "" {
		form = Salted
		if old == Compatible {
			form = Compatible
		}
	}
	sealed, err := sealWith(plain, form, ask)
	if err != nil {
		return "", w.about(s, err)
	}
	defer clear(sealed)
	if err := writePublic(s.public, address); err != nil {
		return "", w.about(s, err)
	}
	if err := replace(s.path, sealed); err != nil {
		return "", w.about(s, err)
	}
	return form, nil
}

// addressIn makes sure that a plain key file holds a secret that can be used.
func addressIn(plain []byte) (string, error) {
	file, err := parseKeyfile(plain)
	if err != nil {
		return "", err
	}
	defer file.close()
	pair, err := file.pair()
	if err != nil {
		return "", err
	}
	defer pair.Close()
	return pair.Address(), nil
}

// Export writes a copy of a key to a new file, mode 0600: the named hotkey, or with an empty name the
// coldkey, in the form. ask supplies the copy's password. Errors: ErrExists, ErrNotFound, ErrPassword,
// ErrWatchOnly.
func (w *Wallet) Export(hotkey, to string, form Form, ask func() ([]byte, error)) error {
	return w.export(hotkey, func(plain []byte) error {
		sealed, err := sealWith(plain, form, ask)
		if err != nil {
			return err
		}
		defer clear(sealed)
		return writeNew(to, sealed)
	})
}

// ExportMnemonic writes a key's words to a new file, mode 0600. A key that was derived or made from a
// seed has none.
func (w *Wallet) ExportMnemonic(hotkey, to string) error {
	return w.export(hotkey, func(plain []byte) error {
		file, err := parseKeyfile(plain)
		if err != nil {
			return err
		}
		defer file.close()
		if file.phrase.Empty() {
			return fmt.Errorf("the key has no mnemonic: it was made from a seed or derived; export its key file instead")
		}
		return writeNew(to, file.phrase.bytes())
	})
}

func (w *Wallet) export(hotkey string, write func(plain []byte) error) error {
	s, err := w.slot(hotkey)
	if err != nil {
		return err
	}
	plain, _, err := w.plain(s)
	if err != nil {
		return err
	}
	defer clear(plain)
	if _, err = addressIn(plain); err == nil {
		err = write(plain)
	}
	if err != nil {
		return w.about(s, err)
	}
	return nil
}

// ExportPublic writes a key's address to a new file; it needs no password.
func ExportPublic(address, to string) error {
	if _, err := keys.ParseSS58(address); err != nil {
		return err
	}
	raw, err := (&keyfile{public: address}).marshal()
	if err != nil {
		return err
	}
	return writeNew(to, raw)
}
