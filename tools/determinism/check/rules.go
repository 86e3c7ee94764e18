package check

import (
	"go/ast"
	"go/types"
	"strconv"
)

// randomness is what no node can recompute.
var randomness = map[string]bool{
	"math/rand": true, "math/rand/v2": true, "crypto/rand": true, "golang.org/x/exp/rand": true,
}

func (c *checker) imports(file *ast.File) {
	for _, spec := range file.Imports {
		if path, err := strconv.Unquote(spec.Path.Value); err == nil && randomness[path] {
			c.report(spec.Pos(), "randomness", "import of %s; take a seed from the chain", path)
		}
	}
}

// forbidden names package-level objects by import path, with the rule they break.
var forbidden = map[string]map[string]string{
	"time": {
		"Now": "clock", "Since": "clock", "Until": "clock", "Sleep": "clock", "After": "clock",
		"AfterFunc": "clock", "Tick": "clock", "NewTimer": "clock", "NewTicker": "clock",
		"Local": "clock", "LoadLocation": "clock",
	},
	"context": {
		"WithTimeout": "clock", "WithTimeoutCause": "clock",
		"WithDeadline": "clock", "WithDeadlineCause": "clock",
	},
	"maps":                  mapOrder,
	"golang.org/x/exp/maps": mapOrder,
}

var mapOrder = map[string]string{"Keys": "map order", "Values": "map order", "All": "map order"}

// forbiddenMethods names methods by receiver type.
var forbiddenMethods = map[string]map[string]string{
	"sync.Map":      {"Range": "map order"},
	"reflect.Value": {"MapRange": "map order", "MapKeys": "map order", "Seq": "map order", "Seq2": "map order"},
	"time.Time":     {"Local": "clock"},
}

// object reports uses of forbidden functions, called or passed on.
func (c *checker) object(id *ast.Ident) {
	used := c.pass.TypesInfo.Uses[id]
	if used == nil || used.Pkg() == nil || c.sorted[ast.Expr(id)] {
		return
	}
	path, name := used.Pkg().Path(), used.Name()
	rule := ""
	if fn, ok := used.(*types.Func); ok && fn.Signature().Recv() != nil {
		rule = forbiddenMethods[path+"."+receiver(fn)][name]
	} else if used.Parent() == used.Pkg().Scope() {
		rule = forbidden[path][name]
	}
	switch rule {
	case "clock":
		c.report(id.Pos(), rule, "%s.%s differs between machines; use the block's height and time", path, name)
	case "map order":
		c.report(id.Pos(), rule, "%s.%s yields entries in no fixed order; sort the keys at once with slices.Sorted", path, name)
	}
}

// receiver is the name of a method's receiver type.
func receiver(fn *types.Func) string {
	t := fn.Signature().Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := t.(*types.Named); ok {
		return named.Obj().Name()
	}
	return ""
}

// markSorted allows maps.Keys and maps.Values directly inside a call that sorts them.
func (c *checker) markSorted(call *ast.CallExpr) {
	if len(call.Args) == 0 || !c.isFunc(call.Fun, "slices", "Sorted", "SortedFunc", "SortedStableFunc") {
		return
	}
	inner, ok := ast.Unparen(call.Args[0]).(*ast.CallExpr)
	if !ok || !c.isFunc(inner.Fun, "maps", "Keys", "Values") {
		return
	}
	if id := callee(inner.Fun); id != nil {
		c.sorted[id] = true
	}
}

func (c *checker) isFunc(fun ast.Expr, path string, names ...string) bool {
	id := callee(fun)
	if id == nil {
		return false
	}
	used := c.pass.TypesInfo.Uses[id]
	if used == nil || used.Pkg() == nil || used.Pkg().Path() != path {
		return false
	}
	for _, name := range names {
		if used.Name() == name {
			return true
		}
	}
	return false
}

// callee is the identifier that names a called function.
func callee(fun ast.Expr) *ast.Ident {
	switch fun := ast.Unparen(fun).(type) {
	case *ast.Ident:
		return fun
	case *ast.SelectorExpr:
		return fun.Sel
	case *ast.IndexExpr: // explicit type arguments
		return callee(fun.X)
	case *ast.IndexListExpr:
		return callee(fun.X)
	}
	return nil
}

func (c *checker) rangeStmt(n *ast.RangeStmt) {
	t := c.pass.TypesInfo.TypeOf(n.X)
	if t == nil || !mayBeMap(t) || c.excused(n.Pos()) {
		return
	}
	c.report(n.Pos(), "map order", "range over a map visits entries in no fixed order; range over slices.Sorted(maps.Keys(m))")
}

// mayBeMap tells whether a value of the type can be a map, type parameters included.
func mayBeMap(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Map:
		return true
	case *types.Interface: // the constraint of a type parameter
		for i := range u.NumEmbeddeds() {
			if mayBeMap(u.EmbeddedType(i)) {
				return true
			}
		}
	case *types.Union:
		for i := range u.Len() {
			if mayBeMap(u.Term(i).Type()) {
				return true
			}
		}
	}
	return false
}

// float reports an expression that is a float, and tells whether to look inside it.
func (c *checker) float(e ast.Expr) bool {
	tv, ok := c.pass.TypesInfo.Types[e]
	if !ok {
		// A name after a selector has no entry of its own, nor has one being defined.
		return true
	}
	if !isFloat(tv.Type) {
		return true
	}
	what := "value"
	if tv.IsType() {
		what = "type"
	}
	c.report(e.Pos(), "float", "%s of type %s; use package fixed", what, tv.Type)
	return false
}

// isFloat tells whether a value of the type is, or for the results of a call contains, a float.
func isFloat(t types.Type) bool {
	switch u := t.(type) {
	case *types.Tuple:
		for i := range u.Len() {
			if isFloat(u.At(i).Type()) {
				return true
			}
		}
		return false
	case *types.TypeParam:
		return false
	}
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&(types.IsFloat|types.IsComplex) != 0
}
