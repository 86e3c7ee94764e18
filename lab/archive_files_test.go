package lab_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab"
)

const archiveJSON = `{
  "name": "two",
  "subnet": {"kappa": 0.6, "yuma3": false},
  "epochs": 5,
  "frames": [
    {"stake": [100, 50, 0], "weights": [[0, 0, 1], [], []]},
    {"weights": [[], [0, 0, 2], []]}
  ]
}`

func TestParseArchive(t *testing.T) {
	a, err := lab.ParseArchive([]byte(archiveJSON))
	require.NoError(t, err)
	require.Equal(t, 0.6, a.Subnet.Kappa)
	require.Equal(t, lab.Defaults().Subnet.Tempo, a.Subnet.Tempo, "what is left out is as a new subnet has it")
	require.Equal(t, 5, a.Length())
	require.Equal(t, []float64{0, 0, 2}, a.Frames[1].Weights[1])

	raw, err := json.Marshal(a)
	require.NoError(t, err)
	again, err := lab.ParseArchive(raw)
	require.NoError(t, err)
	require.Equal(t, a, again, "an archive that is written can be read")
}

// A metagraph as it is dumped, with whatever else it holds.
func TestParseADumpedMetagraph(t *testing.T) {
	one := `{"n": 3, "block": 77, "S": [100, 50, 0], "hotkeys": ["a", null], "W": [[0, 0, 1], [0, 0, 0], [0, 0, 0]]}`
	a, err := lab.ParseArchive([]byte(one))
	require.NoError(t, err)
	require.Len(t, a.Frames, 1)
	require.Equal(t, []float64{100, 50, 0}, a.Frames[0].Stake)
	require.Equal(t, lab.Defaults().Subnet, a.Subnet)
	many, err := lab.ParseArchive([]byte("[" + one + ",\n" + one + "]"))
	require.NoError(t, err)
	require.Len(t, many.Frames, 2)
	r, err := lab.Replay(t.Context(), many, nil)
	require.NoError(t, err)
	require.Positive(t, r.Epochs[1].Miner[2])
}

func TestArchiveErrorsNameTheLineAndTheRemedy(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{`"epochs": 5`, `"epoch": 5`, `line 4: there is no field "epoch": use name, subnet, epochs, frames`},
		{`"kappa"`, `"kapa"`, `line 3: subnet: unknown field "kapa"`},
		{`"kappa": 0.6`, `"kappa": 6`, "subnet.kappa is 6: use 0 to 1"},
		{`[100, 50, 0]`, `[100, 50]`, "line 6: frames: frame 0: it has weights of 3 uids: there are 2"},
		{`[0, 0, 2]`, `[0, 0, -2]`, "line 7: frames: frame 1: weight of uid 1 for 2 is -2"},
		{`[0, 0, 2]`, `[0, 0, null]`, "line 7: frames: weights: null is no number"},
		{`[0, 0, 2]`, `[0, 0, "2"]`, "line 7: frames: weights: string stands where a number should"},
		{`[0, 0, 2]`, `[0, 0, NaN]`, "line 7: frames: weights: invalid character 'N'"},
		{`[0, 0, 2]`, `7`, "line 7: frames: weights: number stands where a list of number should"},
		{`{"weights"`, `{"weight"`, `line 7: there is no field "weight": use stake, weights`},
		{`{"weights"`, `{"stake": [], "stake": [], "weights"`, `"stake" stands twice`},
		{`{"weights": [[], [0, 0, 2], []]}`, `[]`, "a frame is an object"},
		{`"frames": [`, `"frames": {`, "frames is a list"},
		{`"name": "two"`, `"S": [1], "W": [[1]]`, "write one of the two forms"},
		{`[100, 50, 0]`, `[]`, "no first frame with stakes"},
		{`"epochs": 5`, `"epochs": 500000`, "use 0 to 100000"},
		{`[100, 50, 0]`, `[100, 1e9, 0]`, "stake of uid 1 is 1e+09: use 0 to 1e+08"},
		{"]\n}", "", "is it all there?"},
		{"]\n}", "]\n}{", "write one JSON value"},
	} {
		broken := strings.Replace(archiveJSON, c.from, c.to, 1)
		require.NotEqual(t, archiveJSON, broken)
		_, err := lab.ParseArchive([]byte(broken))
		require.ErrorContains(t, err, c.want)
	}
	for text, want := range map[string]string{"7": "an archive is an object", "": "is it all there?", "[7]": "a frame is an object", "{}": "no first frame"} {
		_, err := lab.ParseArchive([]byte(text))
		require.ErrorContains(t, err, want, text)
	}
	_, err := lab.ParseArchive([]byte(`{"W": [` + strings.Repeat("[],", lab.MaxUIDs+1) + `[]]}`))
	require.ErrorContains(t, err, "more than 4096 rows")
}

const archiveCSV = `# two validators and a miner
epoch,uid,stake
7,0,100
7,1,50
9,1,80

epoch, from, to, weight
7,0,2,1
8,1,2,0.5
8,1,3,0.25
`

func csvOf(files ...string) []lab.CSVFile {
	var list []lab.CSVFile
	for i, text := range files {
		list = append(list, lab.CSVFile{Name: string(rune('a'+i)) + ".csv", Raw: []byte(text)})
	}
	return list
}

