package lab

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// maxDense bounds the numbers of an archive that is written sparsely.
const maxDense = 1 << 25

// Headers of the two tables of an archive in CSV.
const (
	stakeHeader  = "epoch,uid,stake"
	weightHeader = "epoch,from,to,weight"
)

// CSVFile is a file of an archive with its name, for errors.
type CSVFile struct {
	Name string
	Raw  []byte
}

// csvCell is a line: a stake (from is the uid) or a weight.
type csvCell struct {
	epoch, from, to int
	value           float64
	file, line      int
}

// csvArchive is what the lines say so far.
type csvArchive struct {
	files           []CSVFile
	stakes, weights []csvCell
	uids            int // the largest uid plus one
	first, last     int // epochs
}

// ParseArchiveCSV reads an archive from CSV: two tables in long form, in one file or in two, each under
// its header:
//
//	epoch,uid,stake
//	0,0,1000
//	epoch,from,to,weight
//	0,0,2,0.5
//
// Stake is TAO, and a uid keeps what it had where an epoch does not say it; in the first epoch that is 0.
// The weights from a uid in an epoch are a whole new row, whose other entries are 0; where there are
// none its row stays. Epochs may begin anywhere; the first that is named is epoch 0 of the archive. The
// subnet is as Defaults has it. Empty lines, and those that begin with #, are passed over.
func ParseArchiveCSV(files ...CSVFile) (*Archive, error) {
	c := csvArchive{files: files, first: -1}
	for i := range files {
		if err := c.read(i); err != nil {
			return nil, err
		}
	}
	return c.archive()
}

func (c *csvArchive) read(file int) error {
	raw := bytes.TrimPrefix(c.files[file].Raw, []byte("\xef\xbb\xbf")) // spreadsheets write it
	name := c.files[file].Name
	if len(raw) > maxArchive {
		return fmt.Errorf("%s: a file of more than %d MiB: leave epochs out", name, maxArchive>>20)
	}
	r := csv.NewReader(bytes.NewReader(raw))
	r.FieldsPerRecord, r.ReuseRecord, r.Comment, r.TrimLeadingSpace = -1, true, '#', true
	header := ""
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		if strings.EqualFold(strings.TrimSpace(fields[0]), "epoch") {
			header = strings.ToLower(strings.ReplaceAll(strings.Join(fields, ","), " ", ""))
			if header != stakeHeader && header != weightHeader {
				return fmt.Errorf("%s: line %d: the header is %q: write %s or %s", name, line, header, stakeHeader, weightHeader)
			}
			continue
		}
		if err := c.add(header, fields, file, line); err != nil {
			return fmt.Errorf("%s: line %d: %w", name, line, err)
		}
	}
}

// add keeps a line.
func (c *csvArchive) add(header string, fields []string, file, line int) error {
	if header == "" {
		return fmt.Errorf("there is no header: begin with a line %s or %s", stakeHeader, weightHeader)
	}
	columns := strings.Split(header, ",")
	if len(fields) != len(columns) {
		return fmt.Errorf("it has %d fields: write %s", len(fields), header)
	}
	cell := csvCell{file: file, line: line}
	for i, at := range []*int{&cell.epoch, &cell.from, &cell.to}[:len(columns)-1] {
		most := MaxUIDs - 1
		if i == 0 {
			most = 1 << 30
		}
		v, err := strconv.Atoi(strings.TrimSpace(fields[i]))
		if err != nil || v < 0 || v > most {
			return fmt.Errorf("%s is %q: write a whole number of 0 to %d", columns[i], fields[i], most)
		}
		*at = v
	}
	name, text := columns[len(columns)-1], fields[len(columns)-1]
	value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	most := maxWeight
	if header == stakeHeader {
		most = maxStake
	}
	if err != nil || !(value >= 0 && value <= most) {
		return fmt.Errorf("%s is %q: write a number of 0 to %g", name, text, most)
	}
	cell.value = value
	c.uids = max(c.uids, cell.from+1, cell.to+1)
	if c.first < 0 || cell.epoch < c.first {
		c.first = cell.epoch
	}
	c.last = max(c.last, cell.epoch)
	if header == stakeHeader {
		c.stakes = append(c.stakes, cell)
	} else {
		c.weights = append(c.weights, cell)
	}
	return nil
}

func (c *csvCell) order(d *csvCell) int {
	return cmp.Or(cmp.Compare(c.epoch, d.epoch), cmp.Compare(c.from, d.from), cmp.Compare(c.to, d.to))
}

// sorted orders cells, and finds one that is said twice.
func (c *csvArchive) sorted(cells []csvCell) error {
	slices.SortStableFunc(cells, func(a, b csvCell) int { return a.order(&b) })
	for i := 1; i < len(cells); i++ {
		if a, b := &cells[i-1], &cells[i]; a.order(b) == 0 {
			return fmt.Errorf("%s: line %d: this was said before, on line %d: write it once", c.files[b.file].Name, b.line, a.line)
		}
	}
	return nil
}

// archive makes frames of the lines.
func (c *csvArchive) archive() (*Archive, error) {
	if err := errors.Join(c.sorted(c.stakes), c.sorted(c.weights)); err != nil {
		return nil, err
	}
	if len(c.stakes) == 0 || c.stakes[0].epoch != c.first {
		return nil, fmt.Errorf("there is no stake in the first epoch: write lines under a header %s for it", stakeHeader)
	}
	epochs := c.last - c.first + 1
	if epochs > MaxEpochs {
		return nil, fmt.Errorf("epochs go from %d to %d: at most %d are settled", c.first, c.last, MaxEpochs)
	}
	if n := c.dense(); n > maxDense {
		return nil, fmt.Errorf("the rows make %d numbers: use fewer epochs, for at most %d", n, maxDense)
	}
	a := &Archive{Subnet: Defaults().Subnet, Frames: make([]Frame, epochs)}
	stake := make([]float64, c.uids)
	for i, s := range c.stakes {
		stake[s.from] = s.value
		if i+1 == len(c.stakes) || c.stakes[i+1].epoch != s.epoch {
			a.Frames[s.epoch-c.first].Stake = slices.Clone(stake)
		}
	}
	for _, w := range c.weights {
		f := &a.Frames[w.epoch-c.first]
		if f.Weights == nil {
			f.Weights = make([][]float64, c.uids)
		}
		if f.Weights[w.from] == nil {
			f.Weights[w.from] = make([]float64, c.uids)
		}
		f.Weights[w.from][w.to] = w.value
	}
	return a, a.Check()
}

// dense counts the numbers that the frames take: rows of stakes, lists of rows, and rows of weights.
func (c *csvArchive) dense() int {
	rows := 0
	for i, s := range c.stakes {
		if i == 0 || c.stakes[i-1].epoch != s.epoch {
			rows++
		}
	}
	for i, w := range c.weights {
		if i == 0 || c.weights[i-1].epoch != w.epoch {
			rows += 3 // a list of rows takes three words for each
		}
		if i == 0 || c.weights[i-1].epoch != w.epoch || c.weights[i-1].from != w.from {
			rows++
		}
	}
	return rows * c.uids
}
