package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// errUnconfirmed: something needs a yes and nobody can be asked.
var errUnconfirmed = errors.New("this needs a confirmation and there is no terminal to ask at; repeat with --yes")

// errDeclined: the person said no.
var errDeclined = errors.New("nothing was done")

// patience is how long a person waits before wanting to know for what.
const patience = 2 * time.Second

// confirm asks for a yes. Without a terminal it never asks.
func (e *env) confirm(ctx context.Context, format string, args ...any) error {
	if e.yes {
		return nil
	}
	if !e.asks {
		return errUnconfirmed
	}
	fmt.Fprint(e.err, printable(fmt.Sprintf(format, args...)), " [y/N] ")
	line, err := e.readLine(ctx)
	if err != nil {
		return err
	}
	if a := strings.ToLower(strings.TrimSpace(line)); a != "y" && a != "yes" {
		return errDeclined
	}
	return nil
}

// readLine reads one line, or ends with ctx. It reads byte by byte, so that a second question
// finds its answer where the first one left off.
func (e *env) readLine(ctx context.Context) (string, error) {
	return interruptible(ctx, func() (string, error) {
		var line []byte
		for b := make([]byte, 1); ; {
			n, err := e.in.Read(b)
			if n == 1 && b[0] != '\n' {
				line = append(line, b[0])
			}
			if n == 1 && b[0] == '\n' || errors.Is(err, io.EOF) {
				return string(line), nil
			}
			if err != nil {
				return "", fmt.Errorf("read the answer: %w", err)
			}
		}
	})
}

// readSecret reads one line without showing it.
func (e *env) readSecret(ctx context.Context, prompt string) ([]byte, error) {
	fmt.Fprint(e.err, prompt)
	defer fmt.Fprintln(e.err)
	f, ok := e.in.(*os.File)
	if !ok {
		line, err := e.readLine(ctx)
		return []byte(line), err
	}
	fd := int(f.Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("read the password: %w", err)
	}
	e.echo.Lock()
	e.undo = func() { _ = term.Restore(fd, state) }
	e.echo.Unlock()
	defer e.restore()
	return interruptible(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
}

// restore gives the terminal its echo back.
func (e *env) restore() {
	e.echo.Lock()
	defer e.echo.Unlock()
	if e.undo != nil {
		e.undo()
		e.undo = nil
	}
}

// interruptible runs f, which cannot be interrupted, and does not wait for it once ctx has ended.
func interruptible[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		v   T
		err error
	}
	c := make(chan result, 1)
	go func() {
		v, err := f()
		c <- result{v, err}
	}()
	select {
	case r := <-c:
		return r.v, r.err
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
}

// readPasswordFile reads the first line of a file.
func readPasswordFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("password file: %w", err)
	}
	defer func() { _ = f.Close() }()
	line, err := bufio.NewReader(io.LimitReader(f, 4096)).ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("password file: %w", err)
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

// step makes one call that waits for something, within --timeout, and says so when it takes long.
func (e *env) step(ctx context.Context, what string, f func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	p := e.progress(what)
	defer p.stop()
	return f(ctx)
}

// progress shows a line on the terminal from the third second on, until stop.
type progress struct {
	mu   sync.Mutex
	text string
	end  chan struct{}
	gone sync.WaitGroup
}

func (e *env) progress(text string) *progress {
	p := &progress{text: text, end: make(chan struct{})}
	if e.shows {
		p.gone.Go(func() { p.show(e.err, time.After) })
	}
	return p
}

func (p *progress) set(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = text
}

func (p *progress) stop() {
	close(p.end)
	p.gone.Wait()
}

// show draws the line each time that wait, which is time.After but in tests, lets it.
func (p *progress) show(w io.Writer, wait func(time.Duration) <-chan time.Time) {
	start, shown := time.Now(), false
	for next := patience; ; next = time.Second / 2 {
		select {
		case <-p.end:
			if shown {
				fmt.Fprint(w, "\r\033[K")
			}
			return
		case <-wait(next):
		}
		p.mu.Lock()
		text := p.text
		p.mu.Unlock()
		fmt.Fprintf(w, "\r\033[K%s (%d s)", printable(text), int(time.Since(start).Seconds()))
		shown = true
	}
}
