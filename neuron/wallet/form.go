package wallet

import (
	"bytes"
	"crypto/aes"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
)

// Form is how a key file keeps its secret.
type Form string

// The forms. All are read; Writable tells which are written.
const (
	// Plain is JSON in clear text: hotkeys, which must start unattended, and test networks.
	Plain Form = "plain"
	// Salted is the age format with a password: scrypt under a salt of the file's own. Wallets made
	// here have it unless asked otherwise.
	Salted Form = "salted"
	// Compatible is `$NACL`, what Bittensor's tools write and read. The format has one salt for all
	// files, so equal passwords are seen to be equal, and guesses work against all files at once.
	Compatible Form = "compatible"
	// Vault is Ansible Vault, which Bittensor's tools wrote before `$NACL`.
	Vault Form = "ansible-vault"
	// Fernet is what they wrote before that.
	Fernet Form = "fernet"
)

// format is what a form looks like and how it is opened and made.
type format struct {
	form   Form
	prefix string
	open   func(password, raw []byte) ([]byte, error) // ErrPassword: wrong key or altered, alike
	seal   func(password, plain []byte) ([]byte, error)
}

func formats() []format {
	return []format{
		{Compatible, naclPrefix, openNacl, sealNacl},
		{Salted, agePrefix, openAge, sealAge},
		{Vault, vaultPrefix, openVault, nil},
		{Fernet, fernetPrefix, openFernet, nil},
	}
}

func formatOf(raw []byte) *format {
	for _, f := range formats() {
		if bytes.HasPrefix(raw, []byte(f.prefix)) {
			return &f
		}
	}
	return nil
}

// FormOf tells a key file's form by how it begins; what is not encrypted counts as plain.
func FormOf(raw []byte) Form {
	if f := formatOf(raw); f != nil {
		return f.form
	}
	return Plain
}

// FormOfFile tells the form of the key file at path.
func FormOfFile(path string) (Form, error) {
	raw, err := readFile(path)
	defer clear(raw)
	return FormOf(raw), err
}

// ParseForm reads the name of a form that is written: plain, salted or compatible.
func ParseForm(name string) (Form, error) {
	switch f := Form(name); f {
	case Plain, Salted, Compatible:
		return f, nil
	}
	return "", fmt.Errorf("form %q: use %s, %s (which Bittensor's tools open) or %s", name, Salted, Compatible, Plain)
}

// encrypted tells whether the form takes a password.
func (f Form) encrypted() bool { return f != Plain }

// seal makes a file of the form. It takes a second or more.
func (f Form) seal(password, plain []byte) ([]byte, error) {
	if f == Plain {
		return bytes.Clone(plain), nil
	}
	for _, g := range formats() {
		if g.form == f && g.seal != nil {
			return g.seal(password, plain)
		}
	}
	return nil, fmt.Errorf("key files of form %s are read, not written; use %s or %s", f, Salted, Compatible)
}

// open returns the plain file, a fresh slice which the caller wipes.
func open(password, raw []byte) ([]byte, error) {
	if f := formatOf(raw); f != nil {
		return f.open(password, raw)
	}
	return bytes.Clone(raw), nil
}

// unpad takes PKCS#7 padding off decrypted blocks.
func unpad(plain []byte) ([]byte, error) {
	if len(plain) == 0 || len(plain)%aes.BlockSize != 0 {
		return nil, ErrPassword
	}
	n := int(plain[len(plain)-1])
	if n < 1 || n > aes.BlockSize || !bytes.Equal(plain[len(plain)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, ErrPassword
	}
	return plain[:len(plain)-n], nil
}

// EnvPassword reads a key file's password from the environment the way Bittensor's tools do
// (wire §9): BT_PW_ + path, base64 of the password XORed with the variable's own name. That hides it
// from a glance, not from a reader. It returns nil when the variable is unset or malformed.
func EnvPassword(path string) []byte {
	name := "BT_PW_" + strings.ToUpper(strings.NewReplacer("/", "_", ".", "_").Replace(path))
	raw, err := base64.StdEncoding.DecodeString(os.Getenv(name))
	if err != nil || len(raw) == 0 {
		return nil
	}
	for i := range raw {
		raw[i] ^= name[i%len(name)]
	}
	return raw
}
