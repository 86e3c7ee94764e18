package lab

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxArchive bounds a file of an archive, bytes: some 500 epochs of 256 uids and 64 validators.
const maxArchive = 64 << 20

// LoadArchive reads an archive from a JSON file, or from one or two CSV files, by the ending of the
// first. Errors name the file and line, and what to write. ParseArchive and ParseArchiveCSV say what
// such files hold.
func LoadArchive(paths ...string) (*Archive, error) {
	if len(paths) == 0 || len(paths) > 2 {
		return nil, errors.New("an archive is one JSON file, or one or two CSV files")
	}
	base := filepath.Base(paths[0])
	name := strings.TrimSuffix(base, filepath.Ext(base))
	if !strings.EqualFold(filepath.Ext(paths[0]), ".csv") {
		if len(paths) > 1 {
			return nil, fmt.Errorf("%s: an archive in JSON is one file", paths[1])
		}
		raw, err := readArchive(paths[0])
		if err != nil {
			return nil, err
		}
		a, err := ParseArchive(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", paths[0], err)
		}
		if a.Name == "" {
			a.Name = name
		}
		return a, nil
	}
	files := make([]CSVFile, len(paths))
	for i, path := range paths {
		raw, err := readArchive(path)
		if err != nil {
			return nil, err
		}
		files[i] = CSVFile{path, raw}
	}
	a, err := ParseArchiveCSV(files...)
	if err != nil {
		return nil, err
	}
	a.Name = name
	return a, nil
}

func readArchive(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, maxArchive+1))
	if err == nil && len(raw) > maxArchive {
		err = fmt.Errorf("%s: a file of more than %d MiB: leave epochs out", path, maxArchive>>20)
	}
	return raw, err
}

// ParseArchive reads an archive from JSON. Three forms are known:
//
//	{"name": "n", "subnet": {"kappa": 0.5}, "epochs": 40, "frames": [{"stake": [100, 0], "weights": [[0, 1], []]}]}
//	{"S": [100, 0], "W": [[0, 1], [0, 0]]}
//	[{"S": …, "W": …}, …]
//
// The first is Archive; what its subnet leaves out is as Defaults has it, and a field that it does not
// know is an error. The others are a metagraph as it is dumped, of one epoch or of several; whatever
// else such an object holds is passed over.
func ParseArchive(raw []byte) (*Archive, error) {
	if len(raw) > maxArchive {
		return nil, fmt.Errorf("an archive of more than %d MiB", maxArchive>>20)
	}
	d := archiveDecoder{raw: raw, dec: json.NewDecoder(bytes.NewReader(raw)), archive: Archive{Subnet: Defaults().Subnet}}
	err := d.top()
	if err == nil {
		if _, end := d.dec.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("there is more behind the archive: write one JSON value")
		}
	}
	if err == nil {
		err = d.archive.Check()
	}
	if err != nil {
		return nil, d.at(err)
	}
	return &d.archive, nil
}

// archiveDecoder reads an archive frame by frame, so that each is judged before the next is kept.
type archiveDecoder struct {
	raw     []byte
	dec     *json.Decoder
	archive Archive
}

// at adds the line on which reading ended.
func (d *archiveDecoder) at(err error) error {
	offset := d.dec.InputOffset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = max(offset, syntax.Offset)
	}
	offset = min(max(offset, 0), int64(len(d.raw)))
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err, offset = errors.New("the file ends in the middle: is it all there?"), int64(len(d.raw))
	}
	return fmt.Errorf("line %d: %w", 1+bytes.Count(d.raw[:offset], []byte("\n")), err)
}

func (d *archiveDecoder) top() error {
	token, err := d.dec.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('['):
		return d.frames()
	case json.Delim('{'):
		return d.object()
	}
	return errors.New(`an archive is an object with "frames", a metagraph with "S" and "W", or a list of those`)
}

// frames reads the rest of a list.
func (d *archiveDecoder) frames() error {
	for d.dec.More() {
		if len(d.archive.Frames) == MaxEpochs {
			return fmt.Errorf("there are more than %d frames", MaxEpochs)
		}
		if token, err := d.dec.Token(); err != nil {
			return err
		} else if token != json.Delim('{') {
			return errors.New(`a frame is an object with "stake" and "weights"`)
		}
		var f Frame
		if err := d.fields(func(key string) (bool, error) { return f.read(d.dec, key) }, "stake, weights"); err != nil {
			return err
		}
		if err := d.add(f); err != nil {
			return err
		}
	}
	_, err := d.dec.Token()
	return err
}

