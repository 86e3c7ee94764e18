package wallet

import (
	"fmt"
	"log/slog"
)

const redacted = "[secret]"

// Secret is bytes that must not leak through a log line or an error: a mnemonic or a password.
// Copies share the bytes: Close on one of them empties all. The zero Secret is empty.
type Secret struct{ hidden *hidden }

// hidden is two pointers away from the bytes: fmt follows one, when a verb does not fit, also in fields
// whose methods it may not call.
type hidden struct{ raw *[]byte }

// NewSecret takes raw over: Close wipes it, the caller must not use it any more.
func NewSecret(raw []byte) Secret { return Secret{&hidden{&raw}} }

// Reveal returns the bytes as text; call it only where a person or a file is meant to have it.
func (s Secret) Reveal() string { return string(s.bytes()) }

func (s Secret) bytes() []byte {
	if s.hidden == nil {
		return nil
	}
	return *s.hidden.raw
}

// Empty tells whether there is nothing in it, or no longer.
func (s Secret) Empty() bool { return len(s.bytes()) == 0 }

// Close wipes the bytes.
func (s Secret) Close() {
	if s.hidden != nil {
		clear(*s.hidden.raw)
		*s.hidden.raw = nil
	}
}

// Format implements fmt.Formatter, so that no verb shows the text.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String implements fmt.Stringer.
func (s Secret) String() string { return redacted }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText keeps the text out of JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
