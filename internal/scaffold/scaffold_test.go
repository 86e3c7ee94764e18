package scaffold

import (
	"encoding/json"
	"errors"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

const root = "../.." // of this repository

func market(t *testing.T, name string) []File {
	t.Helper()
	e, err := Checkout(root)
	if err != nil {
		t.Fatal(err)
	}
	files, err := Files(Market{Name: name, Ergon: e})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAMarketIsFiveFilesAndWhatTheyNeed(t *testing.T) {
	var names []string
	for _, f := range market(t, "plums") {
		names = append(names, f.Name)
		text := string(f.Text)
		if strings.Contains(text, "NAME") || !strings.HasSuffix(text, "\n") {
			t.Errorf("%s:\n%s", f.Name, text)
		}
		if !strings.HasSuffix(f.Name, ".go") {
			continue
		}
		if strings.Contains(text, "template") || !strings.Contains(text, "\npackage main\n") && !strings.HasPrefix(text, "package main\n") {
			t.Errorf("%s is still the template's:\n%s", f.Name, text)
		}
		if formatted, err := format.Source(f.Text); err != nil || string(formatted) != text {
			t.Errorf("%s is not formatted: %v", f.Name, err)
		}
	}
	want := []string{"README.md", "main.go", "market.go", "protocol.go", "task.go", "reward.go", "miner.go", "validator.go", "lab.go", "plums_test.go", "go.mod", ".gitignore", "go.sum"}
	if !slices.Equal(names, want) {
		t.Errorf("files %v", names)
	}
}

// overlaid runs a command of go on the new market as a package of this module, so that a change here
// that it does not follow is seen at once. e2e builds and runs one as its user does.
func overlaid(t *testing.T, files []File, args ...string) (string, error) {
	t.Helper()
	at, err := filepath.Abs("plums") // there is no such folder
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := Write(dir, files); err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for _, f := range files {
		if strings.HasSuffix(f.Name, ".go") {
			replace[filepath.Join(at, f.Name)] = filepath.Join(dir, f.Name)
		}
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(overlay, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", append([]string{args[0], "-overlay", overlay}, append(args[1:], "./plums")...)...).CombinedOutput()
	return string(out), err
}

func TestAMarketCompiles(t *testing.T) {
	if out, err := overlaid(t, market(t, "plums"), "list", "-export", "-test"); err != nil { // -export compiles
		t.Errorf("%v\n%s", err, out)
	}
}

// The test that a market is born with fails when its reward pays for the shape of an answer, and says who
// profits. That it passes as it is, subnets/template shows.
func TestAMarketsOwnTestSeesABrokenReward(t *testing.T) {
	files := market(t, "plums")
	at := slices.IndexFunc(files, func(f File) bool { return f.Name == "reward.go" })
	broken := strings.Replace(string(files[at].Text), " && p == t.factors[i]", " && p > 0", 1)
	if broken == string(files[at].Text) {
		t.Fatal("reward.go has changed its form")
	}
	files[at].Text = []byte(broken)
	program := filepath.Join(t.TempDir(), "plums.test")
	if out, err := overlaid(t, files, "test", "-c", "-vet=off", "-o", program); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(program, "-test.run", "NoAdversary").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "liar earns ") || !strings.Contains(string(out), "--market plums") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"plums": true, "a": true, "llm7b": true, strings.Repeat("a", 31): true,
		"": false, "Plums": false, "my-market": false, "7b": false, "a_b": false, "../x": false, "é": false, strings.Repeat("a", 32): false,
		"func": false, "string": false, "main": false, "std": false, "ergon": false,
	} {
		if err := CheckName(name); (err == nil) != ok || err != nil && !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := Files(Market{Name: "../x"}); !errors.Is(err, ErrName) {
		t.Errorf("%v", err)
	}
	if _, err := Files(Market{Name: "x", Module: "a b"}); err == nil {
		t.Error("a module path with a blank: no error")
	}
}

func TestNothingIsOverwrittenOrLeftHalf(t *testing.T) {
	files := []File{{"a", []byte("x")}, {"b", []byte("y")}}
	dir := filepath.Join(t.TempDir(), "new")
	if err := Write(dir, files); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, files); err == nil {
		t.Error("a folder with files: no error")
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "a")); string(text) != "mine" {
		t.Errorf("overwritten: %s", text)
	}
	half := filepath.Join(t.TempDir(), "half")
	if err := Write(half, append(files, File{"no/such/folder", nil})); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
	if err := Write(filepath.Join(dir, "a"), files); err == nil {
		t.Error("a file in the way: no error")
	}
}

func parse(t *testing.T, e Ergon) *modfile.File {
	t.Helper()
	text, err := e.goMod("example.org/plums")
	if err != nil {
		t.Fatal(err)
	}
	f, err := modfile.Parse("go.mod", text, nil)
	if err != nil || f.Module.Mod.Path != "example.org/plums" {
		t.Fatalf("%v\n%s", err, text)
	}
	return f
}

// A checkout's market needs what the checkout needs, so that go looks nothing up.
func TestAModuleOverACheckout(t *testing.T) {
	e, err := Checkout(root)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	own, err := modfile.Parse("go.mod", raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := parse(t, e)
	if len(f.Require) != len(own.Require)+1 || len(f.Replace) != len(own.Replace)+1 || len(f.Tool) != 0 || f.Go.Version != own.Go.Version || e.Fetched() {
		t.Errorf("%d of %d requirements, %d of %d replacements", len(f.Require), len(own.Require)+1, len(f.Replace), len(own.Replace)+1)
	}
	if r := f.Replace[0]; r.Old.Path != Path || !filepath.IsAbs(r.New.Path) {
		t.Errorf("replace %v", r)
	}
	for _, r := range f.Require {
		if r.Indirect == direct[r.Mod.Path] {
			t.Errorf("%s indirect: %v", r.Mod.Path, r.Indirect)
		}
	}
	for _, dir := range []string{t.TempDir(), filepath.Join(root, "no such folder")} {
		if _, err := Checkout(dir); err == nil {
			t.Errorf("%s: no error", dir)
		}
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "go.mod"), []byte("module other\ngo 1.26\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Checkout(other); err == nil || !strings.Contains(err.Error(), "no checkout of Ergon") {
		t.Errorf("%v", err)
	}
}

// A release's market names the release and repeats its replacements; go finds the rest.
func TestAModuleOverARelease(t *testing.T) {
	fork := &debug.Module{Path: "example.org/fork", Version: "v1.0.1"}
	deps := []*debug.Module{{Path: "example.org/kept", Version: "v0.1.0"}, {Path: "example.org/forked", Version: "v1.0.0", Replace: fork}}
	info := func(version string) *debug.BuildInfo {
		return &debug.BuildInfo{GoVersion: "go1.26.5", Main: debug.Module{Path: Path, Version: version}, Deps: deps}
	}
	e, err := Released(info("v1.2.3"), true)
	if err != nil {
		t.Fatal(err)
	}
	f := parse(t, e)
	if len(f.Require) != 1 || f.Require[0].Mod.Version != "v1.2.3" || f.Go.Version != "1.26.5" || !e.Fetched() {
		t.Errorf("require %v, go %v", f.Require, f.Go)
	}
	if len(f.Replace) != 1 || f.Replace[0].Old.Path != "example.org/forked" || f.Replace[0].New.Version != "v1.0.1" {
		t.Errorf("replace %v", f.Replace)
	}
	market := &debug.BuildInfo{Main: debug.Module{Path: "example.org/plums", Version: "(devel)"}, Deps: []*debug.Module{{Path: Path, Version: "v1.2.3"}}}
	if _, err := Released(market, true); err != nil {
		t.Errorf("a market's own program knows its Ergon: %v", err)
	}
	for _, version := range []string{"", "(devel)", "v1.2.3+dirty", "v0.0.0-20261126021428-0f45fd5aaaaa"} {
		if _, err := Released(info(version), true); !errors.Is(err, ErrNoRelease) {
			t.Errorf("%q: %v", version, err)
		}
	}
	if _, err := Released(nil, false); !errors.Is(err, ErrNoRelease) {
		t.Errorf("%v", err)
	}
}