// add checks a frame as Check does, before the next is read.
func (d *archiveDecoder) add(f Frame) error {
	n := len(f.Stake)
	if len(d.archive.Frames) > 0 {
		n = len(d.archive.Frames[0].Stake)
	}
	d.archive.Frames = append(d.archive.Frames, f)
	if n == 0 || n > MaxUIDs {
		return d.archive.Check()
	}
	if err := f.check(n); err != nil {
		return fmt.Errorf("frame %d: %w", len(d.archive.Frames)-1, err)
	}
	return nil
}

// object reads the rest of an archive, or of a metagraph.
func (d *archiveDecoder) object() error {
	var one Frame
	err := d.fields(func(key string) (bool, error) {
		switch key {
		case "name":
			return true, d.dec.Decode(&d.archive.Name)
		case "epochs":
			return true, d.dec.Decode(&d.archive.Epochs)
		case "subnet":
			return true, strict(d.dec, &d.archive.Subnet)
		case "frames":
			if token, err := d.dec.Token(); err != nil {
				return true, err
			} else if token != json.Delim('[') {
				return true, errors.New("frames is a list: write [ before the first")
			}
			return true, d.frames()
		case "S", "W":
			return one.read(d.dec, key)
		}
		return false, nil
	}, "name, subnet, epochs, frames")
	if err != nil || one.Stake == nil && one.Weights == nil {
		return err
	}
	if len(d.archive.Frames) > 0 {
		return errors.New(`there are "frames" and "S" or "W": write one of the two forms`)
	}
	return d.add(one)
}

// fields reads the rest of an object. take reads the value of a key it knows. Where the object turns out
// to be a dumped metagraph, what take does not know is passed over, else it is an error.
func (d *archiveDecoder) fields(take func(key string) (bool, error), known string) error {
	seen, dump := map[string]bool{}, false
	var stranger error
	for d.dec.More() {
		token, err := d.dec.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		if seen[key] {
			return fmt.Errorf("%q stands twice in one object: write it once", key)
		}
		taken, err := take(key)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if taken {
			seen[key] = true
			dump = dump || key == "S" || key == "W"
			continue
		}
		if stranger == nil {
			stranger = d.at(fmt.Errorf("there is no field %q: use %s", key, known))
		}
		var skipped json.RawMessage
		if err := d.dec.Decode(&skipped); err != nil {
			return err
		}
	}
	if stranger != nil && !dump {
		return stranger
	}
	_, err := d.dec.Token()
	return err
}

// read reads the value of a field of a frame.
func (f *Frame) read(dec *json.Decoder, key string) (bool, error) {
	switch key {
	case "stake", "S":
		return true, numbers(dec, &f.Stake)
	case "weights", "W":
		return true, numbers(dec, &f.Weights)
	}
	return false, nil
}

// numbers reads a list or a matrix.
func numbers(dec *json.Decoder, into any) error {
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return err
	}
	if bytes.Contains(raw, []byte("null")) && holed(raw) {
		return errors.New("null is no number: write 0, or leave the row empty")
	}
	if rows := bytes.Count(raw, []byte("[")); rows > MaxUIDs+1 {
		return fmt.Errorf("there are more than %d rows", MaxUIDs)
	}
	err := json.Unmarshal(raw, into)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%s stands where a %s should", wrong.Value, strings.NewReplacer("float64", "number", "[]", "list of ").Replace(wrong.Type.String()))
	}
	return err
}

// holed reports whether null stands for a number in a list or a matrix, where encoding/json would read 0.
// For a whole row it is as good as an empty one.
func holed(raw []byte) bool {
	hole := func(row []*float64) bool { return slices.Contains(row, nil) }
	var list []*float64
	if json.Unmarshal(raw, &list) == nil {
		return hole(list)
	}
	var matrix [][]*float64
	return json.Unmarshal(raw, &matrix) == nil && slices.ContainsFunc(matrix, hole)
}

// strict reads a value that has no fields but those of into.
func strict(dec *json.Decoder, into any) error {
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return err
	}
	inner := json.NewDecoder(bytes.NewReader(raw))
	inner.DisallowUnknownFields()
	err := inner.Decode(into)
	if err == nil {
		return nil
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}
