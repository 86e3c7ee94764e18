// Package vectors reads the test vectors of the consensus packages. Only tests import it.
package vectors

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Env names the variable with further vector files: paths of .json or .json.gz, separated by
// colons, each of the schema of the file it extends.
const Env = "ERGON_VECTORS"

// Section decodes one top-level section of a vector file into out. It reports false when the file
// has no such section.
func Section(t testing.TB, path, section string, out any) bool {
	t.Helper()
	sections := map[string]json.RawMessage{}
	if err := json.Unmarshal(read(t, path), &sections); err != nil {
		t.Fatalf("vectors %s: %v", path, err)
	}
	raw, ok := sections[section]
	if !ok {
		return false
	}
	if err := json.Unmarshal(raw, out); err != nil {
		t.Fatalf("vectors %s, section %s: %v", path, section, err)
	}
	return true
}

// Must is Section for a section that has to exist.
func Must(t testing.TB, path, section string, out any) {
	t.Helper()
	if !Section(t, path, section, out) {
		t.Fatalf("vectors %s: no section %s", path, section)
	}
}

// Extra lists the files named by the environment.
func Extra() []string {
	return filepath.SplitList(os.Getenv(Env))
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatalf("vectors: %v", err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatalf("vectors %s: %v", path, err)
		}
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("vectors %s: %v", path, err)
	}
	return b
}
