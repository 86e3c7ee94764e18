package wallet

import (
	"fmt"
	"log/slog"
)

const redacted = "[secret]"

// Secret is text that must not leak through a log line or an error: a mnemonic or a password.
type Secret struct{ text string }

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal returns the text itself; call it only where a person or a file is meant to have it.
func (s Secret) Reveal() string { return s.text }

// Empty tells whether there is no text.
func (s Secret) Empty() bool { return s.text == "" }

// Format implements fmt.Formatter, so that no verb shows the text.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String implements fmt.Stringer.
func (s Secret) String() string { return redacted }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText keeps the text out of JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// wipe clears a buffer that held a secret. The runtime may have copied it; this shortens its life.
func wipe(buffers ...[]byte) {
	for _, b := range buffers {
		clear(b)
	}
}
