// Package doctor checks whether a machine can run Ergon. Each check is a function that says what
// it found and, unless all is well, what to do about it. Nothing is changed on the machine.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Status of a check.
type Status string

// A warning is for what works but should be looked at; a failure for what will not work.
const (
	OK   Status = "ok"
	Warn Status = "warn"
	Fail Status = "fail"
)

// Result is the outcome of one check.
type Result struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	Detail string `json:"detail"`
	Remedy string `json:"remedy,omitempty"`
}

// Check is one question to the machine. It ends with its context.
type Check func(ctx context.Context) Result

// Run makes the checks in order. Healthy is false if one failed.
func Run(ctx context.Context, checks ...Check) (results []Result, healthy bool) {
	healthy = true
	for _, check := range checks {
		r := check(ctx)
		healthy = healthy && r.Status != Fail
		results = append(results, r)
	}
	return results, healthy
}

// Port checks that an address can be listened on. One that is taken is fine when running says
// that it is the program's own service, and a warning otherwise.
func Port(name, address string, running func(ctx context.Context, address string) bool) Check {
	return func(ctx context.Context) Result {
		r := Result{Name: name, Status: OK, Detail: address + " is free"}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err == nil {
			_ = l.Close()
			return r
		}
		if running != nil && running(ctx, address) {
			r.Detail = address + " is used by a running ledger node"
			return r
		}
		r.Status, r.Detail = Warn, fmt.Sprintf("%s is taken: %v", address, err)
		r.Remedy = "stop the program that listens there, or give the node another address in its node.json"
		return r
	}
}

// Head is what a node says of its latest block.
type Head struct {
	Height     uint64
	Time       time.Time
	CatchingUp bool
}

// How far the clock may be from the latest block's time. A block is stamped by producers up to a
// block time (12 s, chain §1.1) ago; one from the future means a wrong clock somewhere.
const (
	maxBehind = 2 * time.Minute
	maxAhead  = 5 * time.Second
)

// Clock compares the machine's time with that of the node's latest block. No node is a warning:
// there is nothing to compare with.
func Clock(now func() time.Time, head func(context.Context) (Head, error)) Check {
	return func(ctx context.Context) Result {
		r := Result{Name: "clock", Status: OK}
		h, err := head(ctx)
		if err != nil {
			r.Status, r.Detail = Warn, fmt.Sprintf("not compared: %v", err)
			r.Remedy = "start a node (`ergon node start`), or name one with --node"
			return r
		}
		age := now().Sub(h.Time).Round(time.Millisecond)
		r.Detail = fmt.Sprintf("block %d is %v old", h.Height, age)
		switch {
		case age < -maxAhead:
			r.Status, r.Detail = Fail, fmt.Sprintf("block %d is from %v in the future", h.Height, -age)
			r.Remedy = "set the clock, for instance with systemd-timesyncd or chrony"
		case h.CatchingUp:
			r.Status, r.Remedy = Warn, "the node is catching up; ask again when it has"
		case age > maxBehind:
			r.Status, r.Remedy = Warn, "the chain stands still, or this clock is ahead: compare it with another"
		}
		return r
	}
}

// Free space that a ledger and its neurons need, bytes.
const (
	diskFail = 1 << 30
	diskWarn = 10 << 30
)

// Disk checks the free space where dir is or will be. free is FreeSpace, or a test's.
func Disk(dir string, free func(dir string) (uint64, error)) Check {
	return func(context.Context) Result {
		r := Result{Name: "disk", Status: OK}
		at, err := existing(dir)
		if err != nil {
			r.Status, r.Detail, r.Remedy = Fail, err.Error(), "name a directory that can be made with --dir"
			return r
		}
		bytes, err := free(at)
		if err != nil {
			r.Status, r.Detail = Warn, fmt.Sprintf("not measured: %v", err)
			r.Remedy = "look at the free space of " + at + " yourself"
			return r
		}
		r.Detail = fmt.Sprintf("%.1f GiB free in %s", float64(bytes)/(1<<30), at)
		if bytes < diskWarn {
			r.Status, r.Remedy = Warn, "a ledger and a validator's evidence grow: have 10 GiB free"
		}
		if bytes < diskFail {
			r.Status, r.Remedy = Fail, "free at least 1 GiB, better 10, or use another disk with --dir"
		}
		return r
	}
}

// existing is dir or the closest folder above it that exists.
func existing(dir string) (string, error) {
	at, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		_, err := os.Stat(at)
		up := filepath.Dir(at)
		if err == nil || !errors.Is(err, os.ErrNotExist) || up == at {
			return at, err
		}
		at = up
	}
}

// Wallets checks that nobody else on the machine can read the key files below dir.
func Wallets(dir string) Check {
	return func(context.Context) Result {
		r := Result{Name: "wallets", Status: OK, Detail: "none in " + dir}
		var files, open int
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil || !info.Mode().IsRegular() || filepath.Ext(path) == ".txt" {
				return err
			}
			if files++; info.Mode().Perm()&0o077 != 0 {
				open++
			}
			return nil
		})
		switch {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			r.Status, r.Detail, r.Remedy = Warn, fmt.Sprintf("not looked at: %v", err), "name another directory with --wallet-dir"
		case open > 0:
			r.Status, r.Detail = Warn, fmt.Sprintf("%d of %d key files in %s can be read by others", open, files, dir)
			r.Remedy = "chmod -R go-rwx " + dir
		default:
			r.Detail = fmt.Sprintf("%d key files in %s, readable by you only", files, dir)
		}
		return r
	}
}

// Tool checks a program that some markets need. find says which build it found.
func Tool(name string, find func(context.Context) (build string, err error), remedy string) Check {
	return func(ctx context.Context) Result {
		build, err := find(ctx)
		if err != nil {
			return Result{Name: name, Status: Warn, Detail: err.Error(), Remedy: remedy}
		}
		return Result{Name: name, Status: OK, Detail: build}
	}
}
