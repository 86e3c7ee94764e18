// Package wallet keeps key files on disk in the layout that Bittensor users already have
// (wire §9):
//
//	{dir}/{wallet}/coldkey               secret, encrypted unless made with NoPassword
//	{dir}/{wallet}/coldkeypub.txt        public half
//	{dir}/{wallet}/hotkeys/{name}        secret, plain: a neuron must start unattended
//	{dir}/{wallet}/hotkeys/{name}pub.txt public half
//
// The coldkey owns coins and stake and belongs on a machine that serves nothing; the hotkey signs
// for a neuron. Typical use:
//
//	w, mnemonic, err := wallet.Create(dir, "alice", wallet.WithPassword(ask))
//	defer mnemonic.Close()
//	...
//	w, err := wallet.Open(dir, "alice", wallet.WithPassword(ask))
//	pair, err := w.Coldkey()
//	defer pair.Close()
//
// Wallets of Bittensor's tools open in place, whichever of their forms a key file has (Form), and so
// do accounts exported by the wallets of browsers (ReadFile). New coldkeys are Salted, which those
// tools do not open; ask for Compatible where they shall. Export makes a copy in another form.
//
// Secrets travel as Secret, which prints as "[secret]" under every verb and in slog, and Close wipes
// them; so it does with a keys.Pair and a Material. What the cryptographic libraries and the runtime
// copied meanwhile lives until the garbage collector reuses it. Files are created with mode 0600 in
// directories of mode 0700 and never overwritten, but by ChangePassword, whole or not at all. Unlocking
// a Compatible key costs 512 MiB of memory and some seconds: that format fixes it.
package wallet

import "errors"

// Errors a caller can act on.
var (
	// ErrExists: the file or wallet is there already; nothing was written.
	ErrExists = errors.New("already exists")
	// ErrNotFound: no such wallet or key.
	ErrNotFound = errors.New("not found")
	// ErrPassword: the key is encrypted and the password is missing or wrong.
	ErrPassword = errors.New("wrong or missing password")
	// ErrWatchOnly: the file holds an address but no secret.
	ErrWatchOnly = errors.New("key file holds no secret")
)
