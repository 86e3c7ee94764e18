package subnets

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// base are the calls of a neuron's base loop: registration, metagraph, address, weights.
var base = map[string]bool{
	"ServeAxon": true, "SetWeights": true, "CommitWeights": true, "RevealWeights": true,
	"NewCache": true, "During": true, "Changes": true, "Follow": true,
}

// No market has a base loop of its own: none of their functions makes a call that is one's part. A
// method that wraps the one of the same name, as to note that weights were set, is no loop.
func TestMarketsHaveNoBaseLoops(t *testing.T) {
	files, calls := 0, 0
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		own := filepath.Dir(path) == "." // the package that gives markets the loops
		files++
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				if s, ok := call.Fun.(*ast.SelectorExpr); ok && base[s.Sel.Name] {
					calls++
					if !own && s.Sel.Name != f.Name.Name {
						t.Errorf("%s: %s calls %s: leave that to RunMiner and RunValidator", path, f.Name.Name, s.Sel.Name)
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil || files < 15 || calls < 3 {
		t.Errorf("%v; %d files and %d calls seen", err, files, calls)
	}
}
