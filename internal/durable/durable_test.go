package durable

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWriteReplacesWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.json")
	for _, content := range []string{"a longer first content", "new", ""} {
		if err := Write(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Errorf("read %q, %v; want %q", got, err, content)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%d files, %v: only the written one stays", len(left), err)
	}
}

// What cannot be put in place leaves the old content, and nothing beside it.
func TestWriteFailsWithoutATrace(t *testing.T) {
	dir := t.TempDir()
	if err := Write(filepath.Join(dir, "none", "x"), nil); err == nil {
		t.Error("wrote into a folder that does not exist")
	}
	inTheWay := filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(inTheWay, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(inTheWay, []byte("x")); err == nil {
		t.Error("replaced a folder")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%d files, %v: a failed write leaves nothing", len(left), err)
	}
}
