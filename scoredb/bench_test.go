package scoredb

import (
	"database/sql"
	"fmt"
	"testing"
)

// BenchmarkRecord measures acknowledged, durable rows: signature check, commit and disk.
func BenchmarkRecord(b *testing.B) {
	s, _ := fresh(b)
	r := openRoundNamed(b, s, "one")
	rows := make([]Score, b.N)
	for i := range rows {
		rows[i] = sample(b, r.Seq, i%256, fmt.Sprint(i), .5)
	}
	b.ResetTimer()
	for _, row := range rows {
		record(b, s, row)
	}
}

// BenchmarkCloseRound closes rounds of 256 miners, five rows each, with full windows.
func BenchmarkCloseRound(b *testing.B) {
	s, _ := fresh(b)
	for n := range b.N + 3 {
		if n == 3 {
			b.ResetTimer()
		}
		b.StopTimer()
		r := openRoundNamed(b, s, fmt.Sprint(n))
		template := sample(b, r.Seq, 0, "t", .5)
		err := s.transact(b.Context(), func(tx *sql.Tx) error {
			for i := range 256 * 5 {
				row := template
				row.UID, row.Hotkey, row.Task = i%256, hotkeys[i%256], fmt.Sprint(i)
				if _, err := insert(b.Context(), tx, "scores", &row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		closeRound(b, s, r.Seq, sum)
	}
}

var hotkeys = func() (out [256]string) {
	for i := range out {
		out[i] = hotkey(i)
	}
	return out
}()
