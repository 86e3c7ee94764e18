package node

import (
	"context"
	"strings"

	abci "github.com/cometbft/cometbft/abci/types"

	errorsmod "cosmossdk.io/errors"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/ergon-network/ergon/chain/app"
)

// queryGas bounds what one question may read: 3 a byte and 1000 an entry, or 30 in a row of entries.
// It is a bit more than a metagraph of 4096 uids that all weigh all takes, in reach of nobody else,
// and about a second of work. Without it one question may go through every account.
const queryGas = 500_000_000

// bounded answers the engine's questions to the application, whoever asked them. It refuses those
// whose work has no bound, and says of those that ran into theirs what to do.
type bounded struct{ *app.App }

// Query implements the ABCI.
func (b bounded) Query(ctx context.Context, req *abci.RequestQuery) (*abci.ResponseQuery, error) {
	if path := strings.Trim(req.Path, "/"); strings.HasPrefix(path, "store/") && !strings.HasSuffix(path, "/key") {
		return sdkerrors.QueryResult(sdkerrors.ErrUnknownRequest.Wrapf("%s: ask for one key of a store at a time (/store/NAME/key)", req.Path), false), nil
	}
	res, err := b.App.Query(ctx, req)
	// The SDK says only that it panicked, and at which step of reading.
	if err == nil && res.Codespace == errorsmod.UndefinedCodespace && strings.HasPrefix(res.Log, "{") && strings.HasSuffix(res.Log, sdkerrors.ErrPanic.Error()) {
		res = sdkerrors.QueryResult(sdkerrors.ErrOutOfGas.Wrapf("%s reads more than a node does for one question: ask for less at once, as with pagination.limit, and go on behind it", req.Path), false)
	}
	return res, err
}
