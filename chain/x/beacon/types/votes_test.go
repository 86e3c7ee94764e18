package types

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/consensus/beacon"
)

func sample() []Signed {
	sig := bytes.Repeat([]byte{9}, 64)
	return []Signed{
		{}, {Extension: []byte{}, Signature: sig},
		{Extension: bytes.Repeat([]byte{1}, 32), Signature: sig}, {Extension: bytes.Repeat([]byte{2}, 64), Signature: sig},
	}
}

func TestVotesAreReadAsTheyWereWritten(t *testing.T) {
	for _, votes := range [][]Signed{{}, sample(), make([]Signed, 128)} {
		read, err := ReadVotes(WriteVotes(votes))
		require.NoError(t, err)
		require.Equal(t, votes, read)
	}
	malformed := WriteVotes([]Signed{{Extension: []byte{1}, Signature: make([]byte, 64)}, {Extension: make([]byte, 32), Signature: []byte{1}}})
	read, err := ReadVotes(malformed)
	require.NoError(t, err)
	require.Equal(t, make([]Signed, 2), read, "left out")
}

func TestReadVotesRefuses(t *testing.T) {
	good := WriteVotes(sample())
	for i := range good {
		_, err := ReadVotes(good[:i])
		require.ErrorIs(t, err, ErrVotes, "the first %d bytes", i)
	}
	for name, bad := range map[string][]byte{
		"something else": []byte("a transaction"),
		"too many votes": append([]byte(marker), 129),
		"unknown kind":   append([]byte(marker), 1, 4),
		"a tail":         append(bytes.Clone(good), 0),
	} {
		_, err := ReadVotes(bad)
		require.ErrorIs(t, err, ErrVotes, name)
	}
}

func TestExtensions(t *testing.T) {
	v, next := beacon.Value{1}, beacon.Value{2}
	gotV, gotNext, err := ReadExtension(Extension(v, nil))
	require.NoError(t, err)
	require.Equal(t, &v, gotV)
	require.Nil(t, gotNext)
	gotV, gotNext, err = ReadExtension(Extension(v, &next))
	require.NoError(t, err)
	require.Equal(t, &v, gotV)
	require.Equal(t, &next, gotNext)
	gotV, gotNext, err = ReadExtension(nil)
	require.NoError(t, err)
	require.Nil(t, gotV)
	require.Nil(t, gotNext)
	for _, n := range []int{1, 31, 33, 63, 65, 96, 1 << 20} {
		_, _, err = ReadExtension(make([]byte, n))
		require.ErrorIs(t, err, ErrVotes)
	}
}

// FuzzReadVotes: whatever is read is written back byte for byte; nothing panics.
func FuzzReadVotes(f *testing.F) {
	f.Add(WriteVotes(sample()))
	f.Add(WriteVotes(nil))
	f.Add([]byte(marker))
	f.Fuzz(func(t *testing.T, entry []byte) {
		votes, err := ReadVotes(entry)
		if err != nil {
			return
		}
		require.Equal(t, entry, WriteVotes(votes))
		for _, v := range votes {
			_, _, err := ReadExtension(v.Extension)
			require.NoError(t, err)
		}
	})
}

// FuzzReadExtension: nothing panics, and what is read is written back.
func FuzzReadExtension(f *testing.F) {
	f.Add(make([]byte, 32))
	f.Add(make([]byte, 64))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, next, err := ReadExtension(b)
		if err == nil && v != nil {
			require.Equal(t, b, Extension(*v, next))
		}
	})
}