func TestParseArchiveCSV(t *testing.T) {
	a, err := lab.ParseArchiveCSV(csvOf(archiveCSV)...)
	require.NoError(t, err)
	require.Equal(t, []lab.Frame{
		{Stake: []float64{100, 50, 0, 0}, Weights: [][]float64{{0, 0, 1, 0}, nil, nil, nil}},
		{Weights: [][]float64{nil, {0, 0, 0.5, 0.25}, nil, nil}},
		{Stake: []float64{100, 80, 0, 0}},
	}, a.Frames)
	stakes, weights, _ := strings.Cut(archiveCSV, "\n\n")
	two, err := lab.ParseArchiveCSV(csvOf("\xef\xbb\xbf"+weights, strings.ReplaceAll(stakes, "\n", "\r\n"))...)
	require.NoError(t, err)
	require.Equal(t, a, two, "in one file or two")
	_, err = lab.Replay(t.Context(), a, nil)
	require.NoError(t, err)
}

func TestArchiveCSVErrorsNameTheLineAndTheRemedy(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"epoch,uid,stake", "epoch,uid,tao", `a.csv: line 2: the header is "epoch,uid,tao": write epoch,uid,stake or epoch,from,to,weight`},
		{"epoch,uid,stake\n", "", "a.csv: line 2: there is no header: begin with"},
		{"7,1,50", "7,1", "a.csv: line 4: it has 2 fields: write epoch,uid,stake"},
		{"7,1,50", "7,one,50", `a.csv: line 4: uid is "one": write a whole number of 0 to 4095`},
		{"7,1,50", "7,4096,50", "0 to 4095"},
		{"7,1,50", "-7,1,50", "epoch is"},
		{"7,1,50", "7,1,-50", `stake is "-50": write a number of 0 to 1e+08`},
		{"7,1,50", "7,1,nan", "write a number"},
		{"7,1,50", "7,0,50", "a.csv: line 4: this was said before, on line 3"},
		{"8,1,3,0.25", "8,1,2,0.25", "a.csv: line 10: this was said before, on line 9"},
		{"8,1,3,0.25", "8,1,3,inf", "weight is"},
		{"8,1,3,0.25", "300000,1,3,1", "at most 100000 are settled"},
		{"7,0,2,1", "6,0,2,1", "no stake in the first epoch"},
		{"7,0,2,1", `7,0,2,"1`, "a.csv: "},
	} {
		broken := strings.Replace(archiveCSV, c.from, c.to, 1)
		require.NotEqual(t, archiveCSV, broken)
		_, err := lab.ParseArchiveCSV(csvOf(broken)...)
		require.ErrorContains(t, err, c.want)
	}
	_, err := lab.ParseArchiveCSV()
	require.ErrorContains(t, err, "epoch,uid,stake")

	var many strings.Builder
	many.WriteString("epoch,uid,stake\n0,4095,1\nepoch,from,to,weight\n")
	for uid := range 4096 {
		for _, e := range []string{"0", "1", "2"} {
			fmt.Fprintf(&many, "%s,%d,1,1\n", e, uid)
		}
	}
	_, err = lab.ParseArchiveCSV(csvOf(many.String())...)
	require.ErrorContains(t, err, "use fewer epochs", "a small file does not ask for all memory")
}

func TestLoadArchive(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	asCSV, asJSON := write("given.csv", archiveCSV), write("plain.json", `{"S": [1, 0], "W": [[0, 1], []]}`)
	a, err := lab.LoadArchive(asCSV)
	require.NoError(t, err)
	require.Equal(t, "given", a.Name)
	a, err = lab.LoadArchive(asJSON)
	require.NoError(t, err)
	require.Equal(t, "plain", a.Name)
	for want, paths := range map[string][]string{
		"one JSON file":    nil,
		"is one file":      {asJSON, asCSV},
		"nowhere.json":     {filepath.Join(dir, "nowhere.json")},
		"broken.json: lin": {write("broken.json", "{")},
		"no header":        {asCSV, write("more.csv", "1,2,3")},
	} {
		_, err := lab.LoadArchive(paths...)
		require.ErrorContains(t, err, want)
	}
	big := write("big.json", "")
	require.NoError(t, os.Truncate(big, 65<<20))
	_, err = lab.LoadArchive(big)
	require.ErrorContains(t, err, "more than 64 MiB")
}

// playable: what a decoder accepts can be settled and explained.
func playable(t *testing.T, a *lab.Archive, raw []byte) {
	a.Epochs = 2
	if len(a.Frames[0].Stake) > 64 {
		return
	}
	if _, err := lab.Replay(t.Context(), a, nil); err != nil {
		t.Fatalf("accepted but not playable: %v\n%s", err, raw)
	}
	if _, err := lab.ExplainArchive(t.Context(), a, 0, 1); err != nil {
		t.Fatalf("accepted but not explainable: %v\n%s", err, raw)
	}
}

func FuzzParseArchive(f *testing.F) {
	f.Add([]byte(archiveJSON))
	f.Add([]byte(`[{"S":[1,1e8],"W":[[0,1],[1,0]],"x":{"y":[null]}},{"S":[],"W":[]}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if a, err := lab.ParseArchive(raw); err == nil {
			playable(t, a, raw)
		}
	})
}

func FuzzParseArchiveCSV(f *testing.F) {
	f.Add([]byte(archiveCSV), []byte(""))
	f.Add([]byte("epoch,uid,stake\n0,0,1\n0,1,0\n"), []byte("epoch,from,to,weight\n0,0,1,1\n3,0,1,0\n"))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		if a, err := lab.ParseArchiveCSV(lab.CSVFile{Name: "a", Raw: one}, lab.CSVFile{Name: "b", Raw: two}); err == nil {
			playable(t, a, append(one, two...))
		}
	})
}
