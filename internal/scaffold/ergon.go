package scaffold

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// Path is Ergon's Go module.
const Path = "github.com/ergon-network/ergon"

// Ergon is what a market's module says of the Ergon it is built with.
type Ergon struct {
	version  string
	checkout string // folder that takes the module's place; empty: none
	goLine   string
	requires []module.Version
	replaces []*modfile.Replace // those of Ergon's own, which Go takes from the main module only
	sum      []byte
}

// ErrNoRelease is wrapped by Released where a program was not built from a release.
var ErrNoRelease = errors.New("this program was not built from a release that others can fetch")

// Released is the release that the running program was built from; ErrNoRelease.
func Released(info *debug.BuildInfo, ok bool) (Ergon, error) {
	if !ok {
		return Ergon{}, ErrNoRelease
	}
	e := Ergon{goLine: goLine(info.GoVersion)}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		switch {
		case m.Path == Path && m.Replace == nil:
			e.version = m.Version
		case m.Path != Path && m.Replace != nil:
			e.replaces = append(e.replaces, &modfile.Replace{
				Old: module.Version{Path: m.Path}, New: module.Version{Path: m.Replace.Path, Version: m.Replace.Version},
			})
		}
	}
	if !semver.IsValid(e.version) || module.IsPseudoVersion(e.version) || semver.Build(e.version) != "" {
		return Ergon{}, fmt.Errorf("%w (version %q)", ErrNoRelease, e.version)
	}
	return e, nil
}

// goLine is a toolchain's version as go.mod has it.
func goLine(version string) string {
	if len(version) > 2 && modfile.GoVersionRE.MatchString(version[2:]) {
		return version[2:]
	}
	return ""
}

// Checkout is a folder that holds Ergon's source. All that it needs goes into the market's module, so
// that it builds without a look at the network.
func Checkout(dir string) (Ergon, error) {
	e := Ergon{version: "v0.0.0"}
	var err error
	if e.checkout, err = filepath.Abs(dir); err != nil {
		return e, err
	}
	raw, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return e, fmt.Errorf("%s is no checkout of Ergon: %w", dir, err)
	}
	f, err := modfile.Parse(filepath.Join(dir, "go.mod"), raw, nil)
	if err != nil {
		return e, err
	}
	if f.Module == nil || f.Module.Mod.Path != Path || f.Go == nil {
		return e, fmt.Errorf("%s is no checkout of Ergon: its go.mod is not that of %s", dir, Path)
	}
	e.goLine, e.replaces = f.Go.Version, f.Replace
	for _, r := range f.Require {
		e.requires = append(e.requires, r.Mod)
	}
	e.sum, err = os.ReadFile(filepath.Join(dir, "go.sum"))
	return e, err
}

// direct are the modules that a new market imports itself.
var direct = map[string]bool{Path: true, "pgregory.net/rapid": true}

// goMod writes the market's go.mod.
func (e Ergon) goMod(path string) ([]byte, error) {
	f := &modfile.File{Syntax: &modfile.FileSyntax{}}
	if err := f.AddModuleStmt(path); err != nil {
		return nil, err
	}
	if e.goLine != "" {
		if err := f.AddGoStmt(e.goLine); err != nil {
			return nil, err
		}
	}
	requires := []*modfile.Require{{Mod: module.Version{Path: Path, Version: e.version}}}
	for _, r := range e.requires {
		requires = append(requires, &modfile.Require{Mod: r, Indirect: !direct[r.Path]})
	}
	f.SetRequireSeparateIndirect(requires)
	replaces := e.replaces
	if e.checkout != "" {
		replaces = append([]*modfile.Replace{{Old: module.Version{Path: Path}, New: module.Version{Path: e.checkout}}}, replaces...)
	}
	for _, r := range replaces {
		if err := f.AddReplace(r.Old.Path, r.Old.Version, r.New.Path, r.New.Version); err != nil {
			return nil, err
		}
	}
	f.Cleanup()
	return f.Format()
}

// Fetched tells whether go has to look the rest of go.mod and go.sum up: the first step is then
// `go mod tidy`.
func (e Ergon) Fetched() bool { return len(e.sum) == 0 }
