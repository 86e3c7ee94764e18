// Package scaffold writes a new market as a Go module of its own: the five files of an incentive
// mechanism, its registration, its test, and a main that makes a whole Ergon of them. They are the
// files of subnets/template, which is compiled and tested here, under another name.
package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/ergon-network/ergon/subnets/template"
)

// ErrName is wrapped by the error of a name that no market can have.
var ErrName = errors.New("a market's name is a lower-case letter and then letters and digits, at most 31")

// Market is what a new market is to be.
type Market struct {
	Name   string // of the market, its program and its folder
	Module string // path of its Go module; empty: the name
	Ergon  Ergon  // what it is built with
}

// File is one file of a new market.
type File struct {
	Name string
	Text []byte
}

// names that Go, or this module, understands as something else.
var reserved = []string{"all", "cmd", "ergon", "main", "std"}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9]{0,30}$`)

// CheckName refuses names that are no Go package's, or mean something already; ErrName.
func CheckName(name string) error {
	switch {
	case !nameForm.MatchString(name):
		return fmt.Errorf("%q: %w", name, ErrName)
	case token.IsKeyword(name), types.Universe.Lookup(name) != nil, slices.Contains(reserved, name):
		return fmt.Errorf("%q means something in Go: %w", name, ErrName)
	}
	return nil
}

// Files is the whole of a new market, in the order in which one reads it. It writes nothing.
func Files(m Market) ([]File, error) {
	if err := CheckName(m.Name); err != nil {
		return nil, err
	}
	if m.Module == "" {
		m.Module = m.Name
	}
	if err := module.CheckImportPath(m.Module); err != nil {
		return nil, fmt.Errorf("Go module path %q: %w", m.Module, err)
	}
	source, err := rename(m.Name)
	if err != nil {
		return nil, err
	}
	gomod, err := m.Ergon.goMod(m.Module)
	if err != nil {
		return nil, err
	}
	files := append([]File{{"README.md", fill(readme, m.Name)}}, source...)
	files = append(files, File{"go.mod", gomod}, File{".gitignore", fill(ignore, m.Name)})
	if len(m.Ergon.sum) > 0 {
		files = append(files, File{"go.sum", m.Ergon.sum})
	}
	return files, nil
}

// about is the comment that says what the template is; the part from the table of files on is a new
// market's too.
var (
	about   = regexp.MustCompile(`(?s)\A// Package template.*?\n//\n((?://\t[^\n]*\n)+)(package )`)
	summary = regexp.MustCompile(`Name: "template", Summary: "[^"]*"`)
	tested  = []byte(`labtest.Sound(t, "template"`)
)

// rename makes the template's files those of a program with another market.
func rename(name string) ([]File, error) {
	entries, err := fs.ReadDir(template.Source, ".")
	if err != nil {
		return nil, err
	}
	var files []File
	seen := map[string]int{}
	for _, e := range entries {
		if e.Name() == "source.go" {
			continue
		}
		text, err := fs.ReadFile(template.Source, e.Name())
		if err != nil {
			return nil, err
		}
		if table := about.FindSubmatch(text); table != nil {
			seen["comment"]++
			files = append(files, File{"main.go", bytes.Join([][]byte{fill(mainHead, name), table[1], fill(mainTail, name)}, nil)})
			text = about.ReplaceAll(text, []byte("$2"))
		}
		if summary.Match(text) {
			seen["registration"]++
			text = summary.ReplaceAll(text, []byte(`Name: "`+name+`", Summary: "factor numbers; say here what yours is for"`))
		}
		if bytes.Contains(text, tested) {
			seen["test"]++
			text = bytes.ReplaceAll(text, tested, []byte(`labtest.Sound(t, "`+name+`"`))
		}
		text = bytes.Replace(text, []byte("package template\n"), []byte("package main\n"), 1)
		files = append(files, File{strings.Replace(e.Name(), "template_test.go", name+"_test.go", 1), text})
	}
	if seen["comment"] != 1 || seen["registration"] != 2 || seen["test"] != 1 {
		return nil, fmt.Errorf("subnets/template has changed its form: %v", seen)
	}
	slices.SortStableFunc(files, func(a, b File) int { return rank(a.Name) - rank(b.Name) })
	return files, nil
}

// rank puts files in the order of the anatomy.
func rank(name string) int {
	order := []string{"main.go", "market.go", "protocol.go", "task.go", "reward.go", "miner.go", "validator.go", "lab.go"}
	if at := slices.Index(order, name); at >= 0 {
		return at
	}
	return len(order)
}

// Write puts the files into dir, which must not exist or be empty. If one cannot be written, none is
// left.
func Write(dir string, files []File) (err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write a market: %w", err)
	}
	made := err != nil
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty, and nothing is overwritten: name another folder", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write a market: %w", err)
	}
	var written []string
	defer func() {
		if err == nil {
			return
		}
		for _, path := range written {
			_ = os.Remove(path)
		}
		if made {
			_ = os.Remove(dir)
		}
	}()
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return fmt.Errorf("write a market: %w", err)
		}
		written = append(written, path)
		_, err = out.Write(f.Text)
		if err := errors.Join(err, out.Close()); err != nil {
			return fmt.Errorf("write a market: %w", err)
		}
	}
	return nil
}

func fill(text, name string) []byte { return []byte(strings.ReplaceAll(text, "NAME", name)) }
