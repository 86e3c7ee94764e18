package beacon

import (
	"context"

	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
)

// Producers knows who produces blocks now (x/authority).
type Producers interface {
	Producers(ctx context.Context) ([]authoritytypes.Producer, error)
}
