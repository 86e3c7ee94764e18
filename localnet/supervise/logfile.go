package supervise

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// logLimit is the size at which a log is moved to its second file: with two files a child keeps 8 to 16 MiB of history.
	logLimit = 8 << 20
	// logEvery is the time between two looks at the sizes: a child has to write 8 MiB/s to pass the limit noticeably.
	logEvery = time.Second
	// tailBytes and tailLines bound what an error quotes of a log.
	tailBytes = 4 << 10
	tailLines = 12
)

func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make room for log %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return f, nil
}

func (s *Supervisor) rotateLogs() {
	defer close(s.rotated)
	tick := time.NewTicker(logEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-tick.C:
		}
		for _, c := range s.list() {
			if err := rotate(c.spec.LogFile, logLimit); err != nil {
				s.cfg.Log.Warn("cannot cap a log", "name", c.spec.Name, "err", err)
			}
		}
	}
}

// rotate moves the content of a log larger than limit to path.1. The child holds the file open for appending, so the content is copied
// and the file emptied; lines written between the two steps, microseconds apart, are lost.
func rotate(path string, limit int64) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() <= limit {
		return ignoreMissing(err)
	}
	from, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(path+".1", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer to.Close()
	// Keep the newest part if the child was faster than logEvery.
	if info.Size() > 2*limit {
		if _, err := from.Seek(info.Size()-limit, io.SeekStart); err != nil {
			return err
		}
	}
	if _, err := io.Copy(to, io.LimitReader(from, 2*limit)); err != nil {
		return fmt.Errorf("move log %s: %w", path, err)
	}
	return from.Truncate(0)
}

func ignoreMissing(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// Tail returns the last lines of a log, at most 12 lines and 4 KiB; empty when there is none.
func Tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	buf := make([]byte, min(info.Size(), tailBytes))
	n, _ := f.ReadAt(buf, info.Size()-int64(len(buf)))
	lines := bytes.Split(bytes.TrimSpace(buf[:n]), []byte("\n"))
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}
	return string(bytes.Join(lines, []byte("\n")))
}

// quoteTail formats the end of a log for the end of an error.
func quoteTail(path string) string {
	tail := Tail(path)
	if tail == "" {
		return fmt.Sprintf(" (its log %s is empty)", path)
	}
	return fmt.Sprintf("\nend of %s:\n  %s", path, strings.ReplaceAll(tail, "\n", "\n  "))
}
