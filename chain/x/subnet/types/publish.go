package types

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what is published (chain §2.6).
const (
	maxIdentityText = 64 // bytes
	maxExtra        = 1  // pairs
	fingerprint     = 20 // bytes
	maxCommitment   = 128
)

// Validate tests an identity: each text has at most 64 bytes and holds nothing that could drive a
// terminal or hide in one, the fingerprint is whole, and something is said at all.
func (i IdentityInfo) Validate() error {
	if len(i.Extra) > maxExtra {
		return ErrTooManyFieldsInIdentity.Wrapf("%d extra pairs; use at most %d", len(i.Extra), maxExtra)
	}
	said := len(i.PgpFingerprint) > 0
	for _, t := range i.texts() {
		if err := validText(t.name, t.value); err != nil {
			return err
		}
		said = said || t.value != ""
	}
	for _, e := range i.Extra {
		if e.Name == "" || e.Value == "" {
			return ErrInvalidIdentity.Wrap("an extra pair needs a name and a value")
		}
	}
	if n := len(i.PgpFingerprint); n != 0 && n != fingerprint {
		return ErrInvalidIdentity.Wrapf("pgp_fingerprint has %d bytes; give %d, or none", n, fingerprint)
	}
	if !said {
		return ErrInvalidIdentity.Wrap("every field is empty; to say nothing, clear the identity")
	}
	return nil
}

type text struct{ name, value string }

func (i IdentityInfo) texts() []text {
	all := []text{
		{"display", i.Display}, {"legal", i.Legal}, {"web", i.Web}, {"riot", i.Riot}, {"email", i.Email},
		{"image", i.Image}, {"info", i.Info}, {"twitter", i.Twitter},
	}
	for _, e := range i.Extra {
		all = append(all, text{"extra name", e.Name}, text{"extra value", e.Value})
	}
	return all
}

// Deposit is what an identity costs while it stands: one deposit, and one for each extra pair.
func (i IdentityInfo) Deposit(each uint64) uint64 { return each * uint64(1+len(i.Extra)) }

func validText(name, value string) error {
	if len(value) > maxIdentityText {
		return ErrInvalidIdentity.Wrapf("%s has %d bytes; use at most %d", name, len(value), maxIdentityText)
	}
	if !utf8.ValidString(value) {
		return ErrInvalidIdentity.Wrapf("%s is not UTF-8", name)
	}
	if at := strings.IndexFunc(value, unseen); at >= 0 {
		return ErrInvalidIdentity.Wrapf("%s has a control or invisible character at byte %d", name, at)
	}
	return nil
}

// unseen names the characters that steer instead of show. The list is fixed: what the Unicode
// tables of a Go version say would make two nodes disagree.
func unseen(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f: // control
	case r == 0xad, r == 0x61c, r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0xfeff: // invisible, direction
	case r >= 0xe0000: // tags, private use
	default:
		return false
	}
	return true
}

// Formats of a commitment: the data itself, or its value under a hash function of 32 bytes.
var commitmentFormats = []string{"raw", "blake2b-256", "sha256", "keccak256", "sha3-256"}

// CommitmentFormats lists what a commitment's data can be.
func CommitmentFormats() []string { return append([]string(nil), commitmentFormats...) }

// Validate tests a commitment: 1 to 128 bytes as they are, or 32 that are a hash.
func (c Commitment) Validate() error {
	least, most := 32, 32
	switch {
	case c.Format == commitmentFormats[0]:
		least, most = 1, maxCommitment
	case !slices.Contains(commitmentFormats, c.Format):
		return ErrInvalidCommitment.Wrapf("format %.40q is none of %s", c.Format, strings.Join(commitmentFormats, ", "))
	}
	if n := len(c.Data); n < least || n > most {
		return ErrInvalidCommitment.Wrapf("%d bytes of %s; give %d..%d", n, c.Format, least, most)
	}
	return nil
}
