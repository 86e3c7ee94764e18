package synapse

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrSyntax is wrapped by errors about bytes that are not acceptable JSON.
var ErrSyntax = errors.New("not acceptable JSON")

const (
	// maxDigits bounds one integer token, as Python does: conversion is quadratic.
	maxDigits = 4300
	// freeValues is how many values any body may hold; a longer one may hold one for each
	// bytesPerValue. An empty object takes 3 bytes on the wire and some 50 in memory, so without a
	// bound a body would grow to many times its size. Long rows of numbers belong in a Tensor.
	freeValues    = 1 << 17
	bytesPerValue = 16
)

// ParseJSON reads one JSON value into a tree, keeping key order and the difference between 1 and
// 1.0. It refuses NaN and infinities, invalid UTF-8, trailing bytes, nesting beyond 64 levels and
// bodies of very many very small values. The caller bounds len(raw).
func ParseJSON(raw []byte) (any, error) { return parseJSON(raw, false) }

// parseJSON also reads Python's NaN, Infinity and -Infinity if it may.
func parseJSON(raw []byte, nan bool) (any, error) {
	if !utf8.Valid(raw) {
		return nil, fmt.Errorf("%w: not UTF-8", ErrSyntax)
	}
	p := &parser{raw: raw, nan: nan, values: max(freeValues, len(raw)/bytesPerValue)}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.next(); p.at < len(raw) {
		return nil, p.fault("bytes after the value")
	}
	return v, nil
}

// notNumbers are what Python writes for floats that JSON has no form for.
var notNumbers = map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)}

// parser reads JSON (RFC 8259) from valid UTF-8. encoding/json has no ordered objects, and its
// token reader costs more than the rest of a request's parsing.
type parser struct {
	raw    []byte
	at     int
	nan    bool
	values int // that may still come
}

func (p *parser) fault(what string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrSyntax, what, p.at)
}

