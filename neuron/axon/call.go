package axon

import (
	"fmt"
	"net/http"
	"net/netip"
	"time"
)

// Call is who asks, as the server knows it.
type Call struct {
	Route    string
	Hotkey   string // SS58; proven by signature when Verified
	Verified bool   // false only under Compat.Unsigned, or in a blacklist under Compat.BlacklistFirst
	Remote   netip.AddrPort
	UUID     string // of the calling process, as it claims
	Nonce    int64  // Unix nanoseconds
	Version  int64  // as the caller claims
	Timeout  time.Duration
	Started  time.Time
}

// Error is an answer with a status of its own. Message is sent to the caller; Err is only logged.
type Error struct {
	Status  int
	Message string
	Err     error

	detail *fieldDetail
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%d %s: %v", e.Status, e.Message, e.Err)
	}
	return fmt.Sprintf("%d %s", e.Status, e.Message)
}

// Unwrap returns what is only logged.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes a handler's refusal with a status below 500 or 503, and a text for the caller.
func Errorf(status int, format string, args ...any) *Error {
	if status < http.StatusBadRequest || status > 599 {
		status = http.StatusInternalServerError
	}
	return &Error{Status: status, Message: fmt.Sprintf(format, args...)}
}

// fieldDetail tells which field of a body was wrong, in the form clients of FastAPI know.
type fieldDetail struct{ kind, path, message string }
