package cli

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/api/annotations"
	protov2 "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// restRoutes lists the paths of all GET routes that the ledger's services declare.
func restRoutes(t *testing.T) []string {
	t.Helper()
	files, err := proto.MergedRegistry()
	require.NoError(t, err)
	var out []string
	files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			methods := f.Services().Get(i).Methods()
			for j := range methods.Len() {
				rule, ok := protov2.GetExtension(methods.Get(j).Options(), annotations.E_Http).(*annotations.HttpRule)
				if ok && rule.GetGet() != "" {
					out = append(out, rule.GetGet())
				}
			}
		}
		return true
	})
	require.Greater(t, len(out), 30)
	return out
}

var parameters = regexp.MustCompile(`\{[^}]*\}`)

// checkREST asks every route for something that exists, and looks for addresses in the wrong form.
func checkREST(t *testing.T, base string, values map[string]string) {
	t.Helper()
	answered := 0
	for _, route := range restRoutes(t) {
		path := parameters.ReplaceAllStringFunc(route, func(p string) string {
			name, _, _ := strings.Cut(strings.Trim(p, "{}"), "=")
			if v, ok := values[name]; ok {
				return v
			}
			return "1"
		})
		res, err := http.Get(base + path)
		require.NoError(t, err, path)
		body, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
		require.NoError(t, err, path)
		require.NoError(t, res.Body.Close())
		require.NotContains(t, string(body), "ergon1", path)
		if res.StatusCode == http.StatusOK {
			answered++
		}
	}
	require.Greater(t, answered, 20, "the routes were asked wrongly")
}