// next skips white space and returns the byte there, 0 at the end.
func (p *parser) next() byte {
	for ; p.at < len(p.raw); p.at++ {
		switch c := p.raw[p.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (p *parser) value(depth int) (any, error) {
	if p.values--; p.values < 0 {
		return nil, p.fault("too many values for its size; send long rows of numbers as a tensor")
	}
	switch c := p.next(); c {
	case '{', '[':
		if depth == maxDepth {
			return nil, p.fault(fmt.Sprintf("nested deeper than %d levels", maxDepth))
		}
		p.at++
		if c == '[' {
			return p.list(depth + 1)
		}
		return p.dict(depth + 1)
	case '"':
		return p.text()
	case 'n':
		return nil, p.word("null")
	case 't':
		return true, p.word("true")
	case 'f':
		return false, p.word("false")
	}
	if p.nan {
		for text, f := range notNumbers {
			if bytes.HasPrefix(p.raw[p.at:], []byte(text)) {
				p.at += len(text)
				return f, nil
			}
		}
	}
	return p.number()
}

func (p *parser) word(word string) error {
	if !bytes.HasPrefix(p.raw[p.at:], []byte(word)) {
		return p.fault("no value")
	}
	p.at += len(word)
	return nil
}

// list reads what follows an opening bracket.
func (p *parser) list(depth int) (any, error) {
	list := []any{}
	for {
		if p.next() == ']' && len(list) == 0 {
			p.at++
			return list, nil
		}
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if more, err := p.more(']'); !more {
			return list, err
		}
	}
}

// dict reads what follows an opening brace.
func (p *parser) dict(depth int) (any, error) {
	dict := &Dict{}
	for {
		switch p.next() {
		case '"':
		case '}':
			if dict.Len() == 0 {
				p.at++
				return dict, nil
			}
			return nil, p.fault("no key after a comma")
		default:
			return nil, p.fault("a key is not text")
		}
		key, err := p.text()
		if err != nil {
			return nil, err
		}
		if p.next() != ':' {
			return nil, p.fault("no colon after a key")
		}
		p.at++
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		dict.Set(key.(string), v)
		if more, err := p.more('}'); !more {
			return dict, err
		}
	}
}

// more reads what stands after an item: a comma, or the end.
func (p *parser) more(end byte) (bool, error) {
	c := p.next()
	switch c {
	case ',', end:
		p.at++
		return c == ',', nil
	}
	return false, p.fault("neither comma nor end after an item")
}

// text reads a string; half a surrogate pair becomes U+FFFD.
func (p *parser) text() (any, error) {
	p.at++
	rest := p.raw[p.at:]
	end := 0
	for end < len(rest) && rest[end] != '"' && rest[end] != '\\' && rest[end] >= ' ' {
		end++
	}
	if end < len(rest) && rest[end] == '"' { // most are plain
		p.at += end + 1
		return string(rest[:end]), nil
	}
	out := append(make([]byte, 0, 2*end+16), rest[:end]...)
	p.at += end
	for p.at < len(p.raw) {
		c := p.raw[p.at]
		p.at++
		switch {
		case c == '"':
			return string(out), nil
		case c == '\\':
			var err error
			if out, err = p.escape(out); err != nil {
				return nil, err
			}
		case c < ' ':
			return nil, p.fault("a control character in text")
		default:
			out = append(out, c)
		}
	}
	return nil, p.fault("text without end")
}

// escape reads what follows a backslash.
func (p *parser) escape(out []byte) ([]byte, error) {
	if p.at == len(p.raw) {
		return nil, p.fault("text without end")
	}
	c := p.raw[p.at]
	p.at++
	switch c {
	case '"', '\\', '/':
		return append(out, c), nil
	case 'b':
		return append(out, '\b'), nil
	case 'f':
		return append(out, '\f'), nil
	case 'n':
		return append(out, '\n'), nil
	case 'r':
		return append(out, '\r'), nil
	case 't':
		return append(out, '\t'), nil
	case 'u':
		r, ok := p.hex(p.at)
		if !ok {
			break
		}
		p.at += 4
		if utf16.IsSurrogate(r) {
			low, ok := rune(0), false
			if bytes.HasPrefix(p.raw[p.at:], []byte(`\u`)) {
				low, ok = p.hex(p.at + 2)
			}
			if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
				p.at += 6
			}
		}
		return utf8.AppendRune(out, r), nil
	}
	return nil, p.fault("an unknown escape")
}

// hex reads four hex digits.
func (p *parser) hex(at int) (rune, bool) {
	if at+4 > len(p.raw) {
		return 0, false
	}
	var r rune
	for _, c := range p.raw[at : at+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// number reads a number token; one with a point or an exponent is a float.
func (p *parser) number() (any, error) {
	start := p.at
	if p.at < len(p.raw) && p.raw[p.at] == '-' {
		p.at++
	}
	lead := p.at
	digits := p.digits()
	if digits == 0 || digits > 1 && p.raw[lead] == '0' {
		return nil, p.fault("no value")
	}
	float := false
	if p.at < len(p.raw) && p.raw[p.at] == '.' {
		p.at++
		float = true
		if p.digits() == 0 {
			return nil, p.fault("no digit after a point")
		}
	}
	if p.at < len(p.raw) && (p.raw[p.at] == 'e' || p.raw[p.at] == 'E') {
		p.at++
		float = true
		if p.at < len(p.raw) && (p.raw[p.at] == '+' || p.raw[p.at] == '-') {
			p.at++
		}
		if p.digits() == 0 {
			return nil, p.fault("no digit in an exponent")
		}
	}
	if !float && digits > maxDigits {
		return nil, p.fault(fmt.Sprintf("integer of %d digits", digits))
	}
	return parseNumber(string(p.raw[start:p.at]), float)
}

// digits skips digits and returns how many there were.
func (p *parser) digits() int {
	start := p.at
	for p.at < len(p.raw) && p.raw[p.at] >= '0' && p.raw[p.at] <= '9' {
		p.at++
	}
	return p.at - start
}

func parseNumber(text string, float bool) (any, error) {
	if float {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: number %.40q is out of range", ErrSyntax, text)
		}
		return f, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return nil, fmt.Errorf("%w: %.40q is no integer", ErrSyntax, text)
	}
	return n, nil
}
