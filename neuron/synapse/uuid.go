package synapse

import (
	"crypto/rand"
	"fmt"

	"github.com/google/uuid"
)

// NewUUID draws the UUIDv1 that names a process on the wire. Its node part is random, with the bit
// that marks it as such: the original sends the machine's hardware address to everybody.
func NewUUID() (string, error) {
	id, err := uuid.NewUUID()
	if err != nil {
		return "", fmt.Errorf("draw uuid: %w", err)
	}
	if _, err := rand.Read(id[10:]); err != nil {
		return "", fmt.Errorf("draw uuid: %w", err)
	}
	id[10] |= 1
	return id.String(), nil
}
