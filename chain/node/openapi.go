package node

import (
	_ "embed"
	"net/http"
)

// The documents of what the node answers as JSON, made by scripts/proto.sh from the files that the
// answers themselves are generated from.
var (
	//go:embed openapi/ledger.json
	ledgerAPI []byte
	//go:embed openapi/engine.json
	engineAPI []byte
)

// openAPI serves the two documents and passes everything else on.
func openAPI(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	for path, document := range map[string][]byte{"/openapi.json": ledgerAPI, "/openapi-engine.json": engineAPI} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Access-Control-Allow-Origin", "*") // a public document, for browsers' viewers
			_, _ = w.Write(document)
		})
	}
	mux.Handle("/", next)
	return mux
}
