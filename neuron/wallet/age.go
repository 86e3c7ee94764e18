package wallet

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

const (
	agePrefix = "age-encryption.org/v1"
	// ageWork is log2 of scrypt's N for files written here: 256 MiB and about a second, age's own
	// default.
	ageWork = 18
	// maxAgeWork bounds what a file may ask of its reader: 1 GiB and some seconds.
	maxAgeWork = 20
)

func sealAge(password, plain []byte) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(string(password))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPassword, err)
	}
	recipient.SetWorkFactor(ageWork)
	var out bytes.Buffer
	w, err := age.Encrypt(&out, recipient)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("encrypt key file: %w", err)
	}
	return out.Bytes(), nil
}

func openAge(password, raw []byte) ([]byte, error) {
	identity, err := age.NewScryptIdentity(string(password))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPassword, err)
	}
	identity.SetMaxWorkFactor(maxAgeWork)
	r, err := age.Decrypt(bytes.NewReader(raw), identity)
	var wrong *age.NoIdentityMatchError
	if errors.As(err, &wrong) {
		return nil, ErrPassword
	}
	if err != nil {
		return nil, fmt.Errorf("encrypted key file is damaged or not of this form: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxKeyfile+1))
	if err != nil {
		clear(plain)
		return nil, fmt.Errorf("encrypted key file is damaged: %w", err)
	}
	return plain, nil
}
