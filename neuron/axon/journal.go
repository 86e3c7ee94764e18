package axon

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
)

// journal keeps the replay set's entries in files, so that a request answered before a restart is
// not answered again after it. Each entry is written before its request is served; what a killed
// process has written stays with the operating system. After a loss of power the last entries may be
// missing, but by the time a machine is up again their nonces are from before the start.
//
// Two files take turns: path is written until it covers one period, then becomes path.old, and the
// one before it goes. A period is a window and the skew, so whatever is dropped is stale.
type journal struct {
	path   string
	period int64 // nanoseconds
	log    *slog.Logger
	file   *os.File
	began  int64 // when file was begun, Unix nanoseconds
}

// A file is its magic, when it was begun, then entries: public key, nonce, hash of the uuid.
const (
	journalMagic = "ergonrp1"
	journalHead  = len(journalMagic) + 8
	journalEntry = 32 + 8 + 8
)

// openJournal fills the set from what an earlier process has left and makes it go on from there.
// known tells whether there was one.
func openJournal(path string, s *replaySet, skew, now int64, log *slog.Logger) (known bool, err error) {
	j := &journal{path: path, period: s.window + skew, log: log}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prune(now)
	for _, name := range []string{path + ".old", path} {
		began, err := readJournal(name, s)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return false, fmt.Errorf("axon: %w; remove the file if it is not the axon's", err)
		}
		known, j.began = true, began
	}
	if _, err := os.Stat(path); err == nil {
		if j.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0); err != nil {
			return false, fmt.Errorf("axon: replay journal: %w", err)
		}
	} else if err := j.begin(now); err != nil {
		return false, fmt.Errorf("axon: replay journal: %w", err)
	}
	s.disk = j
	return known, nil
}

// readJournal adds a file's entries to the set. A last entry that was cut short was never served. It
// is cut off, so that what comes after stays readable.
func readJournal(name string, s *replaySet) (began int64, err error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return 0, fmt.Errorf("replay journal: %w", err)
	}
	if len(raw) < journalHead || string(raw[:len(journalMagic)]) != journalMagic {
		return 0, fmt.Errorf("replay journal %s has another format", name)
	}
	began = int64(binary.BigEndian.Uint64(raw[len(journalMagic):]))
	entries := raw[journalHead:]
	if rest := len(entries) % journalEntry; rest != 0 {
		if err := os.Truncate(name, int64(len(raw)-rest)); err != nil {
			return 0, fmt.Errorf("replay journal: %w", err)
		}
	}
	for ; len(entries) >= journalEntry; entries = entries[journalEntry:] {
		entry := seenNonce{[32]byte(entries[:32]), int64(binary.BigEndian.Uint64(entries[32:])), binary.BigEndian.Uint64(entries[40:])}
		if err := s.insert(entry); errors.Is(err, errCrowded) {
			return 0, fmt.Errorf("replay journal %s holds more requests than Options.MaxNonces and MaxKeys allow; raise them to what they were", name)
		}
	}
	return began, nil
}

// begin starts a new file under the journal's path.
func (j *journal) begin(now int64) error {
	f, err := os.OpenFile(j.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	head := binary.BigEndian.AppendUint64([]byte(journalMagic), uint64(now))
	if _, err := f.Write(head); err != nil {
		return errors.Join(err, f.Close())
	}
	j.file, j.began = f, now
	return nil
}

// append writes an entry. A journal that cannot be written is removed: the next process then sees
// that it knows nothing, instead of trusting a file with holes. Calls are serialised; nil is none.
func (j *journal) append(e seenNonce, now int64) {
	if j == nil || j.file == nil {
		return
	}
	err := j.turn(now)
	if err == nil {
		var raw [journalEntry]byte
		e.put(&raw)
		_, err = j.file.Write(raw[:])
	}
	if err != nil {
		j.log.Error("replay journal cannot be written; after the next start, requests from before it are refused", "path", j.path, "error", err)
		_ = j.Close()
		os.Remove(j.path)
		os.Remove(j.path + ".old")
	}
}

// put writes an entry down.
func (e seenNonce) put(raw *[journalEntry]byte) {
	copy(raw[:], e.key[:])
	binary.BigEndian.PutUint64(raw[32:], uint64(e.nonce))
	binary.BigEndian.PutUint64(raw[40:], e.uuid)
}

// turn begins a new file when the current one covers its period.
func (j *journal) turn(now int64) error {
	if now-j.began < j.period {
		return nil
	}
	if err := errors.Join(j.file.Close(), os.Rename(j.path, j.path+".old")); err != nil {
		return err
	}
	return j.begin(now)
}

// Close ends the journal; later appends write nothing. More than once is once.
func (j *journal) Close() error {
	if j == nil || j.file == nil {
		return nil
	}
	f := j.file
	j.file = nil
	return f.Close()
}
