package purse

import (
	"math"
	"slices"
	"strconv"
	"strings"

	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
)

// Part is what a row of root gives one subnet, of a row that sums to 1.
type Part struct {
	Netuid uint16  `json:"netuid"`
	Share  float64 `json:"share"`
}

// RootRow is what a member of root says: parts by netuid.
type RootRow []Part

// ParseRootRow reads NETUID=WEIGHT arguments. The weights are in any unit: only their ratios count.
func ParseRootRow(args []string) (RootRow, error) {
	var row RootRow
	for _, arg := range args {
		id, weight, found := strings.Cut(arg, "=")
		netuid, err := strconv.ParseUint(id, 10, 16)
		if !found || err != nil {
			return nil, Usage("%q: give NETUID=WEIGHT, for instance 1=0.75", arg)
		}
		share, err := strconv.ParseFloat(weight, 64)
		if err != nil || share < 0 || share > 1e12 || math.IsNaN(share) {
			return nil, Usage("%q: the weight is a number from 0, for instance 0.75", arg)
		}
		if row.find(uint16(netuid)) >= 0 {
			return nil, Usage("netuid %d is given twice", netuid)
		}
		row = append(row, Part{uint16(netuid), share})
	}
	return row.normal(), nil
}

// ReadRootRow is a row as the ledger tells it.
func ReadRootRow(weights []incentivetypes.RootWeight) RootRow {
	row := make(RootRow, len(weights))
	for i, w := range weights {
		row[i] = Part{uint16(w.Netuid), float64(w.Value)}
	}
	return row.normal()
}

// Shift adds to what a row gives a subnet, or takes from it with by below 0, and keeps the others'
// parts among themselves. Taking where nothing is, or everything that is said, is refused.
func (r RootRow) Shift(netuid uint16, by float64) (RootRow, error) {
	row := slices.Clone(r)
	at := row.find(netuid)
	if at < 0 {
		if by < 0 {
			return nil, refused("the row gives subnet %d nothing; `ergon root weights get` shows it", netuid)
		}
		row, at = append(row, Part{Netuid: netuid}), len(row)
	}
	row[at].Share = max(row[at].Share+by, 0)
	if row = row.normal(); len(row) == 0 {
		return nil, refused("subnet %d is all that the row names; name others with `ergon root weights set`", netuid)
	}
	return row, nil
}

// Values is the row as it is sent: the largest part is 65535.
func (r RootRow) Values() (netuids, values []uint16) {
	most := 0.0
	for _, p := range r {
		most = max(most, p.Share)
	}
	for _, p := range r {
		netuids = append(netuids, p.Netuid)
		values = append(values, uint16(math.Round(p.Share/most*65535)))
	}
	return netuids, values
}

func (r RootRow) String() string {
	if len(r) == 0 {
		return "nothing"
	}
	parts := make([]string, len(r))
	for i, p := range r {
		parts[i] = strconv.Itoa(int(p.Netuid)) + "=" + strconv.FormatFloat(p.Share*100, 'f', 2, 64) + "%"
	}
	return strings.Join(parts, " ")
}

// normal is the row by netuid, without what is 0, summing to 1.
func (r RootRow) normal() RootRow {
	row := slices.DeleteFunc(slices.Clone(r), func(p Part) bool { return p.Share == 0 })
	slices.SortFunc(row, func(a, b Part) int { return int(a.Netuid) - int(b.Netuid) })
	sum := 0.0
	for _, p := range row {
		sum += p.Share
	}
	for i := range row {
		row[i].Share /= sum
	}
	return row
}

func (r RootRow) find(netuid uint16) int {
	return slices.IndexFunc(r, func(p Part) bool { return p.Netuid == netuid })
}
