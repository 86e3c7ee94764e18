package upgrade

import "context"

// Root tells who holds the powers of root (x/authority).
type Root interface {
	IsRoot(ctx context.Context, account []byte) (bool, error)
}
