package video

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/metagraph"
	"github.com/ergon-network/ergon/objectstore"
	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

const crashEnv = "ERGON_VIDEO_CRASH"

// crashOrders is what the parent tells the child.
type crashOrders struct {
	Dir, Store string
	Neurons    []metagraph.Neuron
}

// crashChild is a validator's process: it goes on with the open round or begins one, and prints a
// line for each row that is safe and for the round's end.
func crashChild() {
	if err := crashWork([]byte(os.Getenv(crashEnv))); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func crashWork(raw []byte) error {
	var o crashOrders
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	ctx := context.Background()
	tool, err := media.Find()
	if err != nil {
		return err
	}
	store, err := objectstore.Open(ctx, o.Store)
	if err != nil {
		return err
	}
	fetcher, err := objectstore.NewFetcher(objectstore.FetcherOptions{AllowLoopback: true})
	if err != nil {
		return err
	}
	p, err := reward.Named("")
	if err != nil {
		return err
	}
	d, err := dendrite.New(dendrite.Options{Key: pair(validatorName), AllowPrivate: true, RequireSigned: true})
	if err != nil {
		return err
	}
	db, err := scoredb.Open(ctx, "sqlite:"+filepath.Join(o.Dir, databaseName), scoredb.Options{})
	if err != nil {
		return err
	}
	v, err := New(Config{
		Key: pair(validatorName), Netuid: 1, Profile: p, DB: db, Dendrite: d, Bucket: store, Fetcher: fetcher, Tool: tool, Dir: o.Dir,
		Format: tiny, Parallel: 2,
		Scored: func(id int64, s scoredb.Score) { fmt.Println("score", id, s.UID, s.Signature) },
	})
	if err != nil {
		return err
	}
	graph, err := metagraph.NewSnapshot(1, 100, o.Neurons)
	if err != nil {
		return err
	}
	round, states, err := v.Round(ctx, graph)
	if err != nil {
		return err
	}
	fmt.Println("closed", round.Seq, len(states))
	return nil
}

// A validator killed in the middle of a round goes on where it stood: what it had written stays, what
// was under way is done again, and every miner has one row.
func TestAKilledValidatorLosesAndRepeatsNothing(t *testing.T) {
	w := newWorld(t, "miner")
	const miners = 6
	for i := range miners {
		w.join(fmt.Sprint("echo ", i), w.echo("miner", nil, nil))
	}
	dir := filepath.Join(w.dir, "crash")
	if _, err := openFiles(dir); err != nil {
		t.Fatal(err)
	}
	orders, err := json.Marshal(crashOrders{dir, w.s3.URL(validatorName), w.neurons})
	if err != nil {
		t.Fatal(err)
	}
	told := map[int]string{} // uid: signature
	for _, rows := range []int{1, 2, 1} {
		if closed := life(t, orders, rows, told); closed {
			t.Fatal("the round ended before the kill")
		}
	}
	if closed := life(t, orders, -1, told); !closed {
		t.Fatal("the round did not end")
	}
	db, err := scoredb.Open(t.Context(), "sqlite:"+filepath.Join(dir, databaseName), scoredb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Scores(t.Context(), scoredb.Query{})
	if err != nil || len(rows) != miners {
		t.Fatalf("%d rows for %d miners, %v", len(rows), miners, err)
	}
	seen := map[int]bool{}
	for _, r := range rows {
		if seen[r.UID] || r.Round != 1 || r.Verify() != nil {
			t.Errorf("row %d of uid %d, round %d", r.ID, r.UID, r.Round)
		}
		seen[r.UID] = true
		if was, ok := told[r.UID]; ok && was != r.Signature {
			t.Errorf("uid %d was told a row that is not there", r.UID)
		}
	}
	if round, states, err := db.LastClosed(t.Context()); err != nil || round.Seq != 1 || len(states) != miners {
		t.Errorf("round %d, %d states, %v", round.Seq, len(states), err)
	}
}

// life runs a child and kills it after some rows; -1 lets it live. It says whether the round ended.
func life(t *testing.T, orders []byte, rows int, told map[int]string) (closed bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), crashEnv+"="+string(orders))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var id, uid int
		var signature string
		if n, _ := fmt.Sscanf(lines.Text(), "score %d %d %s", &id, &uid, &signature); n == 3 {
			if _, twice := told[uid]; twice {
				t.Errorf("uid %d was scored twice", uid)
			}
			told[uid] = signature
			if rows--; rows == 0 {
				_ = cmd.Process.Kill()
			}
			continue
		}
		closed = true
	}
	if err := cmd.Wait(); (err == nil) != closed {
		t.Fatalf("child: %v", err)
	}
	return closed
}
