package synapse

import (
	"fmt"
	"strconv"
)

// DefaultTimeout is the base message's timeout in seconds (wire §2.1).
const DefaultTimeout = 12.0

// Terminal is what one side says about itself; the zero value of a field stands for null.
type Terminal struct {
	StatusCode    int
	StatusMessage string
	ProcessTime   float64 // seconds
	IP            string
	Port          int
	Version       int64 // see Version
	Nonce         int64 // Unix nanoseconds
	UUID          string
	Hotkey        string // SS58
	Signature     string // 0x and 128 hex digits
}

// Envelope is the base part of every message (wire §3).
type Envelope struct {
	Name       string
	Timeout    float64 // seconds
	TotalSize  int64   // informational
	HeaderSize int64   // informational
	Dendrite   Terminal
	Axon       Terminal
	BodyHash   string // 64 hex digits; travels in a header only
}

// terminalFields are a terminal's fields in wire order.
var terminalFields = []string{"status_code", "status_message", "process_time", "ip", "port", "version", "nonce", "uuid", "hotkey", "signature"}

// values are the tree values of terminalFields, nil where null.
func (t *Terminal) values() [10]any {
	return [10]any{
		orNull(int64(t.StatusCode)), orNull(t.StatusMessage), orNull(t.ProcessTime), orNull(t.IP), orNull(int64(t.Port)),
		orNull(t.Version), orNull(t.Nonce), orNull(t.UUID), orNull(t.Hotkey), orNull(t.Signature),
	}
}

func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

func (t *Terminal) dict() *Dict {
	d := &Dict{pairs: make([]Pair, len(terminalFields))}
	for i, v := range t.values() {
		d.pairs[i] = Pair{terminalFields[i], v}
	}
	return d
}

// set parses one field from its text form. Unknown names are ignored.
func (t *Terminal) set(name, text string) (err error) {
	switch name {
	case "status_code":
		t.StatusCode, err = strconv.Atoi(text)
	case "status_message":
		t.StatusMessage = text
	case "process_time":
		t.ProcessTime, err = parseSeconds(text)
	case "ip":
		t.IP = text
	case "port":
		t.Port, err = strconv.Atoi(text)
	case "version":
		t.Version, err = strconv.ParseInt(text, 10, 64)
	case "nonce":
		t.Nonce, err = strconv.ParseInt(text, 10, 64)
	case "uuid":
		t.UUID = text
	case "hotkey":
		t.Hotkey = text
	case "signature":
		t.Signature = text
	}
	if err != nil {
		return fmt.Errorf("%s %q is not a number", name, clip(text))
	}
	return nil
}

// parseSeconds reads a finite, non-negative decimal.
func parseSeconds(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f >= 0 && f < 1e12) {
		return 0, fmt.Errorf("%q is not a time in seconds", clip(text))
	}
	return f, nil
}

// terminalFrom reads a body's terminal leniently: nobody relies on it (wire §3), so what does not
// fit counts as null.
func terminalFrom(v any) (t Terminal) {
	d, ok := v.(*Dict)
	if !ok {
		return t
	}
	for _, p := range d.pairs {
		switch p.Value.(type) {
		case int64, float64, string:
			_ = t.set(p.Key, PyStr(p.Value))
		}
	}
	return t
}

// Version is the integer form of a semantic version since 7.2.0, each part below 1000 (wire §2.4).
func Version(major, minor, patch int) int64 {
	return int64(major)*1_000_000 + int64(minor)*1_000 + int64(patch)
}

// WireVersion is what our neurons state: the SDK release whose wire they speak. Older numbers make
// old axons skip freshness checks.
var WireVersion = Version(10, 2, 0)

// FreshVersion is the first version whose nonces are wall-clock times.
var FreshVersion = Version(7, 2, 0)
