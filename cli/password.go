package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/neuron/wallet"
)

// source is where a secret comes from that nobody is asked for: never the command line, which others on
// the machine can read.
type source struct{ flag, file, env, fd string }

// register adds the flags that name a password's source; prefix begins their names.
func (s *source) register(f *pflag.FlagSet, prefix, whose string) {
	s.flag = prefix + "password"
	f.StringVar(&s.file, s.flag+"-file", "", "file with "+whose+" password")
	f.StringVar(&s.env, s.flag+"-env", "", "environment variable with "+whose+" password")
	f.StringVar(&s.fd, s.flag+"-fd", "", "open file descriptor with "+whose+" password, 0 for standard input")
}

// named tells whether a flag names the source.
func (s *source) named() bool { return s.file+s.env+s.fd != "" }

// read returns the first line of the source.
func (s *source) read(ctx context.Context, e *env) ([]byte, error) {
	switch {
	case s.file != "" && s.env != "" || s.file != "" && s.fd != "" || s.env != "" && s.fd != "":
		return nil, purse.Usage("give one of --%[1]s-file, --%[1]s-env and --%[1]s-fd", s.flag)
	case s.fd != "":
		return e.readDescriptor(ctx, s.fd)
	case s.env != "":
		if value := e.getenv(s.env); value != "" {
			return []byte(value), nil
		}
		return nil, purse.Usage("the environment variable %s of --%s-env is empty or not set", s.env, s.flag)
	}
	f, err := os.Open(s.file)
	if err != nil {
		return nil, fmt.Errorf("password file: %w", err)
	}
	defer f.Close()
	return lineOf(f)
}

// readDescriptor reads the next line of an open file descriptor. Several secrets can follow each other
// on one, a line each.
func (e *env) readDescriptor(ctx context.Context, number string) ([]byte, error) {
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return nil, purse.Usage("file descriptor %q: give its number, 0 for standard input", number)
	}
	r := e.in
	if n > 0 {
		if e.descriptors[n] == nil {
			if e.descriptors == nil {
				e.descriptors = map[uint64]*os.File{}
			}
			e.descriptors[n] = os.NewFile(uintptr(n), "descriptor "+number)
		}
		r = e.descriptors[n]
	}
	line, err := interruptible(ctx, func() ([]byte, error) { return lineOf(r) })
	if err != nil {
		return nil, fmt.Errorf("read file descriptor %d; was it opened for this command?: %w", n, err)
	}
	return line, nil
}

// password says where the password of a key file comes from: what the flags name, the environment
// variable of the established tools (wire §9), or the person. A new one is asked for twice.
func (e *env) password(ctx context.Context, s *source, path string, isNew bool) func() ([]byte, error) {
	return func() ([]byte, error) {
		if s.named() {
			return s.read(ctx, e)
		}
		if p := wallet.EnvPassword(path); p != nil && s == &e.passwords {
			return p, nil
		}
		if !e.asks {
			return nil, fmt.Errorf("%w: no terminal to ask at; name its source with --%[2]s-file, --%[2]s-env or --%[2]s-fd", wallet.ErrPassword, s.flag)
		}
		if !isNew {
			return e.readSecret(ctx, "Password of "+printable(path)+": ")
		}
		p, err := e.readSecret(ctx, "New password of "+printable(path)+": ")
		if err != nil {
			return nil, err
		}
		again, err := e.readSecret(ctx, "The same once more: ")
		defer clear(again)
		if err == nil && string(again) != string(p) {
			err = errors.New("the two passwords differ; nothing was written")
		}
		return p, err
	}
}

// keyPath is the key file of a wallet's hotkey, or with an empty name of its coldkey.
func (e *env) keyPath(name, hotkey string) string {
	if hotkey == "" {
		return filepath.Join(e.walletDir, name, "coldkey")
	}
	return filepath.Join(e.walletDir, name, "hotkeys", hotkey)
}
