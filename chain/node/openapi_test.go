package node

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/api/annotations"
	goproto "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/ergon-network/ergon/chain/app"
)

// TestOpenAPINamesEveryQuery fails when a query was added and scripts/proto.sh not run, and the other way round.
func TestOpenAPINamesEveryQuery(t *testing.T) {
	_, err := app.MakeEncoding() // links every module
	require.NoError(t, err)
	served := map[string]bool{}
	files, err := proto.MergedRegistry()
	require.NoError(t, err)
	files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if len(f.Package()) < 6 || f.Package()[:6] != "ergon." {
			return true
		}
		for i := range f.Services().Len() {
			methods := f.Services().Get(i).Methods()
			for j := range methods.Len() {
				rule, ok := goproto.GetExtension(methods.Get(j).Options(), annotations.E_Http).(*annotations.HttpRule)
				if ok && rule.GetGet() != "" {
					served[rule.GetGet()] = true
				}
			}
		}
		return true
	})
	require.Greater(t, len(served), 10)
	documented := map[string]bool{}
	w := httptest.NewRecorder()
	openAPI(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	var document struct{ Paths map[string]any }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &document))
	for path := range document.Paths {
		documented[path] = true
	}
	require.Equal(t, served, documented)
	w = httptest.NewRecorder()
	openAPI(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/elsewhere", nil))
	require.Equal(t, http.StatusNotFound, w.Code)
}
