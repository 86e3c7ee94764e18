package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/presence"
	"github.com/ergon-network/ergon/neuron/validator"
	"github.com/ergon-network/ergon/neuron/wallet"
)

// Exit codes; rootHelp documents them, scripts rely on them.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitRefused     = 3
	exitUnreachable = 4
	exitTimeout     = 5
	exitInterrupted = 130

	// Of commands that keep running, so that whoever starts them knows what to mend.
	exitUnregistered = 6
	exitKey          = 7
	exitAddress      = 8
	exitState        = 9
)

// errKey is wrapped by the error of a neuron that has no key to sign with.
var errKey = errors.New("no hotkey to sign with")

// errReported says that the command has printed its bad news itself.
var errReported = errors.New("reported")

// problem is an error as a user sees it.
type problem struct {
	exit    int
	Code    string `json:"code"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

// report prints an error, once, and returns the exit code.
func (e *env) report(err error, interrupted bool) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, errReported) {
		return exitFailure
	}
	p := diagnose(err, interrupted)
	if e.json {
		enc := json.NewEncoder(e.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		_ = enc.Encode(map[string]problem{"error": p})
		return p.exit
	}
	fmt.Fprintln(e.err, "error:", printable(p.Message))
	if p.Remedy != "" {
		fmt.Fprintln(e.err, "remedy:", printable(p.Remedy))
	}
	return p.exit
}

// diagnose decides what kind of error it is. The order matters: an unreachable node also runs
// into timeouts, and an interruption ends whatever was going on.
func diagnose(err error, interrupted bool) problem {
	var refusal *client.Refusal
	var wrong *usageError
	message := err.Error()
	switch {
	case errors.As(err, &wrong):
		return problem{exitUsage, "usage", message, fmt.Sprintf("see `%s --help`", wrong.command)}
	case interrupted && errors.Is(err, context.Canceled):
		return problem{exitInterrupted, "interrupted", "interrupted", ""}
	case errors.Is(err, coin.ErrAmount), errors.Is(err, keys.ErrAddress), errors.Is(err, purse.ErrUsage), errors.Is(err, errUnconfirmed):
		return problem{exitUsage, "usage", message, ""}
	case errors.Is(err, presence.ErrNotRegistered), errors.Is(err, presence.ErrNoSubnet):
		return problem{exit: exitUnregistered, Code: "unregistered", Message: plain(message), Remedy: "see `ergon subnet list`, and buy a uid with `ergon subnet register NETUID`"}
	case errors.Is(err, errKey):
		return problem{exit: exitKey, Code: "key", Message: message, Remedy: "make it with `ergon wallet new`, or name another with --wallet, --hotkey or --wallet-dir"}
	case errors.Is(err, syscall.EADDRINUSE), errors.Is(err, syscall.EADDRNOTAVAIL):
		return problem{exit: exitAddress, Code: "address", Message: message, Remedy: "end what listens there (`ergon doctor` looks), or give another address"}
	case errors.Is(err, validator.ErrState):
		return problem{exit: exitState, Code: "state", Message: message, Remedy: "mend or move the file; --dir names another folder"}
	case errors.Is(err, purse.ErrRefused):
		return problem{exitRefused, "refused", message, ""}
	case errors.Is(err, client.ErrUnreachable):
		return problem{exitUnreachable, "unreachable", message, "start a node (`ergon node start`), or name one that runs with --node"}
	case errors.Is(err, context.DeadlineExceeded):
		return problem{exitTimeout, "timeout", message, "raise --timeout; if a transaction was sent, look whether it happened before sending it again"}
	case errors.As(err, &refusal):
		return problem{exitRefused, "refused", plain(message), ""}
	case status.Code(err) != codes.Unknown || strings.Contains(message, "rpc error: code ="):
		return problem{exitRefused, "refused", plain(message), ""}
	case errors.Is(err, wallet.ErrNotFound):
		return problem{exitFailure, "failed", message, "make it with `ergon wallet new`, or name another with --wallet, --hotkey or --wallet-dir"}
	case errors.Is(err, wallet.ErrPassword):
		return problem{exitFailure, "failed", message, "give the password at the prompt or with --password-file"}
	}
	return problem{exitFailure, "failed", message, ""}
}

// plain takes the plumbing out of a refusal's text.
func plain(message string) string {
	for {
		head, rest, found := strings.Cut(message, "rpc error: code = ")
		if !found {
			break
		}
		_, rest, _ = strings.Cut(rest, " desc = ")
		message = head + rest
	}
	message = strings.TrimPrefix(message, "failed to execute message; message index: 0: ")
	message, _, _ = strings.Cut(message, " [cosmos")
	return message
}

// printable replaces what could drive a terminal: text from a ledger or a page is a stranger's.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r >= ' ' && r != 0x7f && (r < 0x80 || r > 0x9f) {
			return r
		}
		return '?'
	}, text)
}
