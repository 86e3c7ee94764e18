package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/rules"
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

// handedIn is a transaction that was not waited for.
type handedIn struct {
	Hash  string `json:"hash"`
	Until uint64 `json:"until"` // in a block up to this one, or never
}

// problem is an error as a user sees it. Where the ledger said no, Name, Module and Number say which
// of its errors it was: the last two never change.
type problem struct {
	exit    int
	Code    string `json:"code"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
	Name    string `json:"name,omitempty"`
	Module  string `json:"module,omitempty"`
	Number  uint32 `json:"number,omitempty"`
}

// report prints an error, once, and returns the exit code.
func (e *env) report(err error, interrupted bool) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, errReported) {
		return exitFailure
	}
	var sent *client.Sent
	if errors.As(err, &sent) { // --wait=false
		return e.report(e.print(handedIn{sent.Hash, sent.Until}, func(w io.Writer) {
			pairs(w, "sent", sent.Hash, "until block", sent.Until)
			fmt.Fprintln(w, "`ergon chain tx` with the hash tells what came of it.")
		}), interrupted)
	}
	p := diagnose(err, interrupted)
	if e.json {
		enc := json.NewEncoder(e.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		_ = enc.Encode(map[string]problem{"error": p})
		return p.exit
	}
	e.say("error: " + p.Message)
	if p.Remedy != "" {
		e.say("remedy: " + p.Remedy)
	}
	if p.Name != "" {
		e.say("more: ergon explain " + p.Name)
	}
	return p.exit
}

// say writes a line of bad news: broken between words for a person, whole for whoever reads a log.
func (e *env) say(line string) {
	line = printable(line)
	if e.shows {
		line = wrap(line, screen)
	}
	fmt.Fprintln(e.err, line)
}

func newProblem(exit int, code, message, remedy string) problem {
	return problem{exit: exit, Code: code, Message: message, Remedy: remedy}
}

// refused is the ledger's no: to a transaction with its code, to a query with its text only.
func refused(message string, r *client.Refusal) problem {
	p := newProblem(exitRefused, "refused", message, "")
	said, known := rules.ErrorIn(message)
	if r != nil {
		said, known = rules.ErrorOf(r.Codespace, r.Code)
	}
	if known {
		p.Remedy, p.Name, p.Module, p.Number = said.Remedy, said.Name, said.Codespace, said.Number
	}
	return p
}

// diagnose decides what kind of error it is. The order matters: an unreachable node also runs
// into timeouts, and an interruption ends whatever was going on.
func diagnose(err error, interrupted bool) problem {
	var refusal *client.Refusal
	var wrong *usageError
	message := err.Error()
	switch {
	case errors.As(err, &wrong):
		return newProblem(exitUsage, "usage", message, fmt.Sprintf("see `%s --help`", wrong.command))
	case interrupted && errors.Is(err, context.Canceled):
		return newProblem(exitInterrupted, "interrupted", "interrupted", "")
	case errors.Is(err, coin.ErrAmount), errors.Is(err, keys.ErrAddress), errors.Is(err, purse.ErrUsage), errors.Is(err, errUnconfirmed):
		return newProblem(exitUsage, "usage", message, "")
	case errors.Is(err, presence.ErrNotRegistered), errors.Is(err, presence.ErrNoSubnet):
		return newProblem(exitUnregistered, "unregistered", plain(message), "see `ergon subnet list`, and buy a uid with `ergon subnet register NETUID`")
	case errors.Is(err, errKey):
		return newProblem(exitKey, "key", message, "make it with `ergon wallet new`, or name another with --wallet, --hotkey or --wallet-dir")
	case errors.Is(err, syscall.EADDRINUSE), errors.Is(err, syscall.EADDRNOTAVAIL):
		return newProblem(exitAddress, "address", message, "end what listens there (`ergon doctor` looks), or give another address")
	case errors.Is(err, validator.ErrState):
		return newProblem(exitState, "state", message, "mend or move the file; --dir names another folder")
	case errors.Is(err, errDeclined):
		return newProblem(exitFailure, "declined", message, "")
	case errors.Is(err, client.ErrNoBlock):
		return newProblem(exitRefused, "refused", message, "ask for a block that it has, or another node with --node")
	case errors.Is(err, purse.ErrRefused):
		return newProblem(exitRefused, "refused", message, "")
	case errors.Is(err, client.ErrUnreachable):
		return newProblem(exitUnreachable, "unreachable", message, "start a node (`ergon node start`), or name one that runs with --node")
	case errors.Is(err, context.DeadlineExceeded):
		return newProblem(exitTimeout, "timeout", message, "raise --timeout; if a transaction was sent, `ergon chain tx` with its hash tells what came of it")
	case errors.As(err, &refusal):
		return refused(plain(message), refusal)
	case status.Code(err) != codes.Unknown || strings.Contains(message, "rpc error: code ="):
		return refused(answered(plain(message)), nil)
	case errors.Is(err, wallet.ErrNotFound):
		return newProblem(exitFailure, "failed", message, "make it with `ergon wallet new`, or name another with --wallet, --hotkey or --wallet-dir")
	case errors.Is(err, wallet.ErrPassword):
		return newProblem(exitFailure, "failed", message, "give the password at the prompt, or with --password-file, --password-env or --password-fd")
	}
	return newProblem(exitFailure, "failed", message, "")
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

// answered takes off what the SDK puts behind the module's words in an answer to a query.
func answered(message string) string {
	for _, behind := range []string{": key not found", ": invalid request", ": unauthorized", ": unknown request"} {
		short, cut := strings.CutSuffix(message, behind)
		if _, known := rules.ErrorIn(short); cut && known {
			return short
		}
	}
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
