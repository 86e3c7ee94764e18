package warm

import (
	_ "github.com/minio/minio-go/v7"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/versity/versitygw/backend/posix"
	_ "github.com/versity/versitygw/s3api"
	_ "modernc.org/sqlite"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/tools/go/analysis/singlechecker"
	_ "gopkg.in/yaml.v3"
	_ "pgregory.net/rapid"
	_ "github.com/cosmos/go-bip39"
	_ "github.com/google/uuid"
	_ "github.com/cometbft/cometbft/node"
	_ "github.com/cosmos/cosmos-sdk/server"
	_ "github.com/cosmos/cosmos-sdk/server/api"
	_ "github.com/cosmos/cosmos-sdk/server/grpc"
	_ "github.com/cosmos/cosmos-sdk/x/auth"
	_ "github.com/cosmos/cosmos-sdk/x/bank"
	_ "github.com/cosmos/cosmos-sdk/x/consensus"
	_ "github.com/cosmos/cosmos-sdk/x/genutil"
)
