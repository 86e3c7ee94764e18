package node

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	gateway "github.com/cosmos/gogogateway"
	"github.com/grpc-ecosystem/grpc-gateway/runtime"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/grpc/cmtservice"
	grpctypes "github.com/cosmos/cosmos-sdk/types/grpc"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"

	"github.com/ergon-network/ergon/chain/app"
)

const maxRequest = 1 << 20 // bytes; a read call is a path and a few parameters

// serveREST publishes the queries as JSON. Answers pass through the SS58 rewriter, because the
// SDK's own queries print bech32.
func (n *Node) serveREST(address string, cc client.Context, logger *slog.Logger) error {
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &gateway.JSONPb{EmitDefaults: true, OrigName: true, AnyResolver: cc.InterfaceRegistry}),
		runtime.WithProtoErrorHandler(runtime.DefaultHTTPProtoErrorHandler),
		runtime.WithIncomingHeaderMatcher(matchHeader),
	)
	authtx.RegisterGRPCGatewayRoutes(cc, mux)
	cmtservice.RegisterGRPCGatewayRoutes(cc, mux)
	app.Basics().RegisterGRPCGatewayRoutes(cc, mux)
	lis, err := listen(address)
	if err != nil {
		return err
	}
	n.rest = &http.Server{
		Handler:           openAPI(n.ss58(http.MaxBytesHandler(mux, maxRequest))),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 75 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	go func() { n.fail("REST", n.rest.Serve(lis)) }()
	return nil
}

func matchHeader(key string) (string, bool) {
	if strings.EqualFold(key, grpctypes.GRPCBlockHeightHeader) {
		return grpctypes.GRPCBlockHeightHeader, true
	}
	return runtime.DefaultHeaderMatcher(key)
}

// ss58 rewrites the addresses of an answer. Answers are small, so they are held whole.
func (n *Node) ss58(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		held := &heldResponse{header: http.Header{}, status: http.StatusOK}
		next.ServeHTTP(held, r)
		body := []byte(n.app.Rewrite(held.body.String()))
		for k, v := range held.header {
			w.Header()[k] = v
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(held.status)
		_, _ = w.Write(body)
	})
}

type heldResponse struct {
	header http.Header
	body   bytes.Buffer
	status int
}

func (h *heldResponse) Header() http.Header         { return h.header }
func (h *heldResponse) WriteHeader(status int)      { h.status = status }
func (h *heldResponse) Write(b []byte) (int, error) { return h.body.Write(b) }

func listen(address string) (net.Listener, error) {
	lis, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s (is another program using it?): %w", address, err)
	}
	return lis, nil
}
