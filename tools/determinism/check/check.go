// Package check is the analyzer behind the command determinism.
//
// Rules, for every file that is neither a test nor generated protobuf code:
//
//	float        no float or complex type, value or literal; 1e9 as an integer constant is fine
//	map order    no range over a map, nor over what yields a map's keys in its order
//	clock        nothing that reads the clock, waits, or depends on the machine's time zone
//	randomness   no import of math/rand, math/rand/v2 or crypto/rand
//	concurrency  no go statement and no select
//
// slices.Sorted(maps.Keys(m)) and its relatives are allowed: they sort at once. Where the order of
// a map provably cannot matter, a comment on the line of the range statement or the one above
// says so, with the reason:
//
//	//ergon:unordered counts entries; addition commutes
//	for range m {
//
// A comment without a reason, or one that excuses nothing, is a finding too.
package check

import (
	"bytes"
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Analyzer reports what can make two nodes disagree.
var Analyzer = &analysis.Analyzer{
	Name: "determinism",
	Doc:  "forbid floats, map order, clocks, randomness, goroutines and select",
	Run:  run,
}

func run(pass *analysis.Pass) (any, error) {
	for _, file := range pass.Files {
		if exempt(pass.Fset.Position(file.Package).Filename, file) {
			continue
		}
		c := &checker{pass: pass, excuses: excuses(pass, file), reported: map[finding]bool{}}
		c.imports(file)
		c.walk(file)
		c.staleExcuses()
	}
	return nil, nil
}

// exempt tells whether a file is a test or generated protobuf code.
func exempt(name string, file *ast.File) bool {
	if strings.HasSuffix(name, "_test.go") {
		return true
	}
	generated := strings.HasSuffix(name, ".pb.go") || strings.HasSuffix(name, ".pb.gw.go")
	return generated && ast.IsGenerated(file)
}

// finding is a line and a rule: one report for both is enough.
type finding struct {
	line int
	rule string
}

type checker struct {
	pass     *analysis.Pass
	excuses  map[int]*excuse
	reported map[finding]bool
	sorted   map[ast.Expr]bool // arguments that are sorted by the call they appear in
}

func (c *checker) report(pos token.Pos, rule, format string, args ...any) {
	f := finding{c.line(pos), rule}
	if !c.reported[f] {
		c.reported[f] = true
		c.pass.Reportf(pos, rule+": "+format, args...)
	}
}

func (c *checker) line(pos token.Pos) int { return c.pass.Fset.Position(pos).Line }

// walk applies every rule to every node.
func (c *checker) walk(file *ast.File) {
	c.sorted = map[ast.Expr]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			c.report(n.Pos(), "concurrency", "goroutines finish in any order; do the work in sequence")
		case *ast.SelectStmt:
			c.report(n.Pos(), "concurrency", "select chooses at random among ready cases")
		case *ast.RangeStmt:
			c.rangeStmt(n)
		case *ast.CallExpr:
			c.markSorted(n)
		case *ast.Ident:
			c.object(n)
		}
		if e, ok := n.(ast.Expr); ok {
			return c.float(e)
		}
		return true
	})
}

const excusePrefix = "//ergon:unordered"

// excuse is a comment that allows one map range.
type excuse struct {
	pos    token.Pos
	reason string
	alone  bool // on its line, so it speaks for the next
	used   bool
}

// excuses finds the comments that allow a map range, by their line.
func excuses(pass *analysis.Pass, file *ast.File) map[int]*excuse {
	found := map[int]*excuse{}
	for _, group := range file.Comments {
		for _, comment := range group.List {
			reason, ok := strings.CutPrefix(comment.Text, excusePrefix)
			if !ok || reason != "" && reason[0] != ' ' && reason[0] != '\t' {
				continue
			}
			at := pass.Fset.Position(comment.Pos())
			found[at.Line] = &excuse{
				pos:    comment.Pos(),
				reason: strings.TrimSpace(reason),
				alone:  at.Column == 1 || blankBefore(pass, at),
			}
		}
	}
	return found
}

// blankBefore tells whether nothing but white space precedes a position on its line.
func blankBefore(pass *analysis.Pass, at token.Position) bool {
	source, err := pass.ReadFile(at.Filename)
	if err != nil || at.Offset > len(source) {
		return false
	}
	line := source[at.Offset-(at.Column-1) : at.Offset]
	return len(bytes.TrimSpace(line)) == 0
}

// excused tells whether a comment on the line of pos or the one above allows a map range there.
func (c *checker) excused(pos token.Pos) bool {
	line := c.line(pos)
	e := c.excuses[line]
	if e == nil {
		if e = c.excuses[line-1]; e == nil || !e.alone {
			return false
		}
	}
	e.used = true
	return e.reason != ""
}

func (c *checker) staleExcuses() {
	for _, e := range c.excuses {
		switch {
		case e.reason == "":
			c.report(e.pos, "map order", "%s needs a reason: why can the order not matter?", excusePrefix)
		case !e.used:
			c.report(e.pos, "map order", "%s excuses nothing here; remove it", excusePrefix)
		}
	}
}
