package objectstore_test

import (
	"context"
	"encoding/binary"
	"net"
	"sync/atomic"
	"testing"
)

// nameServer answers every A question with these addresses and every other with none; with no
// addresses at all it denies that the name exists. The function it returns counts questions.
func nameServer(t *testing.T, addresses ...[4]byte) (*net.Resolver, func() int64) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	var asked atomic.Int64
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			asked.Add(1)
			if reply := answerQuestion(buf[:n], addresses); reply != nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}, asked.Load
}

// answerQuestion builds a DNS message: the question repeated, then the addresses (RFC 1035 §4).
func answerQuestion(query []byte, addresses [][4]byte) []byte {
	const header = 12
	end := header
	for end < len(query) && query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5 // the root label, type and class
	if end > len(query) {
		return nil
	}
	reply := append([]byte(nil), query[:end]...)
	flags := uint16(0x8180) // a recursive answer
	if len(addresses) == 0 {
		flags |= 3 // no such name
	}
	if binary.BigEndian.Uint16(query[end-4:]) != 1 {
		addresses = nil
	}
	binary.BigEndian.PutUint16(reply[2:], flags)
	binary.BigEndian.PutUint16(reply[4:], 1)
	binary.BigEndian.PutUint16(reply[6:], uint16(len(addresses)))
	binary.BigEndian.PutUint32(reply[8:], 0)
	for _, a := range addresses {
		reply = append(reply, 0xc0, header, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		reply = append(reply, a[:]...)
	}
	return reply
}
