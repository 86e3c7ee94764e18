package check_test

import (
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/ergon-network/ergon/tools/determinism/check"
)

func TestRules(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), check.Analyzer,
		"floats", "maporder", "clock", "chance", "concurrency", "exempt")
}

// The consensus packages themselves obey.
func TestConsensusIsDeterministic(t *testing.T) {
	loaded, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax, Tests: false},
		"github.com/ergon-network/ergon/consensus/...")
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded) == 0 || packages.PrintErrors(loaded) > 0 {
		t.Fatalf("%d packages loaded", len(loaded))
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{check.Analyzer}, loaded, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range graph.Roots {
		if root.Err != nil {
			t.Errorf("%s: %v", root.Package, root.Err)
		}
		for _, d := range root.Diagnostics {
			t.Errorf("%s: %s", root.Package.Fset.Position(d.Pos), d.Message)
		}
	}
}
